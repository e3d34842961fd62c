"""Using a page with nothing but keys, and seeing at every stop where the focus is."""

import re

from playwright.sync_api import Locator, Page, expect

#: Whether the element is the one with the focus; what has it; and how thick the line around that is.
LOOK = """(wanted) => {
  const active = document.activeElement;
  const style = getComputedStyle(active);
  const line = style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth);
  return [active === wanted, active.outerHTML.slice(0, 200), active === document.body ? 1 : line];
}"""
MOST_STOPS = 200


class Keyboard:
    """The keys of one page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def write(self, text: str) -> None:
        """Replace what stands in the focused text box."""
        self.press("Control+a")
        self.page.keyboard.type(text)

    def go(self, target: Locator, *, back: bool = False) -> None:
        """Press Tab until `target` has the focus; every stop on the way must be visible."""
        expect(target).to_be_visible()
        wanted = target.element_handle()
        for _ in range(MOST_STOPS):
            found, what, line = self.page.evaluate(LOOK, wanted)
            assert line > 0, f"the focus cannot be seen on {what}"
            if found:
                return
            self.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"Tab does not lead to {target}")

    def use(self, target: Locator, key: str = "Enter", *, back: bool = False) -> None:
        """Go to `target` and press a key on it."""
        self.go(target, back=back)
        self.press(key)

    def fill(self, label: str, text: str) -> None:
        """Go to a text box and write."""
        self.go(self.page.get_by_label(re.compile(rf"^\s*{re.escape(label)}(\s+\(optional\))?\s*$")))
        self.write(text)

    def choose(self, label: str, option: str) -> None:
        """Go to a choice and type the beginning of an option."""
        box = self.page.get_by_label(label, exact=True)
        self.go(box)
        self.page.keyboard.type(option)
        expect(box.locator("option:checked")).to_have_text(option)
