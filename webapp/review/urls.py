"""The addresses of reviewing."""

from django.urls import URLPattern, path

from webapp.review.views import conflicts, screen, sync
from webapp.review.views.keys import keys
from webapp.review.views.new_queue import new_queue
from webapp.review.views.queue import queue
from webapp.review.views.queues import queues

app_name = "review"

urlpatterns: list[URLPattern] = [
    path("review/", queues, name="queues"),
    path("review/new", new_queue, name="new_queue"),
    path("review/<int:pk>/settings", queue, name="queue"),
    path("review/<int:queue_id>/", screen.screen, name="screen"),
    path("review/<int:queue_id>/items", sync.items, name="items"),
    path("review/<int:queue_id>/leave", sync.leave, name="leave"),
    path("review/items/<int:item_id>", sync.item, name="item"),
    path("review/items/<int:item_id>/messages", sync.messages, name="messages"),
    path("review/sync", sync.sync, name="sync"),
    path("review/steps", sync.steps, name="steps"),
    path("review/conflicts", conflicts.conflict_list, name="conflicts"),
    path("review/keys", keys, name="keys"),
    path("review/conflicts/<uuid:step_id>", conflicts.conflict, name="conflict"),
]
