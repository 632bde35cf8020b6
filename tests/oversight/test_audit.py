"""The audit as administrators read it and take it away."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests import make
from tests.make import AT
from tests.web.reading import assert_refused_beside, look
from timebank.audit import service as audit
from timebank.audit.models import Action, AuditRecord
from timebank.banks.models import Bank
from timebank.exchanges import service as exchanges
from timebank.extensions import db
from timebank.gifts import service as gifts
from timebank.ledger.months import Month
from timebank.mail.models import MailState
from timebank.mail.service import queue_mail, record_bounce
from timebank.members import looking_after
from timebank.members import service as members
from timebank.members.models import Capacity, Membership, Role
from timebank.oversight import audit_file
from timebank.statements.issue import issue_again
from timebank.statements.queries import latest_issue

MARCH_3 = dt.date(2026, 3, 3)


@pytest.fixture
def bank(app: Flask) -> Bank:
    return make.make_bank(name="Elm Street")


@pytest.fixture
def tom(bank: Bank, client: FlaskClient, sign_in: Any) -> Membership:
    tom = make.make_administrator(bank, name="Tom Reed")
    sign_in(client, tom)
    return tom


@pytest.fixture
def ann(bank: Bank) -> Membership:
    return make.make_coordinator(bank, name="Ann Jones")


@pytest.fixture
def ben(bank: Bank) -> Membership:
    return make.make_member(bank, name="Ben Hale")


@pytest.fixture
def cara(bank: Bank) -> Membership:
    return make.make_member(bank, name="Cara Diaz")


def lines_of(client: FlaskClient, query: str = "") -> list[str]:
    """What each line of the page says happened, newest first."""
    page = look(client, f"/audit{query}")
    return [row.text for row in page.main.every("th", scope="row")]


def exported(client: FlaskClient, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/audit/audit.csv{query}")
    assert answer.status_code == 200
    assert answer.content_type == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def count_exports() -> int:
    query = select(func.count(AuditRecord.id)).where(AuditRecord.action == Action.AUDIT_EXPORTED)
    return db.session.scalars(query).one()


def test_hours_are_told_in_words_and_lead_to_the_exchange(
    bank: Bank, client: FlaskClient, tom: Membership, ann: Membership, ben: Membership, cara: Membership
) -> None:
    exchange = make.approved_exchange(
        bank, giver=ben, receiver=cara, minutes=120, happened_on=MARCH_3, approved_by=ann, at=AT
    )
    page = look(client, "/audit")
    told = "Ann Jones approved 2 hours from Ben Hale to Cara Diaz on 3 March 2026"
    [link] = [link for link in page.main.every("a") if link.text == told]
    assert link.attributes["href"] == f"/approvals/{exchange.reference}"
    assert look(client, link.attributes["href"]).heading
    said = lines_of(client)
    assert "Ben Hale logged 2 hours from Ben Hale to Cara Diaz on 3 March 2026" in said
    assert "Cara Diaz confirmed 2 hours from Ben Hale to Cara Diaz on 3 March 2026" in said


def test_rules_are_told_with_what_was_before_and_after(bank: Bank, client: FlaskClient, tom: Membership) -> None:
    make.set_rules(bank, floor_minutes=-2400)
    kept = {rule: getattr(bank, rule) for rule in make.banks.RULES}
    make.banks.change_rules(bank, changed_by=tom.id, at=AT, **(kept | {"floor_minutes": None}))
    assert "Tom Reed changed the rules: floor from −40:00 to none" in lines_of(client)
    # What is in words names people, so the audit keeps only that it was changed.
    make.set_rules(bank, help_contact="Ann Jones, 01632 960000")
    db.session.commit()
    page = look(client, "/audit").text
    assert "changed the rules: whom members can ask for help" in page
    assert "01632" not in page


def test_whoever_has_another_name_now_is_called_by_it(
    bank: Bank, client: FlaskClient, tom: Membership, ann: Membership, ben: Membership
) -> None:
    members.change_member(ben, name="A former member", phone="", capacity=Capacity.NOT_STATED, changed_by=ann, at=AT)
    said = lines_of(client)
    assert "Ann Jones changed details of A former member: name" in said
    assert not [line for line in said if "Ben Hale" in line]


def write_one_of_many_kinds(bank: Bank, ann: Membership, ben: Membership, cara: Membership, tom: Membership) -> None:
    make.give_hours(bank, ben, 60)
    gift = gifts.donate_hours(bank, giver=ben, to_account_id=cara.account_id, minutes=30, reason="", at=AT)
    gifts.reverse_gift(bank, gift, reversed_by=ann, reason="Twice", at=AT)
    members.change_role(cara, Role.COORDINATOR, changed_by=tom, at=AT)
    helper = looking_after.add_helper(ben, cara, until_on=None, added_by=ann, at=AT)
    looking_after.end_helper(helper, ended_by=ann, at=AT)
    make.make_organisation(bank, name="Elm Surgery", added_by=ann)
    make.approved_exchange(bank, giver=ben, receiver=cara, approved_by=ann)
    make.close_and_issue(bank, Month(2026, 3), closed_by=ann, at=AT + dt.timedelta(days=30))
    issue_again(bank, ben.account, Month(2026, 3), reason="x", issued_by=ann, at=AT + dt.timedelta(days=31))
    issued = latest_issue(ben.account, Month(2026, 3))
    assert issued is not None
    ben.email = "ben@example.org"
    mail = queue_mail(bank, ben, kind="statement", about=issued.reference, key="statement", at=AT)
    assert mail is not None
    mail.state = MailState.SENT
    record_bounce(mail, problem="no such box", at=AT)


def test_acts_of_every_kind_are_told_and_what_they_are_of_is_there(
    bank: Bank, client: FlaskClient, tom: Membership, ann: Membership, ben: Membership, cara: Membership
) -> None:
    write_one_of_many_kinds(bank, ann, ben, cara, tom)
    said = lines_of(client) + lines_of(client, "?page=2")
    for sentence in (
        "Ben Hale donated 30 minutes from Ben Hale to Cara Diaz",
        "Ann Jones reversed the gift of 30 minutes from Ben Hale to Cara Diaz",
        "Tom Reed changed the role of Cara Diaz from Member to Coordinator",
        "Ann Jones let Cara Diaz look after the membership of Ben Hale",
        "Ann Jones ended that Cara Diaz looks after the membership of Ben Hale",
        "Ann Jones added the organisation Elm Surgery",
        "Ann Jones closed March 2026",
        "Ann Jones issued the statement of Ben Hale for March 2026 again",
        "Mail to Ben Hale came back: it could not be delivered",
        "The bank’s rules set up the time bank",
    ):
        assert sentence in said
    assert not [line for line in said if "no longer there" in line]
    hrefs = {
        link.attributes["href"]
        for query in ("", "?page=2")
        for row in look(client, f"/audit{query}").main.every("th", scope="row")
        for link in row.every("a")
    }
    assert len(hrefs) > 6
    for href in hrefs:
        assert client.get(href).status_code == 200, href


def test_the_list_is_narrowed_down_by_who_what_when_and_about_whom(
    bank: Bank, client: FlaskClient, tom: Membership, ann: Membership, ben: Membership, cara: Membership
) -> None:
    later = AT + dt.timedelta(days=10)
    exchange = make.log_exchange(bank, giver=ben, receiver=cara, minutes=30)
    exchanges.confirm_exchange(bank, exchange, confirmed_by=cara, at=later)
    helped = make.make_member(bank, name="Dora Quinn")
    looking_after.add_helper(helped, ben, until_on=None, added_by=ann, at=AT)
    logged = "Ben Hale logged 30 minutes from Ben Hale to Cara Diaz on 10 March 2026"
    confirmed = "Cara Diaz confirmed 30 minutes from Ben Hale to Cara Diaz on 10 March 2026"
    helps = "Ann Jones let Ben Hale look after the membership of Dora Quinn"
    assert lines_of(client, "?who=ben+hale") == [logged]
    assert lines_of(client, f"?who={cara.number}") == [confirmed]
    assert lines_of(client, "?what=exchange+confirmed") == [confirmed]
    assert set(lines_of(client, "?about=Ben")) >= {logged, confirmed, helps}
    assert lines_of(client, "?about=Dora")[:1] == [helps]
    assert logged not in lines_of(client, "?about=Dora")
    day = later.date()
    until_then = f"?who=cara&to_on={day.day - 1}+{day.month}+{day.year}"
    assert lines_of(client, until_then) == []
    assert lines_of(client, f"?who=cara&from_on={day.isoformat()}") == [confirmed]
    assert_refused_beside(client.get("/audit?from_on=31.2.2026"), "from_on", "no such day", status=200)
    assert look(client, "/audit?to_on=12/3/26").errors == {}
    assert lines_of(client, "?what=nonsense") == lines_of(client)
    assert "No record fits" in look(client, "/audit?who=nobody").text


def test_a_day_begins_and_ends_in_the_zone_of_the_bank(bank: Bank, client: FlaskClient, tom: Membership) -> None:
    # Half an hour after midnight in London in summer, and still the day before in UTC.
    just_after = dt.datetime(2026, 6, 30, 23, 30, tzinfo=dt.UTC)
    make.make_activity(bank, name="Painting", at=just_after)
    painted = "The bank’s rules added the activity Painting"
    assert painted in lines_of(client, "?from_on=1+July+2026")
    assert painted not in lines_of(client, "?to_on=30+6+2026")


def test_another_bank_s_records_are_not_there_and_nor_are_those_of_no_bank(
    bank: Bank, client: FlaskClient, tom: Membership
) -> None:
    audit.record(Action.BACKUP_MADE, bank_id=None, by=None, on_what="database", reference="ab", at=AT)
    assert "The bank’s rules made a backup of everything" in lines_of(client)
    other = make.make_bank()
    make.make_activity(other, name="Secret meeting")
    said = lines_of(client)
    assert not [line for line in said if "Secret meeting" in line or "backup" in line]
    assert not [row for row in exported(client) if "Secret" in row["in_words"] or "backup" in row["in_words"]]


def test_the_file_has_every_record_and_that_it_was_taken_is_written_down_once(
    bank: Bank, client: FlaskClient, tom: Membership, ann: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_file, "RECORDS_AT_ONCE", 7)
    for number in range(30):
        make.make_activity(bank, name=f"=cmd|{number}", at=AT + dt.timedelta(minutes=number // 3))
    assert client.get("/audit?who=ann").status_code == 200
    assert count_exports() == 0
    rows = exported(client)
    assert count_exports() == 1
    assert len(rows) == db.session.scalars(select(func.count(AuditRecord.id))).one()
    assert len({(row["at"], row["in_words"]) for row in rows}) == len(rows)
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)
    assert rows[0]["in_words"] == "Tom Reed downloaded the audit"
    assert [row["in_words"] for row in exported(client, "?what=audit+exported&who=tom")] == [
        "Tom Reed downloaded the audit"
    ] * 2


def test_no_cell_of_the_file_is_a_formula(bank: Bank, client: FlaskClient, tom: Membership, ben: Membership) -> None:
    ben.rename("=HYPERLINK(1)")
    make.log_exchange(bank, giver=ben, receiver=make.make_member(bank))
    text = client.get("/audit/audit.csv").data.decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    assert "'=HYPERLINK(1)" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_a_page_of_500_records_asks_as_often_as_one_of_10(
    bank: Bank,
    client: FlaskClient,
    tom: Membership,
    ann: Membership,
    ben: Membership,
    cara: Membership,
    statements_counted: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    def asked(path: str) -> int:
        db.session.commit()
        with statements_counted() as statements:
            assert client.get(path).status_code == 200
        return len(statements)

    write_one_of_many_kinds(bank, ann, ben, cara, tom)
    few = asked("/audit?what=exchange+logged")
    for number in range(40):
        exchange = make.log_exchange(bank, giver=make.make_member(bank), receiver=ben, minutes=15 + number)
        exchanges.confirm_exchange(bank, exchange, confirmed_by=ben, at=AT)
    assert asked("/audit?what=exchange+logged") == few
    assert asked("/audit") <= few + 2
    assert asked("/audit?about=ben&who=ben&page=2") <= few + 2
    assert few <= 18
