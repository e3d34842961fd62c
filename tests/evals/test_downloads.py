"""Results as JSONL and CSV: whole, in order, and nothing in them that a spreadsheet would run."""

import csv
import io
import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.evals.making import make_answer, make_endpoint, make_run
from tests.factories import make_conversation, make_source, make_user
from webapp.accounts.models import Role
from webapp.common import spreadsheets
from webapp.evals import downloads
from webapp.evals.models import EvalRun

pytestmark = pytest.mark.django_db

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", '=HYPERLINK("http://x","y")']


@pytest.fixture
def curator(client: Client) -> Client:
    client.force_login(make_user(Role.CURATOR), backend="django.contrib.auth.backends.ModelBackend")
    return client


def content(client: Client, run: EvalRun, ending: str) -> str:
    response = client.get(f"/evaluate/{run.pk}/results.{ending}")
    assert response.status_code == 200
    assert response.streaming
    return response.getvalue().decode()


def one_run(**columns: Any) -> EvalRun:
    row = make_conversation(make_source("GSM8K test"), subject="law")
    answer = make_answer(
        columns.pop("text", "so 42"), letters=json.dumps({"A": -0.1}), prompt_tokens=9, completion_tokens=2
    )
    columns = {"outcome": "wrong", "answer": answer, "extracted": "42", "expected": "72", "subject": "law"} | columns
    return make_run([(row, columns), (make_conversation(), {})], name="qwen", state=EvalRun.State.RUNNING)


def test_jsonl_holds_every_column(curator: Client) -> None:
    run = one_run(lenient="42", lenient_right=False, task="gsm8k", kind="k", detail="d", text="so\n42 “ü” \u2028")
    (line,) = content(curator, run, "jsonl").removesuffix("\n").split("\n")
    result = run.results.exclude(outcome="").get()
    assert json.loads(line) == {
        "run": "qwen", "source": "GSM8K test", "position": 0, "conversation": result.conversation_id, "version": 1,
        "sample": 0, "task": "gsm8k", "subject": "law", "outcome": "wrong", "kind": "k", "detail": "d",
        "expected": "72", "extracted": "42", "lenient": "42", "lenient_right": False, "answer": "so\n42 “ü” \u2028",
        "finish": "stop", "prompt_tokens": 9, "completion_tokens": 2, "latency_ms": 120, "letters": {"A": -0.1},
    }  # fmt: skip


def test_csv_reads_back(curator: Client) -> None:
    run = one_run(text='two\nlines, "quoted"\r\nthree')
    rows = list(csv.DictReader(io.StringIO(content(curator, run, "csv"), newline="")))
    assert len(rows) == 1
    assert list(rows[0]) == list(downloads.COLUMNS)
    assert rows[0]["answer"] == 'two\nlines, "quoted"\r\nthree'
    assert (rows[0]["completion_tokens"], rows[0]["lenient_right"], rows[0]["letters"]) == ("2", "", '{"A": -0.1}')


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_becomes_a_formula(curator: Client, text: str) -> None:
    run = one_run(text=text, extracted=text, detail=text, subject=text)
    (row,) = csv.DictReader(io.StringIO(content(curator, run, "csv"), newline=""))
    for name in ("answer", "extracted", "detail", "subject"):
        assert row[name] == f"'{text}", name
    assert json.loads(content(curator, run, "jsonl"))["answer"] == text


def test_our_numbers_stay_numbers() -> None:
    values: list[Any] = [-3, 0, 1.5, None, True, False, {}]
    assert [spreadsheets.cell(value) for value in values] == [-3, 0, 1.5, None, "yes", "no", ""]


def test_a_result_without_an_answer(curator: Client) -> None:
    run = make_run([(make_conversation(), {"outcome": "error", "kind": "timeout", "detail": "No answer."})])
    found = json.loads(content(curator, run, "jsonl"))
    assert (found["answer"], found["letters"], found["kind"]) == (None, {}, "timeout")


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_batches_follow_each_other_in_order(curator: Client, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    monkeypatch.setattr(downloads, "BATCH", 3)
    source = make_source()
    rows = [make_conversation(source) for _ in range(4)]
    asked = [(row, {"outcome": "right", "sample": sample}) for row in rows for sample in (1, 0)]
    run = make_run(asked)
    make_run([(rows[0], {"outcome": "wrong"})])
    with CaptureQueriesContext(connection) as captured:
        text = content(curator, run, ending)
    if ending == "csv":
        lines = list(csv.DictReader(io.StringIO(text, newline="")))
    else:
        lines = [json.loads(line) for line in text.splitlines()]
    found = [(int(line["conversation"]), int(line["sample"])) for line in lines]
    assert found == [(row.pk, sample) for row in rows for sample in (0, 1)]
    assert sum("evals_evalresult" in query["sql"] for query in captured.captured_queries) == 4


def test_no_secret_is_in_it(curator: Client) -> None:
    endpoint = make_endpoint("qwen", encrypted_key="gAAAA-secret", address="http://10.9.8.7:1/v1")
    run = make_run([(make_conversation(), {"outcome": "right", "text": "1"})], endpoint=endpoint)
    for ending in ("jsonl", "csv"):
        text = content(curator, run, ending)
        assert "gAAAA" not in text
        assert "10.9.8.7" not in text


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("qwen on GSM8K", "qwen-on-GSM8K-{}.csv"),
        ('../../etc/"passwd"\r\nX: y', "etc-passwd-X-y-{}.csv"),
        ("Müller", "M-ller-{}.csv"),
        ("日本", "run-{}.csv"),
        ("x" * 200, f"{'x' * 80}-{{}}.csv"),
    ],
)
def test_file_names_are_safe(curator: Client, name: str, file: str) -> None:
    run = make_run([], name=name)
    response = curator.get(f"/evaluate/{run.pk}/results.csv")
    assert response["Content-Disposition"] == f'attachment; filename="{file.format(run.pk)}"'


def test_who_may_download(client: Client) -> None:
    run = one_run()
    address = f"/evaluate/{run.pk}/results.jsonl"
    assert client.get(address).status_code == 302
    client.force_login(make_user(Role.REVIEWER), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(address).status_code == 403
    assert "results.jsonl" not in client.get(f"/evaluate/{run.pk}/items/").content.decode()


def test_bad_addresses(curator: Client) -> None:
    run = one_run()
    assert curator.get(f"/evaluate/{run.pk}/results.xml").status_code == 404
    assert curator.get("/evaluate/999999/results.csv").status_code == 404
    assert curator.post(f"/evaluate/{run.pk}/results.csv").status_code == 405
    assert "results.jsonl" in curator.get(f"/evaluate/{run.pk}/items/").content.decode()
