"""The C library's `prctl` and `syscall`."""

import ctypes
import os

__all__ = ["die_with_parent", "prctl", "syscall"]

PR_SET_PDEATHSIG = 1
SIGKILL = 9

_LIBC = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def prctl(option: int, *arguments: object) -> int:
    """Set a property of this process, all arguments as 64 bits. Raises OSError."""
    values = [ctypes.c_ulong(one) if isinstance(one, int) else one for one in arguments]
    values += [ctypes.c_ulong(0)] * (4 - len(values))
    return _checked(_LIBC.prctl(ctypes.c_int(option), *values), "prctl")


def syscall(number: int, *arguments: object) -> int:
    """Make a system call by number. Raises OSError."""
    values = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    _LIBC.syscall.restype = ctypes.c_long
    return _checked(_LIBC.syscall(ctypes.c_long(number), *values), f"system call {number}")


def die_with_parent(parent: int) -> None:
    """Be killed when the parent ends; ends at once where `parent` is no longer the parent."""
    prctl(PR_SET_PDEATHSIG, SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
