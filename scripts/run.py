"""Runs Winnow on this machine: prepares the data, then becomes the supervisor of its processes.

`make run` calls it inside the environment. HOST and PORT say where to listen; REDIS_URL replaces the embedded broker.
"""

import errno
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from webapp.common.broker import broker_is_running  # noqa: E402 (found through the line above)

#: How long the web server may take to answer before the console says where to look.
START_SECONDS = 60


def main() -> None:
    """Check the address, prepare the data, start everything."""
    os.chdir(ROOT)
    host, port = os.environ.get("HOST") or "127.0.0.1", wanted_port()
    data = Path(os.environ.get("WINNOW_DATA") or "var").absolute()
    refuse_busy_port(host, port)
    if broker_is_running(data):
        end(f"Winnow already runs on {data}. Stop that one first, or choose another folder: WINNOW_DATA=...")
    address = f"http://{'127.0.0.1' if host in {'0.0.0.0', '::'} else host}:{port}"  # noqa: S104 (compared, not bound)
    os.environ.update(WINNOW_DATA=str(data), HOST=host, PORT=str(port))
    (data / "log").mkdir(parents=True, exist_ok=True)
    (data / "address").write_text(address)  # `make loginlink` looks there
    announce_later(address, prepare(), data / "log")
    become_supervisor()


def wanted_port() -> int:
    """Return the port from the environment, 8000 when it says nothing."""
    raw = os.environ.get("PORT") or "8000"
    if not raw.isdecimal() or not 0 < int(raw) < 65536:
        end(f"PORT must be a number from 1 to 65535, not {raw!r}.")
    return int(raw)


def refuse_busy_port(host: str, port: int) -> None:
    """End with a message when the address cannot be had."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                end(f"Port {port} is in use. Stop what runs there, or choose another: make run PORT={port + 1}")
            end(f"Winnow cannot listen on {host}, port {port}: {error.strerror}.")


def prepare() -> str:
    """Bring the data up to date; return the log-in link of a first start, "" later."""
    command = [sys.executable, "manage.py", "prepare", "--demo"]
    environment = {**os.environ, "LOG_LEVEL": "WARNING"}
    prepared = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if prepared.returncode:
        sys.exit(prepared.returncode)
    return prepared.stdout.strip()


def announce_later(address: str, link: str, logs: Path) -> None:
    """Leave a process behind that prints the address as soon as the web server answers.

    It is nobody's child (forked twice), so the supervisor does not take it for one of its own.
    """
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    if os.fork() == 0:
        try:
            print(announcement(address, link, logs), flush=True)
        except KeyboardInterrupt:
            pass
    os._exit(0)


def announcement(address: str, link: str, logs: Path) -> str:
    """Wait for the web server and return what to tell."""
    if not answers(f"{address}/healthz"):
        return f"\nThe web server does not answer yet. Its log: {logs / 'web.log'}\n"
    how = f"Log in, once, with this link: {link}" if link else "For another log-in link: make loginlink"
    return f"\nWinnow runs at {address}\n{how}\nLogs: {logs}\nStop with Ctrl-C.\n"


def answers(url: str) -> bool:
    """Say whether the address answers within START_SECONDS."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 (our own address)
                return True
        except urllib.error.HTTPError:
            return True  # it answers, though not to this name: ALLOWED_HOSTS names others
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False


def become_supervisor() -> NoReturn:
    """Replace this process by the supervisor, so that a signal to it reaches all."""
    os.environ["WINNOW_PYTHON"] = sys.executable
    os.environ["WINNOW_OWN_BROKER"] = "false" if os.environ.get("REDIS_URL") else "true"
    as_root = ["--user", "root"] if os.geteuid() == 0 else []
    os.execv(sys.executable, [sys.executable, "-m", "supervisor.supervisord", "-c", "supervisord.conf", *as_root])


def end(message: str) -> NoReturn:
    """End with a message and without a traceback."""
    print(message, file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    main()
