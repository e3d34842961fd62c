from django.urls import URLPattern, path

from webapp.review.views.new_queue import new_queue
from webapp.review.views.queue import queue
from webapp.review.views.queues import queues

app_name = "review"
urlpatterns: list[URLPattern] = [
    path("review/", queues, name="queues"),
    path("review/new", new_queue, name="new_queue"),
    path("review/<int:pk>/settings", queue, name="queue"),
]
