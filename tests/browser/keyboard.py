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
#: Every control that can be seen, into `window.stops`. A group of radio buttons is one stop; menus stay closed.
COLLECT = """() => {
  for (const details of document.querySelectorAll("details:not(.menu)")) details.open = true;
  const groups = new Set();
  const controls = "a[href], button, input, select, textarea, summary, [tabindex]";
  window.stops = [...document.querySelectorAll(controls)].filter((one) => {
    if (one.matches(":disabled, [type=hidden]") || one.tabIndex < 0) return false;
    if (!one.checkVisibility({ visibilityProperty: true })) return false;
    if (one.type !== "radio") return true;
    const group = `${one.form?.id ?? ""} ${one.name}`;
    const same = [...document.getElementsByName(one.name)].filter((other) => other.form === one.form);
    const chosen = same.find((other) => other.checked);
    if (groups.has(group) || (chosen && chosen !== one)) return false;
    groups.add(group);
    return true;
  });
  return window.stops.map((one) => one.outerHTML.slice(0, 160));
}"""
#: Where the focus is among them, what has it, and whether the eye can see that.
STOP = """() => {
  const active = document.activeElement;
  const style = getComputedStyle(active);
  const line = style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth);
  const isRadio = active.type === "radio" && !window.stops.includes(active);
  const place = isRadio ? window.stops.findIndex((one) => one.name === active.name) : window.stops.indexOf(active);
  return [active === document.body, place, active.outerHTML.slice(0, 160), line > 0];
}"""


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

    def walk(self) -> list[str]:
        """Press Tab until the focus has come around. Returns what it missed, met twice, or does not show."""
        controls: list[str] = self.page.evaluate(COLLECT)
        met: list[int] = []
        found: list[str] = []
        for _ in range(2 * len(controls) + 40):
            self.press("Tab")
            is_nowhere, place, what, is_seen = self.page.evaluate(STOP)
            if is_nowhere or place < 0:
                continue
            if not is_seen:
                found.append(f"the focus cannot be seen on {what}")
            if met and place == met[-1]:
                continue  # A field of several parts: a date.
            if met and place == met[0]:
                break
            met.append(place)
        found += [f"Tab does not lead to {what}" for place, what in enumerate(controls) if place not in met]
        return found + [f"Tab leads twice to {controls[place]}" for place in sorted(set(met)) if met.count(place) > 1]

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
