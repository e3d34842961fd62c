"""Which walls hold on this machine: tried, not looked up."""

import sys
from dataclasses import replace
from functools import cache

from tasks_core.sandbox.outcomes import Outcome
from tasks_core.sandbox.pair import Pair
from tasks_core.sandbox.profiles import BUBBLEWRAP, LANDLOCK, Profile, refusal
from tasks_core.sandbox.warm import BrokenError

__all__ = ["choose_profile", "faults"]

SOLUTION = "def add(a, b):\n    return a + b\n"
TEST = "def check(candidate):\n    assert candidate(1, 2) == {}\n"

#: Prints the name of everything that can be done and should not be.
ATTEMPTS = """
import ctypes, os, socket
libc = ctypes.CDLL(None)

def own(number, *arguments):
    if libc.syscall(number, *arguments) < 0:
        raise OSError

attempts = {
    "read files": lambda: open("/etc/passwd").close(),
    "list folders": lambda: os.listdir("/home"),
    "write files": lambda: open("/var/tmp/tasks-core-self-test", "w").close(),
    "use the network": lambda: socket.socket().close(),
    "use sockets": lambda: socket.socketpair(),
    "start processes": lambda: os.fork() or os._exit(0),
    "run programs": lambda: os.execv("/bin/true", ["true"]),
    "send signals": lambda: os.kill(os.getppid(), 0),
    "make namespaces": lambda: libc.unshare(0x10000000) and os.kill(0, 0),
}
for name, attempt in attempts.items():
    try:
        attempt()
    except OSError:
        continue
    print(name, end=", ")
"""


@cache
def choose_profile() -> Profile:
    """Return the first profile that keeps its promises here, or the refusal with the reasons; tried once a process."""
    reasons: dict[str, str] = {}
    for profile in (BUBBLEWRAP, LANDLOCK):
        fault = faults(profile)
        if not fault:
            return _explained(profile, reasons)
        reasons[profile.name] = fault
    return refusal(reasons)


def _explained(profile: Profile, reasons: dict[str, str]) -> Profile:
    """The profile, its description with why none of those before it."""
    why = " ".join(f"Not {name}, because it does not work here: {reason}." for name, reason in reasons.items())
    return replace(profile, description=f"{profile.description} {why}".strip())


def faults(profile: Profile) -> str:
    """Return what does not hold in a profile, in words; "" where all does."""
    if sys.platform != "linux":
        return "it needs Linux"
    try:
        pair = Pair(profile, seconds=20, memory_mb=256)
    except (BrokenError, OSError) as error:
        return str(error)
    try:
        return _try(pair)
    except (BrokenError, OSError) as error:
        return str(error)
    finally:
        pair.kill()


def _try(pair: Pair) -> str:
    for answer, expected in ((3, Outcome.PASS), (4, Outcome.ASSERTION)):
        verdict = pair.judge(head="", code=SOLUTION, test=TEST.format(answer), entry_point="add")
        if verdict.outcome is not expected:
            return f"a test of 1 + 2 = {answer} came out as {verdict.outcome}: {verdict.detail}"
    verdict = pair.run(ATTEMPTS)
    if verdict.outcome is not Outcome.PASS:
        return f"the self-test did not run: {verdict.outcome}, {verdict.detail}"
    return f"code can {verdict.output.rstrip(', ')}" if verdict.output else ""
