"""Something on every page: sources of all kinds, a long and wide conversation, a mixture, an export, bulk changes.

Runs inside an installation, through `manage.py shell`; `furnish` prints the addresses that came of it.
"""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.urls import reverse
from django.utils import timezone

from tests.browser.made_files import write_openai, write_own
from tests.servers import wait_until
from webapp.accounts.actions import invite_person, make_login_link, make_reset_link
from webapp.accounts.models import User
from webapp.common.models import Job
from webapp.common.running import run_slice
from webapp.conversations.actions import review
from webapp.conversations.actions.bulk import count_bulk, start_bulk
from webapp.conversations.actions.replacing import preview_replacing
from webapp.conversations.actions.search import queue_indexing
from webapp.conversations.actions.sources import delete_source, import_file, import_task
from webapp.conversations.filters import ConversationFilter
from webapp.conversations.finding import Wanted
from webapp.conversations.models import Conversation, FlagReason, Source, Status
from webapp.evals.actions.runs import start_run
from webapp.evals.choosing import Selection
from webapp.evals.configuration import RunSettings
from webapp.evals.findings import Findings
from webapp.evals.models import EvalRun, ModelEndpoint
from webapp.mixtures.actions import create_mixture, start_export
from webapp.mixtures.recipes import Component, Recipe
from webapp.review.actions.queues import archive_queue, create_queue
from webapp.review.models import Queue, QueueItem, Step, Verdict

WIDE_NAME = "a_file_with_a_long_name_that_has_no_space_anywhere_and_goes_on_and_on_to_see_where_it_breaks.jsonl"
WIDE_TURN = f"""Look at https://example.org/{"a-long-path/" * 20}index.html and `{"x" * 200}`.

| one | two | three | four | five | six | seven | eight |
|---|---|---|---|---|---|---|---|
| {"wide " * 8}| {"wide " * 8}| {"wide " * 8}| {"wide " * 8}| {"w" * 60}| f | g | h |

```python
def add(first, second): return first + second  # {"and so on " * 20}
```

$$x = {" + ".join(f"a_{{{number}}}" for number in range(40))}$$
"""


def furnish(folder: str) -> None:
    """Make all of it with files in `folder`, and print addresses by name, as JSON."""
    admin = User.objects.get(username="admin")
    sources = import_files(Path(folder), admin)
    wide = sources["wide"].conversations.order_by("pk")
    found = {
        **pages_of_sources(sources),
        **pages_of_conversation(Conversation.objects.get(source__name="Demo data", position=2), admin),
        "conversation wide": page("conversation", wide[0].pk),
        "conversation wide edit": page("edit", wide[0].pk),
        "conversation with issue": page("conversation", wide[1].pk),
        "conversation with issue edit": page("edit", wide[1].pk),
        "bulk": page("bulk_job", change_in_bulk(sources["orchard"], admin).pk),
        **pages_of_mixture(sources, admin),
        **pages_of_evaluations(admin),
        **pages_of_queues(admin),
        "conflict": conflict(wide[0], admin),
        "replacing": page(
            "replace_job",
            work(preview_replacing(wanted=Wanted("a", "b"), chosen={"source": [sources["orchard"].pk]}, by=admin)).pk,
        ),
        "invitation": f"/invite/{invite_person(role='reviewer', note='Ben', by=admin)}",
        "log-in link": f"/link/{make_login_link(person=User.objects.get(username='vera'), by=admin)}",
        "new password": f"/reset/{make_reset_link(person=User.objects.get(username='vera'), by=admin)}",
    }
    review_in_a_queue(sources["wide"], admin)
    print(json.dumps(found))


def pages_of_queues(by: User) -> dict[str, str]:
    """A queue that is assigned, and one in the archive."""
    wanted = ConversationFilter(status=("unreviewed",))
    queue = create_queue(name="Two look at each", wanted=wanted, by=by, order="random", overlap=2, assignees=[by])
    work(queue.job)
    archived = create_queue(name=f"Archived {'and long ' * 10}", wanted=wanted, by=by, sample=5)
    archive_queue(queue=archived, by=by)
    return {
        "queue": reverse("review:queue", args=[queue.pk]),
        "archived queue": reverse("review:queue", args=[archived.pk]),
        "review": reverse("review:screen", args=[queue.pk]),
        "agreement": reverse("review:agreement", args=[queue.pk]),
        "disagreements": reverse("review:disagreements", args=[queue.pk]),
    }


