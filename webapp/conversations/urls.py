"""The addresses of sources, conversations and the taxonomy."""

from django.urls import URLPattern

app_name = "conversations"

urlpatterns: list[URLPattern] = []
