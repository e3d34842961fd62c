"""The process that runs a model's code: it defines what the code defines, then answers calls.

Nothing that it says is believed: it can only be asked for values.
"""

import os
import sys
import types
from typing import Any

from .errors import describe
from .frames import GoneError, read_frame, write_frame
from .values import MalformedError, pack, unpack

__all__ = ["main"]

Answer = dict[str, Any]


def main(feed: int, channel: int) -> None:
    """Run the code that comes over `feed`, say over `channel` what it defined, answer calls until that closes."""
    job = read_frame(feed)
    os.close(feed)
    namespace = _module(job["name"])
    _send(channel, _run(job["program"], namespace))
    while True:
        try:
            request = read_frame(channel)
        except GoneError:
            return
        _send(channel, _call(request, namespace))


def _module(name: str) -> dict[str, Any]:
    """A module of its own in sys.modules: dataclasses and pickle look for one."""
    module = types.ModuleType(name)
    sys.modules[name] = module
    return module.__dict__


def _run(program: str, namespace: dict[str, Any]) -> Answer:
    try:
        exec(compile(program, "<code>", "exec", dont_inherit=True), namespace)  # noqa: S102 - what this process is for
    except BaseException as error:
        return {"error": describe(error)}
    finally:
        _flush()
    names = [name for name, value in list(namespace.items()) if type(name) is str and callable(value)]
    return {"names": names[:1000]}


def _call(request: Answer, namespace: dict[str, Any]) -> Answer:
    number = request["number"]
    try:
        function = namespace[request["name"]]
        result = function(*unpack(request["args"]), **unpack(request["kwargs"]))
        return {"number": number, "value": pack(result)}
    except BaseException as error:
        return {"number": number, "error": describe(error)}
    finally:
        _flush()


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # noqa: S110 - the code may have closed or replaced it
            pass


def _send(channel: int, answer: Answer) -> None:
    try:
        write_frame(channel, answer)
    except (MalformedError, MemoryError) as error:
        rest = {key: answer[key] for key in ("number",) if key in answer}
        write_frame(channel, {**rest, "error": describe(error)})
