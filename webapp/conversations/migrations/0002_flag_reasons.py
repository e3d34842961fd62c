"""The taxonomy that a new installation starts with."""

from typing import Any

from django.db import migrations

REASONS = (
    ("wrong-answer", "wrong answer", "The final answer or a stated fact is not right."),
    ("bad-reasoning", "bad reasoning", "The steps do not lead to the answer, even where the answer is right."),
    ("unsafe", "unsafe", "Following it could hurt somebody."),
    ("personal-data", "personal data", "Names, addresses or numbers of a private person."),
    ("off-topic", "off-topic", "The answer is not about what was asked."),
    ("formatting", "formatting", "Broken Markdown, stray tokens, odd characters."),
    ("truncated", "truncated", "The text ends in the middle."),
    ("duplicate", "duplicate", "The same conversation stands elsewhere in the data."),
    ("language", "language", "Wrong language, or bad grammar and spelling."),
    ("other", "other", "Anything else: say what in the note."),
)


def add_reasons(apps: Any, schema_editor: Any) -> None:
    reason = apps.get_model("conversations", "FlagReason")
    reason.objects.bulk_create(
        reason(slug=slug, label=label, description=description, position=position)
        for position, (slug, label, description) in enumerate(REASONS, start=1)
    )


class Migration(migrations.Migration):
    dependencies = (("conversations", "0001_initial"),)
    operations = (migrations.RunPython(add_reasons, migrations.RunPython.noop),)
