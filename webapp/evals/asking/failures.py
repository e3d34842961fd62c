"""How asking fails: the kinds with their words, and the error that carries one until the tries are used up."""

import json
from urllib.parse import quote

from webapp.evals.asking.questions import Failure, storable_text

#: Slugs (at most 20 characters, as EvalResult.kind) and what they mean to people.
KINDS: dict[str, str] = {
    "refused": "no connection",
    "dns": "the name was not found",
    "tls": "the certificate is not valid",
    "timeout": "no complete answer in time",
    "closed": "connection closed before the answer",
    "cut_stream": "the answer ended in the middle",
    "too_large": "the answer was too large",
    "html": "a web page instead of an answer",
    "garbage": "an answer that cannot be read",
    "empty": "an answer without a text",
    "filtered": "the answer was withheld by a filter",
    "no_logprobs": "no log probabilities came",
    "bias_ignored": "the forced choice was ignored",
    "no_token_ids": "the letters' token ids are unknown",
    "http_500": "the server failed (500)",
    "http_502": "the server failed (502)",
    "http_503": "the server is overloaded (503)",
    "http_504": "the server failed (504)",
    "http_other": "an unexpected status",
    "rate_limited": "too many requests (429)",
    "redirect": "a redirect, which is not followed",
    "key_refused": "the key was refused",
    "payment": "the account has no credit",
    "bad_request": "the server refused the request",
    "not_found": "the address or the model was not found",
    "address": "the address may not be called",
    "bad_setting": "a setting that the endpoint cannot take",
    "breaker": "stopped after failures in a row",
    "internal": "an error in Winnow",
}

#: These speak of one question, not of the server: however many come in a row, the next may fare better.
OF_THE_QUESTION = {"bad_request", "bias_ignored", "filtered", "too_large"}
HIDDEN = "(key hidden)"
#: So that a whole message fits into EvalResult.detail.
_QUOTED = 150
TOO_MANY = "rate_limited"
_OVERLOAD = {TOO_MANY, "http_503", "timeout"}


class Fault(Exception):
    """One try failed. With `retry` another may work; `wait` is how many seconds the server asked to wait for that.

    With `pauses` no other question would fare better: the run has to stop until somebody has looked.
    """

    def __init__(
        self, kind: str, message: str, *, retry: bool = False, pauses: bool = False, wait: float | None = None
    ) -> None:
        super().__init__(storable_text(message))
        self.kind = kind
        self.retry = retry
        self.pauses = pauses
        self.wait = wait

    def is_overload(self) -> bool:
        """Whether fewer questions at once might help."""
        return self.kind in _OVERLOAD

    def failure(self, tries: int, key: str) -> Failure:
        """What is handed on after the last try, without the key."""
        return Failure(self.kind, scrub(str(self), key), tries, self.pauses)


def scrub(text: str, key: str) -> str:
    """`text` without the key, in any form in which a server may send it back."""
    if not key:
        return text
    for form in {key, json.dumps(key)[1:-1], quote(key, safe=""), quote(key)}:
        text = text.replace(form, HIDDEN)
    return text


def status_fault(status: int, said: str, wait: float | None = None) -> Fault:
    """The fault that a status other than 200 is. `said` is what the server said; `wait` its Retry-After in seconds."""
    words = f": {said.rstrip('.')}." if said else "."
    if status in {401, 403}:
        text = f"The server refused the key ({status}){words} Enter another key at the endpoint."
        return Fault("key_refused", text, pauses=True)
    if status == 402:
        return Fault("payment", f"The server asks for a payment ({status}){words}", pauses=True)
    if status == 429:
        return Fault(TOO_MANY, f"The server says that it is asked too much ({status}){words}", retry=True, wait=wait)
    if status == 404:
        text = f"The server knows no such address or model ({status}){words} Check both at the endpoint."
        return Fault("not_found", text)
    if 300 <= status < 400:
        text = f"The server sends on to another address ({status}), which is never followed. Enter that address itself."
        return Fault("redirect", text)
    if status == 408:
        return Fault("timeout", f"The server gave up waiting ({status}){words}", retry=True)
    if 400 <= status < 500:
        return Fault("bad_request", f"The server refused the request ({status}){words}")
    kind = f"http_{status}" if f"http_{status}" in KINDS else "http_other"
    return Fault(kind, f"The server answered with the status {status}{words}", retry=status >= 500, wait=wait)


def quoted(raw: bytes) -> str:
    """What a body says, short enough for a message: the error in it, or its beginning."""
    text = raw.decode("utf-8", "replace")
    try:
        text = _error_text(json.loads(text)) or text
    except (ValueError, RecursionError):
        pass
    return " ".join(text.split())


def shortened(text: str) -> str:
    """The beginning of what somebody else has written."""
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]} …"


def _error_text(body: object) -> str:
    """The message of an error, as the usual servers wrap it."""
    if not isinstance(body, dict):
        return ""
    for name in ("error", "message", "detail"):
        found = body.get(name)
        if isinstance(found, dict):
            return _error_text(found)
        if isinstance(found, str) and found:
            return found
    return ""
