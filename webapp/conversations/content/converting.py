"""Each known form of a line as messages. What is not part of a message goes to the metadata, nothing is lost.

Metadata holds the line's other keys as they are, and under "messages" the other keys of single messages by their
number in the line, from 1. (No other form than OpenAI's has a key "messages", and there it is used up.)
"""

import re

from webapp.conversations.content.messages import MessageReader
from webapp.conversations.content.shapes import BadMessages, Message, Parsed, kind_of
from webapp.conversations.content.toolcalls import join_tool_turns

Keys = dict[str, object]

_LABEL = re.compile(r"^(?:(Human|User)|(?:Assistant|AI|Bot)):[ \t]?", re.MULTILINE)


def from_messages(items: list[object], name: str, others: Keys) -> Parsed:
    """CustomJSON, OpenAI and ShareGPT: a list of messages, and the line's other keys. Raises BadMessages."""
    if not items:
        raise BadMessages("no messages: the list is empty")
    reader = MessageReader(plain_text=name != "CustomJSON")
    for item in items:
        reader.read(item)
    messages, changes = reader.messages, dict(reader.changes)
    if any(message["role"] == "tool" for message in messages):
        messages = join_tool_turns(messages)
        if len(messages) < len(items):
            changes["tool turns joined to the assistant's turn"] = None
    if _put_system_first(messages, others):
        changes["system text as first message"] = None
    metadata = {**others, "messages": reader.others} if reader.others else others
    return Parsed(messages, name, metadata, tuple(changes))


def from_alpaca(line: Keys) -> Parsed:
    """Alpaca: instruction, input, output, sometimes system and history (pairs of earlier turns)."""
    others = {key: line[key] for key in line if key not in ("instruction", "input", "output")}
    instruction, given = _text(line, "instruction"), _text(line, "input", optional=True)
    messages = _history(others)
    question = "\n\n".join(text for text in (instruction, given) if text)
    messages += _pair(question, _text(line, "output"))
    changes = ["instruction and input joined"] if instruction and given else []
    if _put_system_first(messages, others):
        changes.append("system text as first message")
    return Parsed(messages, "Alpaca", others, tuple(changes))


def from_prompt(line: Keys) -> Parsed:
    """Prompt and completion: two texts, or two lists of messages."""
    name = "prompt and completion"
    others = {key: line[key] for key in line if key not in ("prompt", "completion")}
    prompt, completion = line["prompt"], line["completion"]
    if isinstance(prompt, list) and isinstance(completion, list):
        return from_messages([*prompt, *completion], name, others)
    question, answer = _text(line, "prompt"), _text(line, "completion")
    turns = _transcript(question)
    if turns:
        messages: list[Message] = [*turns, {"role": "assistant", "content": answer.strip()}]
        changes = ["transcript split into turns"]
    else:
        messages, changes = _pair(question, answer), []
    if _put_system_first(messages, others):
        changes.append("system text as first message")
    return Parsed(messages, name, others, tuple(changes))


def _put_system_first(messages: list[Message], others: Keys) -> bool:
    """A text under the line's key `system` is a system message in front of the others."""
    system = others.get("system")
    if not isinstance(system, str) or not system.strip():
        return False
    messages.insert(0, {"role": "system", "content": system})
    del others["system"]
    return True


def _pair(question: str, answer: str) -> list[Message]:
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]


def _history(others: Keys) -> list[Message]:
    pairs = others.get("history")
    if not isinstance(pairs, list):
        return []
    messages: list[Message] = []
    for number, pair in enumerate(pairs, 1):
        if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(text, str) for text in pair):
            raise BadMessages(f"history, entry {number}: not a pair of texts (question, answer)")
        messages += _pair(*pair)
    del others["history"]
    return messages


def _text(line: Keys, key: str, *, optional: bool = False) -> str:
    value = line.get(key)
    if optional and value is None:
        return ""
    if not isinstance(value, str):
        raise BadMessages(f"{key} is {kind_of(value)}, not text")
    return value


def _transcript(prompt: str) -> list[Message]:
    """The turns of `Human: ...\\nAssistant: ...\\nHuman: ...\\nAssistant:`; nothing where it is not exactly that."""
    labels = list(_LABEL.finditer(prompt))
    wanted = [number % 2 == 0 for number in range(len(labels))]
    if not labels or len(labels) % 2 or [bool(label[1]) for label in labels] != wanted:
        return []
    if prompt[: labels[0].start()].strip() or prompt[labels[-1].end() :].strip():
        return []
    ends = [label.start() for label in labels[1:]]
    texts = [prompt[label.end() : end].strip() for label, end in zip(labels, ends, strict=False)]
    return [{"role": "assistant" if turn % 2 else "user", "content": text} for turn, text in enumerate(texts)]
