"""Comments on a conversation and its turns: the actions, the forms, who sees which."""

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import chat, make_conversation, make_source, make_user
from tests.review.given_verdicts import make_item, make_queue, make_verdict
from tests.review.making import entry, send
from webapp.accounts.models import Role, User
from webapp.common.errors import Forbidden, NotFound, Unprocessable
from webapp.conversations.actions.review import save_edit
from webapp.conversations.hooks import also_lost_with
from webapp.conversations.models import Conversation
from webapp.review.actions.comments import add_comment, delete_comment, reopen_comment, resolve_comment
from webapp.review.comments import Piece, named_in, pieces_of
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


def post(client: Client, conversation: Conversation, **fields: Any) -> Any:
    return client.post(f"/review/comments/{conversation.pk}/add", fields)


def act(client: Client, comment: Comment, action: str) -> Any:
    return client.post(f"/review/comments/{comment.pk}/{action}")


def page(client: Client, conversation: Conversation) -> str:
    response = client.get(f"/conversations/{conversation.pk}/")
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def say(conversation: Conversation, by: User, text: str = "Look here", turn: int | None = None) -> Comment:
    return add_comment(conversation_id=conversation.pk, turn=turn, text=text, by=by)


def test_a_comment_by_the_form(client: Client, ada: User, bob: User) -> None:
    conversation = make_conversation()
    response = post(client, conversation, text="Is 3 right, @bob?", turn="2", list="status=unreviewed")
    assert response["Location"] == f"/conversations/{conversation.pk}/?status=unreviewed#panel-comments"
    comment = Comment.objects.get()
    assert (comment.turn, comment.text, comment.created_by) == (1, "Is 3 right, @bob?", ada)
    assert [mention.user for mention in comment.mentions.all()] == [bob]
    text = page(client, conversation)
    assert 'Is 3 right, <strong class="mention">@bob</strong>?' in text
    assert '<a href="#turn-2">turn 2</a>' in text


def test_a_turn_says_how_many_comments_it_has(client: Client, ada: User) -> None:
    conversation = make_conversation()
    for turn in (1, 1, 0, None):
        comment = say(conversation, ada, turn=turn)
    assert '<span class="badge info">2 comments</span>' in page(client, conversation)
    assert '<span class="badge info">1 comment</span>' in page(client, conversation)
    for comment in Comment.objects.filter(turn=1):
        resolve_comment(comment_id=comment.pk, by=ada)
    assert "2 comments" not in page(client, conversation)


def test_somebody_is_told_by_their_field(client: Client, ada: User, bob: User) -> None:
    conversation = make_conversation()
    post(client, conversation, text="Look", turn="", name="Bob")
    comment = Comment.objects.get()
    assert (comment.turn, comment.text) == (None, "@Bob Look")
    assert [mention.user for mention in Mention.objects.all()] == [bob]
    post(client, conversation, text="Look @bob again", name="@bob")
    assert Comment.objects.latest("pk").text == "Look @bob again"


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"text": "  "}, 400, "text"),
        ({"text": "x" * 4001}, 400, "4000"),
        ({"text": "fine", "turn": "3"}, 422, "There is no turn 3"),
        ({"text": "fine", "turn": "0"}, 400, "turn"),
        ({"text": "fine", "turn": "two"}, 400, "turn"),
        ({"text": "fine", "name": "nobody"}, 422, "nobody called “nobody”"),
        ({"text": "fine", "name": "x" * 151}, 400, "name"),
        ({"text": "a\0b"}, 400, "text"),
    ],
)
def test_what_is_refused_is_not_lost(
    client: Client, ada: User, fields: dict[str, str], status: int, words: str
) -> None:
    conversation = make_conversation()
    response = post(client, conversation, **fields)
    text = response.content.decode()
    assert response.status_code == status
    assert "The comment was not saved." in text
    assert words in text
    assert fields["text"].strip()[:40].replace("\0", "") in text.replace("\0", "")
    assert '<details class="flag-form" id="flag-form">' in text
    assert not Comment.objects.exists()


