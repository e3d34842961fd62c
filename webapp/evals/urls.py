"""The addresses of evaluations: endpoints, runs, comparisons."""

from django.urls import path

from webapp.evals.views import comparing, control, downloads, endpoints, items, listing, new_run, panels, runs

app_name = "evals"
urlpatterns = [
    path("evaluate/", listing.runs, name="runs"),
    path("evaluate/new", new_run.new_run, name="new_run"),
    path("evaluate/compare", comparing.compare_runs, name="compare"),
    path("evaluate/scores", comparing.scores, name="scores"),
    path("evaluate/answers/<int:conversation_id>/", panels.answers, name="answers"),
    path("evaluate/<int:pk>/", runs.run, name="run"),
    path("evaluate/<int:pk>/cancel", control.cancel_run, name="cancel_run"),
    path("evaluate/<int:pk>/resume", control.resume_run, name="resume_run"),
    path("evaluate/<int:pk>/retry", control.retry_run, name="retry_run"),
    path("evaluate/<int:pk>/rescore", control.rescore_run, name="rescore_run"),
    path("evaluate/<int:pk>/delete", control.delete_run, name="delete_run"),
    path("evaluate/<int:pk>/items/", items.items, name="items"),
    path("evaluate/<int:pk>/items/review", items.send, name="send_to_review"),
    path("evaluate/<int:pk>/items/<int:result_pk>/", items.item, name="item"),
    path("evaluate/<int:pk>/results.<str:ending>", downloads.download, name="download"),
    path("evaluate/endpoints/", endpoints.endpoint_list, name="endpoints"),
    path("evaluate/endpoints/new", endpoints.new_endpoint, name="new_endpoint"),
    path("evaluate/endpoints/<int:pk>/", endpoints.endpoint, name="endpoint"),
    path("evaluate/endpoints/<int:pk>/edit", endpoints.edit_endpoint, name="edit_endpoint"),
    path("evaluate/endpoints/<int:pk>/probe", endpoints.probe_endpoint, name="probe_endpoint"),
    path("evaluate/endpoints/<int:pk>/test", endpoints.test_endpoint, name="test_endpoint"),
    path("evaluate/endpoints/<int:pk>/retire", endpoints.retire_endpoint, name="retire_endpoint"),
]
