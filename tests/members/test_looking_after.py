"""Somebody who looks after another's membership reads their statements, for as long as everybody wants it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import make
from tests.web.reading import assert_refused_beside, everything, look, path_of, send, token_of
from timebank import clock
from timebank.audit.models import Action, AuditRecord
from timebank.banks.models import Bank
from timebank.extensions import db
from timebank.members import looking_after, queries, service
from timebank.members.models import Helper, Membership

TODAY = make.TODAY


@pytest.fixture
def bank(app: object) -> Bank:
    return make.make_bank()


@pytest.fixture
def doris(bank: Bank) -> Membership:
    return make.make_member(bank, name="Doris Hambly")


@pytest.fixture
def ann(bank: Bank) -> Membership:
    return make.make_member(bank, name="Ann Jones")


@pytest.fixture
def ruth(bank: Bank) -> Membership:
    return make.make_coordinator(bank, name="Ruth Adeyemi")


@pytest.fixture
def visit(app: Flask, sign_in: Any) -> Any:
    def as_somebody(who: Membership) -> FlaskClient:
        client = app.test_client()
        sign_in(client, who)
        return client

    return as_somebody


def add(helped: Membership, helper: Membership, by: Membership, until_on: dt.date | None = None) -> Helper:
    return looking_after.add_helper(helped, helper, until_on=until_on, added_by=by, at=make.AT)


def reads(helper: Membership, *, today: dt.date = TODAY) -> list[str]:
    return [each.helped.name for each in queries.looked_after_by(helper, today=today)]


def records() -> list[tuple[str, str, dict[str, Any]]]:
    query = select(AuditRecord).where(AuditRecord.action.in_([Action.HELPER_ADDED, Action.HELPER_ENDED]))
    found = db.session.scalars(query.order_by(AuditRecord.id))
    return [(record.action, record.reference, record.details) for record in found]


def test_it_counts_until_its_last_day_or_its_end(doris: Membership, ann: Membership, ruth: Membership) -> None:
    helper = add(doris, ann, ruth, TODAY + dt.timedelta(days=3))
    assert reads(ann) == reads(ann, today=TODAY + dt.timedelta(days=3)) == ["Doris Hambly"]
    assert reads(ann, today=TODAY + dt.timedelta(days=4)) == []
    assert reads(doris) == []
    for either in (doris, ann):
        # However somebody came to be gone.
        either.left_at = make.AT
        assert reads(ann) == []
        either.left_at = None
    for _ in range(2):
        looking_after.end_helper(helper, ended_by=doris, at=make.AT)
    assert reads(ann) == []
    details = {"helper": ann.reference}
    assert records() == [("helper added", doris.reference, details), ("helper ended", doris.reference, details)]


def test_the_same_again_is_one_and_another_end_is_refused(doris: Membership, ann: Membership, ruth: Membership) -> None:
    stranger = make.make_member(make.make_bank())
    assert add(doris, ann, ruth).id == add(doris, ann, ruth).id
    before = everything()
    with pytest.raises(looking_after.AlreadyHelps):
        add(doris, ann, ruth, TODAY)
    with pytest.raises(looking_after.HelperIsThemselves):
        add(doris, doris, ruth)
    with pytest.raises(looking_after.UntilInThePast):
        add(ann, doris, ruth, TODAY - dt.timedelta(days=1))
    with pytest.raises(looking_after.HelperIsNoMember):
        add(doris, stranger, ruth)
    db.session.rollback()
    assert everything() == before


@pytest.mark.parametrize("who", ["doris", "ann"])
def test_whoever_leaves_ends_it_and_it_does_not_come_back_with_them(
    doris: Membership, ann: Membership, ruth: Membership, who: str
) -> None:
    add(doris, ann, ruth)
    leaving = {"doris": doris, "ann": ann}[who]
    service.leave(leaving, recorded_by=ruth, at=make.AT)
    assert reads(ann) == []
    service.come_back(leaving, recorded_by=ruth, at=make.AT)
    assert reads(ann) == []
    assert [action for action, *_ in records()] == ["helper added", "helper ended"]


def test_a_coordinator_adds_somebody_whom_they_look_for(
    bank: Bank, doris: Membership, ann: Membership, ruth: Membership, visit: Any
) -> None:
    coordinator, path = visit(ruth), f"/people/{doris.reference}/helpers"
    make.make_organisation(bank, name="The Hall", contact=ann)
    yesterday = bank.day_of(clock.now()) - dt.timedelta(days=1)
    day = [str(yesterday.day), str(yesterday.month), str(yesterday.year)]
    for typed, field, words in (
        ({"who": ""}, "who", "Enter the name or number of a member"),
        ({"who": "Nobody"}, "who", "could not find"),
        ({"who": "The Hall"}, "who", "Choose a member"),
        ({"who": "Community account"}, "who", "Choose a member"),
        ({"who": "Doris Hambly"}, "who", "Choose somebody else"),
        ({"who": "Ann Jones", "until_on": day}, "until_on", "today or later"),
        ({"who": "Ann Jones", "until_on": ["31", "4", "2027"]}, "until_on", "no such day"),
    ):
        page = assert_refused_beside(send(coordinator, path, typed), field, words)
        assert page.fields(path)["who"] == [typed["who"]]
    assert path_of(send(coordinator, path, {"who": f"Ann Jones ({ann.number})"})) == path
    assert reads(ann) == ["Doris Hambly"]
    assert "Ann Jones" in look(coordinator, path).text
    assert "Looked after by Ann Jones" in look(coordinator, f"/people/{doris.reference}").text


@pytest.mark.parametrize("who", ["doris", "ann", "ruth"])
def test_either_of_the_two_and_a_coordinator_ends_it_and_nobody_else(
    bank: Bank, doris: Membership, ann: Membership, ruth: Membership, visit: Any, who: str
) -> None:
    helper = add(doris, ann, ruth, dt.date(2099, 12, 31))
    path, stranger = f"/helpers/{helper.reference}/end", visit(make.make_member(bank))
    assert stranger.post(path, data={"csrf_token": token_of(stranger)}).status_code == 404
    assert reads(ann) == ["Doris Hambly"]
    browser = visit({"doris": doris, "ann": ann, "ruth": ruth}[who])
    here = f"/people/{doris.reference}/helpers" if who == "ruth" else "/me/helpers"
    said = {
        "doris": "Ann Jones may read your statements until 31 December 2099",
        "ann": "You may read the statements of Doris Hambly until 31 December 2099",
        "ruth": "Ann Jones until 31 December 2099",
    }
    assert said[who] in look(browser, here).text
    answer = send(browser, path, {}, page=here)
    assert path_of(answer) == here
    assert reads(ann) == []
    assert "Ann Jones no longer looks after the membership of Doris Hambly" in look(browser, here).text


def test_whoever_looks_after_it_finds_and_reads_the_statement_and_nothing_else(
    bank: Bank, doris: Membership, ann: Membership, ruth: Membership, visit: Any
) -> None:
    exchange = make.approved_exchange(bank, giver=ruth, receiver=doris, minutes=45)
    reader, latest = visit(ann), f"/statements/{doris.account.reference}"
    month = f"{latest}/2026-03"
    paths = (latest, month, f"{month}/statement.csv")
    assert [reader.get(path).status_code for path in paths] == [404, 404, 404]
    helper = add(doris, ann, ruth)
    assert look(reader, "/me/helpers").root.every("a", href=latest)
    own = look(reader, f"/statements/{ann.account.reference}/2026-03")
    assert latest in [link.attributes["href"] for link in own.main.every("a")]
    assert [reader.get(path).status_code for path in paths] == [302, 200, 200]
    page = look(reader, month)
    assert "Ruth A." in page.text
    assert "Ruth Adeyemi" not in page.text
    assert not [link for link in page.main.every("a") if exchange.reference in link.attributes["href"]]
    assert reader.get(f"/hours/{exchange.reference}").status_code == 404
    assert reader.get(f"/people/{doris.reference}").status_code == 403
    looking_after.end_helper(helper, ended_by=doris, at=make.AT)
    assert [reader.get(path).status_code for path in paths] == [404, 404, 404]


def test_a_helper_of_a_helper_reads_nothing_and_neither_does_the_helped_one(
    doris: Membership, ann: Membership, ruth: Membership, bank: Bank, visit: Any
) -> None:
    third = make.make_member(bank)
    add(doris, ann, ruth)
    add(ann, third, ruth)
    assert visit(third).get(f"/statements/{doris.account.reference}/2026-03").status_code == 404
    assert visit(doris).get(f"/statements/{ann.account.reference}/2026-03").status_code == 404
