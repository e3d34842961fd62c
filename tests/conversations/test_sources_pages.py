"""The pages of sources: list, one, rename, delete, undo, trash, purge."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.conversations.importing import as_lines, import_bytes, source_of, work
from tests.factories import chat, make_conversation, make_source, make_user
from webapp.accounts.models import Role
from webapp.common.models import Job
from webapp.common.running import SWEEPS, run_slice
from webapp.conversations.actions.sources import delete_source, purge_expired_sources, purge_source
from webapp.conversations.hooks import PURGE_HOOKS
from webapp.conversations.models import (
    Conversation,
    ConversationText,
    Decision,
    Flag,
    FlagReason,
    ImportProblem,
    Revision,
    Source,
    Status,
    Tally,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator(client: Client) -> Client:
    client.force_login(make_user(Role.CURATOR))
    return client


@pytest.fixture
def source() -> Source:
    made = make_source("chats")
    make_conversation(made)
    make_conversation(made, status=Status.APPROVED)
    return made


def address(name: str, source: Source) -> str:
    return reverse(f"conversations:{name}", args=[source.pk])


def trashed(source: Source) -> Source:
    delete_source(source=source, by=None)
    source.refresh_from_db()
    return source


def test_the_list_shows_counts_and_leads_on(curator: Client, source: Source) -> None:
    page = curator.get(reverse("conversations:sources")).content.decode()
    assert "chats" in page
    assert f"?source={source.pk}" in page
    assert "1 approved, 1 unreviewed" in page


def test_an_empty_list_says_what_to_do(curator: Client) -> None:
    page = curator.get(reverse("conversations:sources")).content.decode()
    assert "Nothing has been imported yet" in page
    assert "Upload files" in page


def test_the_list_needs_the_same_queries_for_1_and_for_60(
    curator: Client, source: Source, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(12) as few:
        curator.get(reverse("conversations:sources"))
    for _ in range(49):
        make_conversation(make_source())
    with django_assert_max_num_queries(len(few)):
        curator.get(reverse("conversations:sources"))


def test_the_list_goes_by_pages(curator: Client) -> None:
    for number in range(51):
        make_source(f"source number {number:02}")
    first = curator.get(reverse("conversations:sources"))
    second = curator.get(reverse("conversations:sources"), {"before": first.context["older"]})
    assert "source number 50" in first.content.decode()
    assert "source number 00" in second.content.decode()
    assert second.context["older"] is None


@pytest.mark.parametrize("before", ["-1", "x", "9" * 30])
def test_67_68_a_page_that_cannot_be(curator: Client, before: str) -> None:
    assert curator.get(reverse("conversations:sources"), {"before": before}).status_code == 400


def test_a_running_import_moves_the_list(curator: Client, source: Source) -> None:
    job = Job.objects.create(kind="import_upload", title="Import x", state=Job.State.RUNNING, done=5, total=10)
    Source.objects.filter(pk=source.pk).update(job=job, state=Source.State.IMPORTING)
    whole = curator.get(reverse("conversations:sources")).content.decode()
    part = curator.get(
        reverse("conversations:sources"), headers={"HX-Request": "true", "HX-Target": "sources"}
    ).content.decode()
    assert 'hx-trigger="every 2s"' in whole
    assert part.strip().startswith('<div class="panel" id="sources"')
    assert "<progress" in part


def test_the_page_of_a_source_says_where_it_is_from(curator: Client, tmp_path: Path) -> None:
    job = import_bytes(tmp_path, as_lines(chat("a", "b")) + b"bad\n")
    made = source_of(job)
    assert made is not None
    page = curator.get(address("source", made)).content.decode()
    for text in ("data.jsonl", made.fingerprint, "line 2: ", "command line", "Download the report"):
        assert text in page


def test_a_source_that_is_not_there(curator: Client, source: Source) -> None:
    assert curator.get(reverse("conversations:source", args=[999])).status_code == 404
    assert curator.get(address("source", trashed(source))).status_code == 404


def test_renaming(curator: Client, source: Source) -> None:
    response = curator.post(address("rename_source", source), {"name": "  better \t name "})
    source.refresh_from_db()
    assert (response.status_code, source.name) == (302, "better name")


@pytest.mark.parametrize("name", ["", "   ", "a\0b", "x" * 201, "\x01\x02"])
def test_62_names_that_cannot_be(curator: Client, source: Source, name: str) -> None:
    response = curator.post(address("rename_source", source), {"name": name})
    source.refresh_from_db()
    assert (response.status_code, source.name) == (400, "chats")
    assert response.context["form"].errors["name"]


def test_a_name_that_is_taken_keeps_what_was_typed(curator: Client, source: Source) -> None:
    trashed(make_source("gone"))
    response = curator.post(address("rename_source", source), {"name": "gone"})
    assert response.status_code == 400
    assert "in the trash" in response.content.decode()
    assert 'value="gone"' in response.content.decode()


def test_deleting_asks_with_what_it_holds(curator: Client, source: Source) -> None:
    page = curator.get(address("delete_source", source)).content.decode()
    assert "2 conversations" in page
    assert "1 conversation with a decision" in page
    assert Source.objects.live().exists()


def test_deleting_and_undoing_on_the_spot(curator: Client, source: Source) -> None:
    response = curator.post(address("delete_source", source), follow=True)
    assert not Source.objects.live().exists()
    assert "is in the trash" in response.content.decode()
    assert address("restore_source", source) in response.content.decode()
    curator.post(address("restore_source", source))
    assert Source.objects.live().get() == source
    assert Conversation.objects.live().count() == 2


def test_the_trash_lists_what_can_be_restored(curator: Client, source: Source) -> None:
    trashed(source)
    page = curator.get(reverse("conversations:trash")).content.decode()
    assert "chats" in page
    assert "Restore" in page


def test_what_is_being_purged_cannot_be_restored(curator: Client, source: Source) -> None:
    purge_source(source=trashed(source), by=None)
    assert curator.post(address("restore_source", source)).status_code == 409
    assert "being deleted" in curator.get(reverse("conversations:trash")).content.decode()


def test_only_the_trash_can_be_purged(curator: Client, source: Source) -> None:
    assert curator.post(address("purge_source", source)).status_code == 404


def test_purging_asks_and_then_takes_everything(curator: Client, source: Source) -> None:
    other = make_conversation()
    first = Conversation.objects.filter(source=source).first()
    assert first is not None
    reason = FlagReason.objects.first()
    assert reason is not None
    Flag.objects.create(conversation=first, source=source, status=0, reason=reason)
    Decision.objects.create(conversation=first, version=1, status=1, previous=0)
    Revision.objects.create(conversation=first, version=2, messages="[]", content_hash=b"x")
    trashed(source)
    assert "2 conversations" in curator.get(address("purge_source", source)).content.decode()
    curator.post(address("purge_source", source))
    job = work(Job.objects.get(kind="purge_source"))
    assert (job.state, job.done, job.total) == (Job.State.DONE, 2, 2)
    assert not Source.objects.filter(pk=source.pk).exists()
    for model in (Flag, Decision, Revision):
        assert not model._default_manager.exists()
    assert list(Conversation.objects.all()) == [other]
    assert ConversationText.objects.count() == Tally.objects.count() == 1


def test_purging_takes_the_report_and_tells_the_hooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = source_of(import_bytes(tmp_path, as_lines(chat("a", "b")) + b"bad\n"))
    assert made is not None
    told: list[int] = []
    monkeypatch.setattr("webapp.conversations.hooks.PURGE_HOOKS", [*PURGE_HOOKS, lambda _, ids: told.extend(ids)])
    ids = list(Conversation.objects.values_list("pk", flat=True))
    work(purge_source(source=trashed(made), by=None))
    assert told == ids
    assert not ImportProblem.objects.exists()


def test_a_purge_in_slices_goes_on(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.conversations.purging.CHUNK", 1)
    job = purge_source(source=trashed(source), by=None)
    run_slice(job.pk, slice_seconds=-1)
    assert Conversation.objects.count() == 1
    assert work(job).done == 2
    assert not Source.objects.exists()


def test_the_sweep_purges_what_lay_long_enough(source: Source, settings: Any) -> None:
    trashed(source)
    purge_expired_sources()
    assert not Job.objects.filter(kind="purge_source").exists()
    late = timezone.now() - timedelta(days=settings.TRASH_DAYS, minutes=1)
    Source.objects.filter(pk=source.pk).update(deleted_at=late)
    purge_expired_sources()
    purge_expired_sources()
    assert Job.objects.filter(kind="purge_source").count() == 1
    assert purge_expired_sources in SWEEPS


@pytest.mark.parametrize("role", [Role.VIEWER, Role.REVIEWER])
def test_readers_read_and_change_nothing(client: Client, source: Source, role: Role) -> None:
    client.force_login(make_user(role))
    assert client.get(reverse("conversations:sources")).status_code == 200
    page = client.get(address("source", source))
    assert page.status_code == 200
    assert "Rename" not in page.content.decode()
    for name in ("rename_source", "delete_source", "restore_source", "purge_source"):
        assert client.post(address(name, source), {"name": "x"}).status_code == 403
    assert client.get(reverse("conversations:import")).status_code == 403
    assert Source.objects.live().get().name == "chats"


def test_strangers_are_sent_to_the_log_in(client: Client, source: Source) -> None:
    for name in ("source", "delete_source"):
        assert client.get(address(name, source)).status_code == 302


def test_actions_take_only_posts(curator: Client, source: Source) -> None:
    for name in ("rename_source", "restore_source"):
        assert curator.get(address(name, source)).status_code == 405
