"""Each statement goes by mail to whom it is for, once, as they chose."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from tests.mail.post import office
from tests.make import (
    approved_exchange,
    give_hours,
    make_bank,
    make_coordinator,
    make_member,
    make_organisation,
)
from tests.statements.issued import CLOSED_AT, FEBRUARY, IN_FEBRUARY, choose, close_and_issue, issue, let_help
from timebank.banks.models import Bank
from timebank.exchanges.service import reverse_exchange
from timebank.extensions import db
from timebank.ledger import queries as ledger
from timebank.ledger.models import Book
from timebank.mail.models import MailState, OutgoingMail
from timebank.mail.sending import send_waiting
from timebank.members.models import Membership
from timebank.months.service import set_message
from timebank.statements import sending
from timebank.statements.models import How, IssuedStatement, StatementChoice
from timebank.statements.queries import statement_of
from timebank.statements.sending import queue_statements
from timebank.statements.text import as_letter


def queue(bank: Bank) -> int:
    new = sum(new for _looked_at, new in queue_statements(bank, FEBRUARY, at=CLOSED_AT))
    db.session.commit()
    return new


def recipients(bank: Bank) -> set[tuple[str, str]]:
    """(whose statement, who gets it)."""
    holders = dict(db.session.query(IssuedStatement.reference, IssuedStatement.account_id).all())
    numbers = {account.id: account.number for account in ledger.accounts_with_ids(bank.id, holders.values())}
    mails = db.session.query(OutgoingMail).filter_by(bank_id=bank.id, kind=sending.KIND)
    return {(numbers[holders[mail.about]], mail.membership.name) for mail in mails}


def member(bank: Bank, name: str, **details: Any) -> Membership:
    email = f"{name.partition(' ')[0].lower()}@example.org"
    return make_member(bank, name=name, at=IN_FEBRUARY, **({"email": email} | details))


def test_each_gets_theirs_and_whoever_looks_after_them_too(app: Flask) -> None:
    bank = make_bank(at=IN_FEBRUARY)
    ann, ben = member(bank, "Ann Lee"), member(bank, "Ben Day")
    cat, dan, eve = (member(bank, name) for name in ("Cat Fry", "Dan Poe", "Eve Roe"))
    fay, gus, hal = member(bank, "Fay Orr", email=""), member(bank, "Gus Ivy"), member(bank, "Hal Kay")
    surgery = make_organisation(bank, name="Surgery", contact=ben, at=IN_FEBRUARY)
    alone = make_organisation(bank, name="School", added_by=ann, at=IN_FEBRUARY)
    choose(cat, How.PAPER)
    choose(dan, How.ONLINE)
    choose(eve, How.EMAIL)
    choose(fay, How.EMAIL_WITH_PDF)
    gus.left_at = CLOSED_AT
    let_help(ann, fay)
    let_help(eve, fay, until_on=bank.day_of(CLOSED_AT))
    let_help(hal, fay, until_on=bank.day_of(CLOSED_AT) - dt.timedelta(days=1))
    let_help(hal, ann, ended_at=CLOSED_AT)
    let_help(cat, ben)
    close_and_issue(bank, [ann, ben, cat, dan, eve, fay, gus, surgery, alone, ledger.community_account(bank.id)])
    assert queue(bank) == 6
    number = surgery.account.number
    assert recipients(bank) == {
        (ann.number, "Ann Lee"),
        (ben.number, "Ben Day"),
        (number, "Ben Day"),
        (eve.number, "Eve Roe"),
        (fay.number, "Ann Lee"),
        (fay.number, "Eve Roe"),
    }


def test_it_goes_on_where_it_was_interrupted_and_asks_little(
    app: Flask, monkeypatch: pytest.MonkeyPatch, statements_counted: Callable[[], Any]
) -> None:
    monkeypatch.setattr(sending, "STATEMENTS_AT_ONCE", 10)
    bank = make_bank(at=IN_FEBRUARY)
    people = [member(bank, f"Person{number} X", email=f"p{number}@example.org") for number in range(25)]
    close_and_issue(bank, people)
    batches = queue_statements(bank, FEBRUARY, at=CLOSED_AT)
    assert next(batches) == (10, 10)
    db.session.commit()
    assert next(batches) == (10, 10)
    db.session.rollback()
    with statements_counted() as statements:
        assert [*queue_statements(bank, FEBRUARY, at=CLOSED_AT)] == [(10, 0), (10, 10), (5, 5)]
    assert len(statements) <= 4 * 3 + 4
    db.session.commit()
    assert queue(bank) == 0
    assert len(recipients(bank)) == 25
    assert db.session.query(StatementChoice).count() == 25


def test_the_command_queues_each_once_and_says_how_many(app: Flask, cli: FlaskCliRunner) -> None:
    app.config["TIMEBANK_MAIL_SERVER"] = "smtp://127.0.0.1:1"
    bank = make_bank(at=IN_FEBRUARY)
    command = ["statements", "send", "2026-02", "--bank", bank.code]
    assert cli.invoke(args=command).output.strip().endswith("has issued no statements for 2026-02.")
    close_and_issue(bank, [member(bank, "Ann Lee"), member(bank, "Ben Day", email="")])
    assert cli.invoke(args=command).output == "2 statements, 1 pieces of mail queued.\n"
    assert cli.invoke(args=command).output == "2 statements, 0 pieces of mail queued.\n"
    assert cli.invoke(args=["statements", "send", "x", "--bank", bank.code]).exit_code == 1


def test_the_mail_says_what_the_statement_says(app: Flask) -> None:
    app.config["TIMEBANK_ADDRESS"] = "https://hours.example.org"
    bank = make_bank(at=IN_FEBRUARY, help_contact="Ruth, 01234 567890")
    ann, ben = member(bank, "Ann Lee"), member(bank, "Ben Day")
    give_hours(bank, ben, 180, at=IN_FEBRUARY)
    approved_exchange(bank, giver=ann, receiver=ben, minutes=90, at=IN_FEBRUARY)
    approved_exchange(bank, giver=ben, receiver=ann, minutes=45, book=Book.RECORD, at=IN_FEBRUARY)
    choose(ann, How.EMAIL_WITH_PDF)
    choose(ben, How.EMAIL)
    set_message(bank, FEBRUARY, message="Lunch is on Thursday.\n\n<b> Come!", set_by=None, at=CLOSED_AT)
    close_and_issue(bank, [ann, ben])
    queue(bank)
    with office() as post:
        app.config["TIMEBANK_MAIL_SERVER"] = post.url
        assert send_waiting().sent == 2
    messages = {taken.to: taken.message for taken in post.taken}
    message = messages["ann@example.org"]
    assert message["Subject"] == "Your hours for February 2026"
    body, page = message.get_body(("plain",)), message.get_body(("html",))
    assert body is not None
    assert page is not None
    text, html = body.get_content().replace("\r\n", "\n"), page.get_content()
    rows = ("began", "0:00"), ("Help given", "1:30"), ("Help received", "0:00"), ("ended", "1:30")
    for label, value in rows:
        assert any(line.split("  ")[0].endswith(label) and line.endswith(f" {value}") for line in text.splitlines())
        assert f'{label}</th><td align="right">{value}</td>' in html
    assert "Gifts and other hours" not in text
    assert "\nA message from your coordinator:\n\nLunch is on Thursday.\n\n<b> Come!\n" in text
    assert "<p>Lunch is on Thursday.</p>" in html
    assert "&lt;b&gt; Come!" in html
    assert "given 0:00, received 0:45" in " ".join(text.split())
    choice = db.session.query(StatementChoice).filter_by(membership_id=ann.id).one()
    stop = f"https://hours.example.org/unsubscribe/{choice.reference}"
    read = f"https://hours.example.org/statements/{ann.account.reference}/2026-02"
    for link in (stop, read):
        assert f"\n{link}\n" in text
        assert f'href="{link}"' in html
    assert "Ruth, 01234 567890" in text
    assert (message["List-Unsubscribe"], message["List-Unsubscribe-Post"]) == (
        f"<{stop}>",
        "List-Unsubscribe=One-Click",
    )
    names = [part.get_filename() for part in message.iter_attachments()]
    assert names == [f"statement-{ann.bank.code}-{ann.number}-2026-02.pdf"]
    assert list(messages["ben@example.org"].iter_attachments()) == []
    other = messages["ben@example.org"].get_body(("plain",))
    assert other is not None
    assert "Gifts and other hours" in other.get_content()


def test_no_link_holds_anything_about_anybody(app: Flask) -> None:
    bank = make_bank(at=IN_FEBRUARY, name="Bank of Jo")
    ann = member(bank, "Ann Lee", number="4711")
    close_and_issue(bank, [ann])
    queue(bank)
    with office() as post:
        app.config["TIMEBANK_MAIL_SERVER"] = post.url
        send_waiting()
    text = post.taken[0].message.get_body(("plain",))
    assert text is not None
    links = [word for word in text.get_content().split() if word.startswith("http")]
    assert len(links) == 2
    for link in links:
        assert link.startswith("http://127.0.0.1:5000/")
        assert not any(word in link.lower() for word in ("ann", "lee", "4711", "example.org", bank.code.lower()))


def test_a_balance_below_nothing_is_shown_as_its_holder_wants_it(app: Flask) -> None:
    bank = make_bank(at=IN_FEBRUARY)
    ann, ben = member(bank, "Ann Lee"), member(bank, "Ben Day")
    approved_exchange(bank, giver=ann, receiver=ben, minutes=210, at=IN_FEBRUARY)
    give_hours(bank, ben, 120, at=IN_FEBRUARY)
    choose(ben, How.EMAIL, hides_sign=True)
    let_help(ann, ben)
    close_and_issue(bank, [ben])
    queue(bank)
    with office() as post:
        app.config["TIMEBANK_MAIL_SERVER"] = post.url
        assert send_waiting().sent == 2
    bodies = {taken.to: taken.message for taken in post.taken}
    own, helpers = (bodies[f"{name}@example.org"].get_body(("plain",)) for name in ("ben", "ann"))
    assert own is not None
    assert helpers is not None
    for body in (own, helpers):
        assert "−" not in body.get_content()
        assert "  1:30 more used" in body.get_content()
        assert "  2:00 came in" in body.get_content()
    assert bodies["ann@example.org"]["Subject"] == "Hours for February 2026: Ben D."
    assert "here is the statement of Ben Day" in helpers.get_content()


def test_help_that_was_taken_back_later_has_no_minus_for_whoever_wants_none(app: Flask) -> None:
    bank, january = make_bank(at=IN_FEBRUARY), IN_FEBRUARY - dt.timedelta(days=20)
    ruth = make_coordinator(bank, at=january)
    ann, ben = member(bank, "Ann Lee"), member(bank, "Ben Day")
    mistake = approved_exchange(bank, giver=ben, receiver=ann, minutes=75, at=january, approved_by=ruth)
    reverse_exchange(bank, mistake, reversed_by=ruth, message="Twice", at=IN_FEBRUARY)
    choose(ben, How.EMAIL, hides_sign=True)
    close_and_issue(bank, [ben])
    queue(bank)
    with office() as post:
        app.config["TIMEBANK_MAIL_SERVER"] = post.url
        assert send_waiting().sent == 1
    body = post.taken[0].message.get_body(("plain",))
    assert body is not None
    assert "  1:15 taken off" in body.get_content()
    statement = statement_of(bank, ben.account, FEBRUARY, viewer=ben, in_full=False)
    letter = as_letter(statement, is_own=True, hides_sign=True)
    assert letter.count("1:15 taken off") == 2
    assert as_letter(statement, is_own=True, hides_sign=False).count("−1:15") > 2


def test_what_changed_since_it_was_queued_is_heeded(app: Flask) -> None:
    bank = make_bank(at=IN_FEBRUARY)
    ann, ben, cat, dan = (member(bank, name) for name in ("Ann Lee", "Ben Day", "Cat Fry", "Dan Poe"))
    helps = let_help(dan, ann)
    close_and_issue(bank, [ann, ben, cat])
    assert queue(bank) == 4
    db.session.query(StatementChoice).filter_by(membership_id=ben.id).update({"how": How.PAPER})
    helps.ended_at = CLOSED_AT
    again = issue(bank, cat, number=2)
    db.session.commit()
    assert queue(bank) == 1, "the one that was issued again"
    with office() as post:
        app.config["TIMEBANK_MAIL_SERVER"] = post.url
        outcome = send_waiting()
    assert (outcome.sent, outcome.dropped) == (2, 3)
    problems = {mail.membership.name: mail.problem for mail in db.session.query(OutgoingMail) if mail.problem}
    assert problems == {
        "Ben Day": "this person does not want mail any more",
        "Cat Fry": "this statement was issued again, and the new one is sent instead",
        "Dan Poe": "this person does not answer for this account any more",
    }
    sent = db.session.query(OutgoingMail).filter_by(state=MailState.SENT, membership_id=cat.id).one()
    assert sent.about == again.reference
