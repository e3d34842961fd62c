"""The import page and the report of an import."""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from tests.conversations.importing import MadeTask, as_lines, import_bytes, work
from tests.factories import chat, make_source, make_user
from webapp.accounts.models import Role
from webapp.common.models import Job
from webapp.conversations import previews
from webapp.conversations.models import Source

pytestmark = pytest.mark.django_db

WORDS = "apple\nbanana\ncherry\n"


@pytest.fixture
def curator(client: Client) -> Client:
    client.force_login(make_user(Role.CURATOR))
    return client


@pytest.fixture(autouse=True)
def _words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "words.txt").write_text(WORDS)
    monkeypatch.setenv("TASKS_CORE_WORDS", str(tmp_path / "words.txt"))
    monkeypatch.setenv("TASKS_CORE_HUB", str(tmp_path / "no-hub"))


def task_address(task: str = "simplespelling") -> str:
    return f"{reverse('conversations:import')}?from=task&task={task}"


def test_the_form_is_made_from_the_registry(curator: Client) -> None:
    page = curator.get(task_address("gsm8k")).content.decode()
    for text in ("GSM8K", "HumanEval", 'name="subset"', "socratic", 'name="stop"', "“GSM8K main train”"):
        assert text in page
    assert 'name="words"' not in curator.get(task_address()).content.decode()
    assert "customjson" not in page


@pytest.mark.parametrize("query", ["from=nowhere", "from=task&task=nothing"])
def test_addresses_that_cannot_be(curator: Client, query: str) -> None:
    assert curator.get(f"{reverse('conversations:import')}?{query}").status_code == 400


def test_a_task_is_queued_with_its_parameters(curator: Client) -> None:
    response = curator.post(task_address(), {"size": "20", "split": "train", "start": "5", "stop": "", "step": "2"})
    job = Job.objects.get(kind="import_task")
    assert response["Location"] == reverse("conversations:import_report", args=[job.pk])
    assert job.parameters["values"] == {
        "size": 20,
        "split": "train",
        "words": None,
        "start": 5,
        "stop": None,
        "step": 2,
    }
    assert Source.objects.get().name == "SimpleSpelling train [5::2]"


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("size", "-1", "greater than or equal to 0"),
        ("size", "many", "whole number"),
        ("split", "nope", "Choose one of: train, test"),
        ("step", "0", "step is 0"),
        ("name", "taken", "of this name already"),
        ("name", "a\0b", "Null characters"),
        ("name", "x" * 201, "at most 200"),
    ],
)
def test_mistakes_stand_beside_the_field_and_the_rest_stays(curator: Client, field: str, value: str, says: str) -> None:
    make_source("taken")
    typed = {"size": "17", "split": "train", "start": "3", "stop": "9", "step": "2", "name": "mine"} | {field: value}
    response = curator.post(task_address(), typed)
    page = response.content.decode()
    assert response.status_code == 400
    assert says.lower() in page.lower()
    assert 'value="9"' in page
    assert not Job.objects.exists()


def test_the_same_task_again_is_asked_about(curator: Client) -> None:
    typed = {"size": "20", "split": "train", "name": "first"}
    curator.post(task_address(), typed)
    source = Source.objects.get()
    work(Job.objects.get(kind="import_task"))
    response = curator.post(task_address(), typed | {"name": "second"})
    page = response.content.decode()
    assert response.status_code == 409
    assert f'<a href="{reverse("conversations:source", args=[source.pk])}">first</a>” (20 conversations)' in page
    assert "would double it" in page
    assert 'value="second"' in page
    assert Job.objects.filter(kind="import_task").count() == 1
    tick = {"again": str(source.pk)}
    assert curator.post(task_address(), typed | {"name": "second"} | tick).status_code == 302
    assert list(Source.objects.order_by("pk").values_list("name", flat=True)) == ["first", "second"]


def test_a_tick_does_not_hold_for_other_values(curator: Client) -> None:
    sources = []
    for size in ("20", "30"):
        curator.post(task_address(), {"size": size, "split": "train"})
        work(Job.objects.filter(kind="import_task").latest("pk"))
        sources.append(Source.objects.latest("pk"))
    typed = {"size": "30", "split": "train", "again": str(sources[0].pk)}
    assert curator.post(task_address(), typed).status_code == 409
    assert Source.objects.count() == 2


def test_the_preview_shows_three_and_stores_nothing(curator: Client) -> None:
    response = curator.post(
        task_address(),
        {"size": "20", "split": "train", "preview": "1"},
        headers={"HX-Request": "true", "HX-Target": "preview"},
    )
    page = response.content.decode()
    assert page.strip().startswith('<section class="panel" id="preview"')
    assert page.count("Spell the word") == 3
    assert "of 20" in page
    assert not Source.objects.exists()


def test_the_preview_of_humaneval_is_python(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"messages": chat("def f():\n    return 1", "def f():\n    return 1"), "entry_point": "f", "test": "x"}
    monkeypatch.setattr(previews, "open_task", lambda _name, _values: MadeTask([row]))
    [[user, assistant]] = previews.preview_task("humaneval", {}).conversations
    for turn in (user, assistant):
        assert '<pre class="code"><code><span class="hl-k">def</span>' in turn.body.html


