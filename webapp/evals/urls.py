"""The addresses of evaluations: endpoints, runs, comparisons."""

from django.urls import path

from webapp.evals.views import endpoints

app_name = "evals"
urlpatterns = [
    path("evaluate/endpoints/", endpoints.endpoint_list, name="endpoints"),
    path("evaluate/endpoints/new", endpoints.new_endpoint, name="new_endpoint"),
    path("evaluate/endpoints/<int:pk>/", endpoints.endpoint, name="endpoint"),
    path("evaluate/endpoints/<int:pk>/edit", endpoints.edit_endpoint, name="edit_endpoint"),
    path("evaluate/endpoints/<int:pk>/probe", endpoints.probe_endpoint, name="probe_endpoint"),
    path("evaluate/endpoints/<int:pk>/test", endpoints.test_endpoint, name="test_endpoint"),
    path("evaluate/endpoints/<int:pk>/retire", endpoints.retire_endpoint, name="retire_endpoint"),
]
