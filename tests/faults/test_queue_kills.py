"""A queue that is being filled when its worker is killed: each conversation is in it once, and the counts say so."""

import pytest

from tests.faults.files import known_file
from tests.faults.stack import Stack
from tests.faults.test_import_kills import kill_child, kill_worker

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("sample", ["", "9000"])
def test_a_filling_queue_survives_kills(winnow: Stack, sample: str) -> None:
    file = known_file(f"queue{sample}", 40_000)
    imported = winnow.browser().upload(file.content).job
    winnow.wait_for_job(imported)
    source = winnow.value("SELECT id FROM conversations_source WHERE job_id = ?", imported)
    name = f"kills {sample or 'all'}"
    form = {"query": f"source={source}", "name": name, "order": "random", "seed": 42, "overlap": 1}
    assert winnow.browser().post("/review/new", {**form, "sample": sample}).status == 302
    queue, job = winnow.query("SELECT id, job_id FROM review_queue WHERE name = ?", name)[0]
    for share, kill in ((0.1, kill_child), (0.5, kill_worker)):
        winnow.wait_for_progress(job, share)
        kill(winnow)
    winnow.wait_for_job(job)
    wanted = int(sample or file.valid)
    items = "SELECT count(*), count(DISTINCT conversation_id), min(state), max(state) FROM review_queueitem"
    assert winnow.query(f"{items} WHERE queue_id = ?", queue) == [(wanted, wanted, 0, 0)]
    assert winnow.query("SELECT total, done FROM review_queue WHERE id = ?", queue) == [(wanted, 0)]
