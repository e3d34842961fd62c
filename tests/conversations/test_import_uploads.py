"""Sending files: the group Upload and forms of the bad inputs, by number, and what is left on disk."""

import io
from typing import Any, cast

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.conversations.importing import as_lines, counts, work
from tests.factories import chat, make_user
from webapp.accounts.models import Role
from webapp.common.models import Job
from webapp.conversations.models import Conversation, Source
from webapp.conversations.uploads import upload_folder

pytestmark = pytest.mark.django_db

CONTENT = as_lines(chat("Hi", "Hello"))
AS_SCRIPT = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def curator(client: Client) -> Client:
    client.force_login(make_user(Role.CURATOR))
    return client


def send(client: Client, *files: Any, **extra: Any) -> Any:
    data = {"file": list(files) or [SimpleUploadedFile("data.jsonl", CONTENT)]}
    return client.post(reverse("conversations:upload"), data, **extra)


def on_disk() -> list[str]:
    return [file.name for file in upload_folder().iterdir()]


def raw_request(client: Client, file_name: str, content: bytes = CONTENT) -> Any:
    """A multipart body with the file name exactly as given, which the test client would tidy up."""
    head = f'--BOUND\r\nContent-Disposition: form-data; name="file"; filename="{file_name}"\r\n\r\n'
    body = head.encode() + content + b"\r\n--BOUND--\r\n"
    address = reverse("conversations:upload")
    return client.post(address, body, content_type="multipart/form-data; boundary=BOUND")


def test_a_file_becomes_a_source_and_a_job(curator: Client) -> None:
    response = send(curator)
    job = Job.objects.get()
    assert response.status_code == 302
    assert response["Location"] == reverse("conversations:import_report", args=[job.pk])
    assert Source.objects.get().state == Source.State.IMPORTING
    assert counts(work(job)) == (1, 1, 0, 0)
    assert on_disk() == []


def test_several_files_become_several_sources(curator: Client) -> None:
    files = [SimpleUploadedFile(f"{name}.jsonl", as_lines(chat(name, "x"))) for name in "abc"]
    assert send(curator, *files)["Location"] == reverse("conversations:sources")
    for job in Job.objects.all():
        work(job)
    assert set(Source.objects.values_list("name", flat=True)) == {"a", "b", "c"}
    assert Conversation.objects.count() == 3


def test_a_script_gets_the_report_of_its_file(curator: Client) -> None:
    response = send(curator, **AS_SCRIPT)
    page = response.content.decode()
    assert response.status_code == 200
    assert page.strip().startswith("<section")
    assert f'id="import-{Job.objects.get().pk}"' in page


def test_the_box_keeps_duplicates(curator: Client) -> None:
    file = SimpleUploadedFile("data.jsonl", CONTENT * 2)
    curator.post(reverse("conversations:upload"), {"file": file, "keep_duplicates": "on"})
    assert counts(work(Job.objects.get())) == (2, 2, 0, 0)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.REVIEWER])
def test_readers_may_not_send(client: Client, role: Role) -> None:
    client.force_login(make_user(role))
    assert send(client).status_code == 403
    assert on_disk() == []


def test_strangers_may_not_send(client: Client) -> None:
    assert send(client).status_code == 302
    assert on_disk() == []
    assert not Job.objects.exists()


def test_only_a_post_sends(curator: Client) -> None:
    assert curator.get(reverse("conversations:upload")).status_code == 405


def test_without_the_token_of_the_form_nothing_is_kept() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user(Role.CURATOR))
    assert send(client).status_code == 403
    assert on_disk() == []
    assert not Job.objects.exists()


def test_52_a_path_as_name_is_only_text(curator: Client) -> None:
    assert raw_request(curator, "../../etc/passwd").status_code == 302
    assert Source.objects.get().file_name == "passwd"
    assert all(len(name) == 32 and name.isalnum() for name in on_disk())


@pytest.mark.parametrize("name", ["..", ".", ""])
def test_53_dots_as_name(curator: Client, name: str) -> None:
    assert raw_request(curator, name).status_code == 400
    assert on_disk() == []


def test_54_a_nul_in_the_name(curator: Client) -> None:
    assert raw_request(curator, "a\0b.jsonl").status_code == 302
    assert Source.objects.get().name == "ab"


