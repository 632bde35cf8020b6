"""A month of the demonstration bank is closed, a statement of it checked by its code, and a mistake reversed later."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import OpenWindow
from tests.journeys.demonstration import Demonstration
from tests.journeys.hands import Hand, KeyboardHand, PlainHand
from tests.journeys.looking import PHONE, WIDE, look_at
from tests.journeys.server import Running, running
from timebank import clock
from timebank.demonstration.build import PASSWORD
from timebank.ledger.months import Month
from timebank.web.setup import month as month_in_words

pytestmark = pytest.mark.browser

LAST = Month.of(clock.now().date()).plus(-1)


@pytest.fixture
def copy(demonstration: Demonstration, tmp_path: Path) -> Iterator[Running]:
    """The demonstration bank again, served for one test to change."""
    original = demonstration.server.database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(original)) as source, closing(sqlite3.connect(tmp_path / "bank.db")) as target:
        source.backup(target)
    with running(f"sqlite:///{tmp_path / 'bank.db'}", tmp_path / "log") as server:
        yield server
        assert server.complaints() == []


@pytest.fixture
def last_month(app_without_data: object) -> str:
    with app_without_data.test_request_context():  # type: ignore[attr-defined]
        return month_in_words(LAST)


def test_with_the_keyboard_alone(copy: Running, open_window: OpenWindow, last_month: str) -> None:
    travel([KeyboardHand(open_window(copy, width=WIDE)) for _person in range(3)], last_month)


def test_without_scripts_on_a_telephone(copy: Running, open_window: OpenWindow, last_month: str) -> None:
    travel([PlainHand(open_window(copy, width=PHONE, scripts=False)) for _person in range(3)], last_month)


def test_by_mouse_every_page_is_accessible(copy: Running, open_window: OpenWindow, last_month: str) -> None:
    ruth = Hand(open_window(copy, width=PHONE))
    ruth.sign_in("coordinator@example.org", PASSWORD)
    close(ruth, last_month, looking=True)
    ruth.follow("See every statement and what became of it")
    look_at(ruth.page)


def travel(hands: list[Hand], last_month: str) -> None:
    """Go the whole way, with one hand for the coordinator, one for a member, and one for somebody in the street."""
    ruth, jean, anybody = hands
    ruth.sign_in("coordinator@example.org", PASSWORD)
    close(ruth, last_month)

    jean.sign_in("member@example.org", PASSWORD)
    jean.open_menu("Statement")
    statement = f"{jean.page.url.rpartition('/')[0]}/{LAST}"
    jean.go(statement)
    expect(jean.page.locator("main")).to_contain_text("Lunch is on Thursday")
    printed = file_of(jean, statement)
    assert printed.startswith(b"%PDF-")
    closing_balance = jean.page.locator("tfoot").first.locator("td").last.inner_text()
    code = jean.page.locator("strong.ch-seal").inner_text()

    check(anybody, code, closing_balance)
    reverse_something_of(ruth, statement)

    jean.go(f"{statement.rpartition('/')[0]}/{LAST.plus(1)}")
    expect(jean.page.get_by_role("row").filter(has_text="Reversed: ").first).to_be_visible()
    jean.go(statement)
    expect(jean.page.locator("tfoot").first.locator("td").last).to_have_text(closing_balance)
    assert file_of(jean, statement) == printed
    check(anybody, code, closing_balance)


def close(hand: Hand, last_month: str, *, looking: bool = False) -> None:
    hand.open_menu("Months")
    hand.press(f"Look through {last_month}")
    hand.type("Message of the month (optional)", "Lunch is on Thursday")
    hand.press("Keep the message")
    if looking:
        look_at(hand.page)
    button = f"Close {last_month} and issue its statements"
    hand.press(button)
    expect(hand.page.locator("main")).to_contain_text("Tick the box if the month can be closed")
    if looking:
        look_at(hand.page)
    hand.pick("I have looked through this month, and it can be closed")
    hand.press(button)
    expect(hand.page.locator("h1")).to_have_text(last_month)
    expect(hand.page.locator("main")).to_contain_text("statements are issued")
    hand.press("Mail the statements")
    expect(hand.page.locator(".govuk-notification-banner--success")).to_contain_text("on their way")
    if looking:
        look_at(hand.page)


def file_of(hand: Hand, statement: str) -> bytes:
    """What is behind the link to the PDF."""
    link = hand.page.get_by_role("link", name="This statement as a PDF").get_attribute("href")
    assert link is not None
    answer = hand.page.request.get(link)
    assert answer.headers["content-type"] == "application/pdf"
    return answer.body()


def check(hand: Hand, code: str, closing_balance: str) -> None:
    hand.go("/verify")
    hand.type("Code on the statement", code.lower())
    hand.type("Closing balance on the statement (optional)", closing_balance)
    hand.press("Check")
    expect(hand.page.locator("main")).to_contain_text("This code belongs to a genuine statement")
    expect(hand.page.locator("main")).to_contain_text("is the one that was printed")


def reverse_something_of(hand: Hand, statement: str) -> None:
    hand.go(statement)
    hand.follow("A friendly phone call")
    hand.type("Why is this reversed?", "It was another week")
    hand.press("Reverse in the ledger")
    expect(hand.page.locator(".govuk-notification-banner--success")).to_contain_text("Reversed in the ledger")
