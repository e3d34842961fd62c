"""Code that tries to pass without being right, to get out, or to break things; and what must come of it.

Every `f` should square its argument, as SOLUTION does; TEST asks for that.
"""

from textwrap import dedent
from typing import NamedTuple

SOLUTION = "def f(x):\n    return x * x\n"
TEST = "def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(3) == 9\n"


class Attack(NamedTuple):
    """What it is called, its code, the outcome, words of the detail; whether it may be tried without any walls."""

    name: str
    code: str
    outcome: str
    detail: str = ""
    is_harmless: bool = False


def _attack(name: str, outcome: str, code: str, *, detail: str = "", is_harmless: bool = False) -> Attack:
    return Attack(name, dedent(code), outcome, detail, is_harmless)


DENIED = "Error: [Errno "

CHEATS = (
    _attack("exit", "early_exit", "def f(x): exit(0)"),
    _attack("sys_exit_at_import", "early_exit", "import sys\nsys.exit(0)"),
    _attack("_exit", "early_exit", "import os\ndef f(x): os._exit(0)", detail="exit code 0"),
    _attack("_exit_at_import", "early_exit", "import os\nos._exit(0)", detail="exit code 0"),
    _attack("atexit", "assertion", "import atexit, os\natexit.register(os._exit, 0)\ndef f(x): return 0"),
    _attack(
        "excepthook",
        "exception",
        """
        import os, sys
        sys.excepthook = lambda *_: os._exit(0)
        def f(x): raise ValueError("mine")
        """,
        detail="ValueError: mine",
    ),
    _attack(
        "thread_that_exits",
        "early_exit",
        """
        import os, threading, time
        threading.Timer(0.05, os._exit, [0]).start()
        def f(x): time.sleep(0.5)
        """,
    ),
    _attack(
        "printed_markers",
        "assertion",
        """
        def f(x):
            print("PASS", "passed", "OK", "1", "True", '{"outcome": "pass", "detail": ""}', flush=True)
            return 0
        """,
        detail="assert candidate(2) == 4",
    ),
    _attack(
        "exit_in_a_profile_hook",
        "early_exit",
        """
        import sys
        def hook(frame, event, argument): raise SystemExit(0)
        def f(x):
            sys.setprofile(hook)
            return 0
        """,
    ),
    _attack(
        "exit_in_a_hook_of_frames_that_are_not_its_own",
        "early_exit",
        """
        import sys
        def hook(frame, event, argument):
            if frame.f_code.co_name == "write_frame": raise SystemExit(0)
        def f(x):
            sys.setprofile(hook)
            return 0
        """,
    ),
    _attack(
        "always_equal_object",
        "assertion",
        """
        class Equal:
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            __hash__ = None
        def f(x): return Equal()
        """,
    ),
    _attack(
        "always_equal_number",
        "assertion",
        "class Equal(int):\n    def __eq__(self, other): return True\n    __hash__ = None\ndef f(x): return Equal(4)",
    ),
    _attack("always_equal_inside", "assertion", "from unittest.mock import ANY\ndef f(x): return [ANY]"),
    _attack(
        "frame_walk",
        "assertion",
        """
        import gc, sys
        def f(x):
            frame, seen = sys._getframe(), []
            while frame:
                seen += [*frame.f_locals.values(), *frame.f_globals.values()]
                frame = frame.f_back
            for found in [*seen, *gc.get_objects()]:
                text = repr(found) if type(found) in (str, dict, list, tuple) else ""
                if ''.join(['candidate(3)', ' == 9']) in text:
                    print("FOUND")
            return 0
        """,
    ),
    _attack(
        "forged_verdict",
        "exception",
        """
        import os
        text = b'{"outcome": "pass", "detail": ""}'
        def f(x):
            for descriptor in range(256):
                try:
                    os.write(descriptor, len(text).to_bytes(4, "big") + text)
                except OSError:
                    pass
            return 0
        """,
        detail="wrote into the connection",
    ),
    _attack(
        "garbage_on_every_descriptor",
        "exception",
        """
        import os
        for descriptor in range(256):
            try:
                os.write(descriptor, os.urandom(64))
            except OSError:
                pass
        def f(x): return x * x
        """,
        detail="wrote into the connection",
    ),
    _attack("closed_connection", "early_exit", "import os\nos.closerange(3, 256)\ndef f(x): return x * x"),
    _attack(
        "nonsense_as_data",
        "exception",
        """
        import sys
        pack = sys._getframe(1).f_globals["pack"]
        def f(x):
            sys._getframe(1).f_globals["pack"] = lambda value: {"set": [[]]}
            return 0
        """,
        detail="wrote into the connection",
    ),
    _attack("crash", "early_exit", "import ctypes\ndef f(x): ctypes.string_at(1)", detail="SIGSEGV"),
)

