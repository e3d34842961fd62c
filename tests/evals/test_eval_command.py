"""`manage.py eval`: what it prints, and how it ends."""

import io
import json
from pathlib import Path
from typing import Any

import datasets
import pytest
from django.core.management import CommandError, call_command

from tests.evals.working import choice_source, number_source
from tests.factories import make_source
from tests.tasks_core.small_hub import write_hub
from webapp.common.models import Job
from webapp.conversations.models import Source
from webapp.evals.models import EvalRun

pytestmark = pytest.mark.django_db


def run(*arguments: Any, **options: Any) -> str:
    out = io.StringIO()
    call_command("eval", *[str(argument) for argument in arguments], stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue()


def test_a_source_by_its_name() -> None:
    source = number_source(4, name="sums")
    printed = run("sums", "--endpoint", "reference")
    assert "100.0 % right of 4 answers (95 % interval 51.0 to 100.0)" in printed
    assert "4 right, 0 wrong, 0 no answer, 0 cut off, 0 error" in printed
    found = EvalRun.objects.get()
    assert (found.name, found.state) == ("reference on sums", EvalRun.State.DONE)
    assert found.selection["filter"] == {"source": [source.pk]}


def test_a_source_by_its_number() -> None:
    source = number_source(1)
    assert "100.0 %" in run(source.pk, "--endpoint", "reference")


def test_json_for_machines() -> None:
    number_source(2, name="sums")
    job = json.loads(run("sums", "--endpoint", "reference", "--json"))
    assert (job["state"], job["done"], job["total"], job["unit"]) == ("done", 2, 2, "questions")
    assert job["result"] == {"run": EvalRun.objects.get().pk}


def test_queued_it_waits_for_a_worker() -> None:
    number_source(1, name="sums")
    assert "Queued as job" in run("sums", "--endpoint", "reference", "--queue")
    assert Job.objects.get().state == Job.State.QUEUED


def test_a_filter_a_sample_and_settings() -> None:
    choice_source(20, name="choices")
    run("choices", "--endpoint", "chance", "--filter", "subject=anatomy", "--sample", "5", "--seed", "7",
        "--temperature", "0.5", "--samples", "2", "--max-tokens", "9", "--run-name", "five")  # fmt: skip
    found = EvalRun.objects.get()
    assert (found.name, found.total) == ("five", 10)
    assert found.selection == {"filter": {**found.selection["filter"], "subject": "anatomy"}, "sample": 5, "seed": 7}
    assert (found.options["max_tokens"], found.options["samples"]) == (9, 2)


def test_several_samples_have_an_interval_over_problems() -> None:
    choice_source(20, name="choices")
    printed = run("choices", "--endpoint", "chance", "--temperature", "1", "--samples", "3")
    assert "right of 60 answers (95 % interval" in printed
    assert "by bootstrap over problems)" in printed


def test_a_task_that_is_not_there_is_imported_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    write_hub(tmp_path)
    monkeypatch.setenv("TASKS_CORE_HUB", str(tmp_path))
    datasets.enable_progress_bars()  # whatever other tests have left
    printed = run("gsm8k", "--subset", "main", "--split", "test", "--stop", "30", "--endpoint", "reference")
    assert "100.0 % right of 30 answers" in printed
    written = capfd.readouterr().err
    assert "Import GSM8K main test" in written
    assert "Generating" not in written  # as the library of datasets would
    assert not datasets.are_progress_bars_disabled()
    source = Source.objects.get()
    assert (source.task, source.parameters["stop"]) == ("gsm8k", 30)
    again = run("gsm8k", "--subset", "main", "--split", "test", "--stop", "30", "--endpoint", "chance")
    assert "0.0 % right of 30 answers" in again
    assert Source.objects.count() == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nothing", "--endpoint", "chance"), "neither a task nor a source"),
        (("99", "--endpoint", "chance"), "neither a task nor a source"),
        (("sums", "--endpoint", "nobody"), "There is no endpoint called “nobody”. There are: chance, reference."),
        (("sums", "--endpoint", "chance", "--filter", "status=purple"), "purple"),
        (("sums", "--endpoint", "chance", "--sample", "0"), "sample"),
        (("sums", "--endpoint", "chance", "--samples", "3"), "temperature 0"),
        (("sums", "--endpoint", "chance", "--temperature", "77"), "temperature"),
        (("gsm8k", "--subset", "nope", "--endpoint", "chance"), "subset"),
        (("smoltalk", "--endpoint", "chance"), "Nothing can score SmolTalk. Tasks that can be evaluated: arc, mmlu,"),
        (("gsm8k", "--endpoint", "chance", "--temperature", "77"), "temperature"),
        (("gsm8k", "--endpoint", "chance", "--filter", "status=purple"), "purple"),
        (("gsm8k", "--endpoint", "chance", "--sample", "0"), "sample"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: tuple[str, ...], words: str) -> None:
    number_source(1, name="sums")
    with pytest.raises(CommandError, match=words):
        run(*arguments)
    assert not EvalRun.objects.exists()
    assert not Job.objects.exists()  # nor is anything imported


def test_a_run_without_anything_to_score_ends_with_an_error() -> None:
    make_source("empty")
    with pytest.raises(CommandError, match="No conversation fits"):
        run("empty", "--endpoint", "chance")
