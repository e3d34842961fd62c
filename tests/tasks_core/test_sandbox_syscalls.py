"""The numbers of the system calls, and the filter made of them, on both machines."""

import errno
import platform
import re
import struct
from pathlib import Path

import pytest

from tasks_core.sandbox.inside import seccomp
from tasks_core.sandbox.inside.syscalls import ALLOWED, NUMBERS, REFUSED

pytestmark = pytest.mark.once

HEADERS = {
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
}
MACHINES = list(NUMBERS) if platform.machine() == "x86_64" else ["aarch64"]

SPECIAL = ("clone", "fcntl", "ioctl", "prlimit64")


def numbers_of(header: Path) -> dict[str, int]:
    """The numbers that a header of the kernel defines."""
    text = header.read_text()
    found = {name: int(number) for name, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text)}
    aliases = re.findall(r"#define __NR_(\w+)\s+__NR3264_(\w+)", text)
    return found | {name: found[source] for name, source in aliases if source in found}


@pytest.mark.parametrize("machine", MACHINES)
def test_the_numbers_are_those_of_the_kernels_headers(machine: str) -> None:
    if not HEADERS[machine].exists():
        pytest.skip(f"{HEADERS[machine]} is in the package linux-libc-dev")
    expected = numbers_of(HEADERS[machine])
    compared = {name: number for name, number in NUMBERS[machine].items() if name in expected}
    assert compared == {name: expected[name] for name in compared}
    assert len(compared) > 0.95 * len(NUMBERS[machine])


def test_numbers_known_by_heart() -> None:
    assert {name: NUMBERS["x86_64"][name] for name in ("read", "open", "clone", "execve", "kill", "seccomp")} == {
        "read": 0, "open": 2, "clone": 56, "execve": 59, "kill": 62, "seccomp": 317,
    }  # fmt: skip
    assert {name: NUMBERS["aarch64"][name] for name in ("read", "openat", "clone", "execve", "kill", "seccomp")} == {
        "read": 63, "openat": 56, "clone": 220, "execve": 221, "kill": 129, "seccomp": 277,
    }  # fmt: skip
    assert NUMBERS["x86_64"]["clone3"] == NUMBERS["aarch64"]["clone3"] == 435


@pytest.mark.parametrize("machine", list(NUMBERS))
def test_no_number_stands_for_two_calls(machine: str) -> None:
    numbers = NUMBERS[machine]
    assert len(set(numbers.values())) == len(numbers)
    assert set(numbers) <= {*ALLOWED, *REFUSED, *SPECIAL, "clone3"}
    assert not set(ALLOWED) & set(REFUSED)
    assert not set(SPECIAL) & {*ALLOWED, *REFUSED}


def answer(program: bytes, number: int, *arguments: int, arch: int) -> int:
    """What the kernel would answer: the few instructions of classic BPF that the filter uses, run here."""
    padded = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("=IIQ6Q", number, arch, 0, *padded)
    steps = list(struct.iter_unpack("=HBBI", program))
    place, loaded = 0, 0
    while True:
        code, yes, no, value = steps[place]
        if code == 0x06:
            return int(value)
        if code == 0x20:
            (loaded,) = struct.unpack_from("=I", data, value)
            place += 1
            continue
        holds = {0x15: loaded == value, 0x35: loaded >= value, 0x45: bool(loaded & value)}[code]
        place += 1 + (yes if holds else no)


ALLOW, KILL = 0x7FFF0000, 0x80000000
EPERM, ENOSYS, ENOTTY = (0x00050000 | number for number in (errno.EPERM, errno.ENOSYS, errno.ENOTTY))
ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


@pytest.mark.parametrize("machine", list(NUMBERS))
def test_the_filter_answers_each_call_as_the_tables_say(machine: str) -> None:
    program = seccomp.program(machine)
    for name, number in NUMBERS[machine].items():
        if name in SPECIAL:
            continue
        expected = ALLOW if name in ALLOWED else EPERM if name in REFUSED else ENOSYS
        assert answer(program, number, arch=ARCH[machine]) == expected, name
    for unknown in (500, 999, 0x3FFFFFFF):
        assert answer(program, unknown, arch=ARCH[machine]) == ENOSYS


THREAD, PROCESS, USER_NAMESPACE, PID_NAMESPACE = 0x3D0F00, 0x01200011, 0x10000000, 0x20000000


@pytest.mark.parametrize("machine", list(NUMBERS))
@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("clone", [THREAD], ALLOW),
        ("clone", [PROCESS], EPERM),
        ("clone", [0], EPERM),
        ("clone", [THREAD | USER_NAMESPACE], EPERM),
        ("clone", [THREAD | PID_NAMESPACE], EPERM),
        ("clone", [THREAD | 0x80], EPERM),
        ("prlimit64", [0, 7], ALLOW),
        ("prlimit64", [1, 7], EPERM),
        ("fcntl", [3, 1], ALLOW),
        ("fcntl", [3, 8], EPERM),
        ("fcntl", [3, 10], EPERM),
        ("fcntl", [3, 15], EPERM),
        ("ioctl", [1, 0x5401], ENOTTY),
        ("ioctl", [1, 0x8901], ENOTTY),
    ],
)
def test_some_calls_depend_on_their_arguments(machine: str, name: str, arguments: list[int], expected: int) -> None:
    number = NUMBERS[machine][name]
    assert answer(seccomp.program(machine), number, *arguments, arch=ARCH[machine]) == expected


@pytest.mark.parametrize("machine", list(NUMBERS))
def test_calls_of_another_machine_kill(machine: str) -> None:
    program = seccomp.program(machine)
    for arch in (0x40000003, 0x40000028, *ARCH.values()):
        if arch != ARCH[machine]:
            assert answer(program, 0, arch=arch) == KILL
    for number in (0x40000000, 0x4000003B, 0xFFFFFFFF):
        assert answer(program, number, arch=ARCH[machine]) == KILL


def test_a_machine_without_numbers_is_refused() -> None:
    with pytest.raises(OSError, match="no system call numbers for riscv64; there are x86_64, aarch64"):
        seccomp.program("riscv64")
