"""From a stored conversation to the question that is asked: all that stands before its last answer.

Typed parts are lowered as for an export. A system message stays one; the adapter of a server that knows none puts it
in front of the first user message.
"""

from collections.abc import Sequence

from tasks_core.common import Message
from tasks_core.lowering import Dropped, lower


def prompt_of(messages: Sequence[Message]) -> tuple[dict[str, str], ...]:
    """Roles and texts before the last answer. Raises ValueError where the turns are out of order (a format issue)."""
    return tuple(_lowered(messages)[:-1])


def reference_of(messages: Sequence[Message]) -> str:
    """The stored answer as a model would have written it. Raises ValueError like `prompt_of`."""
    return _lowered(messages)[-1]["content"]


def can_be_asked(messages: Sequence[Message]) -> bool:
    """Whether there is a question with an answer behind it, its turns in order."""
    return not isinstance(lower(list(messages)), Dropped)


def _lowered(messages: Sequence[Message]) -> list[dict[str, str]]:
    leading = [message for message in messages[:1] if message["role"] == "system"]
    lowered = lower(list(messages[len(leading) :]))
    if isinstance(lowered, Dropped):
        raise ValueError(lowered.detail)
    return [{"role": message["role"], "content": _text(message)} for message in [*leading, *lowered.messages]]


def _text(message: Message) -> str:
    content = message["content"]
    return content if isinstance(content, str) else "".join(part["text"] for part in content)
