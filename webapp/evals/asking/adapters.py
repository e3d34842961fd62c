"""The ways to speak to a model server, by name."""

from collections.abc import Awaitable, Callable
from typing import Any

from webapp.evals.asking import nanochat, openai_chat
from webapp.evals.asking.failures import Fault
from webapp.evals.asking.questions import Question, Reply
from webapp.evals.asking.wire import Wire

#: Asks a question once. Raises Fault.
Ask = Callable[[Wire, Question], Awaitable[Reply]]

ADAPTERS: dict[str, Ask] = {"openai": openai_chat.ask, "nanochat": nanochat.ask}


def adapter_of(name: Any) -> Ask:
    """The function that asks. Raises Fault for a name that is not spoken here (a baseline answers by itself)."""
    found = ADAPTERS.get(str(name))
    if found is None:
        raise Fault("bad_setting", f"“{name}” is no kind of endpoint that can be asked.", pauses=True)
    return found