def test_55_a_name_of_300_characters_is_cut(curator: Client) -> None:
    assert raw_request(curator, "x" * 300 + ".jsonl").status_code == 302
    source = Source.objects.get()
    assert len(source.file_name) == 300
    assert len(source.name) <= 200


def test_56_101_files_at_once(curator: Client) -> None:
    files = [SimpleUploadedFile(f"{number}.jsonl", b"x") for number in range(101)]
    assert send(curator, *files).status_code == 400
    assert on_disk() == []
    assert not Job.objects.exists()


@pytest.mark.parametrize("extra", [{}, AS_SCRIPT])
def test_57_over_the_cap(curator: Client, settings: Any, extra: dict[str, str]) -> None:
    settings.UPLOAD_LIMIT_BYTES = 100_000
    response = send(curator, SimpleUploadedFile("big.jsonl", b"x" * 3_000_000), **extra)
    assert response.status_code == 413
    assert b"larger than" in response.content
    assert on_disk() == []


def test_57_the_cap_holds_for_all_files_of_a_request_together(curator: Client, settings: Any) -> None:
    settings.UPLOAD_LIMIT_BYTES = 100_000
    files = [SimpleUploadedFile(f"{number}.jsonl", b"x" * 60_000) for number in range(2)]
    assert send(curator, *files).status_code == 413
    assert on_disk() == []


@pytest.mark.parametrize("extra", [{}, AS_SCRIPT])
def test_58_a_missing_part(curator: Client, extra: dict[str, str]) -> None:
    response = curator.post(reverse("conversations:upload"), {"keep_duplicates": "on"}, **extra)  # type: ignore[arg-type]
    assert response.status_code == 400
    assert b"at least one file" in response.content


def test_58_a_file_in_another_field_is_not_taken(curator: Client) -> None:
    file = SimpleUploadedFile("data.jsonl", CONTENT)
    assert curator.post(reverse("conversations:upload"), {"other": file}).status_code == 400
    assert on_disk() == []


def test_59_1001_fields(curator: Client) -> None:
    fields = {f"field{number}": "x" for number in range(1001)}
    assert curator.post(reverse("conversations:upload"), fields).status_code == 400


def test_63_markup_in_a_name_is_shown_as_text(curator: Client) -> None:
    raw_request(curator, "<script>alert(1).jsonl")
    work(Job.objects.get())
    for address in (reverse("conversations:sources"), reverse("conversations:source", args=[Source.objects.get().pk])):
        page = curator.get(address).content.decode()
        assert "<script>alert" not in page
        assert "&lt;" in page


def test_a_page_that_takes_no_files_passes_over_them(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "django.core.files.uploadedfile.tempfile.NamedTemporaryFile", None
    )  # a temporary file cannot be made
    file = SimpleUploadedFile("big.jsonl", b"x" * 5_000_000)
    response = client.post(reverse("accounts:login"), {"username": "ada", "password": "", "file": file})
    assert response.status_code in {200, 400, 422}


class BrokenOff(io.BytesIO):
    """A body whose connection breaks off."""

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        if not found:
            raise OSError("connection reset")
        return found


@pytest.mark.parametrize("body", [BrokenOff, io.BytesIO], ids=["with an error", "as an early end, as gunicorn does"])
def test_a_connection_that_breaks_off_leaves_nothing(curator: Client, body: type[io.BytesIO]) -> None:
    head = b'--BOUND\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n'
    whole_file = head + CONTENT + b"\r\n"
    sent = {
        "wsgi.input": body(whole_file + head + b"x" * 5_000_000),
        "CONTENT_LENGTH": "9000000",
        "CONTENT_TYPE": "multipart/form-data; boundary=BOUND",
    }
    response = curator.generic("POST", reverse("conversations:upload"), **cast(Any, sent))
    assert b"broke off" in response.content
    assert response.status_code == 400
    assert on_disk() == []
    assert not Job.objects.exists()


@pytest.fixture
def _full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, *_args: Any) -> int:
            raise OSError(28, "No space left on device")

    def open_full(path: Any, *args: Any, **options: Any) -> Any:
        path.touch()
        return Full()

    monkeypatch.setattr("webapp.conversations.uploads.Path.open", open_full)


@pytest.mark.usefixtures("_full_disk")
def test_a_full_disk_is_said_and_leaves_nothing(curator: Client) -> None:
    response = send(curator, **AS_SCRIPT)
    assert response.status_code == 507
    assert b"disk of the server is full" in response.content
    assert on_disk() == []
