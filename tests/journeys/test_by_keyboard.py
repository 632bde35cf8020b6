"""With the keyboard alone: what has the focus is seen and not covered, and what is to be hit is large enough."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.journeys.conftest import OpenWindow
from tests.journeys.demonstration import Demonstration
from tests.journeys.hands import Hand
from tests.journeys.looking import NARROWEST
from timebank.demonstration.build import PASSWORD

pytestmark = pytest.mark.browser

PAGES = ("/hours", "/hours/log", "/me", "/approvals", "/people", "/people/new", "/rules", "/concern", "/audit")
LEAST_PIXELS = 24
MOST_STEPS = 80

# Looks at whatever has the focus, and says what is wrong with it.
FOCUS = """() => {
    const element = document.activeElement
    if (!element || element === document.body) return null
    const box = element.getBoundingClientRect()
    const says = element.outerHTML.slice(0, 120)
    const label = element.labels && element.labels[0]
    const seen = [element, label, label && label.parentElement].filter(Boolean).some((each) =>
        ["", "::before", "::after"].some((part) => {
            const style = getComputedStyle(each, part || null)
            return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 1) || style.boxShadow !== "none"
        }))
    const problems = []
    if (!seen) problems.push("the focus is not seen: " + says)
    const x = box.left + Math.min(box.width, innerWidth) / 2, y = box.top + box.height / 2
    if (box.bottom < 1 || box.top > innerHeight - 1) problems.push("out of sight: " + says)
    else if (y > 0 && y < innerHeight && x > 0 && x < innerWidth) {
        const top = document.elementFromPoint(x, y)
        const same = top && (element.contains(top) || top.contains(element) || (label && label.contains(top)))
        if (!same) problems.push("covered by " + (top && top.outerHTML.slice(0, 80)) + ": " + says)
    }
    return problems
}"""

# A link inside a sentence may be as high as its line.
TARGETS = """(least) => [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
    .filter((element) => element.type !== "hidden")
    .filter((element) => element.getClientRects().length && !element.closest(".govuk-visually-hidden"))
    .filter((element) => !(element.tagName === "A" && getComputedStyle(element).display === "inline"))
    .map((element) => [element, element.getBoundingClientRect()])
    .filter(([_, box]) => box.width > 1 && (box.width < least || box.height < least))
    .map(([element, box]) => `${Math.round(box.width)}x${Math.round(box.height)} ${element.outerHTML.slice(0, 120)}`)"""


def walk_through(page: Page) -> tuple[int, list[str]]:
    """Press Tab until the focus is back at the top; return how many stops there were, and what was wrong."""
    stops, problems = 0, []
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUS)
        if found is None:
            break
        stops += 1
        problems += found
    return stops, problems


def test_everything_is_reached_and_seen_with_the_keyboard_on_the_narrowest_screen(
    demonstration: Demonstration, open_window: OpenWindow
) -> None:
    hand = Hand(open_window(demonstration.server, width=NARROWEST, height=480))
    hand.sign_in("admin@example.org", PASSWORD)
    problems = []
    for path in PAGES:
        hand.page.goto(path)
        stops, found = walk_through(hand.page)
        assert stops > 5, path
        problems += [f"{path}: {problem}" for problem in found]
        problems += [f"{path}: too small: {target}" for target in hand.page.evaluate(TARGETS, LEAST_PIXELS)]
    assert problems == []


def test_a_focus_that_is_hidden_and_a_target_that_is_small_are_found(
    demonstration: Demonstration, open_window: OpenWindow
) -> None:
    page = open_window(demonstration.server, width=NARROWEST, height=480)
    page.goto("/help")
    page.evaluate(
        """() => {
            document.querySelector("main").innerHTML = "<button id=a>.</button>"
            const style = document.getElementById("a").style
            style.outline = "none"; style.boxShadow = "none"; style.width = "9px"; style.overflow = "hidden"
        }"""
    )
    page.focus("#a")
    assert "not seen" in str(page.evaluate(FOCUS))
    assert len(page.evaluate(TARGETS, LEAST_PIXELS)) == 1