def test_a_name_longer_than_the_text_leaves_room_for_is_refused(client: Client, ada: User, bob: User) -> None:
    response = post(client, make_conversation(), text="x" * 3999, name="bob")
    assert response.status_code == 422
    assert "at most 4,000 characters" in response.content.decode()


def test_roles_and_methods(client: Client, bob: User) -> None:
    conversation = make_conversation()
    comment = say(conversation, bob)
    addresses = [f"/review/comments/{conversation.pk}/add"]
    addresses += [f"/review/comments/{comment.pk}/{action}" for action in ("delete", "resolve", "reopen")]
    for address in addresses:
        assert client.post(address, {"text": "x"}).status_code == 302  # to the log-in
    client.force_login(make_user(Role.VIEWER))
    for address in addresses:
        assert client.post(address, {"text": "x"}).status_code == 403
        assert client.get(address).status_code == 405 or client.get(address).status_code == 403
    assert Comment.objects.count() == 1


def test_a_viewer_reads_and_has_no_form(client: Client, bob: User) -> None:
    conversation = make_conversation()
    client.force_login(make_user(Role.VIEWER))
    assert "panel-comments" not in page(client, conversation)
    say(conversation, bob, "for all to read")
    text = page(client, conversation)
    assert "for all to read" in text
    assert "/review/comments/" not in text


def test_only_its_writer_deletes_it(client: Client, ada: User, bob: User) -> None:
    conversation = make_conversation()
    own, other = say(conversation, ada, "mine"), say(conversation, bob, "his")
    assert act(client, other, "delete").status_code == 403
    with pytest.raises(Forbidden):
        delete_comment(comment_id=other.pk, by=ada)
    assert act(client, own, "delete").status_code == 302
    text = page(client, conversation)
    assert "his" in text
    assert ">mine<" not in text
    assert Comment.objects.get(pk=own.pk).deleted_at is not None
    for action in ("delete", "resolve", "reopen"):
        assert act(client, own, action).status_code == 404


def test_resolving_and_opening_again(client: Client, ada: User, bob: User) -> None:
    conversation = make_conversation()
    comment = say(conversation, bob)
    assert act(client, comment, "resolve")["Location"].endswith("#panel-comments")
    assert "1 resolved" in page(client, conversation)
    resolve_comment(comment_id=comment.pk, by=bob)
    comment.refresh_from_db()
    assert comment.resolved_by == ada
    act(client, comment, "reopen")
    comment.refresh_from_db()
    assert comment.resolved_at is None
    assert "1 resolved" not in page(client, conversation)


def test_text_is_escaped_and_no_link_is_made(client: Client, ada: User) -> None:
    conversation = make_conversation()
    say(conversation, ada, '<img src=x onerror="alert(1)"> https://evil.example @ada')
    text = page(client, conversation)
    assert "<img src=x" not in text
    assert "&lt;img src=x" in text
    assert 'href="https://evil.example' not in text


def test_actions_refuse_what_is_not_there(ada: User) -> None:
    conversation = make_conversation()
    with pytest.raises(NotFound):
        say(Conversation(pk=conversation.pk + 1), ada)
    for text in ("", " \n", "\0", "x" * 4001):
        with pytest.raises(Unprocessable):
            say(conversation, ada, text)
    for turn in (-1, 2):
        with pytest.raises(Unprocessable):
            say(conversation, ada, turn=turn)
    comment = say(conversation, ada)
    conversation.source.deleted_at = timezone.now()
    conversation.source.save()
    with pytest.raises(NotFound):
        say(conversation, ada)
    with pytest.raises(NotFound):
        reopen_comment(comment_id=comment.pk)


def test_a_comment_stays_on_its_turn_when_the_text_changes(ada: User) -> None:
    conversation = make_conversation(messages=chat("a", "b", "c", "d"))
    on_c, on_a, whole = (say(conversation, ada, turn=turn) for turn in (2, 0, None))
    messages = [{"role": "system", "content": "s"}, *chat("a", "b", "c", "d")[2:]]
    save_edit(conversation_id=conversation.pk, version=1, messages=messages, by=ada)
    turns = [Comment.objects.get(pk=comment.pk).turn for comment in (on_c, on_a, whole)]
    assert turns[0] == 1
    assert turns[2] is None


