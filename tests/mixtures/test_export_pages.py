"""The page of an export, its download, its manifest, its check, and deleting it."""

import json

import pytest
from django.test import Client

from tests.factories import chat, make_conversation, make_user
from tests.mixtures.helpers import begin_export, make_export, make_mixture, of_source, part, work
from webapp.accounts.models import Role
from webapp.common.models import Job
from webapp.common.running import run_slice
from webapp.conversations.models import Source
from webapp.mixtures.models import Export

pytestmark = pytest.mark.django_db


@pytest.fixture
def curating(client: Client) -> Client:
    client.force_login(make_user(Role.CURATOR))
    return client


@pytest.fixture
def export(sources: list[Source]) -> Export:
    return make_export(make_mixture(part(), name="Größe “4” / v2"))


def test_while_it_is_made_the_page_shows_progress(curating: Client, sources: list[Source]) -> None:
    export = begin_export(make_mixture(part()))
    page = curating.get(f"/exports/{export.pk}/").text
    assert "being made" in page or "waiting" in page
    assert "job-finished from:body" in page
    assert curating.get(f"/exports/{export.pk}/download").status_code == 404
    assert curating.get(f"/exports/{export.pk}/manifest").status_code == 404
    assert curating.post(f"/exports/{export.pk}/check").status_code == 422
    assert curating.post(f"/exports/{export.pk}/delete").status_code == 409


def test_a_ready_export_shows_what_is_in_it(curating: Client, sources: list[Source]) -> None:
    make_conversation(sources[0], chat("alone"), status=1, issues=",one_message,")
    export = make_export(make_mixture(of_source(sources[0], repeats=2), part()))
    page = curating.get(f"/exports/{export.pk}/").text
    for shown in (
        "25 conversations",
        export.sha256,
        "CustomJSON(&quot;chat-mix-",
        "has fewer than two messages",
        "nobody yet",
    ):
        assert shown in page


def test_a_failed_export_says_why(curating: Client) -> None:
    export = begin_export(make_mixture(part()))
    work(export)
    assert "There is nothing to export" in curating.get(f"/exports/{export.pk}/").text


@pytest.mark.parametrize("ending", ["jsonl", "jsonl.gz", "jsonl.zst"])
def test_the_download_streams_the_file_under_a_safe_name(curating: Client, sources: list[Source], ending: str) -> None:
    export = make_export(make_mixture(part(), name="../<Größe>\n “4”"), format_name=ending)
    answer = curating.get(f"/exports/{export.pk}/download")
    assert answer.streaming
    assert b"".join(answer) == export.path().read_bytes()
    assert answer.headers["Content-Disposition"] == f'attachment; filename="gr-e-4-{export.pk}.{ending}"'
    assert answer.headers["Content-Length"] == str(export.size)


def test_a_file_that_is_gone_is_said_to_be(curating: Client, export: Export) -> None:
    export.path().unlink()
    answer = curating.get(f"/exports/{export.pk}/download")
    assert answer.status_code == 404
    assert "export the mixture again" in answer.text
    assert "not at its place any more" in curating.get(f"/exports/{export.pk}/").text


def test_the_manifest_is_the_one_beside_the_file(curating: Client, export: Export) -> None:
    answer = curating.get(f"/exports/{export.pk}/manifest")
    assert answer.content == export.manifest_path().read_bytes()
    assert json.loads(answer.content)["file"]["sha256"] == export.sha256


def test_the_file_is_checked_again(curating: Client, export: Export) -> None:
    path = f"/exports/{export.pk}/check"
    curating.post(path)
    curating.post(path)  # the first check still waits
    check = Job.objects.get(kind="verify_export")
    run_slice(check.pk, slice_seconds=None)
    assert "The file is what its manifest says." in curating.get(f"/exports/{export.pk}/").text
    export.path().write_bytes(export.path().read_bytes().replace(b"answer", b"Answer"))
    curating.post(path)
    run_slice(Job.objects.filter(kind="verify_export").latest("id").pk, slice_seconds=None)
    assert "bytes or lines were changed" in curating.get(f"/exports/{export.pk}/").text


def test_deleting_removes_the_file_and_keeps_the_manifest(
    curating: Client, export: Export, django_capture_on_commit_callbacks: object
) -> None:
    assert callable(django_capture_on_commit_callbacks)
    with django_capture_on_commit_callbacks(execute=True):
        curating.post(f"/exports/{export.pk}/delete")
    assert not export.path().exists()
    assert not export.manifest_path().exists()
    page = curating.get(f"/exports/{export.pk}/").text
    assert "Its manifest is kept." in page
    assert curating.get(f"/exports/{export.pk}/manifest").status_code == 200
    assert curating.get(f"/exports/{export.pk}/download").status_code == 404


@pytest.mark.parametrize(("path", "method"), [("check", "post"), ("delete", "post"), ("download", "get")])
def test_data_leaves_only_through_curators(client: Client, export: Export, path: str, method: str) -> None:
    address = f"/exports/{export.pk}/{path}"
    assert getattr(client, method)(address).status_code == 302
    client.force_login(make_user(Role.REVIEWER))
    assert getattr(client, method)(address).status_code == 403
    client.force_login(make_user(Role.CURATOR))
    assert getattr(client, method)(address).status_code in {200, 302}


def test_a_viewer_reads_the_page_and_the_manifest(client: Client, export: Export) -> None:
    assert client.get(f"/exports/{export.pk}/").status_code == 302
    client.force_login(make_user(Role.VIEWER))
    page = client.get(f"/exports/{export.pk}/").text
    assert "/download" not in page
    assert "/delete" not in page
    assert client.get(f"/exports/{export.pk}/manifest").status_code == 200


@pytest.mark.parametrize("path", ["", "download", "manifest"])
def test_an_export_that_is_not_there(curating: Client, path: str) -> None:
    assert curating.get(f"/exports/999/{path}").status_code == 404


@pytest.mark.parametrize("path", ["check", "delete"])
def test_reading_changes_nothing(curating: Client, export: Export, path: str) -> None:
    assert curating.get(f"/exports/{export.pk}/{path}").status_code == 405
