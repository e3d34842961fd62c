"""The totals over several sources, in every status."""

import pytest

from tests.factories import make_conversation, make_source
from webapp.conversations import tallies
from webapp.conversations.models import Status

pytestmark = pytest.mark.django_db


def test_totals_add_up_all_sources_but_those_in_the_trash() -> None:
    first, second = make_source(), make_source()
    for source in (first, first, second):
        make_conversation(source)
        make_conversation(source, status=Status.APPROVED)
    make_conversation(second, issues=",ends_with_user,")
    totals = tallies.totals()
    assert totals[Status.UNREVIEWED] == {"total": 4, "flagged": 0, "with_issue": 1, "edited": 0}
    assert totals[Status.APPROVED]["total"] == 3
    assert tallies.totals([first.pk])[Status.UNREVIEWED]["total"] == 2
    first.deleted_at = first.created_at
    first.save()
    assert tallies.totals()[Status.UNREVIEWED]["total"] == 2
