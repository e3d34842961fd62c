"""The addresses of sources, conversations and the taxonomy."""

from django.urls import URLPattern, path

from webapp.conversations.views import (
    bulk,
    conversation,
    editing,
    history,
    imports,
    listing,
    replacing,
    sources,
    taxonomy,
)

app_name = "conversations"

urlpatterns: list[URLPattern] = [
    path("sources/", sources.source_list, name="sources"),
    path("sources/import/", imports.import_page, name="import"),
    path("sources/import/upload/", imports.upload, name="upload"),
    path("sources/import/<int:job_id>/", imports.report, name="import_report"),
    path("sources/import/<int:job_id>/report.txt", imports.download_report, name="download_report"),
    path("sources/import/<int:job_id>/take-back/", imports.take_back, name="take_back"),
    path("sources/trash/", sources.trash, name="trash"),
    path("sources/<int:source_id>/", sources.source_page, name="source"),
    path("sources/<int:source_id>/rename/", sources.rename, name="rename_source"),
    path("sources/<int:source_id>/delete/", sources.delete, name="delete_source"),
    path("sources/<int:source_id>/restore/", sources.restore, name="restore_source"),
    path("sources/<int:source_id>/purge/", sources.purge, name="purge_source"),
    path("conversations/", listing.conversations, name="list"),
    path("conversations/<int:conversation_id>/", conversation.conversation, name="conversation"),
    path("conversations/<int:conversation_id>/decide", conversation.decide_one, name="decide"),
    path("conversations/<int:conversation_id>/flag", conversation.flag_one, name="flag"),
    path("conversations/<int:conversation_id>/flags/<int:flag_id>/resolve", conversation.resolve_one, name="resolve"),
    path("conversations/<int:conversation_id>/turns/<int:number>", conversation.turn, name="turn"),
    path("conversations/<int:conversation_id>/raw", conversation.raw, name="raw"),
    path("conversations/<int:conversation_id>/edit", editing.edit, name="edit"),
    path("conversations/<int:conversation_id>/history", history.history, name="history"),
    path("conversations/<int:conversation_id>/restore", history.restore, name="restore"),
    path("conversations/bulk/", bulk.bulk, name="bulk"),
    path("conversations/bulk/<int:job_id>/", bulk.bulk_job, name="bulk_job"),
    path("conversations/bulk/<int:job_id>/start", bulk.start, name="bulk_start"),
    path("conversations/bulk/<int:job_id>/undo", bulk.undo, name="bulk_undo"),
    path("conversations/replace", replacing.replace, name="replace"),
    path("conversations/replace/<int:job_id>/", replacing.replace_job, name="replace_job"),
    path("conversations/replace/<int:job_id>/start", replacing.replace_start, name="replace_start"),
    path("conversations/replace/<int:job_id>/undo", replacing.replace_undo, name="replace_undo"),
    path("flags/", taxonomy.taxonomy, name="taxonomy"),
    path("flags/<int:reason_id>/", taxonomy.change, name="change_reason"),
    path("flags/<int:reason_id>/arrange", taxonomy.arrange, name="arrange_reason"),
]
