"""The link in a mail stops mail, tells nothing, and changes nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import csrf_token
from tests.make import make_bank, make_member
from tests.statements.issued import choose
from tests.web.reading import Page, everything
from timebank import create_app
from timebank.audit.models import Action, AuditRecord
from timebank.extensions import db, limiter
from timebank.statements.models import How, StatementChoice
from timebank.statements.unsubscribe_views import _by_lot

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def choice_of_somebody(*, address: str = "1 Elm Street", how: How = How.EMAIL_WITH_PDF) -> StatementChoice:
    member = make_member(make_bank(), name="Jean Morris", email="jean@example.org")
    member.address = address
    return choose(member, how)


def records() -> list[AuditRecord]:
    db.session.rollback()
    return db.session.query(AuditRecord).filter_by(action=Action.MAIL_STOPPED).all()


def post(client: FlaskClient, path: str, how: str) -> TestResponse:
    return client.post(path, data={"csrf_token": csrf_token(client.get(path)), "how": how})


def test_one_click_of_a_mail_program_is_enough(client: FlaskClient) -> None:
    choice = choice_of_somebody()
    path = f"/unsubscribe/{choice.reference}"
    for _time in range(2):
        answer = client.post(path, data=ONE_CLICK)
        assert answer.status_code == 200
    [record] = records()
    assert choice.how == How.ONLINE
    assert record.details == {"before": "email_with_pdf", "after": "online"}
    assert record.membership_id == choice.membership_id


def test_a_late_click_takes_nobody_s_paper_away(client: FlaskClient) -> None:
    choice = choice_of_somebody(how=How.PAPER)
    client.post(f"/unsubscribe/{choice.reference}", data=ONE_CLICK)
    assert records() == []
    assert choice.how == How.PAPER


@pytest.mark.parametrize(
    "data",
    [
        {},
        ONE_CLICK | {"how": "paper"},
        {"List-Unsubscribe": "x"},
        {"how": "online"},
        {"how": "online", "csrf_token": "x"},
    ],
)
def test_anything_else_from_elsewhere_is_refused(client: FlaskClient, data: dict[str, str]) -> None:
    choice = choice_of_somebody()
    before = everything()
    assert client.post(f"/unsubscribe/{choice.reference}", data=data).status_code == 400
    assert everything() == before


@pytest.mark.parametrize("how", [How.PAPER, How.ONLINE])
def test_a_person_chooses_what_comes_instead_and_twice_is_once(client: FlaskClient, how: How) -> None:
    choice = choice_of_somebody()
    path = f"/unsubscribe/{choice.reference}"
    for _time in range(2):
        answer = post(client, path, how.value)
        assert (answer.status_code, answer.location) == (302, path)
        assert "It is done" in client.get(path).text
    assert len(records()) == 1
    assert choice.how == how


@pytest.mark.parametrize("how", ["", "email", "email_with_pdf", "x"])
def test_nothing_else_can_be_chosen(client: FlaskClient, how: str) -> None:
    choice = choice_of_somebody(address="")
    path = f"/unsubscribe/{choice.reference}"
    for wrong in (how, "paper"):
        assert post(client, path, wrong).status_code == 422
    assert choice.how == How.EMAIL_WITH_PDF
    assert records() == []


def test_opening_it_changes_nothing_and_says_nothing(client: FlaskClient) -> None:
    choice = choice_of_somebody()
    before = everything()
    answer = client.get(f"/unsubscribe/{choice.reference}")
    assert everything() == before
    assert Page(answer).text
    for word in ("Jean", "Morris", "jean@", "Elm Street"):
        assert word not in answer.text


def test_a_reference_that_nobody_has_looks_and_does_the_same(client: FlaskClient, app: Flask) -> None:
    choice, plain = choice_of_somebody(), choice_of_somebody(address="")
    unknown = [f"{number:016x}" for number in range(20)]
    by_lot = {reference: _by_lot(reference) for reference in unknown}
    assert set(by_lot.values()) == {True, False}
    before = everything()
    for like, lot in ((choice, True), (plain, False)):
        reference = next(reference for reference in unknown if by_lot[reference] is lot)
        known, strange = (bare(client.get(f"/unsubscribe/{each}")) for each in (like.reference, reference))
        assert known == strange
        answer = post(client, f"/unsubscribe/{reference}", "online")
        assert (answer.status_code, answer.location) == (302, f"/unsubscribe/{reference}")
        client.get(f"/unsubscribe/{reference}")
        assert client.post(f"/unsubscribe/{reference}", data=ONE_CLICK).status_code == 200
    assert everything() == before


def bare(answer: TestResponse) -> str:
    """The page without what is new each time."""
    assert answer.status_code == 200
    return re.sub(r'(nonce|value)="[^"]{20,}"', "", answer.text)


@pytest.fixture
def limited(app: Flask, database_url: str) -> Iterator[FlaskClient]:
    """A browser of an application that counts attempts."""
    settings = {"TESTING": True, "SQLALCHEMY_DATABASE_URI": database_url, "TIMEBANK_LOG_LEVEL": "ERROR"}
    limited = create_app(settings | {"RATELIMIT_ENABLED": True})
    limiter.reset()
    yield limited.test_client()
    limiter.reset()
    limiter.enabled = False
    with limited.app_context():
        db.session.remove()
        db.engine.dispose()


def test_it_cannot_be_tried_for_ever(limited: FlaskClient) -> None:
    answers = [limited.post(f"/unsubscribe/{number}", data=ONE_CLICK).status_code for number in range(61)]
    assert answers == [200] * 60 + [429]
