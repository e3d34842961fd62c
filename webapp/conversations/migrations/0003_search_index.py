"""The table of the search index: FTS5 without contents on SQLite, a tsvector with GIN on PostgreSQL."""

from typing import Any

from django.db import migrations

# The words come ready made and parted by spaces; this tokenizer parts there and nowhere else beyond ASCII.
SQLITE = ("CREATE VIRTUAL TABLE conversations_search USING fts5(words, content='', columnsize=0, tokenize='ascii')",)
POSTGRES = (
    "CREATE TABLE conversations_search (conversation_id bigint PRIMARY KEY, document tsvector NOT NULL)",
    "CREATE INDEX conversations_search_document ON conversations_search USING gin (document)",
)


def create(apps: Any, schema_editor: Any) -> None:
    statements = POSTGRES if schema_editor.connection.vendor == "postgresql" else SQLITE
    for statement in statements:
        schema_editor.execute(statement)


def drop(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute("DROP TABLE conversations_search")


class Migration(migrations.Migration):
    dependencies = (("conversations", "0002_flag_reasons"),)
    operations = (migrations.RunPython(create, drop),)
