"""A stand-in for the hub: the parts of its HTTP API that `load_dataset` asks for, over a folder of files."""

import hashlib
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class HubHandler(BaseHTTPRequestHandler):
    """Serves `root/<org>/<name>/...` as datasets, each with the one commit COMMIT."""

    root: Path

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Say nothing: the tests look at what was read."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        match unquote(urlsplit(self.path).path).strip("/").split("/"):
            case ["datasets", org, name, "resolve", _, *path]:
                self._send_file(self.root.joinpath(org, name, *path))
            case ["api", "datasets", org, name, *rest] if (self.root / org / name).is_dir():
                self._send_json(self._describe(self.root / org / name, rest, body))
            case _:
                self._send(404, b"", {"X-Error-Code": "RepoNotFound"})

    def _describe(self, folder: Path, rest: list[str], body: bytes) -> object:
        match rest:
            case ["tree", _, *path]:
                return [_entry(folder, found) for found in sorted(folder.joinpath(*path).iterdir())]
            case ["paths-info", _]:
                wanted = [folder / path for path in json.loads(body)["paths"]]
                return [_entry(folder, found) for found in wanted if found.exists()]
        names = [found.relative_to(folder).as_posix() for found in sorted(folder.rglob("*")) if found.is_file()]
        return {"id": "/".join(folder.parts[-2:]), "sha": COMMIT, "siblings": [{"rfilename": name} for name in names]}

    def _send_file(self, file: Path) -> None:
        if not file.is_file():
            self._send(404, b"", {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT})
            return
        content = file.read_bytes()
        etag = hashlib.sha256(content).hexdigest()
        self._send(200, content, {"X-Repo-Commit": COMMIT, "ETag": f'"{etag}"', "Accept-Ranges": "bytes"})

    def _send_json(self, value: object) -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def _entry(folder: Path, found: Path) -> dict[str, object]:
    name = found.relative_to(folder).as_posix()
    if found.is_dir():
        return {"type": "directory", "path": name, "oid": hashlib.sha1(name.encode()).hexdigest(), "size": 0}
    content = found.read_bytes()
    return {"type": "file", "path": name, "oid": hashlib.sha1(content).hexdigest(), "size": len(content)}


def hub_server(root: Path) -> ThreadingHTTPServer:
    """Return a server over `root` on a free port of 127.0.0.1; the caller runs and closes it."""
    handler = type("Handler", (HubHandler,), {"root": root})
    return ThreadingHTTPServer(("127.0.0.1", 0), handler)
