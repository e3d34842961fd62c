from django.urls import URLPattern, path

from webapp.review.views import drafts, run
from webapp.review.views.keys import keys

app_name = "review"
urlpatterns: list[URLPattern] = [
    path("review/keys", keys, name="keys"),
    path("review/run", run.run, name="run"),
    path("review/drafts", drafts.draft_list, name="drafts"),
    path("review/drafts/<int:conversation_id>", drafts.draft, name="draft"),
    path("review/drafts/<int:conversation_id>/since", drafts.since, name="draft_since"),
    path("review/answers/<int:conversation_id>", drafts.answers, name="answers"),
]
