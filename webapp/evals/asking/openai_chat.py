"""OpenAI-compatible chat completions, as vLLM, llama.cpp, SGLang, Ollama and the hosted services speak it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from webapp.evals.asking.failures import Fault, shortened, status_fault
from webapp.evals.asking.questions import Question, Reply
from webapp.evals.asking.wire import Wire

#: What tokenizers put around a letter: spaces, and the marks that SentencePiece and byte-level BPE write for a space.
_AROUND = " \t\r\n▁Ġ"
#: Enough for a letter to win against every other token; the most that the protocol allows.
_BIAS = 100
_FINISHES = {
    "stop": "stop", "eos": "stop", "eos_token": "stop", "stop_sequence": "stop", "end_turn": "stop",
    "length": "length", "max_tokens": "length",
}  # fmt: skip
#: A letter is a whole answer, though the limit of one token ends it.
_WHOLE = "stop"
_LARGEST_COUNT = 2**31 - 1


async def ask(wire: Wire, question: Question) -> Reply:
    """Ask once, in the question's mode. Raises Fault."""
    if question.mode == "generate":
        body = await _chat(wire, question, _sampling(question))
        return _reply(body, _text(_choice(body)))
    if question.mode == "forced":
        return await _force(wire, question)
    reply = await _letters(wire, question)
    if not reply.letters and set(question.letters) <= set(question.token_ids):
        return await _force(wire, question)
    return reply


async def _letters(wire: Wire, question: Question) -> Reply:
    """The letter with the largest probability at the first position; none where no allowed one is in the list."""
    more = {"max_tokens": 1, "temperature": 0, "logprobs": True, "top_logprobs": wire.connection.top_logprobs}
    body = await _chat(wire, question, more)
    choice = _choice(body)
    found = letter_logprobs(_first_position(choice), question.letters)
    best = max(found, key=lambda letter: found[letter], default="")
    return _reply(body, best, letters=found, finish=_WHOLE)


async def _force(wire: Wire, question: Question) -> Reply:
    """The letter that comes when nothing but the letters may come."""
    if not question.letters or not set(question.letters) <= set(question.token_ids):
        text = "Forced choice needs the token ids of all letters. Test the endpoint again, or choose another mode."
        raise Fault("no_token_ids", text, pauses=True)
    bias = {str(question.token_ids[letter]): _BIAS for letter in question.letters}
    body = await _chat(wire, question, {"max_tokens": 1, "temperature": 0, "logit_bias": bias})
    letter = _text(_choice(body)).strip(_AROUND)
    if letter not in question.letters:
        text = "The server ignored logit_bias, which it followed when it was tested. Test the endpoint again."
        raise Fault("bias_ignored", text)
    return _reply(body, letter, forced=True, finish=_WHOLE)


def letter_logprobs(position: Sequence[Any], letters: Sequence[str]) -> dict[str, float]:
    """Of tokens with log probabilities: for each allowed letter the largest among the tokens that are it, in order."""
    found: dict[str, float] = {}
    for entry in position:
        if not isinstance(entry, dict):
            continue
        letter, value = str(entry.get("token")).strip(_AROUND), entry.get("logprob")
        if letter in letters and isinstance(value, int | float) and math.isfinite(value):
            found[letter] = max(float(value), found.get(letter, -math.inf))
    return {letter: found[letter] for letter in letters if letter in found}


def _first_position(choice: Mapping[str, Any]) -> list[Any]:
    """The likely tokens at the first position, with the one that came. Raises Fault where a server sent none at all."""
    logprobs = choice.get("logprobs")
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    if isinstance(content, list):
        first = content[0] if content else {}
        likely = first.get("top_logprobs") if isinstance(first, dict) else None
        return [*(likely if isinstance(likely, list) else []), first]
    if not _text(choice):
        return []  # the model ended its answer at once: there is no first token
    text = "The server sent no log probabilities, which it did when it was tested. Test the endpoint again."
    raise Fault("no_logprobs", text)


def _sampling(question: Question) -> dict[str, Any]:
    drawn = question.sampling
    more = {"top_p": drawn.top_p, "top_k": drawn.top_k, "seed": drawn.seed}
    sent = {"temperature": drawn.temperature, "max_tokens": drawn.max_tokens}
    return sent | {name: value for name, value in more.items() if value is not None}


async def _chat(wire: Wire, question: Question, more: Mapping[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {"messages": [dict(message) for message in question.messages], **more}
    if wire.connection.model:
        body["model"] = wire.connection.model
    answer = (await wire.chat(body)).json()
    error = answer.get("error")
    if error and not answer.get("choices"):
        raise _error_fault(error)
    return answer


def _error_fault(error: Any) -> Fault:
    """An error that came with the status 200, as some gateways send it."""
    told = error if isinstance(error, dict) else {"message": error}
    code, said = told.get("code"), shortened(str(told.get("message", "")))
    if isinstance(code, int) and 400 <= code < 600:
        return status_fault(code, said)
    return Fault("garbage", f"The server sent an error instead of an answer: {said}", retry=True)


def _choice(body: Mapping[str, Any]) -> Mapping[str, Any]:
    choices = body.get("choices")
    if not isinstance(choices, list):
        raise Fault("garbage", "The server sent JSON that is no answer of a chat model.", retry=True)
    if not choices or not isinstance(choices[0], dict):
        raise Fault("empty", "The server sent an answer without a choice.", retry=True)
    if choices[0].get("finish_reason") == "content_filter":
        raise Fault("filtered", "The server withheld the answer: its content filter stopped it.")
    return choices[0]


def _text(choice: Mapping[str, Any]) -> str:
    """The text of the answer; "" only from a model that said nothing, or was cut off while it was still thinking."""
    message = choice.get("message")
    content = message.get("content") if isinstance(message, dict) else None
    if content is None and choice.get("finish_reason") == "length":
        return ""
    if isinstance(content, list):
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    if not isinstance(content, str):
        raise Fault("empty", "The server sent an answer without a text.", retry=True)
    return content.replace("\0", "\N{REPLACEMENT CHARACTER}")  # what PostgreSQL cannot hold


def _reply(body: Mapping[str, Any], text: str, **more: Any) -> Reply:
    usage = body.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    told: dict[str, Any] = {"finish": _FINISHES.get(str(_choice(body).get("finish_reason")), "")} | more
    return Reply(
        text,
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=_count(usage.get("completion_tokens")),
        **told,
    )


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value <= _LARGEST_COUNT else None
