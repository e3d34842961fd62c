"""The addresses of evaluations: endpoints, runs, comparisons."""

from django.urls import path

from webapp.evals.views import downloads, items, listing, panels

app_name = "evals"
urlpatterns = [
    path("evaluate/", listing.runs, name="runs"),
    path("evaluate/answers/<int:conversation_id>/", panels.answers, name="answers"),
    path("evaluate/<int:pk>/items/", items.items, name="items"),
    path("evaluate/<int:pk>/items/review", items.send, name="send_to_review"),
    path("evaluate/<int:pk>/items/<int:result_pk>/", items.item, name="item"),
    path("evaluate/<int:pk>/results.<str:ending>", downloads.download, name="download"),
]
