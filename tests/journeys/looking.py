"""What must be true of every page that anybody comes to."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, WebError

WIDE, PHONE, NARROWEST = 1280, 360, 320
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Watch:
    """Notes whatever goes wrong in a browser window, and every request to somebody else."""

    def __init__(self, context: BrowserContext, address: str, expecting: tuple[int, ...] = ()) -> None:
        self.problems: list[str] = []
        self.host = urlsplit(address).netloc
        # Chromium reports these as errors, though a form that is not filled in right is none. Nothing else is let pass.
        self.expected = {
            f"Failed to load resource: the server responded with a status of {status} "
            f"({HTTPStatus(status).phrase.upper()})"
            for status in (HTTPStatus.UNPROCESSABLE_ENTITY, *expecting)
        }
        context.on("console", self._note_message)
        context.on("weberror", self._note_error)
        context.on("request", self._note_request)

    def _note_message(self, message: ConsoleMessage) -> None:
        # A breach of the content security policy is a message of this type too.
        if message.type == "error" and message.text not in self.expected:
            self.problems.append(f"{message.location.get('url')}: {message.text}")

    def _note_error(self, error: WebError) -> None:
        self.problems.append(f"{error.page.url if error.page else ''}: {error.error}")

    def _note_request(self, request: Request) -> None:
        asked = urlsplit(request.url)
        if asked.scheme not in ("data", "blob") and asked.netloc != self.host:
            self.problems.append(f"a request to {request.url}")


@cache
def _axe() -> Axe:
    return Axe()


def look_at(page: Page, *widths: int, narrow: tuple[int, ...] = (PHONE, NARROWEST)) -> None:
    """Let axe look at the page at these widths, and see that nothing scrolls sideways on a narrow screen."""
    before = page.viewport_size
    assert before is not None
    for width in widths or (WIDE, PHONE):
        _resize(page, width)
        assert complaints(page) == [], f"at {width} pixels on {page.url}"
    for width in narrow:
        _resize(page, width)
        assert_nothing_scrolls_sideways(page)
    _resize(page, before["width"])


def _resize(page: Page, width: int) -> None:
    size = page.viewport_size
    assert size is not None
    if size["width"] != width:
        page.set_viewport_size({"width": width, "height": size["height"]})


def complaints(page: Page) -> list[str]:
    """Return what axe has to say about the page as it stands. It needs a window with scripts."""
    options = {"runOnly": RULES, "resultTypes": ["violations"]}
    found = _axe().run(page, options=options).response["violations"]
    return [f"{each['id']}: {each['help']}: {[node['html'][:200] for node in each['nodes']][:3]}" for each in found]


def assert_nothing_scrolls_sideways(page: Page) -> None:
    """Fail when the page is wider than its window, and say what sticks out."""
    sticking_out = page.evaluate(
        """() => {
            const root = document.documentElement
            if (root.scrollWidth <= window.innerWidth) return null
            const wide = [...document.body.querySelectorAll("*")].filter(
                (element) => element.getBoundingClientRect().right > window.innerWidth + 0.5)
            const shown = wide.slice(0, 5).map((element) => element.outerHTML.slice(0, 160))
            return [`${root.scrollWidth} of ${window.innerWidth} pixels`, ...shown]
        }"""
    )
    assert sticking_out is None, (page.url, sticking_out)


def unnamed_fields(page: Page) -> list[str]:
    """Return the fields in sight that have no name for somebody who does not see the page."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("input, select, textarea")]
            .filter((field) => field.type !== "hidden" && field.getClientRects().length)
            .filter((field) => ![...field.labels].some((label) => label.textContent.trim())
                && !field.getAttribute("aria-label") && !field.getAttribute("aria-labelledby"))
            .map((field) => field.outerHTML.slice(0, 160))"""
    )
    return found
