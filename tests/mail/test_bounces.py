"""What comes back marks the one mail that it is about, and nothing that somebody made up does."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from tests.mail.scene import make_queue, only_mail, queue_for
from tests.make import make_member
from timebank.audit.models import Action, AuditRecord
from timebank.extensions import db
from timebank.mail.models import MailState, OutgoingMail

REPORT = """From: MAILER-DAEMON@mx.example.net
To: {to}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I am sorry.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; person0@example.org
Action: {action}
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <person0@example.org> person0 is unknown here

--b
Content-Type: {type}

From: hours@bank.example.org
Message-ID: {id}
Subject: Hours for you

--b--
"""


@pytest.fixture
def mail(app: Flask) -> OutgoingMail:
    app.config["TIMEBANK_MAIL_BOUNCES_TO"] = "returned@bank.example.org"
    bank, _members = make_queue(app, 1)
    mail = only_mail(bank)
    mail.state = MailState.SENT
    db.session.commit()
    return mail


def report(to: str = "returned@bank.example.org", id_: str = "<1@x>", **values: str) -> bytes:
    return REPORT.format(**{"to": to, "id": id_, "action": "failed", "type": "text/rfc822-headers"} | values).encode()


def take(cli: FlaskCliRunner, content: bytes) -> str:
    result = cli.invoke(args=["mail", "bounce"], input=content)
    assert result.exit_code == 0, result.output
    db.session.rollback()
    return result.output.strip()


@pytest.mark.parametrize("type_", ["text/rfc822-headers", "message/rfc822"])
def test_a_report_is_known_by_the_message_that_it_gives_back(
    cli: FlaskCliRunner, mail: OutgoingMail, type_: str
) -> None:
    content = report(id_=f"<mail.{mail.reference}@bank.example.org>", type=type_)
    assert take(cli, content) == "The mail is marked as bounced."
    assert (mail.state, mail.problem) == (MailState.BOUNCED, "550 5.1.1 <…> … is unknown here")
    record = db.session.query(AuditRecord).filter_by(action=Action.MAIL_BOUNCED).one()
    assert record.reference == mail.reference
    assert take(cli, content) == "Nothing was changed: the mail is bounced."
    assert db.session.query(AuditRecord).filter_by(action=Action.MAIL_BOUNCED).count() == 1


def test_a_report_is_known_by_where_it_was_sent(cli: FlaskCliRunner, mail: OutgoingMail) -> None:
    content = report(f"Returned <RETURNED+{mail.reference}@bank.example.org>")
    assert take(cli, content) == "The mail is marked as bounced."
    assert mail.state == MailState.BOUNCED


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", ""])
def test_a_report_of_anything_but_failure_changes_nothing(cli: FlaskCliRunner, mail: OutgoingMail, action: str) -> None:
    content = report(id_=f"<mail.{mail.reference}@bank.example.org>", action=action)
    assert take(cli, content) == "Nothing was changed: the mail is late, or it has arrived."
    assert mail.state == MailState.SENT


def test_what_is_foreign_or_made_up_changes_nothing(app: Flask, cli: FlaskCliRunner, mail: OutgoingMail) -> None:
    queue_for(mail.membership.bank, [make_member(mail.membership.bank)])
    other = db.session.query(OutgoingMail).filter(OutgoingMail.id != mail.id).one()
    ours = f"<mail.{mail.reference}@bank.example.org>"
    for content in (
        b"",
        b"\0\xff" * 500,
        report(),
        report(id_=f"<mail.{'0' * 16}@bank.example.org>"),
        report(id_=f"<mail.{mail.reference}@elsewhere.example.org>"),
        report(id_=f"<mail.{mail.reference}.x@bank.example.org>"),
        report(f"someone+{mail.reference}@bank.example.org"),
        # Of two letters at once.
        report(f"returned+{other.reference}@bank.example.org", ours),
        # No report at all, but a letter of somebody who has the first one before them.
        f"To: returned@bank.example.org\nIn-Reply-To: {ours}\nReferences: {ours}\n\nThank you".encode(),
        f"To: x@example.org\nMessage-ID: {ours}\nContent-Type: message/delivery-status\n\nAction: failed".encode(),
    ):
        assert take(cli, content) == "Nothing was changed: this is no report about mail of this time bank."
    db.session.refresh(mail)
    assert (mail.state, other.state) == (MailState.SENT, MailState.WAITING)


def test_what_was_never_sent_cannot_come_back(cli: FlaskCliRunner, mail: OutgoingMail) -> None:
    mail.state = MailState.WAITING
    db.session.commit()
    content = report(id_=f"<mail.{mail.reference}@bank.example.org>")
    assert take(cli, content) == "Nothing was changed: the mail is waiting."
