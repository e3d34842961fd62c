"""Somebody at a browser, as plain HTTP: no redirects, no retries, every answer timed."""

import http.client
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

TOKEN = "f" * 32
BOUNDARY = "a-line-between-parts"


@dataclass(frozen=True)
class Answer:
    """What came back, and after how long."""

    status: int
    headers: Mapping[str, str]
    text: str
    seconds: float

    @property
    def location(self) -> str:
        """Where it sends the browser."""
        return self.headers.get("Location", "")

    @property
    def job(self) -> int:
        """The id of the import whose report the answer leads to."""
        found = re.search(r"/sources/import/(\d+)/", self.location)
        assert found, f"{self.status}: no import in {self.location!r}: {self.text[:500]}"
        return int(found[1])


class Browser:
    """Somebody who is logged in at the web server on `port`."""

    def __init__(self, port: int, session: str) -> None:
        self.port = port
        self.headers = {
            "Cookie": f"sessionid={session}; csrftoken={TOKEN}",
            "X-CSRFToken": TOKEN,
            "Accept": "text/html",
        }

    def get(self, path: str, *, seconds: float = 60) -> Answer:
        """Open a page."""
        return self._send("GET", path, None, {}, seconds)

    def post(self, path: str, fields: Mapping[str, object], *, seconds: float = 60) -> Answer:
        """Send a form."""
        body = urlencode(fields).encode()
        return self._send("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"}, seconds)

    def upload(self, content: bytes, *, name: str = "chats.jsonl", seconds: float = 60) -> Answer:
        """Send a file to be imported."""
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        return self._send("POST", "/sources/import/upload/", body, kind, seconds)

    def _send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], seconds: float) -> Answer:
        begun = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.request(method, path, body, {**self.headers, **headers})
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        return Answer(answer.status, dict(answer.getheaders()), text, time.monotonic() - begun)
