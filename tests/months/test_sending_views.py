"""The coordinator's page of who gets a month's statements how, and sending them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import make
from tests.web.reading import look, path_of
from timebank import clock
from timebank.banks.models import Bank
from timebank.extensions import db
from timebank.ledger.months import Month
from timebank.mail.models import MailState, OutgoingMail

LAST = Month.of(clock.now().date()).plus(-1)
PATH = f"/months/{LAST}"
IN_LAST = dt.datetime.combine(LAST.first_day, dt.time(12, tzinfo=dt.UTC))


@pytest.fixture
def bank(app: Flask, tmp_path: Path) -> Bank:
    """A bank that mails into a folder, with a closed month and Jean, who has an address."""
    app.config["TIMEBANK_MAIL_SERVER"] = f"folder:{tmp_path / 'mail'}"
    bank = make.make_bank(code="ELMS", at=IN_LAST)
    make.let_sign_in(make.make_member(bank, name="Jean Morris", at=IN_LAST))
    return bank


@pytest.fixture
def ruth(bank: Bank, app: Flask, sign_in: Any) -> FlaskClient:
    client = app.test_client()
    sign_in(client, make.make_coordinator(bank, name="Ruth Adeyemi", at=IN_LAST))
    make.close_and_issue(bank, LAST, at=clock.now())
    return client


def press(client: FlaskClient, path: str) -> Any:
    token = look(client, "/me").fields("/me")["csrf_token"][0]
    return client.post(path, data={"csrf_token": token})


def queued() -> list[OutgoingMail]:
    return list(db.session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))


def test_everybody_is_sent_theirs_once_however_often_it_is_pressed(ruth: FlaskClient) -> None:
    db.session.query(OutgoingMail).delete()
    assert path_of(press(ruth, f"{PATH}/send")) == PATH
    assert "on their way" in ruth.get(PATH).text
    sent = len(queued())
    assert sent >= 1
    press(ruth, f"{PATH}/send")
    assert "has been sent it already" in ruth.get(PATH).text
    assert len(queued()) == sent


def test_without_a_mail_server_nothing_is_queued_and_it_is_said(app: Flask, ruth: FlaskClient) -> None:
    db.session.query(OutgoingMail).delete()
    app.config["TIMEBANK_MAIL_SERVER"] = None
    press(ruth, f"{PATH}/send")
    assert "no mail server is set" in ruth.get(PATH).text
    assert queued() == []


def test_what_did_not_arrive_is_sent_again_and_only_that(ruth: FlaskClient) -> None:
    press(ruth, f"{PATH}/send")
    mailed = queued()[0]
    press(ruth, f"{PATH}/send-again/{mailed.reference}")
    assert queued()[0].state == MailState.WAITING
    mailed = queued()[0]
    mailed.state = MailState.FAILED
    reference = mailed.reference
    answer = press(ruth, f"{PATH}/send-again/{reference}")
    assert path_of(answer).startswith(f"{PATH}/statements")
    assert queued()[0].state == MailState.WAITING
    assert press(ruth, f"/months/{LAST.plus(-1)}/send-again/{reference}").status_code == 404