def page(name: str, *numbers: int) -> str:
    """The address of a page of conversations."""
    return reverse(f"conversations:{name}", args=numbers)


def work(job: Job | None) -> Job:
    """Run a job to its end, or wait for the worker that was faster."""
    assert job is not None
    run_slice(job.pk, slice_seconds=None)
    wait_until(lambda: Job.objects.get(pk=job.pk).is_finished(), seconds=60, what=job.title)
    done = Job.objects.get(pk=job.pk)
    assert done.state == Job.State.DONE, done.error
    return done


def conflict(conversation: Conversation, admin: User) -> str:
    """An edit of a text that somebody else has changed meanwhile: the address of its page."""
    messages = [{"role": "user", "content": "Mine"}, {"role": "assistant", "content": "My answer"}]
    sent = {"messages": messages, "reason": "clearer", "approve": True}
    step = Step.objects.create(
        id=uuid4(), number=1_000_000, group=uuid4(), reviewer=admin, conversation=conversation, kind=Step.Kind.EDIT,
        parameters=sent, state=Step.State.CONFLICT, message="Somebody has changed it since.", version=1,
    )  # fmt: skip
    return reverse("review:conflict", args=[step.pk])


def review_in_a_queue(source: Source, admin: User) -> None:
    """Something for the team's page: a queue that is begun, today and a week ago."""
    queue = Queue.objects.create(name=f"what {source} brought " * 2, total=40, done=2)
    for days, conversation in enumerate(source.conversations.all()[:2]):
        item = QueueItem.objects.create(queue=queue, conversation=conversation)
        Verdict.objects.create(
            item=item, queue=queue, conversation=conversation, source=source, reviewer=admin, status=1, version=1,
            seconds=14, created_at=timezone.now() - timedelta(days=7 * days),
        )  # fmt: skip


def write_wide(folder: Path) -> Path:
    """One conversation with everything that is long or wide, one with format issues."""
    turns = [{"role": "user", "content": "Show me wide things."}, {"role": "assistant", "content": WIDE_TURN}] * 12
    broken = [{"role": "user", "content": "Hello"}, {"role": "user", "content": "Hello?"}]
    path = folder / WIDE_NAME
    path.write_text(f"{json.dumps(turns)}\n{json.dumps(broken)}\n")
    return path


def import_files(folder: Path, admin: User) -> dict[str, Source]:
    """Files, a task, and a source in the trash, by short names."""
    files = {"orchard": write_own(folder), "fruit": write_openai(folder), "wide": write_wide(folder)}
    sources = {}
    for name, file in files.items():
        job = work(import_file(path=file, by=admin, send=False))
        sources[name] = Source.objects.get(job=job)
    (folder / "gone.jsonl").write_text(json.dumps([{"role": "user", "content": "a"}] * 2))
    gone = work(import_file(path=folder / "gone.jsonl", by=admin, send=False))
    sources["gone"] = Source.objects.get(job=gone)
    delete_source(source=sources["gone"], by=admin)
    values = {"subset": "main", "split": "test", "stop": 40}
    work(import_task(task="gsm8k", values=values, name="", by=admin, send=False))
    for source in Source.objects.live():
        work(queue_indexing(source=source, by=None, send=False))
    return sources


def pages_of_sources(sources: dict[str, Source]) -> dict[str, str]:
    """Their pages, reports, and what asks before it deletes."""
    orchard = sources["orchard"]
    assert orchard.job_id
    return {
        "source": page("source", orchard.pk),
        "source wide": page("source", sources["wide"].pk),
        "report": page("import_report", orchard.job_id),
        "job": reverse("common:job", args=[orchard.job_id]),
        "delete source": page("delete_source", orchard.pk),
        "purge source": page("purge_source", sources["gone"].pk),
        "list of a source": f"{page('list')}?source={orchard.pk}&status=unreviewed",
    }


