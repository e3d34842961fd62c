"""Addresses of mixtures and exports."""

from django.urls import path

from webapp.mixtures import views

app_name = "mixtures"
urlpatterns = [
    path("exports/<int:pk>/", views.export, name="export"),
]