def test_a_source_says_that_its_comments_go_along(ada: User) -> None:
    source = make_source()
    conversation = make_conversation(source)
    assert not any("comment" in sentence for sentence in also_lost_with(source))
    for _ in range(2):
        comment = say(conversation, ada)
    assert "2 comments on its conversations will be deleted with them." in also_lost_with(source)
    delete_comment(comment_id=comment.pk, by=ada)
    assert "1 comment on its conversations will be deleted with them." in also_lost_with(source)


def test_comments_of_others_are_hidden_until_all_have_decided(client: Client, ada: User, bob: User) -> None:
    conversation = make_conversation()
    say(conversation, bob, "said before the queue", turn=1)
    queue = make_queue()
    item = make_item(queue, {bob: "rejected"}, conversation=conversation)
    say(conversation, bob, "said while blind", turn=1)
    say(conversation, ada, "my own")
    text = page(client, conversation)
    assert "said before the queue" in text
    assert "my own" in text
    assert "said while blind" not in text
    assert '<span class="badge info">1 comment</span>' in text
    make_verdict(item, ada, "approved")
    assert "said while blind" not in page(client, conversation)
    QueueItem.objects.filter(pk=item.pk).update(state=QueueItem.State.DISAGREED)
    assert "said while blind" in page(client, conversation)


def test_a_queue_for_others_hides_nothing(client: Client, ada: User, bob: User) -> None:
    conversation = make_conversation()
    queue = make_queue()
    queue.assignees.set([bob])
    make_item(queue, conversation=conversation)
    say(conversation, bob, "in plain sight")
    assert "in plain sight" in page(client, conversation)


def test_the_names_to_complete(client: Client, ada: User, bob: User) -> None:
    make_user(Role.VIEWER, username="vera")
    User.objects.filter(username="bob").update(is_active=False)
    assert json.loads(client.get("/review/comments/people").content) == {"names": ["ada", "vera"]}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@ada", ["ada"]),
        ("@Ada, look", ["ada"]),
        ("look @ada.", ["ada"]),
        ("(@ada)", ["ada"]),
        ("@ada.b. and @ada", ["ada", "ada.b"]),
        ("mail ada@ada", []),
        ("@adam", []),
        ("@@ada", []),
        ("@gone", []),
        ("@ada @ada @ADA", ["ada"]),
        ("@", []),
        ("@" + "." * 3000, []),
    ],
)
def test_who_is_named(ada: User, text: str, names: list[str]) -> None:
    make_user(username="ada.b")
    User.objects.filter(pk=make_user(username="gone").pk).update(is_active=False)
    assert sorted(user.username for user in named_in(text)) == names


def test_pieces_put_together_are_the_text() -> None:
    text = "Hm, @Ada. And @bob+ (@x)?"
    pieces = pieces_of(text, {"ada", "bob"})
    assert "".join(piece.text for piece in pieces) == text
    assert [piece for piece in pieces if piece.named] == [Piece("@Ada", True), Piece("@bob", True)]


def test_a_long_conversation_asks_for_the_number_of_a_turn(client: Client, ada: User) -> None:
    assert "<option>2</option>" in page(client, make_conversation())
    long = make_conversation(messages=chat(*["x"] * 60))
    assert 'name="turn" type="number" min="1" max="60"' in page(client, long)


def test_a_name_that_nobody_has_is_told_and_the_comment_kept(client: Client, ada: User, bob: User) -> None:
    conversation = make_conversation()
    text = "@nobody and @bob, see a@example.org, @nobody."
    post(client, conversation, text=text)
    shown = page(client, conversation)
    assert "The comment is saved. There is nobody called nobody.<" in shown
    assert "called bob" not in shown
    made = entry("comment", conversation, turn=None, text=text)
    [result] = send(client, made)
    assert (result["state"], result["message"]) == ("done", "There is nobody called nobody.")
    assert Comment.objects.filter(text=text).count() == 2
    assert Mention.objects.filter(user=bob).count() == 2