def pages_of_conversation(conversation: Conversation, admin: User) -> dict[str, str]:
    """One that was edited, flagged and decided."""
    messages = json.loads(conversation.text.messages)
    messages[0]["content"] += " Please."
    number = conversation.pk
    review.save_edit(conversation_id=number, version=1, messages=messages, by=admin, reason="politer")
    review.decide(conversation_id=number, version=2, status=Status.REJECTED, by=admin, note="for now")
    reasons = FlagReason.objects.filter(active=True)
    resolved = review.flag_conversation(conversation_id=number, reason=reasons[0], by=admin, turn=1, note="hm")
    review.resolve_flag(flag_id=resolved.pk, by=admin)
    review.flag_conversation(conversation_id=number, reason=reasons[1], by=admin, turn=1, note="look at the sum")
    return {
        "conversation": page("conversation", number),
        "edit": page("edit", number),
        "history": page("history", number),
        "raw": page("raw", number),
        "turn": page("turn", number, 2),
        "change reason": page("change_reason", reasons[0].pk),
    }


def change_in_bulk(source: Source, admin: User) -> Job:
    """All of a source approved."""
    chosen = ConversationFilter(source=(source.pk,)).to_dict()
    counted = work(count_bulk(action="approve", ids=None, chosen=chosen, by=admin))
    return work(start_bulk(counted=counted, by=admin))


def pages_of_mixture(sources: dict[str, Source], admin: User) -> dict[str, str]:
    """A mixture with two components, and its export."""
    approved: dict[str, Any] = {"status": ["approved"]}
    own = Component(ConversationFilter.from_dict(approved | {"source": [sources["orchard"].pk]}), repeats=2, stop=4)
    recipe = Recipe((own, Component(ConversationFilter.from_dict(approved))))
    mixture = create_mixture(name="garden mix", by=admin, recipe=recipe)
    export = start_export(mixture=mixture, format_name="jsonl", by=admin, send=False)
    work(export.job)

    def of_mixture(name: str, *numbers: int) -> str:
        return reverse(f"mixtures:{name}", args=[mixture.pk, *numbers])

    return {
        "mixture": of_mixture("mixture"),
        "mixture exports": of_mixture("mixture_exports"),
        "add component": of_mixture("add_component"),
        "edit component": of_mixture("edit_component", 0),
        "delete mixture": of_mixture("delete"),
        "export": reverse("mixtures:export", args=[export.pk]),
        "mix these": f"{reverse('mixtures:use_filter')}?source={sources['orchard'].pk}",
    }


def pages_of_evaluations(admin: User) -> dict[str, str]:
    """Two runs over multiple choice, one of programs with answers of all sorts, and an endpoint that was probed."""
    work(import_task(task="mmlu", values={"subset": "all", "split": "test"}, name="", by=admin, send=False))
    chance = _evaluated("mmlu", ModelEndpoint.objects.get(adapter="chance"), admin)
    reference = _evaluated("mmlu", ModelEndpoint.objects.get(adapter="reference"), admin)
    numbers = _evaluated("gsm8k", ModelEndpoint.objects.get(adapter="reference"), admin)
    asked = chance.results.filter(outcome="wrong").order_by("pk")[0]
    endpoint = ModelEndpoint.objects.create(
        name="a model with a long name " * 3, address="http://127.0.0.1:9/v1", model="m" * 60, created_by=admin,
        findings=Findings(answers=True, logprobs="ignored", models=("m" * 60,), usage=True, latency_ms=812).to_dict(),
        probed_at=timezone.now(),
    )  # fmt: skip
    return {
        "run": reverse("evals:run", args=[chance.pk]),
        "run of numbers": reverse("evals:run", args=[numbers.pk]),
        "items": f"{reverse('evals:items', args=[chance.pk])}?outcome=wrong",
        "item": reverse("evals:item", args=[chance.pk, asked.pk]),
        "comparison": f"{reverse('evals:compare')}?a={chance.pk}&b={reference.pk}",
        "all answers": reverse("evals:answers", args=[asked.conversation_id]),
        "conversation with answers": page("conversation", asked.conversation_id),
        "endpoint": reverse("evals:endpoint", args=[endpoint.pk]),
        "edit endpoint": reverse("evals:edit_endpoint", args=[endpoint.pk]),
    }


def _evaluated(task: str, endpoint: ModelEndpoint, admin: User) -> EvalRun:
    source = Source.objects.get(task=task)
    run = start_run(
        name=f"{endpoint} on {source}", endpoint=endpoint, selection=Selection({"source": [source.pk]}),
        options=RunSettings(), by=admin, send=False,
    )  # fmt: skip
    work(run.job)
    return run
