"""What is sent twice happens once: a double click, a way back, two coordinators at the same moment."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Error, Page, expect

from tests.conftest import application_on
from tests.journeys.conftest import OpenWindow
from tests.journeys.hands import Hand, PlainHand
from tests.journeys.people import Neighbours
from tests.journeys.server import Running
from tests.make import PASSWORD

pytestmark = pytest.mark.browser


def at_the_answers(hand: Hand, neighbours: Neighbours) -> Page:
    """Lead Jean to where the hours only have to be sent."""
    hand.sign_in(neighbours.jean.email, PASSWORD)
    hand.go("/hours/log")
    hand.pick("I gave help")
    hand.name("With whom?", "Dilys", neighbours.dilys.label)
    hand.choose("What was it?", "Gardening")
    hand.type("How long did it take?", "1")
    hand.press("Continue")
    return hand.page


def how_many(server: Running, neighbours: Neighbours) -> int:
    with application_on(server.database_url):
        return neighbours.exchanges_of(neighbours.jean)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_double_click_logs_the_hours_once(
    server: Running, neighbours: Neighbours, open_window: OpenWindow, scripts: bool
) -> None:
    window = open_window(server, scripts=scripts)
    page = at_the_answers(Hand(window) if scripts else PlainHand(window), neighbours)
    page.get_by_role("button", name="Log these hours").dblclick()
    expect(page.locator("h1")).to_have_text("Thank you. The hours are logged")
    page.wait_for_load_state("networkidle")
    assert how_many(server, neighbours) == 1


def test_a_form_that_is_sent_twice_before_the_answer_comes_logs_the_hours_once(
    server: Running, neighbours: Neighbours, open_window: OpenWindow
) -> None:
    page = at_the_answers(Hand(open_window(server)), neighbours)
    # Past what the page itself does against it.
    answers = page.evaluate(
        """async () => {
            const form = document.querySelector("main form"), sent = new FormData(form)
            sent.append("step", "log")
            const send = () => fetch(form.action, { method: "POST", body: new URLSearchParams(sent) })
            return (await Promise.all([send(), send(), send()])).map((answer) => [answer.status, answer.url])
        }"""
    )
    assert [status for status, _address in answers] == [200, 200, 200]
    assert len({address for _status, address in answers}) == 1
    assert how_many(server, neighbours) == 1


def test_going_back_and_sending_again_logs_the_hours_once(
    server: Running, neighbours: Neighbours, open_window: OpenWindow
) -> None:
    hand = Hand(open_window(server))
    page = at_the_answers(hand, neighbours)
    hand.press("Log these hours")
    logged_at = page.url
    page.go_back()
    expect(page.locator("h1")).to_have_text("Check your answers")
    hand.press("Log these hours")
    assert page.url == logged_at
    assert how_many(server, neighbours) == 1


def test_going_back_from_the_answers_brings_back_what_was_typed(
    server: Running, neighbours: Neighbours, open_window: OpenWindow
) -> None:
    page = at_the_answers(Hand(open_window(server)), neighbours)
    page.go_back()
    expect(page.locator("h1")).to_have_text("Log hours")
    expect(page.get_by_label("I gave help")).to_be_checked()
    expect(page.locator("#with_whom-0")).to_have_value(neighbours.dilys.label)
    expect(page.locator("#time")).to_have_value("1")


def test_after_signing_out_going_back_shows_nothing(
    server: Running, neighbours: Neighbours, open_window: OpenWindow
) -> None:
    hand = Hand(open_window(server))
    page = at_the_answers(hand, neighbours)
    hand.press("Sign out")
    with pytest.raises(Error, match="ERR_CACHE_MISS"):
        page.go_back()
    expect(page.locator("body.neterror")).to_be_visible()
    page.reload()
    expect(page.locator("h1")).to_have_text("Sign in")


def test_of_two_coordinators_at_once_one_approves_and_the_other_is_told_who(
    server: Running, neighbours: Neighbours, open_window: OpenWindow
) -> None:
    with application_on(server.database_url):
        reference = neighbours.confirmed_exchange()
    windows = {}
    for coordinator in (neighbours.ruth, neighbours.owen):
        hand = Hand(open_window(server))
        hand.sign_in(coordinator.email, PASSWORD)
        hand.follow("1 exchange to approve")
        hand.page.locator("tbody input[type=checkbox]").check()
        windows[coordinator.name] = hand.page

    at = (time.time() + 0.5) * 1000
    for page in windows.values():
        page.evaluate(
            """(at) => {
                const button = [...document.querySelectorAll("main button")].at(-1)
                setTimeout(() => button.click(), at - Date.now())
            }""",
            at,
        )
    for page in windows.values():
        expect(page.locator(".govuk-notification-banner")).to_be_visible(timeout=15_000)

    said = {name: page.locator(".govuk-notification-banner").inner_text() for name, page in windows.items()}
    [approved_by] = [name for name, words in said.items() if "1 exchange approved" in words]
    [told] = [words for name, words in said.items() if name != approved_by]
    assert f"Gardening: This was already approved by {approved_by}. Nothing was changed" in told
    with application_on(server.database_url):
        assert neighbours.transfers_of(reference) == 1
        assert neighbours.balance(neighbours.jean) == 60
