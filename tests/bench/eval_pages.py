"""Fill the database of this process with a run over 14,042 multiple-choice questions and time its pages; prints JSON.

Not run by hand: see bench_eval_pages.
"""

import json
import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import django

from tests.bench.list_pages import median_ms

#: As many questions as MMLU's test split has, and as many subjects.
QUESTIONS, SUBJECTS = 14_042, 57
LETTERS = "ABCD"


def main() -> None:
    """Fill, measure, print."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    django.setup()
    source = _real() if sys.argv[1] == "real" else _made()
    first, second = (_run(source, "chance", seed) for seed in (1, 2))
    print(json.dumps({name: median_ms(work) for name, work in _pages(first, second).items()}))


def _real() -> Any:
    from django.core.management import call_command

    from webapp.conversations.models import Source

    call_command("import_task", "mmlu", subset="all", split="test", stdout=sys.stderr, stderr=sys.stderr)
    return Source.objects.get()


def _made() -> Any:
    """Like MMLU: the right letters in turn, the subjects in turn."""
    from webapp.conversations.content.records import record_of
    from webapp.conversations.models import Source
    from webapp.conversations.storing import store_records

    source = Source.objects.create(name="made", kind=Source.Kind.TASK, task="mmlu", state=Source.State.READY)
    for begin in range(0, QUESTIONS, 1000):
        rows = [_question(number) for number in range(begin, min(begin + 1000, QUESTIONS))]
        store_records(source, [record_of(row) for row in rows], first_position=begin)
    return source


def _question(number: int) -> dict[str, Any]:
    choices = "".join(f"- choice {letter} of question {number}={letter}\n" for letter in LETTERS)
    question = (
        f"Multiple Choice question: what is the answer to number {number}?\n{choices}\nRespond only with a letter."
    )
    return {
        "messages": [
            {"role": "user", "content": question},
            {"role": "assistant", "content": LETTERS[number % 4]},
        ],
        "letters": list(LETTERS),
        "subject": f"subject_{number % SUBJECTS}",
    }


def _run(source: Any, name: str, seed: int) -> Any:
    from webapp.common.running import run_slice
    from webapp.evals.actions.runs import start_run
    from webapp.evals.choosing import Selection
    from webapp.evals.configuration import RunSettings
    from webapp.evals.models import ModelEndpoint

    endpoint = ModelEndpoint.objects.get(name=name)
    run = start_run(
        name=f"{name} {seed}", endpoint=endpoint, selection=Selection({"source": [source.pk]}),
        options=RunSettings(seed=seed), by=None, send=False,
    )  # fmt: skip
    assert run.job_id
    run_slice(run.job_id, slice_seconds=None)
    run.refresh_from_db()
    assert run.state == "done", run.reason
    return run


def _pages(first: Any, second: Any) -> dict[str, Callable[[], None]]:
    from django.test import Client

    from webapp.accounts.models import Role, User

    user = User.objects.create(username="reader", role=Role.CURATOR)
    client = Client(headers={"host": "localhost"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    wrong = list(first.results.filter(outcome="wrong").order_by("conversation_id", "sample"))
    subject, middle, item = wrong[0].subject, wrong[len(wrong) // 2], wrong[-1]
    items = f"/evaluate/{first.pk}/items/"
    addresses = {
        "list of runs": "/evaluate/",
        "new evaluation": "/evaluate/new",
        "a run, done": f"/evaluate/{first.pk}/",
        "items, all": items,
        "items, wrong": f"{items}?outcome=wrong",
        "items, wrong, in the middle": f"{items}?outcome=wrong&after={middle.conversation_id}-0",
        "items, wrong, last page": f"{items}?outcome=wrong&page=last",
        "items, a subject": f"{items}?subject={subject}",
        "items, a subject, wrong": f"{items}?subject={subject}&outcome=wrong",
        "an item": f"{items}{item.pk}/?outcome=wrong",
        "comparison": f"/evaluate/compare?a={first.pk}&b={second.pk}",
        "ChatCORE": "/evaluate/scores",
        "endpoints": "/evaluate/endpoints/",
        "conversation with its answers": f"/conversations/{item.conversation_id}/",
        "list of conversations, wrong in the run": f"/conversations/?answer={first.pk}-wrong",
    }

    def get(address: str) -> None:
        response = client.get(address)
        assert response.status_code == 200, (address, response.status_code, response.content[:300])

    pages: dict[str, Callable[[], None]] = {name: partial(get, address) for name, address in addresses.items()}
    return pages | {"a run, as it is live": partial(_get_live, client, first)}


def _get_live(client: Any, run: Any) -> None:
    """The page as it is while the run goes on."""
    from webapp.evals.models import EvalRun

    EvalRun.objects.filter(pk=run.pk).update(state=EvalRun.State.RUNNING)
    assert client.get(f"/evaluate/{run.pk}/").status_code == 200
    EvalRun.objects.filter(pk=run.pk).update(state=EvalRun.State.DONE)


if __name__ == "__main__":
    main()
