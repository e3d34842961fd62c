"""A stand-in for a model server, as a real process: speaks like the real ones, and fails like them when told to.

    with StandIn(tmp_path, rule="letters") as server:
        server.address                                # "http://127.0.0.1:PORT/v1", of the OpenAI-compatible part
        server.nanochat_address                       # "http://127.0.0.1:PORT", of nanochat's own protocol
        server.behave(fault="429", fault_times=2, retry_after="1")
        server.stats()["total"]

It can be started by hand too: `python -m tests.standin_server --port 8200 --config behaviour.json`. Its addresses:

- `POST /v1/chat/completions`: OpenAI-compatible; logprobs with top_logprobs, logit_bias, streaming. What a real server
  does not know it ignores without a word, and so does this one.
- `POST /chat/completions`: nanochat's own; always a stream, refuses other roles than user and assistant.
- `POST /tokenize`: as in llama.cpp ("content") or vLLM ("prompt"). `GET /v1/models`: the model's name.
- `GET /stats`, `POST /stats/reset`: what it was asked. `GET /behaviour`, `POST /behaviour` with some of the fields of
  `tests.standin_model.Behaviour` as JSON: changed from the next request on. Setting a fault counts its requests anew.

Every field of the behaviour, with its meaning, is in `Behaviour`.

`stats()` holds:

- `total`: calls of either chat address, refused and failed ones too; `answered`: those with a proper answer.
- `prompts`: calls by `prompt_hash(messages)`; `most`: the largest of these numbers.
- `at_once`: the most calls that were open at the same time; `open`: those that are open now.
- `times`: when each call came (`time.time()`); `bodies`: the last 20 bodies, newest last.
- `authorized`, `unauthorized`: calls with the right key, or with a wrong one or none. Right is what `key` says; without
  a key every call counts as authorized.
- `faults`: how many calls got each fault. `redirected`: calls of `/redirected`, where the fault `redirect` leads to.
- `tokenized`: calls of `/tokenize`.
"""

import json
import sys
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.servers import Server, free_port, port_answers
from tests.standin_model import Behaviour, prompt_hash

__all__ = ["Behaviour", "StandIn", "prompt_hash"]


class StandIn(Server):
    """The stand-in on a port of its own. Keywords are fields of `Behaviour`; a restart begins with them again."""

    name = "standin"

    def __init__(self, folder: Path, *, port: int | None = None, **behaviour: Any) -> None:
        super().__init__(folder)
        self.port = port or free_port()
        self.behaviour = Behaviour(**behaviour)

    @property
    def root(self) -> str:
        """The address without a path."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def address(self) -> str:
        """The base address of the OpenAI-compatible part."""
        return f"{self.root}/v1"

    @property
    def nanochat_address(self) -> str:
        """The base address of nanochat's own protocol."""
        return self.root

    def command(self) -> list[str]:
        config = self.folder / "standin.json"
        config.write_text(json.dumps(asdict(self.behaviour)), encoding="utf-8")
        return [sys.executable, "-m", "tests.standin_server", "--port", str(self.port), "--config", str(config)]

    def is_ready(self) -> bool:
        return port_answers(self.port)

    def stats(self) -> dict[str, Any]:
        """What it was asked so far; see above."""
        return self._call("/stats")

    def reset(self) -> None:
        """Forget what it was asked, and begin its faults anew."""
        self._call("/stats/reset", {})

    def behave(self, **changes: Any) -> None:
        """Change fields of its behaviour, from the next request on."""
        self._call("/behaviour", changes)

    def calls(self, messages: Any) -> int:
        """How often it was asked this (a sequence of messages with role and content)."""
        found: int = self.stats()["prompts"].get(prompt_hash(messages), 0)
        return found

    def _call(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.root + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            found: dict[str, Any] = json.load(response)
            return found
