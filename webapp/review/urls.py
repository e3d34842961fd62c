from django.urls import path

from webapp.review.views import agreement, comments, mentions

app_name = "review"
urlpatterns = [
    path("review/<int:pk>/agreement", agreement.agreement, name="agreement"),
    path("review/<int:pk>/disagreements", agreement.disagreements, name="disagreements"),
    path("review/comments/<int:conversation_id>/add", comments.add, name="add_comment"),
    path("review/comments/<int:pk>/delete", comments.delete, name="delete_comment"),
    path("review/comments/<int:pk>/reopen", comments.reopen, name="reopen_comment"),
    path("review/comments/<int:pk>/resolve", comments.resolve, name="resolve_comment"),
    path("review/comments/people", comments.people, name="comment_people"),
    path("review/mentions", mentions.mentions, name="mentions"),
    path("review/mentions/read", mentions.read, name="read_mentions"),
]
