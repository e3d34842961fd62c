"""What must be true of an import or an export once it is over, whatever happened on the way."""

from tests.faults.files import KnownFile
from tests.faults.stack import Stack

OF_JOB = (
    " FROM conversations_conversation c JOIN conversations_source s ON s.id = c.source_id"
    " JOIN conversations_conversationtext t ON t.conversation_id = c.id WHERE s.job_id = ?"
)


def assert_imported(winnow: Stack, job_id: int, file: KnownFile) -> None:
    """The rows are those of the file, each once, in order; the counts and the report say the same."""
    rows = winnow.query(
        f"SELECT count(*), count(DISTINCT t.messages), count(DISTINCT position), min(position), max(position){OF_JOB}",
        job_id,
    )
    assert rows == [(file.valid, file.valid, file.valid, 0, file.valid - 1)]
    source = "SELECT id FROM conversations_source WHERE state = 'ready' AND job_id = ?"
    assert (
        winnow.value(f"SELECT sum(total) FROM conversations_tally WHERE source_id = ({source})", job_id) == file.valid
    )
    result = winnow.job(job_id).result
    found = (result["lines"], result["accepted"], result["duplicates"], result["rejected"])
    assert found == (file.lines, file.valid, 0, file.bad)
    assert winnow.value("SELECT count(*) FROM conversations_importproblem WHERE job_id = ?", job_id) == file.bad
