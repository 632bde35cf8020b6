"""A bank with people who get mail, of a kind that is made for the tests."""

from __future__ import annotations

import datetime as dt

from flask import Flask
from sqlalchemy import inspect

from tests.make import make_bank, make_member
from timebank import clock
from timebank.banks.models import Bank
from timebank.extensions import db, read_only
from timebank.mail import kinds
from timebank.mail.kinds import Attachment, Words
from timebank.mail.models import MailState, OutgoingMail
from timebank.mail.service import MailDraft, queue_mails
from timebank.members.models import Membership

KIND = "test"


def words(mail: OutgoingMail) -> Words:
    return Words(
        subject="Hours for you",
        text=f"Hello {mail.membership.name},\n\n.a line that begins with a dot\nGrüße\n",
        html="<p>Grüße</p>",
        attachments=(Attachment("hours.pdf", b"%PDF-1.7 " + b"\0\r\n.\r\n" * 20),),
        headers={
            "List-Unsubscribe": "<https://hours.of-a-time-bank-with-a-rather-long-name.example.org/unsubscribe/0123>"
        },
    )


def make_queue(app: Flask, count: int, *, server: str = "") -> tuple[Bank, list[Membership]]:
    """Return a bank and members who all have a piece of mail that waits."""
    kinds.register(KIND, words)
    app.config["TIMEBANK_MAIL_SERVER"] = server or app.config["TIMEBANK_MAIL_SERVER"]
    app.config["TIMEBANK_MAIL_FROM"] = "hours@bank.example.org"
    bank = make_bank()
    members = [make_member(bank, email=f"person{number}@example.org") for number in range(count)]
    queue_for(bank, members)
    return bank, members


def queue_for(bank: Bank, members: list[Membership], *, at: dt.datetime | None = None) -> int:
    drafts = [MailDraft(member.id, f"{KIND}:{member.id}") for member in members]
    new = queue_mails(bank, drafts, kind=KIND, at=at or clock.now())
    db.session.commit()
    return new


def states(bank: Bank) -> dict[str, MailState]:
    """What became of each one's mail, by their address."""
    db.session.rollback()
    bank_id = inspect(bank).identity[0]
    read_only()
    mails = db.session.query(OutgoingMail).filter_by(bank_id=bank_id)
    found = {mail.membership.email or mail.membership.number: MailState(mail.state) for mail in mails}
    # Or on SQLite nobody else could write.
    db.session.rollback()
    return found


def only_mail(bank: Bank) -> OutgoingMail:
    db.session.rollback()
    return db.session.query(OutgoingMail).filter_by(bank_id=bank.id).one()


def make_due(bank: Bank) -> None:
    """Let the pauses be over."""
    db.session.query(OutgoingMail).filter_by(bank_id=bank.id).update({"next_attempt_at": clock.now()})
    db.session.commit()
