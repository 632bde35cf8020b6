"""The coordinator's pages for a month, and the commands that do the same."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from sqlalchemy import func, select

from tests import make
from tests.web.reading import Page, assert_refused_beside, everything, look, path_of, send
from timebank import clock
from timebank.banks.models import Bank
from timebank.extensions import db
from timebank.ledger import queries as ledger
from timebank.ledger.months import Month
from timebank.members.models import Membership
from timebank.months import paper_views, service, views
from timebank.statements import issue
from timebank.statements.models import IssuedStatement
from timebank.statements.queries import latest_issue

# The last month that is over, whenever this is read.
LAST = Month.of(clock.now().date()).plus(-1)
PATH = f"/months/{LAST}"
IN_LAST = dt.datetime.combine(LAST.first_day, dt.time(12, tzinfo=dt.UTC))


@pytest.fixture
def bank(app: object) -> Bank:
    return make.make_bank(code="ELMS", at=IN_LAST)


@pytest.fixture
def jean(bank: Bank) -> Membership:
    return make.make_member(bank, name="Jean Morris", at=IN_LAST)


@pytest.fixture
def ruth(bank: Bank, app: Flask, sign_in: Any) -> FlaskClient:
    client = app.test_client()
    sign_in(client, make.make_coordinator(bank, name="Ruth Adeyemi", at=IN_LAST))
    return client


def statements() -> int:
    return db.session.scalars(select(func.count(IssuedStatement.id))).one()


def close(client: FlaskClient) -> Any:
    page = look(client, PATH)
    return client.post(f"{PATH}/close", data=page.fields(f"{PATH}/close") | {"looked": "y"})


def test_the_page_shows_what_is_not_settled_and_leads_there(bank: Bank, jean: Membership, ruth: FlaskClient) -> None:
    ana = make.make_member(bank, at=IN_LAST)
    make.log_exchange(bank, giver=jean, receiver=ana, at=IN_LAST)
    make.confirmed_exchange(bank, giver=jean, receiver=ana, at=IN_LAST)
    db.session.commit()
    page = look(ruth, PATH)
    assert "1 exchange waits for your approval" in page.text
    assert "1 exchange waits to be confirmed" in page.text
    assert "each column adds up to nothing" in page.text
    assert page.root.every("a", href="/approvals?status=confirmed")


def test_closes_once_however_often_it_is_pressed(bank: Bank, jean: Membership, ruth: FlaskClient) -> None:
    page = look(ruth, PATH)
    fields = page.fields(f"{PATH}/close") | {"looked": "y"}
    for _time in range(2):
        answer = ruth.post(f"{PATH}/close", data=fields)
        assert (answer.status_code, answer.location) == (302, PATH)
    assert ledger.is_closed(bank.id, LAST)
    assert statements() == 3
    assert "3 statements are issued" in look(ruth, PATH).text
    assert "Next to close" not in look(ruth, "/months").text


def test_nothing_is_closed_without_a_tick(bank: Bank, ruth: FlaskClient) -> None:
    before = everything()
    refused = send(ruth, f"{PATH}/close", {}, page=PATH)
    assert_refused_beside(refused, "looked", "Tick the box")
    assert everything() == before


def test_the_message_is_kept_and_what_was_typed_too(bank: Bank, ruth: FlaskClient) -> None:
    send(ruth, f"{PATH}/message", {"message": "Lunch\non Thursday"}, page=PATH)
    assert "Lunch\non Thursday" in ruth.get(PATH).text
    refused = send(ruth, f"{PATH}/message", {"message": "x" * 1001}, page=PATH)
    assert_refused_beside(refused, "message", "1,000 characters")
    assert "x" * 1001 in refused.text
    close(ruth)
    assert "Lunch on Thursday" in look(ruth, PATH).text


def test_a_message_that_was_typed_and_not_kept_is_on_the_statements_too(bank: Bank, ruth: FlaskClient) -> None:
    refused = send(ruth, f"{PATH}/close", {"message": "Lunch is on Thursday"}, page=PATH)
    assert_refused_beside(refused, "looked", "Tick the box")
    assert "Lunch is on Thursday" in refused.text
    assert "Lunch" not in ruth.get(PATH).text
    both = send(ruth, f"{PATH}/close", {"message": "x" * 1001}, page=PATH)
    assert [href for href, _words in Page(both).summary] == ["#message", "#looked"]
    closed = send(ruth, f"{PATH}/close", {"message": "Lunch is on Thursday", "looked": "y"}, page=PATH)
    assert path_of(closed) == PATH
    assert "Lunch is on Thursday" in look(ruth, PATH).text


def test_a_message_that_was_kept_stays_when_the_month_is_closed_without_one(bank: Bank, ruth: FlaskClient) -> None:
    send(ruth, f"{PATH}/message", {"message": "Lunch is on Thursday"}, page=PATH)
    send(ruth, f"{PATH}/close", {"message": None, "looked": "y"}, page=PATH)
    assert "Lunch is on Thursday" in look(ruth, PATH).text


def test_a_month_that_is_not_over_is_only_shown(bank: Bank, ruth: FlaskClient) -> None:
    this = LAST.plus(1)
    close(ruth)
    page = look(ruth, f"/months/{this}")
    assert "not over yet" in page.text
    token = look(ruth, "/").fields("/sign-out")
    refused = ruth.post(f"/months/{this}/close", data=token | {"looked": "y"})
    assert refused.location == f"/months/{this}"
    assert "It can be closed from" in look(ruth, f"/months/{this}").text
    assert not ledger.is_closed(bank.id, this)
    for wrong in ("2026-13", "soon", "2026-1", "9999-12"):
        assert ruth.get(f"/months/{wrong}").status_code == 404


def test_long_issuing_shows_how_far_it_is_and_goes_on(
    bank: Bank, jean: Membership, ruth: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issue, "ACCOUNTS_IN_A_BATCH", 1)
    monkeypatch.setattr(views, "ACCOUNTS_IN_A_BATCH", 1)
    monkeypatch.setattr(views, "BATCHES_AT_ONCE", 2)
    close(ruth)
    page = look(ruth, PATH)
    assert "2 of 4 accounts are done" in page.text
    [bar] = page.root.every("progress")
    assert (bar.attributes["value"], bar.attributes["max"]) == ("2", "4")
    for _time in range(2):
        ruth.post(f"{PATH}/go-on", data=look(ruth, "/").fields("/sign-out"))
    assert "3 statements are issued" in look(ruth, PATH).text
    assert statements() == 3
    assert ruth.post(f"/months/{LAST.plus(-1)}/go-on", data=look(ruth, "/").fields("/sign-out")).status_code == 404


def test_issues_again_once_with_a_reason(bank: Bank, jean: Membership, ruth: FlaskClient) -> None:
    path = f"{PATH}/again/{jean.account.reference}"
    assert ruth.get(path).status_code == 404
    close(ruth)
    assert_refused_beside(send(ruth, path, {"reason": ""}), "reason", "Enter the reason")
    fields = look(ruth, path).fields(path) | {"reason": "The letter was lost"}
    for _time in range(2):
        assert ruth.post(path, data=fields).status_code == 302
    latest = latest_issue(jean.account, LAST)
    assert latest is not None
    assert (latest.number, latest.reason) == (2, "The letter was lost")


def test_a_page_prints_for_a_few_and_fetches_nobody_where_there_are_too_many(
    jean: Membership, ruth: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    jean.address = "1 Elm Street"
    close(ruth)
    for name in ("statements", "labels", "telephone"):
        answer = ruth.get(f"{PATH}/{name}.pdf")
        assert (answer.status_code, answer.data[:5]) == (200, b"%PDF-")
        assert answer.headers["Content-Disposition"] == f"inline; filename={name}-ELMS-{LAST}.pdf"
    monkeypatch.setattr(paper_views, "MOST_PEOPLE", 0)
    monkeypatch.delattr(paper_views, "recipients")
    assert ruth.get(f"{PATH}/statements.pdf").location == PATH
    assert "1 people get theirs on paper" in look(ruth, PATH).text


def test_the_page_asks_as_many_questions_for_many_members_as_for_few(
    bank: Bank, ruth: FlaskClient, statements_counted: Any
) -> None:
    counts = []
    for number in (2, 20):
        people = [make.make_member(bank, at=IN_LAST) for _one in range(number)]
        make.approved_exchange(bank, giver=people[0], receiver=people[1], at=IN_LAST)
        db.session.commit()
        with statements_counted() as asked:
            ruth.get(PATH)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 22


class TestCommands:
    def test_closes_and_goes_on_where_it_was_interrupted(
        self, bank: Bank, jean: Membership, cli: FlaskCliRunner
    ) -> None:
        service.close_month(bank, LAST, closed_by=None, at=clock.now())
        db.session.commit()
        assert statements() == 0
        for _time in range(2):
            done = cli.invoke(args=["statements", "close", str(LAST), "--bank", "ELMS"])
            assert (done.exit_code, done.output) == (0, f"ELMS: {LAST} is closed. 2 statements are issued.\n")
        assert statements() == 2

    @pytest.mark.parametrize(
        ("month", "said"), [(str(LAST.plus(1)), "not over yet"), ("soon", "is not a month"), ("2026-13", "not a month")]
    )
    def test_says_what_is_wrong(self, bank: Bank, cli: FlaskCliRunner, month: str, said: str) -> None:
        done = cli.invoke(args=["statements", "close", month, "--bank", "ELMS"])
        assert done.exit_code == 1
        assert said in done.output

    def test_does_daily_what_the_rules_say(self, bank: Bank, jean: Membership, cli: FlaskCliRunner) -> None:
        other = make.make_bank(at=IN_LAST, closes_itself_on_day=1)
        done = cli.invoke(args=["statements", "daily"])
        assert done.output == f"{other.code}: {LAST} is closed. 1 statements are issued.\n"
        assert not ledger.is_closed(bank.id, LAST)
        service.close_month(bank, LAST, closed_by=None, at=clock.now())
        db.session.commit()
        again = cli.invoke(args=["statements", "daily"])
        assert again.output == f"ELMS: the statements of {LAST} are issued.\n"
        assert cli.invoke(args=["statements", "daily", "--bank", "ELMS"]).output == ""

    def test_mails_by_itself_where_the_bank_closes_by_itself_also_after_it_was_killed_before(
        self, bank: Bank, jean: Membership, cli: FlaskCliRunner
    ) -> None:
        jean.email = "jean@example.org"
        # Killed after the last statement was issued, and before its mail was queued.
        make.close_and_issue(bank, LAST, at=clock.now())
        db.session.commit()
        assert cli.invoke(args=["statements", "daily"]).output == ""
        make.set_rules(bank, closes_itself_on_day=5)
        db.session.commit()
        assert cli.invoke(args=["statements", "daily"]).output == "ELMS: 1 pieces of mail are queued.\n"
        assert cli.invoke(args=["statements", "daily"]).output == ""
