"""A filter of system calls, as a program of classic BPF.

https://docs.kernel.org/userspace-api/seccomp_filter.html; the constants are those of linux/bpf_common.h,
linux/seccomp.h, linux/audit.h, linux/sched.h and asm-generic/fcntl.h.
"""

import ctypes
import errno
import struct
from collections.abc import Iterator

from .libc import prctl
from .syscalls import ALLOWED, NUMBERS, REFUSED

__all__ = ["install", "program"]

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32_BIT = 0x40000000

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06

KILL_PROCESS = 0x80000000
ALLOW = 0x7FFF0000
ERROR = 0x00050000
REFUSE = ERROR | errno.EPERM
UNKNOWN = ERROR | errno.ENOSYS

# Where struct seccomp_data holds what; of an argument its lower half, both machines being little-endian.
NUMBER, ARCH, FIRST_ARGUMENT = 0, 4, 16

CLONE_THREAD = 0x00010000
CLONE_NEW_ANYTHING = 0x7E020080

# The others give a descriptor's signals to some process, which is a way to kill it.
FCNTL_COMMANDS = (0, 1, 2, 3, 4, 1030)  # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC

PR_SET_NO_NEW_PRIVS = 38
PR_SET_SECCOMP = 22
MODE_FILTER = 2

Step = tuple[int, int, int, int]


def program(machine: str) -> bytes:
    """Return the filter for `x86_64` or `aarch64`. Raises OSError for another machine."""
    if machine not in NUMBERS:
        raise OSError(errno.ENOSYS, f"no system call numbers for {machine}; there are {', '.join(NUMBERS)}")
    return b"".join(struct.pack("=HBBI", *step) for step in _steps(machine))


def _steps(machine: str) -> Iterator[Step]:
    numbers = NUMBERS[machine]
    yield (LOAD, 0, 0, ARCH)
    yield (EQUAL, 1, 0, AUDIT_ARCH[machine])
    yield _end(KILL_PROCESS)
    yield (LOAD, 0, 0, NUMBER)
    yield (AT_LEAST, 0, 1, X32_BIT)
    yield _end(KILL_PROCESS)
    yield from _answers(numbers, ALLOWED, ALLOW)
    yield from _call(numbers["fcntl"], _fcntl())
    yield from _call(numbers["clone"], _clone())
    yield from _call(numbers["prlimit64"], _prlimit())
    yield from _call(numbers["ioctl"], [_end(ERROR | errno.ENOTTY)])
    yield from _answers(numbers, REFUSED, REFUSE)
    yield _end(UNKNOWN)


def _end(answer: int) -> Step:
    return (RETURN, 0, 0, answer)


def _answers(numbers: dict[str, int], names: tuple[str, ...], answer: int) -> Iterator[Step]:
    for name in names:
        if name in numbers:
            yield from _call(numbers[name], [_end(answer)])


def _call(number: int, steps: list[Step]) -> Iterator[Step]:
    """What happens at one call; the steps must end with an answer."""
    yield (EQUAL, 0, len(steps), number)
    yield from steps


def _clone() -> list[Step]:
    """Threads only: no process, no namespace."""
    return [
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (ANY_BIT, 2, 0, CLONE_NEW_ANYTHING),
        (ANY_BIT, 0, 1, CLONE_THREAD),
        _end(ALLOW),
        _end(REFUSE),
    ]


def _prlimit() -> list[Step]:
    """Limits of the process itself only."""
    return [(LOAD, 0, 0, FIRST_ARGUMENT), (EQUAL, 0, 1, 0), _end(ALLOW), _end(REFUSE)]


def _fcntl() -> list[Step]:
    steps: list[Step] = [(LOAD, 0, 0, FIRST_ARGUMENT + 8)]
    for command in FCNTL_COMMANDS:
        steps += [(EQUAL, 0, 1, command), _end(ALLOW)]
    return [*steps, _end(REFUSE)]


def install(filter_program: bytes) -> None:
    """Bind this thread, and all that it starts, to the filter for good. Raises OSError."""
    buffer = ctypes.create_string_buffer(filter_program, len(filter_program))
    fprog = struct.pack("HxxxxxxP", len(filter_program) // 8, ctypes.addressof(buffer))
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.c_char_p(fprog))
