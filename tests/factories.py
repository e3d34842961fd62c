"""Small data for tests: real rows, made the short way."""

import hashlib
import json
from itertools import count
from typing import Any

from webapp.accounts.models import Role, User
from webapp.conversations import tallies
from webapp.conversations.models import Conversation, ConversationText, Source, Status

_numbers = count(1)


def make_user(role: Role = Role.REVIEWER, *, username: str = "", password: str = "correct horse battery") -> User:
    return User.objects.create_user(username=username or f"{role.value}{next(_numbers)}", password=password, role=role)


def make_source(name: str = "", **fields: Any) -> Source:
    fields = {"kind": Source.Kind.UPLOAD, "state": Source.State.READY} | fields
    return Source.objects.create(name=name or f"source {next(_numbers)}", **fields)


def chat(*texts: str) -> list[dict[str, Any]]:
    """Alternating user and assistant messages."""
    roles = ("user", "assistant")
    return [{"role": roles[index % 2], "content": text} for index, text in enumerate(texts)]


def make_conversation(
    source: Source | None = None, messages: list[dict[str, Any]] | None = None, **fields: Any
) -> Conversation:
    source = source or make_source()
    number = next(_numbers)
    messages = messages if messages is not None else chat(f"What is {number} + 1?", f"It is {number + 1}.")
    text = json.dumps(messages, ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).digest()
    contents = [
        m["content"] if isinstance(m["content"], str) else "".join(p["text"] for p in m["content"]) for m in messages
    ]
    position = Conversation.objects.filter(source=source).count()
    defaults: dict[str, Any] = {
        "position": position,
        "turns": len(messages),
        "characters": sum(map(len, contents)),
        "has_system": any(m["role"] == "system" for m in messages),
        "has_tools": any(not isinstance(m["content"], str) for m in messages),
        "plain": all(isinstance(m["content"], str) for m in messages) and messages[0]["role"] == "user",
        "preview": next((c for m, c in zip(messages, contents, strict=True) if m["role"] == "user"), "")[:160],
        "original_hash": digest[:16],
        "content_hash": digest,
        "status": Status.UNREVIEWED,
    }
    metadata = fields.pop("metadata", "")
    conversation = Conversation.objects.create(source=source, **(defaults | fields))
    ConversationText.objects.create(conversation=conversation, messages=text, metadata=metadata)
    tallies.add(conversation)
    if conversation.subject:
        tallies.add_subject(source.pk, conversation.subject, 1)
    return conversation
