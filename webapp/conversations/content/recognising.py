"""The value of a line, told apart by its keys and turned into messages."""

from webapp.conversations.content.converting import from_alpaca, from_messages, from_prompt
from webapp.conversations.content.shapes import BadLine, BadMessages, Parsed, kind_of, quoted

RECOGNISED = (
    "a list of messages, or an object with messages (OpenAI), conversations (ShareGPT), "
    "instruction and output (Alpaca), or prompt and completion"
)


def parse_value(value: object) -> Parsed:
    """A conversation from the value of a line. Raises BadLine (BadMessages where a turn is at fault)."""
    if isinstance(value, list):
        return from_messages(value, "ShareGPT" if _is_sharegpt(value) else "CustomJSON", {})
    if not isinstance(value, dict):
        raise BadLine(f"{kind_of(value)} instead of a conversation: expected {RECOGNISED}")
    for key, name in (("messages", "OpenAI messages"), ("conversations", "ShareGPT"), ("conversation", "ShareGPT")):
        if key in value:
            return _from_list(value, key, name)
    if "instruction" in value and "output" in value:
        return from_alpaca(value)
    if "prompt" in value and "completion" in value:
        return from_prompt(value)
    raise BadLine(_unrecognised(value))


def _from_list(line: dict[str, object], key: str, name: str) -> Parsed:
    messages = line[key]
    if not isinstance(messages, list):
        raise BadMessages(f"{key} is {kind_of(messages)}, not a list")
    return from_messages(messages, name, {other: line[other] for other in line if other != key})


def _is_sharegpt(items: list[object]) -> bool:
    first = items[0] if items else None
    return isinstance(first, dict) and "from" in first and "role" not in first


def _unrecognised(line: dict[str, object]) -> str:
    if "role" in line or "from" in line:
        return "a single message: a line holds a whole conversation, a list of messages"
    if not line:
        return f"an empty object: expected {RECOGNISED}"
    names = ", ".join(quoted(key) for key in list(line)[:6])
    more = f" and {len(line) - 6:,} more" if len(line) > 6 else ""
    return f"no messages: it has the keys {names}{more}; expected {RECOGNISED}"
