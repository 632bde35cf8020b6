"""What goes wrong in a form is said where it can be found, and nothing that was typed is lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests import make
from tests.conftest import application_on
from tests.journeys.conftest import OpenWindow
from tests.journeys.hands import Hand, PlainHand
from tests.journeys.looking import NARROWEST, assert_nothing_scrolls_sideways, look_at, unnamed_fields
from tests.journeys.people import Neighbours
from tests.journeys.server import Running
from tests.make import PASSWORD
from timebank import clock
from timebank.extensions import db

pytestmark = pytest.mark.browser


@pytest.fixture
def hand(server: Running, neighbours: Neighbours, open_window: OpenWindow) -> Hand:
    """Jean, at the form to log hours."""
    hand = Hand(open_window(server))
    hand.sign_in(neighbours.jean.email, PASSWORD)
    hand.go("/hours/log")
    return hand


def test_the_error_summary_has_the_focus_and_leads_to_each_field(hand: Hand) -> None:
    for part in ("Day", "Month", "Year"):
        hand.type(part, "")
    hand.type("Anything to add? (optional)", "We took turns")
    hand.press("Continue")

    summary = hand.page.locator(".govuk-error-summary")
    expect(summary).to_be_focused()
    assert hand.page.title().startswith("Error: ")
    links = summary.get_by_role("link")
    expect(links).to_have_text(
        [
            "Choose whether you gave help or received it",
            "Enter the name or number of the person or organisation",
            "Choose what it was",
            "Enter the day it happened",
            "Enter how long, like 1.5, 1:30 or 90 min",
        ]
    )
    for link in links.all():
        link.click()
        wanted = (link.get_attribute("href") or "").removeprefix("#")
        expect(hand.page.locator(f"[id='{wanted}']")).to_be_focused()
        expect(hand.page.locator(f"[id='{wanted}']")).to_be_in_viewport()
    look_at(hand.page)


def test_what_was_typed_is_kept_when_something_is_wrong_and_when_something_is_changed(
    hand: Hand, neighbours: Neighbours
) -> None:
    hand.pick("I received help")
    hand.name("With whom?", "Dil", neighbours.dilys.label)
    hand.choose("What was it?", "Gardening")
    hand.type("Day", "7")
    hand.type("How long did it take?", "1,5")
    hand.type("Anything to add? (optional)", "Two lines\nof words")
    hand.press("Continue")
    expect(hand.page.locator("#time-error")).to_contain_text("Use a full stop instead of a comma")
    _expect_typed(hand, neighbours, time="1,5")

    hand.type("Day", str(neighbours.today.day))
    hand.type("How long did it take?", "90 min")
    hand.press("Continue")
    hand.press("Change something")
    _expect_typed(hand, neighbours, time="90 min", day=neighbours.today.day)


def _expect_typed(hand: Hand, neighbours: Neighbours, *, time: str, day: int = 7) -> None:
    expect(hand.field("I received help")).to_be_checked()
    for label, value in {
        "With whom?": neighbours.dilys.label,
        "Day": str(day),
        "Month": str(neighbours.today.month),
        "Year": str(neighbours.today.year),
        "How long did it take?": time,
        "Anything to add? (optional)": "Two lines\nof words",
    }.items():
        expect(hand.field(label)).to_have_value(value)
    expect(hand.field("What was it?").locator("option:checked")).to_have_text("Gardening")


def test_enter_in_any_text_field_continues_rather_than_adding_a_box(hand: Hand) -> None:
    for field in ("With whom?", "Day", "How long did it take?"):
        with hand.page.expect_navigation():
            hand.field(field).press("Enter")
        expect(hand.page.locator(".govuk-error-summary")).to_be_visible()
        expect(hand.field("And with whom?")).to_have_count(0)


def test_without_scripts_one_can_add_people_and_is_told_who_was_not_clear(
    server: Running, neighbours: Neighbours, open_window: OpenWindow
) -> None:
    hand = PlainHand(open_window(server, width=NARROWEST, scripts=False))
    hand.sign_in(neighbours.amina.email, PASSWORD)
    hand.open_menu("Log hours")
    hand.pick("I gave help")
    hand.type("With whom?", "Dilys")
    hand.press("Add another person")
    hand.type("And with whom?", "Jean")
    hand.press("Add another person")
    hand.type("And with whom?", "tom bevan", box=1)
    hand.choose("What was it?", "Gardening")
    hand.type("How long did it take?", "1h")
    hand.press("Continue")

    box = hand.field("And with whom?").first
    number = neighbours.jean.number
    told = f"More than one matches “Jean”. Type the number as well: Jean M. ({number}), Jean P. "
    expect(_message_for(hand, box)).to_contain_text(told)
    expect(hand.page.locator(".govuk-error-summary")).to_contain_text(told)
    expect(box).to_have_value("Jean")
    assert_nothing_scrolls_sideways(hand.page)
    assert unnamed_fields(hand.page) == []

    hand.type("And with whom?", number)
    hand.press("Continue")
    expect(hand.page.locator("main")).to_contain_text("You gave 1 hour of help to Dilys Ŵ., Jean M. and Tom B.")
    hand.press("Log these hours")
    for person in (neighbours.dilys, neighbours.jean, neighbours.tom):
        confirming = PlainHand(open_window(server, scripts=False))
        confirming.sign_in(person.email, PASSWORD)
        confirming.follow("Please confirm")
        confirming.pick("Yes, this is right")
        confirming.press("Send")
    ruth = PlainHand(open_window(server, scripts=False))
    ruth.sign_in(neighbours.ruth.email, PASSWORD)
    ruth.follow("1 exchange to approve")
    ruth.page.locator("tbody input[type=checkbox]").check()
    ruth.press("Approve ticked")
    expect(ruth.page.get_by_text("1 exchange approved")).to_be_visible()
    with application_on(server.database_url):
        for person in (neighbours.dilys, neighbours.jean, neighbours.tom):
            assert neighbours.balance(person) == -60
        assert neighbours.balance(neighbours.amina) == 60
        assert neighbours.community_balance() == 120


def _message_for(hand: Hand, box: Locator) -> Locator:
    """Return the message that the field is described by."""
    ids = (box.get_attribute("aria-describedby") or "").split()
    return hand.page.locator(", ".join(f"[id='{each}'].govuk-error-message" for each in ids) or "no-message")


def test_a_name_with_tags_in_it_is_shown_as_it_was_typed_and_adds_nothing_to_the_form(
    hand: Hand, server: Running, neighbours: Neighbours
) -> None:
    name = 'Harold<input/type="hidden"name="time"value="9"><img/src="x"onerror="alert(1)"> Pyke'
    with application_on(server.database_url):
        member = make.make_member(neighbours.bank(), name=name, at=clock.now())
        label = f"{member.short_name} ({member.number})"
        db.session.commit()
    field = hand.field("With whom?")
    field.click()
    hand.page.keyboard.type("harold", delay=20)
    expect(hand.found()).to_have_text([label])
    expect(hand.page.locator("input[name=time]")).to_have_count(1)
    expect(hand.page.locator("main img")).to_have_count(0)
    hand.found().click()
    expect(field).to_have_value(label)
