"""How people use a page: by mouse, with the keyboard alone, or in a browser without scripts."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

# No page has more places to stop at than this between one field and the next.
MOST_STOPS = 120

# Remembers what everything looks like without the focus, and says what is wrong with the stop where the focus is.
_LOOK_AT_STOP = """() => {
    const looks = (window.looksWithoutFocus ||= new WeakMap())
    const seen = (color) => color !== "transparent" && !/, 0\\)$/.test(color)
    const look = (element) => {
        const of = (node, part) => {
            const style = getComputedStyle(node, part)
            const outline = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) && seen(style.outlineColor)
            return [outline ? style.outlineStyle + style.outlineWidth + style.outlineColor : "", style.boxShadow,
                style.backgroundColor, style.borderTopColor, style.borderTopWidth].join("|")
        }
        const marks = [...(element.labels || [])].map((label) => of(label, "::before"))
        return [of(element), ...(element.matches("[type=radio], [type=checkbox]") ? marks : [])].join("; ")
    }
    const active = document.activeElement
    document.querySelectorAll("a[href], button, input, select, textarea, summary").forEach((element) => {
        if (element !== active) looks.set(element, look(element))
    })
    if (active === document.body || active === document.documentElement) return null
    const problems = []
    const box = active.getClientRects()[0]
    // GOV.UK draws radio buttons and tick boxes beside the label, over which the real ones lie unseen.
    const drawn = active.matches("[type=radio], [type=checkbox]") || active.checkVisibility({ opacityProperty: true })
    if (!drawn || !box || box.width < 4 || box.height < 4) {
        problems.push("cannot be seen")
    } else {
        const x = box.left + box.width / 2, y = box.top + box.height / 2
        const hit = document.elementFromPoint(x, y)
        if (x < 0 || y < 0 || x > innerWidth || y > innerHeight) problems.push("is outside the window")
        else if (!hit || !(active.contains(hit) || [...(active.labels || [])].some((label) => label.contains(hit))))
            problems.push(`is covered by ${hit && hit.outerHTML.slice(0, 120)}`)
    }
    if (looks.has(active) && looks.get(active) === look(active)) problems.push("does not show the focus")
    return problems.length ? [active.outerHTML.slice(0, 160), ...problems] : null
}"""

_ARRIVED = """(wanted) => {
    const active = document.activeElement
    if (active === wanted) return true
    // Radio buttons are one stop; the arrow keys lead from one to the next.
    const are = (type) => active.type === type && wanted.type === type
    return are("radio") && active.name === wanted.name && active.form === wanted.form
}"""

_IS_BEHIND = """(wanted) => {
    const active = document.activeElement
    if (active === document.body) return false
    return Boolean(active.compareDocumentPosition(wanted) & Node.DOCUMENT_POSITION_PRECEDING)
}"""


class Hand:
    """Uses a page by mouse, with every help that scripts give."""

    searches = True

    def __init__(self, page: Page) -> None:
        self.page = page

    def go(self, address: str) -> None:
        """Type an address."""
        self.page.goto(address)
        self._wait_for_scripts()

    def sign_in(
        self, email: str, password: str, *, before_sending: Callable[[Page], None] = lambda _page: None
    ) -> None:
        """Sign in through the form."""
        self.go("/sign-in")
        before_sending(self.page)
        self.type("Email address", email)
        self.type("Password", password)
        self.press("Sign in")

    def type(self, label: str, text: str, *, box: int = 0) -> None:
        """Type into the field with this label, in place of what is there."""
        self.field(label).nth(box).fill(text)

    def name(self, label: str, typed: str, label_of_person: str) -> None:
        """Name a person: type a part of the name, and choose from the list that appears."""
        field = self.field(label)
        field.click()
        self.page.keyboard.type(typed, delay=20)
        self.found().filter(has_text=label_of_person).click()
        expect(field).to_have_value(label_of_person)

    def choose(self, label: str, option: str) -> None:
        """Choose from a list."""
        self.field(label).select_option(label=option)

    def pick(self, label: str) -> None:
        """Choose a radio button, or tick a box."""
        self.field(label).check()

    def press(self, button: str) -> None:
        """Press a button that leads to another page."""
        self._lead_on(self.page.get_by_role("button", name=button, exact=True))

    def continue_from(self, _label: str) -> None:
        """Send the form in which the last thing was typed."""
        self.press("Continue")

    def follow(self, link: str) -> None:
        """Follow the first link whose words begin like this."""
        self._lead_on(self.page.locator("main").get_by_role("link", name=link).first)

    def open_menu(self, item: str) -> None:
        """Go to another part of the time bank."""
        menu = self.page.get_by_role("navigation", name="Main menu")
        link = menu.locator("a", has_text=item)
        if not link.is_visible():
            self._unfold(self.page.get_by_role("button", name="Menu"))
        self._lead_on(link)

    def field(self, label: str) -> Locator:
        """Return the fields with this label."""
        return self.page.locator("input, select, textarea").and_(self.page.get_by_label(label, exact=True))

    def found(self) -> Locator:
        """Return the people that a search found so far."""
        return self.page.locator("[role=listbox] [role=option]:visible")

    def _unfold(self, button: Locator) -> None:
        button.click()

    def _lead_on(self, locator: Locator) -> None:
        with self.page.expect_navigation():
            self._set_off(locator)
        self._wait_for_scripts()

    def _set_off(self, locator: Locator) -> None:
        locator.click()

    def _wait_for_scripts(self) -> None:
        """Wait until the fields that find people are ready; one that is typed into earlier keeps what was typed."""
        expect(self.page.locator("input[data-people-search]:not(.autocomplete__input)")).to_have_count(0)


class PlainHand(Hand):
    """Uses a page without scripts, and types names out."""

    searches = False

    def name(self, label: str, typed: str, label_of_person: str) -> None:
        self.type(label, typed)

    def open_menu(self, item: str) -> None:
        self._lead_on(self.page.get_by_role("navigation", name="Main menu").locator("a", has_text=item))

    def _wait_for_scripts(self) -> None:
        """There are none."""


class KeyboardHand(Hand):
    """Uses nothing but the keyboard, and looks at every stop on the way."""

    def type(self, label: str, text: str, *, box: int = 0) -> None:
        self.lead_focus_to(self.field(label).nth(box))
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def name(self, label: str, typed: str, label_of_person: str) -> None:
        field = self.field(label)
        self.lead_focus_to(field)
        self.page.keyboard.type(typed, delay=20)
        expect(self.found().filter(has_text=label_of_person)).to_be_visible()
        self.page.keyboard.press("ArrowDown")
        expect(self.found().first).to_have_attribute("aria-selected", "true")
        self.page.keyboard.press("Enter")
        expect(field).to_have_value(label_of_person)
        expect(self.found()).to_have_count(0)

    def choose(self, label: str, option: str) -> None:
        field = self.field(label)
        self.lead_focus_to(field)
        self.page.keyboard.press("Home")
        for _step in range(field.locator("option").count()):
            if field.evaluate("(list) => list.selectedOptions[0].textContent.trim()") == option:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{label} does not offer {option}")

    def pick(self, label: str) -> None:
        field = self.field(label)
        self.lead_focus_to(field)
        if self.page.evaluate("(wanted) => document.activeElement === wanted", field.element_handle()):
            self.page.keyboard.press("Space")
        for _step in range(10):
            if field.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{label} cannot be chosen with the keyboard")

    def continue_from(self, label: str) -> None:
        """Press Enter in a field of the form."""
        self.lead_focus_to(self.field(label))
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self._wait_for_scripts()

    def lead_focus_to(self, wanted: Locator) -> None:
        """Press Tab, or Shift and Tab, until the focus is there; every stop must be seen."""
        element = wanted.element_handle()
        key = "Shift+Tab" if self.page.evaluate(_IS_BEHIND, element) else "Tab"
        self.page.evaluate(_LOOK_AT_STOP)
        for _stop in range(MOST_STOPS):
            if self.page.evaluate(_ARRIVED, element):
                return
            self.page.keyboard.press(key)
            problem = self.page.evaluate(_LOOK_AT_STOP)
            assert problem is None, (self.page.url, problem)
        raise AssertionError(f"the focus never comes to {wanted} on {self.page.url}")

    def _unfold(self, button: Locator) -> None:
        self.lead_focus_to(button)
        self.page.keyboard.press("Enter")

    def _set_off(self, locator: Locator) -> None:
        self.lead_focus_to(locator)
        self.page.keyboard.press("Enter")
