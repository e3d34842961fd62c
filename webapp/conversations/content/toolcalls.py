"""Tool calls beside a message (`tool_calls`, the older `function_call`) as parts, and tool turns as results."""

import msgspec

from webapp.conversations.content.canonical import compact_json
from webapp.conversations.content.decoding import decode_line
from webapp.conversations.content.shapes import BadLine, BadMessages, Message, Part, kind_of

Keys = dict[str, object]


def calls_of(others: Keys) -> list[Keys]:
    """The tool calls among a message's other keys, taken out of there but for their ids. Raises BadMessages."""
    calls = others.get("tool_calls")
    if calls is not None and not isinstance(calls, list):
        raise BadMessages(f"tool_calls is {kind_of(calls)}, not a list")
    if calls:
        _keep_ids(others, calls)
        return [_function_of(call, number) for number, call in enumerate(calls, 1)]
    older = others.get("function_call")
    if isinstance(older, dict) and "name" in older:
        rest = {key: older[key] for key in older if key not in ("name", "arguments")}
        del others["function_call"]
        if rest:
            others["function_call"] = rest
        return [older]
    return []


def call_part(call: Keys, number: int) -> Part:
    """A call as a part; its text is compact JSON with name and arguments."""
    name = call.get("name")
    if not isinstance(name, str) or not name:
        raise BadMessages(f"tool call {number} has no name")
    arguments = call.get("arguments", {})
    written = _embedded(arguments) if isinstance(arguments, str) else compact_json(arguments)
    return {"type": "tool_call", "text": f'{{"name":{compact_json(name)},"arguments":{written}}}'}


def compact_call(text: str) -> str:
    """The text of a call in compact writing, or as it is where it is not a JSON object."""
    return _compact_object(text) or text


def join_tool_turns(messages: list[Message]) -> list[Message]:
    """Tool turns that follow an assistant turn become part of it, with the assistant turn that follows them."""
    joined: list[Message] = []
    answered = False
    for message in messages:
        role, last = message["role"], joined[-1] if joined else None
        if last and last["role"] == "assistant" and (role == "tool" or (answered and role == "assistant")):
            last["content"] = [*_parts(last), *_parts(message)]
            answered = role == "tool"
        else:
            joined.append({"role": role, "content": message["content"]})
            answered = False
    return joined


def _parts(message: Message) -> list[Part]:
    content = message["content"]
    kind = "tool_result" if message["role"] == "tool" else "text"
    if isinstance(content, str):
        # An empty result is still a result.
        return [{"type": kind, "text": content}] if content or kind == "tool_result" else []
    return [{"type": kind if part["type"] == "text" else part["type"], "text": part["text"]} for part in content]


def _function_of(call: object, number: int) -> Keys:
    if not isinstance(call, dict):
        raise BadMessages(f"tool call {number} is {kind_of(call)}, not an object")
    function = call.get("function", call)
    if not isinstance(function, dict):
        raise BadMessages(f"the function of tool call {number} is {kind_of(function)}, not an object")
    return function


def _keep_ids(others: Keys, calls: list[object]) -> None:
    rest = {str(number): _other_keys(call) for number, call in enumerate(calls, 1) if isinstance(call, dict)}
    rest = {number: keys for number, keys in rest.items() if keys}
    del others["tool_calls"]
    if rest:
        others["tool_calls"] = rest


def _other_keys(call: Keys) -> Keys:
    function = call.get("function")
    if not isinstance(function, dict):
        return {key: call[key] for key in call if key not in ("name", "arguments")}
    keys = {key: call[key] for key in call if key != "function"}
    inner = {key: function[key] for key in function if key not in ("name", "arguments")}
    return {**keys, "function": inner} if inner else keys


def _embedded(arguments: str) -> str:
    """Arguments are usually written as a text that holds JSON: put in as JSON where that is certain."""
    return _compact_object(arguments) or compact_json(arguments)


def _compact_object(text: str) -> str:
    """A text that holds a JSON object in compact writing, its numbers untouched; empty where it holds none."""
    raw = text.strip().encode()
    if not raw.startswith(b"{"):
        return ""
    try:
        decode_line(raw)
    except BadLine:
        return ""
    return msgspec.json.format(raw, indent=-1).decode()
