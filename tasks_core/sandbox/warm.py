"""The host's side of a warm process: starting it, giving it jobs, and making sure that it ends."""

import os
import socket
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import IO, NamedTuple

from tasks_core.sandbox.profiles import Profile
from tasks_core.sandbox.runtime import Command

__all__ = ["BrokenError", "Ended", "WarmProcess"]

START_SECONDS = 30.0
ANSWER_SECONDS = 10.0
MOST_ERRORS = 10_000


class BrokenError(Exception):
    """The sandbox itself does not work (any more)."""


class Ended(NamedTuple):
    """How a child ended: its exit code or minus the signal; whether it left files behind."""

    status: int
    leftovers: bool


class WarmProcess:
    """A process inside the walls that forks a child per job. Raises BrokenError where it does not start."""

    def __init__(self, profile: Profile, role: str) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        reader, writer = os.pipe()
        with theirs, open(reader, "rb") as errors:
            try:
                starting = _starter(os.getpid()).submit(_start, profile.command(role), theirs, writer)
                self._process = starting.result()
            except (OSError, RuntimeError) as error:  # RuntimeError: there can be no more threads
                self._control.close()
                raise BrokenError(str(error)) from error
            finally:
                os.close(writer)
            theirs.close()
            self._wait_until_ready(errors)

    def _wait_until_ready(self, errors: IO[bytes]) -> None:
        try:
            if self._receive(START_SECONDS) == b"ready":
                return
        except BrokenError:
            pass
        self.kill()
        lines = errors.read(MOST_ERRORS).decode(errors="replace").strip().splitlines()
        raise BrokenError(lines[-1][:300] if lines else "the process did not start")

    def start_job(self, seconds: int, memory_mb: int, descriptors: Sequence[int]) -> None:
        """Begin a job with feed, channel and output."""
        try:
            socket.send_fds(self._control, [b"job %d %d" % (seconds, memory_mb)], descriptors)
        except OSError as error:
            raise BrokenError(f"the sandbox has ended: {error}") from error

    def stop_job(self) -> Ended:
        """Kill the job's process if it still runs, and say how it ended."""
        try:
            self._control.send(b"stop")
        except OSError as error:
            raise BrokenError(f"the sandbox has ended: {error}") from error
        words = self._receive(ANSWER_SECONDS).split()
        return Ended(int(words[1]), words[2] != b"0")

    def _receive(self, seconds: float) -> bytes:
        self._control.settimeout(seconds)
        try:
            message = self._control.recv(64)
        except OSError as error:
            raise BrokenError(f"the sandbox does not answer: {error}") from error
        finally:
            self._control.settimeout(None)
        if not message:
            raise BrokenError("the sandbox has ended")
        return message

    def kill(self) -> None:
        """End it and all that runs in it."""
        self._control.close()
        self._process.kill()
        self._process.wait()

    def forget(self) -> None:
        """Let go of it in a process that was forked from its owner's."""
        self._control.close()
        self._process.returncode = 0  # not our child: nothing to wait for


@lru_cache(maxsize=1)
def _starter(process: int) -> ThreadPoolExecutor:
    """One thread that lives as long as the process `process`, our own.

    The kernel kills the warm process when the *thread* that started it ends.
    """
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox-starter")


def _start(command: Command, control: socket.socket, errors: int) -> subprocess.Popen[bytes]:
    user = command.user
    process: subprocess.Popen[bytes] = subprocess.Popen(
        command.arguments,
        stdin=control.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=errors,
        cwd="/",
        env={},
        start_new_session=True,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
    )
    return process
