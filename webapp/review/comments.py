"""Comments on conversations and their turns: who is named in them, who may see them, and how they are shown."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import QuerySet
from django.db.models.functions import Lower

from webapp.accounts.models import User
from webapp.common.errors import Unprocessable
from webapp.common.templatetags.winnow import plural
from webapp.conversations.content.canonical import messages_of
from webapp.conversations.diffs import turn_map
from webapp.conversations.marks import Mark
from webapp.conversations.models import Conversation, Source
from webapp.conversations.showing import ShownConversation
from webapp.review.blinding import hidden_since
from webapp.review.models import Comment, Mention

LONGEST = 4000
#: A name as a log-in name may be, behind an @ that is not in the middle of an address.
NAMED = re.compile(r"(?<![\w.@+-])@([\w.@+-]+)")
#: So many names that nobody has are told.
MOST_UNKNOWN = 2
#: What a name rarely ends with, and a sentence does.
PUNCTUATION = ".+-@_"


class Piece(NamedTuple):
    """A stretch of a comment; `named` where it is the name of somebody, with its @."""

    text: str
    named: bool


@dataclass(frozen=True)
class ShownComment:
    """A comment with its text in pieces."""

    comment: Comment
    pieces: Sequence[Piece]

    @property
    def turn_number(self) -> int | None:
        return None if self.comment.turn is None else self.comment.turn + 1


def write_comment(*, conversation: Conversation, turn: int | None, text: str, by: User) -> Comment:
    """Store a comment and tell the people whom it names, inside the transaction of a form or of a step.

    Raises Unprocessable (no text, too long, no such turn).
    """
    text = _checked(text)
    if turn is not None and not 0 <= turn < conversation.turns:
        raise Unprocessable(f"There is no turn {turn + 1}: the conversation has {conversation.turns}.")
    comment = Comment.objects.create(conversation=conversation, turn=turn, text=text, created_by=by)
    Mention.objects.bulk_create(Mention(comment=comment, user=user) for user in named_in(text) if user.pk != by.pk)
    return comment


def mentionable() -> QuerySet[User]:
    """Whoever may be named in a comment: everybody who can log in."""
    return User.objects.filter(is_active=True).order_by("username")


def named_in(text: str) -> list[User]:
    """The active people whom a text names, each once, in no special order."""
    wanted = {candidate for found in NAMED.finditer(text) for candidate in _candidates(found[1])}
    if not wanted:
        return []
    known = {user.username.lower(): user for user in _called(wanted)}
    longest = (_longest(found[1], known) for found in NAMED.finditer(text))
    return list({known[name].pk: known[name] for name in longest if name is not None}.values())


def told_of_unknown(text: str) -> str:
    """A sentence for each name behind an @ that nobody has who can log in; the first few, empty for none."""
    known = {user.username.lower() for user in named_in(text)}
    found = [match[1] for match in NAMED.finditer(text) if _longest(match[1], known) is None]
    names = list(dict.fromkeys(name.rstrip(PUNCTUATION) or name for name in found))
    return " ".join(f"There is nobody called {name[:150]}." for name in names[:MOST_UNKNOWN])


def pieces_of(text: str, names: set[str]) -> list[Piece]:
    """The text cut at the people whom it names; `names` in small letters."""
    pieces, end = [], 0
    for found in NAMED.finditer(text):
        name = _longest(found[1], names)
        if name is None:
            continue
        start, stop = found.start(), found.start() + 1 + len(name)
        pieces += [Piece(text[end:start], False), Piece(text[start:stop], True)]
        end = stop
    return [piece for piece in (*pieces, Piece(text[end:], False)) if piece.text]


def visible_comments(user: User, conversation_ids: Collection[int]) -> Mapping[int, list[Comment]]:
    """By conversation the comments that stand, oldest first, without those that this user must not see yet."""
    rows = Comment.objects.filter(conversation__in=conversation_ids, deleted_at=None).order_by("pk")
    found = list(rows.select_related("created_by", "resolved_by").prefetch_related("mentions__user"))
    of_others = {one.conversation_id for one in found if one.created_by_id != user.pk}
    since = hidden_since(user, of_others) if of_others else {}
    by_conversation: dict[int, list[Comment]] = defaultdict(list)
    for one in found:
        hidden = since.get(one.conversation_id)
        if hidden is None or one.created_by_id == user.pk or one.created_at < hidden:
            by_conversation[one.conversation_id].append(one)
    return by_conversation


def show(comments: Sequence[Comment]) -> list[ShownComment]:
    """Comments with the names in them found."""
    return [ShownComment(comment, pieces_of(comment.text, _names(comment))) for comment in comments]


def comments_of(shown: ShownConversation) -> list[Comment]:
    """Those that the reader of a page sees; read once, for the panel and for the marks on the turns."""
    pk = shown.conversation.pk
    return shown.once("comments", lambda: visible_comments(shown.user, [pk]).get(pk, []))


def people_for(shown: ShownConversation) -> list[str]:
    """The names that the form beside a conversation offers."""
    return shown.once("people", lambda: list(mentionable().values_list("username", flat=True)))


def marks_on_turns(shown: ShownConversation) -> Mapping[int, Sequence[Mark]]:
    """How many unresolved comments each turn has."""
    open_ones = [one.turn for one in comments_of(shown) if one.turn is not None and one.resolved_at is None]
    return {turn: [Mark(plural(count, "comment,comments"))] for turn, count in Counter(open_ones).items()}


def carry_comments(conversation_id: int, old: str, new: str) -> None:
    """Keep each comment on its turn when the text changes; without its turn it is on the whole conversation."""
    comments = list(Comment.objects.filter(conversation=conversation_id).exclude(turn=None))
    if not comments:
        return
    places = turn_map(messages_of(old), messages_of(new))
    for comment in comments:
        comment.turn = None if comment.turn is None else places.get(comment.turn)
    Comment.objects.bulk_update(comments, ["turn"], batch_size=500)


def told_of_source(source: Source) -> str:
    """What deleting the source takes of comments, as a sentence; empty where there are none."""
    count = Comment.objects.filter(conversation__source=source, deleted_at=None).count()
    if not count:
        return ""
    return f"{plural(count, 'comment,comments')} on its conversations will be deleted with them."


def _checked(text: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise Unprocessable("The comment is empty. Write something first.")
    if len(text) > LONGEST or "\0" in text:
        raise Unprocessable(f"A comment can be at most {LONGEST:,} characters long, without NUL characters.")
    return text


def _names(comment: Comment) -> set[str]:
    return {mention.user.username.lower() for mention in comment.mentions.all()} | {comment.created_by.username.lower()}


def _candidates(found: str) -> Iterator[str]:
    """A name as found and, as long as it ends with punctuation, without its last character."""
    name = found.lower()
    while name:
        yield name
        if name[-1] not in PUNCTUATION:
            return
        name = name[:-1]


def _longest(found: str, known: Mapping[str, object] | set[str]) -> str | None:
    return next((name for name in _candidates(found) if name in known), None)


def _called(names: set[str]) -> QuerySet[User]:
    return mentionable().annotate(small=Lower("username")).filter(small__in=names)
