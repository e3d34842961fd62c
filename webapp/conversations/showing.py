"""A conversation as its page shows it: its turns with what is marked on them, its flags, decisions and revisions."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

from webapp.accounts.models import User
from webapp.conversations.content.canonical import messages_of
from webapp.conversations.content.checking import Issue, find_issues
from webapp.conversations.content.shapes import Message, joined_text
from webapp.conversations.hiding import hidden_from
from webapp.conversations.marks import Mark, marks_of
from webapp.conversations.models import Conversation, Decision, Flag, FlagReason, Revision
from webapp.conversations.rendering import Body, language_of, render_body

# A page of turns ends at whichever comes first.
MOST_TURNS = 100
MOST_CHARACTERS = 80_000

Read = TypeVar("Read")
Seen = TypeVar("Seen", Flag, Decision)


@dataclass(frozen=True)
class Turn:
    """A turn on the page: its index from 0, role, content, open flags, format issues in words, and other marks."""

    index: int
    role: str
    body: Body
    flags: Sequence[Flag]
    issues: Sequence[Issue]
    marks: Sequence[Mark] = ()

    @property
    def number(self) -> int:
        return self.index + 1


@dataclass(frozen=True)
class TurnPage:
    """A stretch of turns, and where the next one begins (None at the end)."""

    turns: Sequence[Turn]
    following: int | None


@dataclass
class ShownConversation:
    """What the page and its panels ask about a conversation; each question is put to the database once."""

    conversation: Conversation
    user: User
    query: str = ""
    as_written: bool = False
    # Turned down a moment ago: what the person wrote, so that it is not lost.
    kept: dict[str, str] = field(default_factory=dict)
    _read: dict[str, Any] = field(default_factory=dict)

    def once(self, name: str, read: Callable[[], Read]) -> Read:
        """What `read` finds; asked once, for panels and marks of later apps that show the same rows."""
        if name not in self._read:
            self._read[name] = read()
        found: Read = self._read[name]
        return found

    def give(self, name: str, found: object) -> None:
        """What `once` would read, where it was read for several conversations together."""
        self._read[name] = found

    @cached_property
    def messages(self) -> list[Message]:
        return messages_of(self.conversation.text.messages)

    @cached_property
    def language(self) -> str:
        return language_of(self.conversation.text.metadata)

    @cached_property
    def blind_since(self) -> datetime | None:
        """Marks that others made since then are hidden from the reader; None: nothing is."""
        return hidden_from(self.user, self.conversation.pk)

    def seen(self, marks: Iterable[Seen]) -> list[Seen]:
        """Flags or decisions without those that are hidden."""
        return [mark for mark in marks if not self._is_of_others(mark) or not self._hides(mark.created_at)]

    def _is_of_others(self, mark: Flag | Decision) -> bool:
        return mark.created_by_id not in {None, self.user.pk}

    def _hides(self, made_at: datetime) -> bool:
        return self.blind_since is not None and made_at >= self.blind_since

    @cached_property
    def _all_flags(self) -> list[Flag]:
        return list(self.conversation.flags.select_related("reason", "created_by", "resolved_by").order_by("-pk"))

    @cached_property
    def flags(self) -> list[Flag]:
        """Open ones first, then those resolved last."""
        return sorted(self.seen(self._all_flags), key=lambda flag: flag.resolved_at is not None)

    @cached_property
    def open_flags(self) -> list[Flag]:
        return [flag for flag in self.flags if flag.resolved_at is None]

    @cached_property
    def seen_flag(self) -> int:
        """The highest id of an open flag: an approval names it, so that a newer one is noticed.

        Hidden ones count: nobody could look at them first.
        """
        return max((flag.pk for flag in self._all_flags if flag.resolved_at is None), default=0)

    @cached_property
    def decisions(self) -> list[Decision]:
        """The last ones first."""
        return self.seen(self.conversation.decisions.select_related("created_by").order_by("-pk"))

    @cached_property
    def revisions(self) -> list[Revision]:
        """The last ones first, without their texts."""
        return list(self.conversation.revisions.select_related("created_by").defer("messages").order_by("-version"))

    @cached_property
    def issues(self) -> list[Issue]:
        return find_issues(self.messages) if self.conversation.issues else []

    @cached_property
    def reasons(self) -> list[FlagReason]:
        return list(FlagReason.objects.filter(active=True))

    def may_review(self) -> bool:
        return self.user.may_review()

    def turn_page(self, start: int) -> TurnPage:
        """The turns from an index on, as many as one page holds."""
        end, room = start, MOST_CHARACTERS
        while end < len(self.messages) and end < start + MOST_TURNS and room > 0:
            room -= len(joined_text(self.messages[end]["content"]))
            end += 1
        turns = [self.turn(index) for index in range(start, end)]
        return TurnPage(turns, end if end < len(self.messages) else None)

    def turn(self, index: int, *, whole: bool = False) -> Turn:
        """One turn; `whole`: not cut, however long."""
        message = self.messages[index]
        body = render_body(message, language=self.language, as_written=self.as_written, whole=whole)
        flags, issues = self._flags_by_turn[index], self._issues_by_turn[index]
        return Turn(index, message["role"], body, flags, issues, self._marks_by_turn.get(index, ()))

    @cached_property
    def _marks_by_turn(self) -> Mapping[int, Sequence[Mark]]:
        return marks_of(self)

    @cached_property
    def _flags_by_turn(self) -> dict[int | None, list[Flag]]:
        by_turn: dict[int | None, list[Flag]] = defaultdict(list)
        for flag in self.open_flags:
            by_turn[flag.turn].append(flag)
        return by_turn

    @cached_property
    def _issues_by_turn(self) -> dict[int, list[Issue]]:
        by_turn: dict[int, list[Issue]] = defaultdict(list)
        for issue in self.issues:
            by_turn[issue.turn].append(issue)
        return by_turn
