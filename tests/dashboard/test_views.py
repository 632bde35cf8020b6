"""The first page: one's hours in words, what waits for oneself and for others, and one big thing to do."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.exchanges.scene import Scene, build_scene
from tests.make import AT, approved_exchange, give_hours, make_bank, make_coordinator, make_member, set_rules
from tests.web.reading import look
from timebank import clock
from timebank.exchanges import service
from timebank.gifts import service as gifts
from timebank.ledger import service as ledger
from timebank.ledger.models import Book
from timebank.ledger.months import Month


@pytest.fixture
def scene(app: object) -> Scene:
    return build_scene()


@pytest.fixture
def open_home(app: Flask, sign_in: Any) -> Any:
    """Return what somebody reads on their first page."""

    def as_member(member: Any) -> str:
        client = app.test_client()
        sign_in(client, member)
        return look(client, "/").text

    return as_member


def test_hours_are_said_in_words_whichever_way_they_stand(scene: Scene, open_home: Any) -> None:
    assert "Your hours are even: as much came in as you used" in open_home(scene.eve)
    approved_exchange(scene.bank, giver=scene.ann, receiver=scene.ben, minutes=75)
    assert "You have 1 hour 15 minutes to use" in open_home(scene.ann)
    below = open_home(scene.ben)
    assert "You have used 1 hour 15 minutes more than came in" in below
    assert "−" not in below


def test_what_a_gift_covered_is_not_said_to_be_help(scene: Scene, open_home: Any) -> None:
    """Two hours were granted and four received: what is missing is what was used beyond what came in."""
    gifts.grant_hours(
        scene.bank,
        granted_by=scene.cara,
        to_account_id=scene.ben.account_id,
        minutes=120,
        reason="Ill",
        at=AT,
    )
    approved_exchange(scene.bank, giver=scene.ann, receiver=scene.ben, minutes=240)
    assert "You have used 2 hours more than came in" in open_home(scene.ben)


def test_what_is_on_record_is_said_as_the_difference_that_it_is(scene: Scene, open_home: Any) -> None:
    for giver, receiver, minutes in ((scene.ann, scene.ben, 80), (scene.ben, scene.ann, 60)):
        approved_exchange(scene.bank, giver=giver, receiver=receiver, minutes=minutes, book=Book.RECORD)
    assert "Besides, 20 minutes more given than received are on record" in open_home(scene.ann)
    below = open_home(scene.ben)
    assert "Besides, 20 minutes more received than given are on record. You owe nothing for them" in below
    assert "on record" not in open_home(scene.eve)


def test_what_waits_is_listed_and_what_waits_for_others_counted(scene: Scene, open_home: Any) -> None:
    asked = scene.logged(note="Hedge")
    scene.logged(giver=scene.ben, receiver=scene.ann, minutes=45)
    mine = open_home(scene.ann)
    assert "Please confirm: Ben B. gave you 45 minutes of help" in mine
    assert "1 that you logged waits for somebody else to confirm" in mine
    service.query_exchange(scene.bank, asked, queried_by=scene.ben, message="Which day?", at=AT, as_coordinator=False)
    assert "There is a question: You gave 1 hour of help to Ben B." in open_home(scene.ann)
    assert "waits for somebody else" not in open_home(scene.ann)


def test_a_coordinator_sees_what_there_is_to_decide_and_a_member_does_not(scene: Scene, open_home: Any) -> None:
    scene.confirmed()
    assert "1 exchange to approve" in open_home(scene.cara)
    assert "to approve" not in open_home(scene.ann)


def test_whoever_has_nothing_yet_is_told_how_to_begin(scene: Scene, open_home: Any) -> None:
    page = open_home(scene.eve)
    assert "Welcome to the time bank" in page
    assert "Log the hours here" in page


def test_a_gift_is_on_the_first_page_of_both(scene: Scene, open_home: Any) -> None:
    give_hours(scene.bank, scene.ann, 60)
    gifts.donate_hours(scene.bank, giver=scene.ann, to_account_id=scene.ben.account_id, minutes=30, reason="", at=AT)
    assert "You donated 30 minutes to Ben B." in open_home(scene.ann)
    assert "Ann A. donated 30 minutes to you" in open_home(scene.ben)
    assert "donated" not in open_home(scene.eve)


def test_whom_to_ask_is_on_every_page_and_before_signing_in_where_there_is_one_bank(
    scene: Scene, app: Flask, client: FlaskClient, sign_in: Any
) -> None:
    set_rules(scene.bank, help_contact="Cara <Cole>, 01632 960000")
    for path in ("/", "/sign-in"):
        assert "Cara <Cole>, 01632 960000" in look(client, path).text
    sign_in(client, scene.ann)
    for path in ("/", "/hours", "/help"):
        assert "Questions? Ask Cara <Cole>, 01632 960000" in look(client, path).root.text
    make_bank()
    assert "01632" not in look(app.test_client(), "/sign-in").root.text


def test_a_coordinator_is_told_of_a_month_that_can_be_closed_and_a_member_is_not(scene: Scene, open_home: Any) -> None:
    last = Month.of(clock.now().date()).plus(-1)
    words = f"{dt.date(last.year, last.number, 1):%B %Y} can be closed"
    told = open_home(scene.cara)
    assert f"{words} Then everybody gets their statement" in told
    assert "can be closed" not in open_home(scene.ann)
    set_rules(scene.bank, closes_itself_on_day=28)
    assert f"{words} It closes by itself on 28 " in open_home(scene.cara)
    ledger.close_month(scene.bank.id, last, closed_at=clock.now())
    assert "can be closed" not in open_home(scene.cara)


def test_what_can_be_closed_costs_one_question_more(app: Flask, sign_in: Any, statements_counted: Any) -> None:
    bank, counts = make_bank(), []
    for member in (make_member(bank), make_coordinator(bank)):
        client = app.test_client()
        sign_in(client, member)
        look(client, "/")
        with statements_counted() as asked:
            look(client, "/")
        counts.append(asked)
    more = [each for each in counts[1] if "closed_month" in each]
    assert len(more) == 1
    assert not [each for each in counts[0] if "closed_month" in each]