def test_a_task_that_cannot_be_had_is_told_in_the_form(curator: Client) -> None:
    response = curator.post(task_address("gsm8k"), {"subset": "main", "split": "train", "preview": "1"})
    assert response.status_code == 400
    assert "no folder openai/gsm8k" in response.content.decode()


def test_a_dataset_that_is_not_whole_says_so_in_the_preview(curator: Client, tmp_path: Path) -> None:
    (tmp_path / "no-hub" / "openai" / "gsm8k").mkdir(parents=True)
    response = curator.post(task_address("gsm8k"), {"subset": "main", "split": "train", "preview": "1"})
    assert response.status_code == 200
    assert "no train-*.parquet" in response.content.decode()


def test_a_choice_narrows_those_that_depend_on_it(curator: Client) -> None:
    typed = {"subset": "auxiliary_train", "split": "test", "change": "1", "stop": "7"}
    page = curator.post(
        task_address("mmlu"), typed, headers={"HX-Request": "true", "HX-Target": "task-form"}
    ).content.decode()
    assert '<option value="train" selected' in page
    assert '<option value="test"' not in page
    assert 'name="subject"' not in page
    assert 'value="7"' in page


def test_the_upload_tab_says_what_can_be_sent(curator: Client) -> None:
    page = curator.get(f"{reverse('conversations:import')}?from=upload").content.decode()
    assert 'enctype="multipart/form-data"' in page
    assert "Keep duplicates" in page
    assert "up to 2.1 GB" in page


def test_the_report_names_bad_lines_and_can_be_downloaded(client: Client, tmp_path: Path) -> None:
    client.force_login(make_user(Role.VIEWER))
    job = import_bytes(tmp_path, as_lines(chat("a", "b"), chat("a", "b"), 5))
    page = client.get(reverse("conversations:import_report", args=[job.pk])).content.decode()
    assert "line 3: " in page
    download = client.get(reverse("conversations:download_report", args=[job.pk]))
    text = b"".join(download.streaming_content).decode()  # type: ignore[attr-defined]
    assert text.splitlines()[0] == "Import data.jsonl: 3 lines read: 1 accepted, 1 duplicates, 1 rejected"
    assert text.splitlines()[1] == "line 2: duplicate of line 1"
    assert text.splitlines()[2].startswith("line 3: ")
    assert "attachment" in download["Content-Disposition"]


def test_the_report_says_what_was_converted_and_what_is_to_mend(curator: Client, tmp_path: Path) -> None:
    lines = [{"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}, chat("only one")]
    job = import_bytes(tmp_path, as_lines(*lines))
    page = curator.get(reverse("conversations:import_report", args=[job.pk])).content.decode()
    assert "ShareGPT" in page
    assert "Only one message" in page


def test_the_report_names_the_keys_that_are_kept_beside(curator: Client, tmp_path: Path) -> None:
    weighed = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b", "weight": 0}]
    lines = [{"messages": chat("c", "d"), "tools": []}, {"messages": weighed, "tools": []}]
    job = import_bytes(tmp_path, as_lines(*lines))
    page = curator.get(reverse("conversations:import_report", args=[job.pk])).content.decode()
    assert "<code>tools</code> (2), <code>weight</code> (1)" in page
    assert job.result["set_aside"] == {"tools": 2, "weight": 1}


def test_the_same_file_again_says_where_it_is(curator: Client, tmp_path: Path) -> None:
    import_bytes(tmp_path, as_lines(chat("a", "b")), name="one.jsonl")
    job = import_bytes(tmp_path, as_lines(chat("a", "b")), name="two.jsonl")
    page = curator.get(reverse("conversations:import_report", args=[job.pk])).content.decode()
    assert "already imported as" in page
    assert "Nothing was added" in page


def test_a_running_import_asks_for_itself(curator: Client, tmp_path: Path) -> None:
    job = import_bytes(tmp_path, as_lines(chat("a", "b")))
    address = reverse("conversations:import_report", args=[job.pk])
    assert 'hx-trigger="every 1s' not in curator.get(address).content.decode()
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING)
    part = curator.get(address, headers={"HX-Request": "true", "HX-Target": f"import-{job.pk}"}).content.decode()
    assert 'hx-trigger="every 1s' in part
    assert "<html" not in part


def test_an_import_is_taken_back(curator: Client, tmp_path: Path) -> None:
    job = import_bytes(tmp_path, as_lines(chat("a", "b")))
    response = curator.post(reverse("conversations:take_back", args=[job.pk]), follow=True)
    assert "is in the trash" in response.content.decode()
    assert not Source.objects.live().exists()
    assert curator.post(reverse("conversations:take_back", args=[job.pk])).status_code == 404


def test_a_report_that_is_not_there(curator: Client) -> None:
    other = Job.objects.create(kind="purge_source", title="x")
    for job_id in (999, other.pk):
        assert curator.get(reverse("conversations:import_report", args=[job_id])).status_code == 404
