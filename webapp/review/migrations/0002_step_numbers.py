"""Where PostgreSQL takes the numbers of steps from. On SQLite there is one writer, which takes the next one."""

from typing import Any

from django.db import migrations


def make(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE SEQUENCE IF NOT EXISTS review_step_number")


def drop(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP SEQUENCE IF EXISTS review_step_number")


class Migration(migrations.Migration):
    dependencies = [("review", "0001_review")]

    operations = [migrations.RunPython(make, drop)]
