"""What the review screen sends: entries of its outbox, read strictly. A bad one is refused alone, with its reason."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from webapp.common.errors import BadRequest, TooLarge
from webapp.conversations.models import Status
from webapp.conversations.review_forms import LONGEST_NOTE, STATUS_BY_WORD
from webapp.review.models import Step

MOST_ENTRIES = 50
LONGEST_COMMENT = 4_000
BIGGEST, BIGGEST_ID = 2**31 - 1, 2**63 - 1
#: Nobody looks at one item for longer; more is a screen that was left standing.
MOST_SECONDS = 24 * 3600.0
_JOB = re.compile(r"job-([1-9][0-9]{0,17})")
#: In JSON: half a character, or NUL. Not every column of both databases can hold them.
_UNSTORABLE = re.compile(r"[\ud800-\udfff]|(?<!\\)(?:\\\\)*\\u0000")


class BadEntry(BadRequest):
    """An entry that no page of ours can have sent; `sent_id` is what it gave as its id."""

    def __init__(self, message: str, sent_id: object = None) -> None:
        super().__init__(message)
        self.sent_id = sent_id


@dataclass(frozen=True)
class Entry:
    """One thing that a reviewer did, as their browser tells it. `version` is None only where none is needed."""

    id: UUID
    group: UUID
    kind: Step.Kind
    tab: str
    item: int | None
    conversation: int | None
    version: int | None
    after: UUID | None
    seen_flag: int | None
    made_at: datetime | None
    seconds: float | None
    # What only this kind says, read.
    said: Mapping[str, Any] = field(default_factory=dict)
    # The entry as it was sent.
    sent: Mapping[str, Any] = field(default_factory=dict)


def read_batch(body: bytes) -> list[Entry | BadEntry]:
    """The entries of a request, in order. Raises BadRequest where the request itself makes no sense."""
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("The request is not JSON.") from None
    entries = sent.get("entries") if isinstance(sent, dict) else None
    if not isinstance(entries, list):
        raise BadRequest("The request holds no list called “entries”.")
    if len(entries) > MOST_ENTRIES:
        raise TooLarge(f"At most {MOST_ENTRIES} entries can be sent at once.")
    return [_read_or_refuse(entry) for entry in entries]


def _read_or_refuse(sent: object) -> Entry | BadEntry:
    sent_id = sent.get("id") if isinstance(sent, dict) else None
    try:
        return read_entry(sent)
    except BadRequest as error:
        return BadEntry(str(error), sent_id)


def read_entry(sent: object) -> Entry:
    """One entry. Raises BadRequest that names the field at fault."""
    if not isinstance(sent, dict):
        raise BadRequest("An entry must be an object.")
    _check_storable(sent)
    kind = _kind(sent)
    needs_version = kind in {Step.Kind.DECIDE, Step.Kind.EDIT, Step.Kind.DRAFT}
    return Entry(
        id=_uuid(sent, "id"),
        group=_uuid(sent, "group"),
        kind=kind,
        tab=_text(sent, "tab", 36),
        item=_number(sent, "item", most=BIGGEST_ID),
        conversation=_number(sent, "conversation", most=BIGGEST_ID, needed=kind != Step.Kind.UNDO),
        version=_number(sent, "version", needed=needs_version),
        after=_uuid(sent, "after") if sent.get("after") is not None else None,
        seen_flag=_number(sent, "seen_flag", least=0, most=BIGGEST_ID),
        made_at=_moment(sent),
        seconds=_seconds(sent),
        said=_READERS[kind](sent),
        sent=sent,
    )


def _check_storable(sent: Mapping[str, Any]) -> None:
    try:
        text = json.dumps(sent, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):
        raise BadRequest("It holds a number that is none, or is nested too deeply.") from None
    if _UNSTORABLE.search(text):
        raise BadRequest("It holds a character that cannot be stored (NUL, or half a character).")


def _kind(sent: Mapping[str, Any]) -> Step.Kind:
    kind = sent.get("kind")
    if not isinstance(kind, str) or kind not in Step.Kind.values:
        raise BadRequest(f"“kind” must be one of {', '.join(Step.Kind.values)}.")
    return Step.Kind(kind)


def _uuid(sent: Mapping[str, Any], name: str) -> UUID:
    value = sent.get(name)
    try:
        if not isinstance(value, str) or len(value) != 36:
            raise ValueError(name)
        return UUID(value)
    except ValueError:
        raise BadRequest(f"“{name}” must be a UUID.") from None


def _number(
    sent: Mapping[str, Any], name: str, *, least: int = 1, most: int = BIGGEST, needed: bool = False
) -> int | None:
    value = sent.get(name)
    if value is None and not needed:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise BadRequest(f"“{name}” must be a whole number from {least}.")
    return value


def _text(sent: Mapping[str, Any], name: str, most: int, *, needed: bool = False) -> str:
    value = sent.get(name)
    text = "" if value is None else value
    if not isinstance(text, str) or len(text) > most:
        raise BadRequest(f"“{name}” must be a text of at most {most:,} characters.")
    if needed and not text.strip():
        raise BadRequest(f"“{name}” is empty.")
    return text.strip()


def _moment(sent: Mapping[str, Any]) -> datetime | None:
    """By the clock of the browser, which may be anything: what is no time at all is left out."""
    value = sent.get("made_at")
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise BadRequest("“made_at” must be a number of milliseconds.")
    try:
        return datetime.fromtimestamp(value / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _seconds(sent: Mapping[str, Any]) -> float | None:
    value = sent.get("seconds")
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise BadRequest("“seconds” must be a number.")
    return float(min(value, MOST_SECONDS)) if value >= 0 else None


def _decision(sent: Mapping[str, Any]) -> dict[str, Any]:
    word = sent.get("status")
    if not isinstance(word, str) or word not in STATUS_BY_WORD:
        raise BadRequest(f"“status” must be one of {', '.join(STATUS_BY_WORD)}.")
    return {"status": Status(STATUS_BY_WORD[word]), "note": _text(sent, "note", LONGEST_NOTE)}


def _flag(sent: Mapping[str, Any]) -> dict[str, Any]:
    turn = _number(sent, "turn", least=0)
    note = _text(sent, "note", LONGEST_NOTE)
    return {"reason": _text(sent, "reason", 40, needed=True), "turn": turn, "note": note}


def _resolve(sent: Mapping[str, Any]) -> dict[str, Any]:
    return {"flag": _number(sent, "flag", most=BIGGEST_ID, needed=True)}


def _edit(sent: Mapping[str, Any]) -> dict[str, Any]:
    approve = sent.get("approve", False)
    if not isinstance(approve, bool):
        raise BadRequest("“approve” must be true or false.")
    return {"messages": _messages(sent), "reason": _text(sent, "reason", LONGEST_NOTE), "approve": approve}


def _comment(sent: Mapping[str, Any]) -> dict[str, Any]:
    return {"turn": _number(sent, "turn", least=0), "text": _text(sent, "text", LONGEST_COMMENT, needed=True)}


def _draft(sent: Mapping[str, Any]) -> dict[str, Any]:
    return {"messages": None if sent.get("messages") is None else _messages(sent)}


def _messages(sent: Mapping[str, Any]) -> Sequence[Any]:
    messages = sent.get("messages")
    if not isinstance(messages, list):
        raise BadRequest("“messages” must be a list.")
    return messages


def _undo(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The group of a key press, or the number of a bulk change."""
    target = sent.get("target")
    found = _JOB.fullmatch(target) if isinstance(target, str) else None
    return {"job": int(found[1])} if found else {"group": _uuid(sent, "target")}


_READERS: dict[Step.Kind, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    Step.Kind.DECIDE: _decision,
    Step.Kind.FLAG: _flag,
    Step.Kind.RESOLVE: _resolve,
    Step.Kind.EDIT: _edit,
    Step.Kind.COMMENT: _comment,
    Step.Kind.DRAFT: _draft,
    Step.Kind.UNDO: _undo,
}
