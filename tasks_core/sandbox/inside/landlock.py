"""Landlock: a process gives up access to files and network for itself and its children.

https://docs.kernel.org/userspace-api/landlock.html; the constants are those of linux/landlock.h.
"""

import ctypes
import os
import struct
from collections.abc import Iterable

from .libc import prctl, syscall

__all__ = ["abi", "restrict", "ruleset"]

# The same on all machines, as every call since 424.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446

CREATE_RULESET_VERSION = 1
RULE_PATH_BENEATH = 1
READ_FILE, READ_DIR = 1 << 2, 1 << 3
PR_SET_NO_NEW_PRIVS = 38

#: What there is to handle: from which version on, rights on files, on TCP, and reach outside the domain.
FILE_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
NET_RIGHTS = {4: 0b11}
SCOPES = {6: 0b11}


def abi() -> int:
    """Return the kernel's version of Landlock. Raises OSError where it has none."""
    return syscall(CREATE_RULESET, ctypes.c_void_p(None), 0, CREATE_RULESET_VERSION)


def _known(rights: dict[int, int], version: int) -> int:
    return max((value for since, value in rights.items() if since <= version), default=0)


def ruleset(folders: Iterable[str]) -> int:
    """Return a descriptor of rules that allow to read these folders and nothing else. Raises OSError."""
    version = abi()
    handled = struct.pack("QQQ", *(_known(rights, version) for rights in (FILE_RIGHTS, NET_RIGHTS, SCOPES)))
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    descriptor = syscall(CREATE_RULESET, handled, size, 0)
    for folder in folders:
        _allow_reading(descriptor, folder)
    return descriptor


def _allow_reading(rules: int, folder: str) -> None:
    try:
        descriptor = os.open(folder, os.O_PATH | os.O_CLOEXEC | os.O_DIRECTORY)
    except OSError:
        return
    rule = struct.pack("=Qi", READ_FILE | READ_DIR, descriptor)
    syscall(ADD_RULE, rules, RULE_PATH_BENEATH, rule, 0)
    os.close(descriptor)


def restrict(rules: int) -> None:
    """Bind this process to rules for good. Raises OSError."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    syscall(RESTRICT_SELF, rules, 0)
