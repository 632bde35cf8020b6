"""The privacy page says who is responsible, how long what is kept, and where to complain."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import make
from tests.web.reading import look, send
from timebank.audit.models import Action, AuditRecord
from timebank.extensions import db
from timebank.privacy.retention import RULES

WORDS = {
    "responsible": "Elm Street <b>CIO</b>, 1 Elm Street",
    "privacy_contact": "Priya Officer, 01632 960555",
    "complaints_to": "Information Commissioner’s Office, 0303 123 1113",
}


def test_an_administrator_says_it_and_everybody_reads_it(app: Flask, client: FlaskClient, sign_in: Any) -> None:
    bank = make.make_bank()
    sign_in(client, make.make_administrator(bank))
    assert "regulator of your country" in look(client, "/privacy").text
    send(client, "/rules", WORDS)
    # Whoever does not sign in reads it too, while there is one bank.
    for browser in (client, app.test_client()):
        text = look(browser, "/privacy").text
        assert [words for words in WORDS.values() if words not in text] == []
    make.make_bank()
    assert WORDS["responsible"] not in look(app.test_client(), "/privacy").text
    assert WORDS["responsible"] in look(client, "/privacy").text
    # The audit knows that it was changed, and no word about anybody.
    changed = select(AuditRecord).where(AuditRecord.action == Action.BANK_RULES_CHANGED)
    [record] = db.session.scalars(changed)
    assert record.details == {"changes": {rule: [] for rule in WORDS}}


def test_it_says_of_every_rule_how_long_what_is_kept(client: FlaskClient) -> None:
    text = look(client, "/privacy").text
    for rule in RULES:
        long = f"{rule.days} days" if rule.days % 365 else f"{rule.days // 365} year"
        assert f"{rule.what}: {long}" in text
