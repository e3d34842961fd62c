"""The addresses of evaluations: endpoints, runs, comparisons."""

from django.urls import path

from webapp.evals.views import comparing, control, runs

app_name = "evals"
urlpatterns = [
    path("evaluate/<int:pk>/", runs.run, name="run"),
    path("evaluate/<int:pk>/cancel", control.cancel_run, name="cancel_run"),
    path("evaluate/<int:pk>/resume", control.resume_run, name="resume_run"),
    path("evaluate/<int:pk>/retry", control.retry_run, name="retry_run"),
    path("evaluate/<int:pk>/rescore", control.rescore_run, name="rescore_run"),
    path("evaluate/<int:pk>/delete", control.delete_run, name="delete_run"),
    path("evaluate/compare", comparing.compare_runs, name="compare"),
    path("evaluate/scores", comparing.scores, name="scores"),
    # Until the pages of these are there.
    path("evaluate/", comparing.scores, name="runs"),
    path("evaluate/<int:pk>/items", runs.run, name="items"),
    path("evaluate/endpoints/<int:pk>/", runs.run, name="endpoint"),
]
