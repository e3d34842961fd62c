"""The page of mentions, and the count in the frame."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import make_conversation, make_source, make_user
from tests.review.given_verdicts import make_item, make_queue, make_verdict
from webapp.accounts.models import Role, User
from webapp.conversations.models import Conversation
from webapp.review.actions.comments import add_comment, delete_comment
from webapp.review.mentions import PAGE_ROWS, unread_count
from webapp.review.models import Comment, Mention, QueueItem

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client: Client) -> User:
    user = make_user(Role.REVIEWER, username="ada")
    client.force_login(user)
    return user


@pytest.fixture
def bob() -> User:
    return make_user(Role.REVIEWER, username="bob")


def tell(by: User, text: str = "Look, @ada", conversation: Conversation | None = None) -> Comment:
    return add_comment(conversation_id=(conversation or make_conversation()).pk, turn=1, text=text, by=by)


def page(client: Client, query: str = "", status: int = 200) -> str:
    response = client.get(f"/review/mentions{query}")
    assert response.status_code == status
    return " ".join(response.content.decode().split())


def test_a_mention_is_counted_in_the_frame_and_listed(client: Client, ada: User, bob: User) -> None:
    assert "Nothing unread" in page(client)
    comment = tell(bob)
    text = page(client)
    assert '<a class="button quiet small" href="/review/mentions">1 mention</a>' in text
    assert 'Look, <strong class="mention">@ada</strong>' in text
    assert f'href="/conversations/{comment.conversation_id}/#turn-2"' in text
    assert "1 mention</a>" in client.get("/").content.decode()


def test_one_is_marked_as_read_and_then_all(client: Client, ada: User, bob: User) -> None:
    first, *_ = [tell(bob, f"@ada {number}") for number in range(3)]
    mention = Mention.objects.get(comment=first)
    assert client.post("/review/mentions/read", {"mention": mention.pk})["Location"] == "/review/mentions"
    assert unread_count(ada) == 2
    assert "@ada</strong> 0" not in page(client)
    assert "@ada</strong> 0" in page(client, "?show=all")
    client.post("/review/mentions/read")
    assert unread_count(ada) == 0
    assert "Nothing unread" in page(client)


def test_nobody_marks_what_others_have_not_read(client: Client, ada: User, bob: User) -> None:
    mention = Mention.objects.get(comment=tell(ada, "@bob look"))
    client.post("/review/mentions/read", {"mention": mention.pk})
    client.post("/review/mentions/read")
    mention.refresh_from_db()
    assert mention.read_at is None


def test_one_does_not_mention_oneself(ada: User) -> None:
    tell(ada, "note to @ada")
    assert not Mention.objects.exists()


def test_what_is_deleted_or_in_the_trash_is_not_shown(client: Client, ada: User, bob: User) -> None:
    delete_comment(comment_id=tell(bob, "@ada deleted").pk, by=bob)
    source = make_source()
    tell(bob, "@ada in the trash", make_conversation(source))
    source.deleted_at = timezone.now()
    source.save()
    assert unread_count(ada) == 0
    assert "Nothing unread" in page(client)
    assert "No mention yet" in page(client, "?show=all")


def test_what_must_not_be_seen_yet_is_not_shown_here(client: Client, ada: User, bob: User) -> None:
    conversation = make_conversation()
    item = make_item(make_queue(), {bob: "rejected"}, conversation=conversation)
    tell(bob, "@ada this is wrong", conversation)
    text = page(client)
    assert "this is wrong" not in text
    assert "Several people decide about this conversation on their own." in text
    make_verdict(item, ada, "approved")
    QueueItem.objects.filter(pk=item.pk).update(state=QueueItem.State.DISAGREED)
    assert "this is wrong" in page(client)


def test_pages(client: Client, ada: User, bob: User) -> None:
    comments = [tell(bob, f"@ada number {number}.") for number in range(PAGE_ROWS + 1)]
    text = page(client)
    assert "number 0." not in text
    oldest_shown = Mention.objects.get(comment=comments[1])
    assert f"before={oldest_shown.pk}" in text
    assert "number 0." in page(client, f"?before={oldest_shown.pk}")


@pytest.mark.parametrize("query", ["?before=x", "?before=-1", "?before=" + "9" * 30])
def test_nonsense_is_refused(client: Client, ada: User, query: str) -> None:
    page(client, query, status=400)


def test_who_may_open_it(client: Client, bob: User) -> None:
    assert client.get("/review/mentions").status_code == 302
    viewer = make_user(Role.VIEWER, username="ada")
    client.force_login(viewer)
    tell(bob)
    assert "Look, " in page(client)
    assert client.get("/review/mentions/read").status_code == 405
    assert client.post("/review/mentions/read", {"mention": "x"}).status_code == 400


def test_many_are_counted_to_a_limit(client: Client, ada: User, bob: User) -> None:
    comment = tell(bob, "without a name")
    comments = [Comment(conversation=comment.conversation, text="@ada", created_by=bob) for _ in range(120)]
    Mention.objects.bulk_create(Mention(comment=one, user=ada) for one in Comment.objects.bulk_create(comments))
    assert "99+ mentions" in page(client)


def test_the_number_of_queries_does_not_grow(client: Client, ada: User, bob: User) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            page(client)
        return len(captured)

    tell(bob)
    few = count()
    for _ in range(5):
        tell(bob)
    assert count() == few