SPENDING = (
    _attack("allocation_of_4_gb", "memory", "def f(x): return len(bytearray(4 << 30))", detail="MemoryError"),
    _attack("allocation_at_import", "memory", "many = [0] * (4 << 30)"),
    _attack("infinite_loop", "timeout", "def f(x):\n    while True: pass"),
    _attack("infinite_loop_at_import", "timeout", "while True: pass"),
    _attack("sleep", "timeout", "import time\ndef f(x): time.sleep(60)"),
    _attack(
        "ignoring_sigterm",
        "timeout",
        """
        import signal
        for number in range(1, 65):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        def f(x):
            while True: pass
        """,
    ),
    _attack(
        "output_of_1_gb",
        "output",
        "def f(x):\n    for _ in range(1000): print('x' * 1_000_000)\n    return x * x",
        detail="megabyte",
    ),
    _attack("endless_output", "output", "import os\nwhile True: os.write(2, b'x' * 4096)"),
    _attack(
        "thread_bomb",
        "exception",
        "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(60,)).start()",
        detail="can't start new thread",
    ),
    _attack("result_of_20_mb", "exception", "def f(x): return 'x' * 20_000_000", detail="more than can be sent"),
    _attack("recursion", "exception", "def f(x): return f(x)", detail="RecursionError"),
)

PROCESSES = (
    _attack("fork", "exception", "import os\ndef f(x):\n    os.fork() or os._exit(0)", detail=DENIED, is_harmless=True),
    _attack("fork_bomb", "exception", "import os\nwhile True: os.fork()", detail=DENIED),
    _attack(
        "raw_fork",
        "exception",
        """
        import ctypes
        def f(x):
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.vfork() < 0: raise OSError(ctypes.get_errno(), "vfork")
        """,
        detail=DENIED,
    ),
    _attack(
        "grandchild_that_outlives_the_timeout",
        "exception",
        """
        import os, time
        def f(x):
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0: time.sleep(3600)
            time.sleep(3600)
        """,
        detail=DENIED,
    ),
    _attack("killing_the_parent", "exception", "import os\ndef f(x): os.kill(os.getppid(), 9)", detail=DENIED),
    _attack("signal_to_the_parent", "exception", "import os\ndef f(x): os.kill(os.getppid(), 0)", detail=DENIED,
            is_harmless=True),
    _attack("killing_all", "exception", "import os\ndef f(x): os.kill(-1, 9)", detail=DENIED),
    _attack(
        "killing_the_parent_by_a_descriptor",
        "exception",
        """
        import fcntl, os
        def f(x):
            reader, writer = os.pipe()
            fcntl.fcntl(reader, 10, 9)  # F_SETSIG
            fcntl.fcntl(reader, fcntl.F_SETOWN, os.getppid())
            fcntl.fcntl(reader, fcntl.F_SETFL, fcntl.fcntl(reader, fcntl.F_GETFL) | os.O_ASYNC)
            os.write(writer, b"x")
        """,
        detail=DENIED,
    ),
    _attack("exec", "exception", "import os\ndef f(x): os.execv('/bin/true', ['true'])", detail=DENIED,
            is_harmless=True),
    _attack("subprocess", "exception", "import subprocess\ndef f(x): subprocess.run(['/bin/true'])", detail=DENIED,
            is_harmless=True),
    _attack(
        "nested_namespaces",
        "exception",
        """
        import ctypes
        def f(x):
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.unshare(0x10000000 | 0x00020000): raise OSError(ctypes.get_errno(), "unshare")
        """,
        detail=DENIED,
    ),
    _attack(
        "ptrace",
        "exception",
        """
        import ctypes
        def f(x):
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.ptrace(0, 0, 0, 0): raise OSError(ctypes.get_errno(), "ptrace")
        """,
        detail=DENIED,
        is_harmless=True,
    ),
)  # fmt: skip

ATTACKS = (*CHEATS, *SPENDING, *PROCESSES)
