"""Reviewing as a browser does it."""

from tests.faults.browsers import Answer, Browser
from tests.faults.files import known_file
from tests.faults.stack import Stack


def conversations(winnow: Stack, name: str, count: int = 3) -> list[int]:
    """Conversations to review."""
    job_id = winnow.browser().upload(known_file(name, count).content).job
    winnow.wait_for_job(job_id)
    statement = (
        "SELECT c.id FROM conversations_conversation c JOIN conversations_source s ON s.id = c.source_id"
        " WHERE s.job_id = ? ORDER BY c.id"
    )
    return [row[0] for row in winnow.query(statement, job_id)]


def edit(browser: Browser, conversation: int, *, text: str = "A new answer.", approve: bool = False) -> Answer:
    """Save a new answer over version 1; approved in the same step, if wanted."""
    fields = {
        "version": 1, "start": 0, "end": 2, "turns": 2, "do": "approve" if approve else "save",
        "role-0": "user", "text-0": "A question?", "role-1": "assistant", "text-1": text,
    }  # fmt: skip
    return browser.post(f"/conversations/{conversation}/edit", fields)
