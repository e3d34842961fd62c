"""Windows of people who are logged in, watched for what the browser complains about."""

from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, expect

from tests.browser.stand import PASSWORD, Stand

PHONE: Any = {"width": 390, "height": 844}
DESK: Any = {"width": 1280, "height": 800}


class Visits:
    """The windows of one test. `refusals`: statuses that it asks for, which the browser complains about."""

    def __init__(self, browser: Browser, stand: Stand, patience: float) -> None:
        self.stand = stand
        self.problems: list[str] = []
        self.refusals: tuple[int, ...] = ()
        self._browser = browser
        self._patience = patience
        self._sessions: dict[str, Any] = {}
        self._windows: list[BrowserContext] = []

    def window(self, username: str = "", **options: Any) -> BrowserContext:
        """A window with cookies of its own; logged in when a name is given. Options as of new_context."""
        state = self._session(username) if username else None
        return self._open(storage_state=state, **options)

    def close(self) -> None:
        """Close all of them."""
        for window in self._windows:
            window.close()

    def _open(self, **options: Any) -> BrowserContext:
        window = self._browser.new_context(base_url=self.stand.url, **{"viewport": DESK, **options})
        window.set_default_timeout(self._patience)
        window.on("console", self._on_console)
        window.on("weberror", lambda error: self.problems.append(f"{error.page and error.page.url}: {error.error}"))
        self._windows.append(window)
        return window

    def _session(self, username: str) -> Any:
        if username not in self._sessions:
            window = self._open()
            page = window.new_page()
            page.goto("/login?next=/profile")
            page.get_by_label("User name").fill(username)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Log in").click()
            expect(page.get_by_role("heading", name="Your profile")).to_be_visible()
            self._sessions[username] = window.storage_state()
        return self._sessions[username]

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(f"status of {status}" in message.text for status in self.refusals):
            self.problems.append(f"{message.location.get('url')}: {message.text}")
