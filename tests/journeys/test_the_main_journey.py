"""Hours are logged, confirmed, approved, seen on two statements, and reversed: the same by each way of using a page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.conftest import application_on
from tests.journeys.conftest import OpenWindow
from tests.journeys.hands import Hand, KeyboardHand, PlainHand
from tests.journeys.looking import NARROWEST, PHONE, WIDE, assert_nothing_scrolls_sideways, look_at
from tests.journeys.people import Neighbours, Somebody
from tests.journeys.server import Running
from tests.make import PASSWORD

pytestmark = pytest.mark.browser

NOTE = "Hedge and front path"
WHY = "It was the week before, sorry"

Look = Callable[[Page], None]


def test_by_mouse_every_page_is_accessible_and_fits_a_telephone(
    server: Running, neighbours: Neighbours, open_window: OpenWindow
) -> None:
    travel(server, neighbours, [Hand(open_window(server)) for _person in range(3)], look_at)


@pytest.mark.parametrize(("dialect", "width"), [("sqlite", WIDE), ("postgresql", PHONE)])
def test_by_keyboard_alone_every_stop_is_seen(
    server: Running, neighbours: Neighbours, open_window: OpenWindow, width: int
) -> None:
    hands = [KeyboardHand(open_window(server, width=width)) for _person in range(3)]
    travel(server, neighbours, hands, lambda _page: None)


def test_without_scripts(server: Running, neighbours: Neighbours, open_window: OpenWindow) -> None:
    hands = [PlainHand(open_window(server, width=NARROWEST, scripts=False)) for _person in range(3)]
    travel(server, neighbours, hands, assert_nothing_scrolls_sideways)


def travel(server: Running, neighbours: Neighbours, hands: list[Hand], look: Look) -> None:
    """Go the whole way, with one hand for the giver, one for the receiver and one for the coordinator."""
    jean, dilys, ruth = hands
    sign_in(jean, neighbours.jean, look)
    log_hours(jean, neighbours, look)
    sign_in(dilys, neighbours.dilys, look)
    confirm(dilys, look)
    sign_in(ruth, neighbours.ruth, look)
    approve(ruth, neighbours, look)
    see_on_statements(jean, dilys, neighbours, look)
    with application_on(server.database_url):
        assert (neighbours.balance(neighbours.jean), neighbours.balance(neighbours.dilys)) == (90, -90)
    reverse(ruth, look)
    see_it_reversed(jean, "You gave 1 hour 30 minutes", look)
    see_it_reversed(dilys, "Jean M. gave you 1 hour 30 minutes", look)
    with application_on(server.database_url):
        assert (neighbours.balance(neighbours.jean), neighbours.balance(neighbours.dilys)) == (0, 0)


def sign_in(hand: Hand, somebody: Somebody, look: Look) -> None:
    hand.sign_in(somebody.email, PASSWORD, before_sending=look)
    expect(heading(hand)).to_have_text(f"Hello, {somebody.name.split()[0]}")
    look(hand.page)


def log_hours(hand: Hand, neighbours: Neighbours, look: Look) -> None:
    hand.open_menu("Log hours")
    look(hand.page)
    if isinstance(hand, KeyboardHand):
        skip_to_the_content(hand)
    hand.pick("I gave help")
    hand.name("With whom?", "Dil", neighbours.dilys.label)
    hand.choose("What was it?", neighbours.activity)
    for box, part in {"Day": "day", "Month": "month", "Year": "year"}.items():
        hand.type(box, str(getattr(neighbours.today, part)))
    hand.type("How long did it take?", "1½")
    if hand.searches:
        expect(hand.page.locator("#time-readback")).to_have_text("That is 1 hour 30 minutes")
    hand.type("Anything to add? (optional)", NOTE)
    look(hand.page)
    hand.continue_from("How long did it take?")

    expect(heading(hand)).to_have_text("Check your answers")
    main = hand.page.locator("main")
    for words in (
        f"You gave 1 hour 30 minutes of help to {neighbours.dilys.short_name}",
        neighbours.activity,
        f"{neighbours.today.day} ",
        NOTE,
    ):
        expect(main).to_contain_text(words)
    look(hand.page)
    hand.press("Log these hours")
    expect(heading(hand)).to_have_text("Thank you. The hours are logged")
    expect(main).to_contain_text(f"We are waiting for {neighbours.dilys.short_name} to confirm")
    look(hand.page)


def skip_to_the_content(hand: KeyboardHand) -> None:
    """The first stop of a page leads past the menu."""
    skip = hand.page.get_by_role("link", name="Skip to main content")
    hand.page.keyboard.press("Tab")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport(ratio=1)
    hand.page.keyboard.press("Enter")
    hand.page.keyboard.press("Tab")
    assert hand.page.evaluate("document.querySelector('main').contains(document.activeElement)")


def confirm(hand: Hand, look: Look) -> None:
    hand.follow("Please confirm: Jean M. gave you 1 hour 30 minutes of help")
    look(hand.page)
    hand.pick("Yes, this is right")
    hand.press("Send")
    expect(banner(hand)).to_contain_text("Thank you. You confirmed these hours")
    look(hand.page)


def approve(hand: Hand, neighbours: Neighbours, look: Look) -> None:
    hand.follow("1 exchange to approve")
    row = hand.page.locator("tbody tr")
    expect(row).to_have_count(1)
    for words in (
        f"{neighbours.jean.name}balance 0:00",
        f"{neighbours.dilys.name}balance 0:00",
        f"{neighbours.jean.name} confirmed",
        f"{neighbours.dilys.name} confirmed",
        "1 hour 30 minutes",
        NOTE,
    ):
        expect(row).to_contain_text(words)
    look(hand.page)
    hand.pick(f"Tick: {neighbours.jean.name} gave 1 hour 30 minutes of help to {neighbours.dilys.name}, Gardening")
    hand.press("Approve ticked")
    expect(banner(hand)).to_contain_text("1 exchange approved")
    look(hand.page)


def see_on_statements(jean: Hand, dilys: Hand, neighbours: Neighbours, look: Look) -> None:
    for hand, other, hours_in, hours_out, balance, meaning in (
        (jean, neighbours.dilys, "1:30", "", "1:30", "You have 1 hour 30 minutes to use."),
        (dilys, neighbours.jean, "", "1:30", "−1:30", "You have used 1 hour 30 minutes more than came in."),
    ):
        hand.open_menu("Statement")
        expect(heading(hand)).to_contain_text("Statement for ")
        expect(heading(hand)).to_contain_text(str(neighbours.today.year))
        line = hand.page.get_by_role("row").filter(has_text=other.short_name)
        # The note stands on a line of its own below what it was.
        what = f"{neighbours.activity}{NOTE}"
        expect(line.locator("td")).to_have_text([other.short_name, what, hours_in, hours_out, balance])
        expect(hand.page.get_by_text(meaning)).to_be_visible()
        look(hand.page)


def reverse(hand: Hand, look: Look) -> None:
    hand.open_menu("Approvals")
    hand.choose("Show", "Approved (1)")
    hand.press("Show")
    look(hand.page)
    hand.follow("Gardening")
    look(hand.page)
    hand.type("Why is this reversed?", WHY)
    hand.press("Reverse in the ledger")
    expect(banner(hand)).to_contain_text("Reversed in the ledger")
    look(hand.page)


def see_it_reversed(hand: Hand, sentence: str, look: Look) -> None:
    hand.open_menu("My hours")
    expect(hand.page.locator("tbody tr")).to_contain_text("Reversed")
    look(hand.page)
    hand.follow(sentence)
    expect(hand.page.locator("main")).to_contain_text(WHY)
    look(hand.page)
    hand.open_menu("Statement")
    expect(hand.page.get_by_role("row").filter(has_text="Reversed: Gardening")).to_have_count(1)
    expect(hand.page.get_by_text("Your hours are even: as much came in as you used.")).to_be_visible()
    look(hand.page)


def heading(hand: Hand) -> Locator:
    return hand.page.locator("h1")


def banner(hand: Hand) -> Locator:
    return hand.page.locator(".govuk-notification-banner--success")
