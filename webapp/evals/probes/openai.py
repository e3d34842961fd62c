"""Probing a server with OpenAI's chat completions (vLLM, SGLang, llama.cpp, Ollama, hosted ones)."""

import asyncio
from collections.abc import Mapping
from typing import Any

from webapp.evals.asking.failures import Fault
from webapp.evals.probes.base import COUNT, COUNT_TOKENS, SHORT_TOKENS, STORY, STORY_TOKENS, Answer, Probe

CHOICE = (
    "Multiple Choice question: Which of these is a colour?\n- red=A\n- seven=B\n- table=C\n- walking=D\n\n"
    "Respond only with the letter of the correct answer."
)
LETTERS = {"A", "B", "C", "D"}
#: The labels that the tasks' questions have; each needs a token of its own for a forced choice.
LABELS = (*"ABCDEFGHIJ", *"12345")
#: Not the letter that the question is answered with, so that a server which ignores the bias is not taken in.
FORCED = ("C", "D")
#: How many are asked for: servers refuse more than they allow, and differ in what they allow.
TOP_LOGPROBS = (20, 10, 5, 1)
#: Shorter answers are often the same by chance.
TELLING = 8
NAMES_KEPT, NAME_LENGTH = 200, 200
NO_CHAT = "What came back is no chat completion. Look at the address: it usually ends in /v1."


class OpenAIProbe(Probe):
    """The order is that of worth: what decides how questions are asked comes first, in case time runs out."""

    async def run(self) -> None:
        """Fill the findings. Raises Fault when the server cannot be asked any further."""
        await self._list_models()
        await self._first_answer()
        await self._logprobs()
        await self._logit_bias()
        await self._limit()
        await self._streams()
        await self._repeats()
        await self._seed()

    async def _list_models(self) -> None:
        """Many list what they serve; some do not, or not for this key."""
        entries = (await self.get("/models")).json.get("data")
        names = [entry.get("id") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
        models = tuple(self.clean(name)[:NAME_LENGTH] for name in names[:NAMES_KEPT] if isinstance(name, str))
        self.note(models=models, model_listed=self.line.connection.model in names if models else None)

    async def _first_answer(self) -> None:
        heard = await self._say(CHOICE, SHORT_TOKENS, needed=True)
        if content_of(heard) is None:
            raise Fault("garbage", heard.unreadable or NO_CHAT)
        served, usage = heard.json.get("model"), heard.json.get("usage")
        self.note(
            answers=True,
            latency_ms=heard.latency_ms,
            served=self.clean(served)[:NAME_LENGTH] if isinstance(served, str) else "",
            usage=isinstance(usage, dict) and isinstance(usage.get("completion_tokens"), int),
        )

    async def _logprobs(self) -> None:
        for number in TOP_LOGPROBS:
            heard = await self._say(CHOICE, 1, logprobs=True, top_logprobs=number)
            if heard.is_ok():
                tokens = first_tokens(heard)
                given = "given" if tokens else "ignored"
                letters = bool({token.strip(" ▁Ġ\n") for token in tokens} & LETTERS) if tokens else None
                self.note(logprobs=given, top_logprobs=len(tokens), letters_appear=letters)
                return
        self.note(logprobs="refused")

    async def _logit_bias(self) -> None:
        """By the ids of the letters' tokens, which only a server that cuts texts up for us can tell."""
        ids = await self._token_ids()
        if not all(letter in ids for letter in FORCED):
            return
        came = [await self._forced(letter, ids[letter]) for letter in FORCED]
        self.note(logit_bias=all(came), token_ids=ids if all(came) else {})

    async def _forced(self, letter: str, token: int) -> bool:
        heard = await self._say(CHOICE, 1, logit_bias={str(token): 100})
        return heard.is_ok() and (content_of(heard) or "").strip() == letter

    async def _token_ids(self) -> dict[str, int]:
        """The id of each label that is one token, from the first address and form that answer."""
        for base in dict.fromkeys((self.line.base.removesuffix("/v1"), self.line.base)):
            for form in (self._llama_cpp, self._vllm):
                if await self._tokenized(base, form(FORCED[0])) is not None:
                    found = await asyncio.gather(*(self._tokenized(base, form(label)) for label in LABELS))
                    return {label: token for label, token in zip(LABELS, found, strict=True) if token is not None}
        return {}

    def _llama_cpp(self, text: str) -> dict[str, Any]:
        return {"content": text, "add_special": False}

    def _vllm(self, text: str) -> dict[str, Any]:
        return {"model": self.line.connection.model, "prompt": text, "add_special_tokens": False}

    async def _tokenized(self, base: str, body: Mapping[str, Any]) -> int | None:
        tokens = (await self.post("/tokenize", body, base=base)).json.get("tokens")
        is_one = isinstance(tokens, list) and len(tokens) == 1 and isinstance(tokens[0], int)
        return tokens[0] if is_one and isinstance(tokens, list) else None

    async def _limit(self) -> None:
        """Told by the server's own count, or by the length of the text: a token has rarely more than 20 characters."""
        heard = await self._say(COUNT, COUNT_TOKENS)
        text, usage = content_of(heard) or "", heard.json.get("usage")
        counted = usage.get("completion_tokens") if isinstance(usage, dict) else None
        if (isinstance(counted, int) and counted > COUNT_TOKENS) or len(text) > 20 * COUNT_TOKENS:
            self.note(max_tokens=False)
        elif finish_of(heard) == "length":
            self.note(max_tokens=True)

    async def _streams(self) -> None:
        heard = await self._say(CHOICE, SHORT_TOKENS, stream=True)
        self.note(streams=heard.content_type == "text/event-stream" and "[DONE]" in heard.text)

    async def _repeats(self) -> None:
        first, second = [await self._story(temperature=0) for _ in range(2)]
        if first and second:
            self.note(repeats=first == second)

    async def _seed(self) -> None:
        """The same seed twice, for two seeds. Equal answers to both, or short ones, tell nothing."""
        one, again, other, other_again = [await self._story(temperature=1, seed=seed) for seed in (7, 7, 8, 8)]
        if min(map(len, (one, again, other, other_again))) < TELLING or one == again == other == other_again:
            return
        self.note(seed=one == again and other == other_again)

    async def _story(self, **sampling: Any) -> str:
        heard = await self._say(STORY, STORY_TOKENS, **sampling)
        return content_of(heard) or ""

    async def _say(self, text: str, max_tokens: int, *, needed: bool = False, **more: Any) -> Answer:
        messages = [{"role": "user", "content": text}]
        body = {"messages": messages, "max_tokens": max_tokens, "temperature": 0}
        named = {"model": self.line.connection.model} if self.line.connection.model else {}
        return await self.ask(named | body | more, needed=needed)


def _choice(heard: Answer) -> Mapping[str, Any]:
    choices = heard.json.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}


def content_of(heard: Answer) -> str | None:
    """The text of the answer; "" where the limit of tokens left none; None where what came is no answer."""
    message = _choice(heard).get("message")
    if not isinstance(message, dict):
        return None
    content = message.get("content")
    return content if isinstance(content, str) else ""


def finish_of(heard: Answer) -> str:
    """Why the answer ended."""
    return str(_choice(heard).get("finish_reason") or "")


def first_tokens(heard: Answer) -> list[str]:
    """The likeliest tokens at the first position of the answer."""
    logprobs = _choice(heard).get("logprobs")
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    first = content[0] if isinstance(content, list) and content else None
    top = first.get("top_logprobs") if isinstance(first, dict) else None
    entries = top if isinstance(top, list) else []
    return [str(entry["token"]) for entry in entries if isinstance(entry, dict) and "token" in entry]
