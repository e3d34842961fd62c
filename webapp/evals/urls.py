"""The addresses of evaluations: endpoints, runs, comparisons."""

from django.urls import URLPattern

app_name = "evals"
urlpatterns: list[URLPattern] = []
