"""What became of a month's statements, as coordinators see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from tests.make import make_bank, make_member, make_organisation
from tests.statements.issued import CLOSED_AT, FEBRUARY, IN_FEBRUARY, choose, close_and_issue, issue, let_help
from timebank.extensions import db
from timebank.ledger import queries as ledger
from timebank.mail.models import MailState, OutgoingMail
from timebank.statements.deliveries import Wanted, count_deliveries, deliveries
from timebank.statements.models import How
from timebank.statements.sending import queue_statements


def test_each_statement_is_there_once_with_what_became_of_it(app: Flask, statements_counted: Callable[[], Any]) -> None:
    bank = make_bank(at=IN_FEBRUARY)
    ann, ben, cat, dan, eve = (
        make_member(bank, name=name, email=email, at=IN_FEBRUARY)
        for name, email in (("Ann", "a@x.org"), ("Ben", "b@x.org"), ("Cat", "c@x.org"), ("Dan", ""), ("Eve", "e@x.org"))
    )
    surgery = make_organisation(bank, name="Surgery", contact=ben, at=IN_FEBRUARY)
    school = make_organisation(bank, name="School", added_by=ann, at=IN_FEBRUARY)
    community = ledger.community_account(bank.id)
    choose(cat, How.ONLINE)
    choose(eve, How.EMAIL)
    let_help(eve, ann)
    read, *_rest = close_and_issue(bank, [ann, ben, cat, dan, eve, surgery, school, community])
    read.read_at = CLOSED_AT
    issue(bank, ben, number=2)
    assert sum(new for _count, new in queue_statements(bank, FEBRUARY, at=CLOSED_AT)) == 5
    for mail in db.session.query(OutgoingMail):
        if mail.membership_id == eve.id:
            mail.state, mail.problem = MailState.BOUNCED, "550 unknown"
        else:
            mail.state, mail.sent_at = MailState.SENT, CLOSED_AT
    db.session.commit()
    db.session.refresh(bank)
    with statements_counted() as statements:
        rows = deliveries(bank, FEBRUARY, Wanted.EVERY, offset=0, limit=50)
        shown = {(row.name, row.how, len(row.mails), row.problem, row.sent_at, row.read_at) for row in rows}
    assert len(statements) == 2
    assert shown == {
        ("Ann", How.EMAIL_WITH_PDF, 2, "550 unknown", CLOSED_AT, CLOSED_AT),
        ("Ben", How.EMAIL_WITH_PDF, 1, "", CLOSED_AT, None),
        ("Cat", How.ONLINE, 0, "", None, None),
        ("Dan", How.PAPER, 0, "", None, None),
        ("Eve", How.EMAIL, 1, "550 unknown", None, None),
        ("Surgery", How.EMAIL_WITH_PDF, 1, "", CLOSED_AT, None),
        ("School", None, 0, "", None, None),
        ("", None, 0, "", None, None),
    }
    assert [row.account.number for row in rows] == sorted(row.account.number for row in rows)
    names = {wanted: {row.name for row in deliveries(bank, FEBRUARY, wanted, offset=0, limit=50)} for wanted in Wanted}
    assert names[Wanted.UNREAD] == {"Ben", "Cat", "Dan", "Eve", "Surgery"}
    assert names[Wanted.UNDELIVERED] == {"Ann", "Eve"}
    assert names[Wanted.PAPER] == {"Dan"}
    assert count_deliveries(bank, FEBRUARY) == {wanted: len(found) for wanted, found in names.items()}
    pages = [deliveries(bank, FEBRUARY, Wanted.EVERY, offset=offset, limit=3) for offset in (0, 3, 6, 9)]
    assert [row.statement.id for page in pages for row in page] == [row.statement.id for row in rows]


def test_whoever_left_gets_their_last_on_paper(app: Flask) -> None:
    bank = make_bank(at=IN_FEBRUARY)
    ann = make_member(bank, name="Ann", email="a@x.org", at=IN_FEBRUARY)
    choose(ann, How.ONLINE)
    close_and_issue(bank, [ann])
    ann.left_at = CLOSED_AT
    [row] = deliveries(bank, FEBRUARY, Wanted.PAPER, offset=0, limit=5)
    assert row.how == How.PAPER


def test_a_month_without_statements_has_none(app: Flask) -> None:
    bank = make_bank()
    assert deliveries(bank, FEBRUARY, Wanted.EVERY, offset=0, limit=5) == []
    assert set(count_deliveries(bank, FEBRUARY).values()) == {0}
