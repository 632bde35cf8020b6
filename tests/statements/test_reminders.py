"""Before a month is closed people are reminded, once, of what waits for them."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask

from tests.mail.post import office
from tests.make import (
    confirmed_exchange,
    log_exchange,
    make_bank,
    make_coordinator,
    make_member,
    make_organisation,
)
from tests.statements.issued import CLOSED_AT, FEBRUARY, IN_FEBRUARY, choose
from timebank.exchanges import service as exchanges
from timebank.extensions import db
from timebank.ledger import service as ledger
from timebank.mail.models import MailState, OutgoingMail
from timebank.mail.sending import send_waiting
from timebank.statements.models import How
from timebank.statements.reminders import closes_on, is_time_to_remind, queue_reminders

IN_TIME = dt.datetime(2026, 3, 3, 9, 0, tzinfo=dt.UTC)


def test_everybody_is_reminded_once_of_what_waits_for_them(app: Flask) -> None:
    bank = make_bank(at=IN_FEBRUARY)
    bank.closes_itself_on_day, bank.reminds_before_days = 5, 3
    names = ("Ann", "Ben", "Cat", "Dan", "Eve")
    ann, ben, cat, dan, eve = (
        make_member(bank, name=name, email=f"{name}@example.org", at=IN_FEBRUARY) for name in names
    )
    ruth = make_coordinator(bank, name="Ruth", email="ruth@example.org", at=IN_FEBRUARY)
    surgery = make_organisation(bank, contact=dan, at=IN_FEBRUARY)
    choose(eve, How.PAPER)
    waits = log_exchange(bank, giver=ann, receiver=ben, at=IN_FEBRUARY)
    log_exchange(bank, giver=ann, receiver=ben, at=IN_FEBRUARY, minutes=30)
    log_exchange(bank, giver=ann, receiver=surgery, at=IN_FEBRUARY)
    log_exchange(bank, giver=ann, receiver=eve, at=IN_FEBRUARY)
    log_exchange(bank, giver=ben, receiver=cat, at=IN_TIME)
    confirmed_exchange(bank, giver=cat, receiver=ann, at=IN_FEBRUARY)
    assert queue_reminders(bank, FEBRUARY, at=IN_TIME - dt.timedelta(days=2)) == 0, "it is too early"
    assert queue_reminders(bank, FEBRUARY, at=IN_TIME) == 3
    assert queue_reminders(bank, FEBRUARY, at=IN_TIME + dt.timedelta(days=1)) == 0
    db.session.commit()
    exchanges.confirm_exchange(bank, waits, confirmed_by=ben, at=IN_TIME)
    with office() as post:
        app.config["TIMEBANK_MAIL_SERVER"] = post.url
        assert send_waiting().sent == 3
    bodies = {}
    for taken in post.taken:
        body = taken.message.get_body(("plain",))
        assert body is not None
        bodies[taken.to] = " ".join(body.get_content().split())
        assert taken.message["Subject"] == "Hours of February 2026 wait for you"
        assert taken.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "1 exchange of February 2026 waits for you" in bodies["ben@example.org"]
    assert "1 exchange of February 2026 waits for you" in bodies["dan@example.org"]
    assert "2 exchanges of February 2026 are confirmed" in bodies[ruth.email or ""]
    assert "closed on 5 March 2026" in bodies["ben@example.org"]
    assert "http://127.0.0.1:5000/approvals" in bodies[ruth.email or ""]


def test_what_is_settled_by_then_is_not_reminded_of(app: Flask) -> None:
    bank = make_bank(at=IN_FEBRUARY)
    bank.reminds_before_days = 3
    ann, ben = (make_member(bank, email=f"{name}@example.org", at=IN_FEBRUARY) for name in ("ann", "ben"))
    waits = log_exchange(bank, giver=ann, receiver=ben, at=IN_FEBRUARY)
    assert queue_reminders(bank, FEBRUARY, at=IN_TIME) == 1
    exchanges.confirm_exchange(bank, waits, confirmed_by=ben, at=IN_TIME)
    db.session.commit()
    with office() as post:
        app.config["TIMEBANK_MAIL_SERVER"] = post.url
        assert send_waiting().dropped == 1
    mail = db.session.query(OutgoingMail).one()
    assert (mail.state, mail.problem) == (MailState.DROPPED, "nothing waits for this person any more")


def test_nobody_is_reminded_of_a_closed_month(app: Flask) -> None:
    bank = make_bank(at=IN_FEBRUARY)
    bank.reminds_before_days = 3
    ann, ben = (make_member(bank, email=f"{name}@example.org", at=IN_FEBRUARY) for name in ("ann", "ben"))
    log_exchange(bank, giver=ann, receiver=ben, at=IN_FEBRUARY)
    assert queue_reminders(bank, FEBRUARY, at=IN_TIME) == 1
    ledger.close_month(bank.id, FEBRUARY, closed_at=CLOSED_AT)
    db.session.commit()
    assert queue_reminders(bank, FEBRUARY, at=CLOSED_AT) == 0
    with office() as post:
        app.config["TIMEBANK_MAIL_SERVER"] = post.url
        assert send_waiting().dropped == 1


@pytest.mark.parametrize(
    ("day", "days", "today", "is_time"),
    [
        (5, 3, "2026-03-01", False),
        (5, 3, "2026-03-02", True),
        (None, 3, "2026-02-25", False),
        (None, 3, "2026-02-26", True),
        (5, None, "2026-03-05", False),
        (31, 0, "2026-03-30", False),
        (31, 0, "2026-03-31", True),
    ],
)
def test_the_rules_say_when(app: Flask, day: int | None, days: int | None, today: str, is_time: bool) -> None:
    bank = make_bank()
    bank.closes_itself_on_day, bank.reminds_before_days = day, days
    assert is_time_to_remind(bank, FEBRUARY, today=dt.date.fromisoformat(today)) is is_time
    assert closes_on(bank, FEBRUARY) == dt.date(2026, 3, day or 1)
