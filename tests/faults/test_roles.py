"""A role taken away while its holder works: the next request is refused, and so is the next chunk of the job."""

import pytest

from tests.faults.files import known_file
from tests.faults.outcomes import OF_JOB
from tests.faults.stack import Stack

pytestmark = pytest.mark.faults


def test_a_role_taken_away(winnow: Stack) -> None:
    cleo, alma = winnow.browser("cleo"), winnow.browser("alma")
    person = winnow.value("SELECT id FROM accounts_user WHERE username = 'cleo'")
    file = known_file("role", 20_000)
    winnow.holds.set("between", "6000")
    job_id = cleo.upload(file.content).job
    winnow.wait_for_hold("between")
    try:
        assert alma.post(f"/people/{person}/role", {"role": "viewer"}).status in {200, 302}
        for answer in (cleo.get("/sources/import/?from=upload"), cleo.upload(file.content)):
            assert answer.status == 403
            assert "curator role" in answer.text
        assert cleo.get("/sources/").status == 200
        winnow.holds.release()
        job = winnow.wait_for_job(job_id, "failed")
        assert job.error.startswith("Stopped: cleo may no longer do this")
        # What was there before stays, and nothing came after.
        assert winnow.value(f"SELECT count(*){OF_JOB}", job_id) == job.result["accepted"]
        assert job.done == 6000
        assert cleo.post(f"/jobs/{job_id}/continue", {}).status == 403
    finally:
        winnow.execute("UPDATE accounts_user SET role = 'curator' WHERE id = ?", person)


def test_somebody_deactivated_is_out_at_once(winnow: Stack) -> None:
    rolf, alma = winnow.browser("rolf"), winnow.browser("alma")
    person = winnow.value("SELECT id FROM accounts_user WHERE username = 'rolf'")
    assert rolf.get("/conversations/").status == 200
    try:
        assert alma.post(f"/people/{person}/deactivate", {}).status in {200, 302}
        answer = rolf.get("/conversations/")
        assert (answer.status, answer.location.split("?")[0]) == (302, "/login")
    finally:
        winnow.execute("UPDATE accounts_user SET is_active = ? WHERE id = ?", True, person)
