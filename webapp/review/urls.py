"""The addresses of reviewing."""

from django.urls import URLPattern, path

from webapp.review.views import agreement, comments, conflicts, drafts, mentions, run, screen, sync
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
    path("review/conflicts/<uuid:step_id>", conflicts.conflict, name="conflict"),
    path("review/<int:pk>/agreement", agreement.agreement, name="agreement"),
    path("review/<int:pk>/disagreements", agreement.disagreements, name="disagreements"),
    path("review/comments/<int:conversation_id>/add", comments.add, name="add_comment"),
    path("review/comments/<int:pk>/delete", comments.delete, name="delete_comment"),
    path("review/comments/<int:pk>/reopen", comments.reopen, name="reopen_comment"),
    path("review/comments/<int:pk>/resolve", comments.resolve, name="resolve_comment"),
    path("review/comments/people", comments.people, name="comment_people"),
    path("review/mentions", mentions.mentions, name="mentions"),
    path("review/mentions/read", mentions.read, name="read_mentions"),
    path("review/keys", keys, name="keys"),
    path("review/run", run.run, name="run"),
    path("review/drafts", drafts.draft_list, name="drafts"),
    path("review/drafts/<int:conversation_id>", drafts.draft, name="draft"),
    path("review/drafts/<int:conversation_id>/since", drafts.since, name="draft_since"),
    path("review/answers/<int:conversation_id>", drafts.answers, name="answers"),
]
