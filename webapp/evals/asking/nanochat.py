"""nanochat's own server (`scripts.chat_web`): a stream of pieces of text, a mark at its end, and no probabilities."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from webapp.evals.asking.failures import Fault
from webapp.evals.asking.questions import Question, Reply, Sampling
from webapp.evals.asking.wire import Heard, Wire

#: What its server accepts; it answers anything else with 400.
HOTTEST, LARGEST_TOP_K, MOST_TOKENS = 2.0, 200, 4096


async def ask(wire: Wire, question: Question) -> Reply:
    """Ask once. Raises Fault, also for settings that this server cannot take.

    It draws with a seed of its own: `seed` is not sent.
    """
    if question.mode != "generate":
        text = "nanochat's server gives no probabilities and forces no letter. Let the answer be generated."
        raise Fault("bad_setting", text, pauses=True)
    body = {"messages": merged(question.messages), **_sampling(question.sampling)}
    heard = await wire.chat(body)
    pieces = _pieces(heard)
    text = "".join(pieces).replace("\0", "\N{REPLACEMENT CHARACTER}")
    # It does not say why it stopped. A piece is a token, or more where only several make a character.
    return Reply(text, finish="length" if len(pieces) >= question.sampling.max_tokens else "")


def merged(messages: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """The messages for a server that knows user and assistant only: a system message goes in front of the first user's.

    Raises Fault for what cannot be said so.
    """
    system = messages[0]["content"] if messages and messages[0]["role"] == "system" else None
    rest = [dict(message) for message in messages[0 if system is None else 1 :]]
    if not rest or any(message["role"] not in {"user", "assistant"} for message in rest):
        raise Fault("bad_request", "nanochat's server knows turns of user and assistant only.")
    if system is not None:
        first = next((message for message in rest if message["role"] == "user"), None)
        if first is None:
            raise Fault(
                "bad_request", "nanochat's server knows no system message, and there is no user's to put it in."
            )
        first["content"] = f"{system}\n\n{first['content']}"
    return rest


def _sampling(drawn: Sampling) -> dict[str, Any]:
    if not 0 <= drawn.temperature <= HOTTEST:
        raise _beyond("the temperature must be from 0 to 2", drawn.temperature)
    if not 1 <= drawn.max_tokens <= MOST_TOKENS:
        raise _beyond(f"an answer may have 1 to {MOST_TOKENS:,} tokens", drawn.max_tokens)
    if drawn.top_k is not None and not 1 <= drawn.top_k <= LARGEST_TOP_K:
        raise _beyond(f"top_k must be from 1 to {LARGEST_TOP_K}", drawn.top_k)
    if drawn.top_p is not None and drawn.top_p < 1:
        raise _beyond("it knows no top_p, which must be empty", drawn.top_p)
    # Greedy twice over: whatever a version makes of the temperature 0, with one candidate there is nothing to draw.
    top_k = drawn.top_k if drawn.temperature else 1
    sent = {"temperature": drawn.temperature, "max_tokens": drawn.max_tokens}
    return sent if top_k is None else sent | {"top_k": top_k}


def _beyond(rule: str, value: float) -> Fault:
    return Fault(
        "bad_setting", f"nanochat's server cannot take this run's settings: {rule}, not {value:g}.", pauses=True
    )


def _pieces(heard: Heard) -> list[str]:
    """The pieces of a complete stream. Raises Fault where its end is missing, or where it is no stream of nanochat."""
    pieces: list[str] = []
    seen = 0
    for line in heard.body.split(b"\n"):
        if not line.startswith(b"data:"):
            continue
        seen += 1
        event = _event(line[5:])
        if event.get("done") is True:
            return pieces
        if isinstance(event.get("error"), str):
            raise Fault("garbage", f"The server sent an error in its stream: {event['error'][:150]}", retry=True)
        pieces.append(str(event.get("token", "")))
    if not seen:
        heard.json()  # says what came instead: a web page, nothing, something broken
        raise Fault("garbage", "The server sent no stream. Is it nanochat's own server?", retry=True)
    raise Fault("cut_stream", "The stream ended before its end marker.", retry=True)


def _event(raw: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(raw)
    except ValueError:
        raise Fault("cut_stream", "The stream ended in the middle of a line.", retry=True) from None
    if not isinstance(found, dict):
        raise Fault("garbage", "The stream holds something that is no token.", retry=True)
    return found
