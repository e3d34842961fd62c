"""Every attack has its outcome in every kind of walls, and leaves nothing behind."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tasks_core.sandbox import Outcome, Sandbox, Verdict
from tests.tasks_core.attacks import ATTACKS, SOLUTION, TEST, Attack
from tests.tasks_core.sandboxes import descendants, profiles

pytestmark = pytest.mark.once


@pytest.fixture(scope="module", params=profiles(), ids=lambda profile: profile.name)
def sandbox(request: Any) -> Iterator[Sandbox]:
    with Sandbox(profile=request.param, seconds=1.5) as made:
        yield made


def judge(sandbox: Sandbox, code: str, test: str = TEST) -> Verdict:
    return sandbox.judge(head="", code=code, test=test, entry_point="f")


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_has_its_outcome_and_leaves_nothing(sandbox: Sandbox, attack: Attack) -> None:
    assert judge(sandbox, SOLUTION).passed
    before = descendants(os.getpid())
    verdict = judge(sandbox, attack.code)
    assert (str(verdict.outcome), verdict.passed) == (attack.outcome, False), verdict
    assert attack.detail in verdict.detail
    assert verdict.profile == sandbox.profile.name
    assert "FOUND" not in verdict.output
    assert len(verdict.output) <= 64_000
    assert verdict.seconds < 5
    assert descendants(os.getpid()) == before
    assert judge(sandbox, SOLUTION).outcome is Outcome.PASS
