"""Who did what, when and from where: written down with each write, and never changed."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from tests.make import (
    AT,
    approved_exchange,
    make_activity,
    make_administrator,
    make_bank,
    make_coordinator,
    make_member,
    make_organisation,
    set_rules,
)
from tests.web.reading import send
from timebank.audit import service
from timebank.audit.models import Action, AuditRecord
from timebank.audit.service import Origin, origin
from timebank.extensions import db


def records(action: Action | None = None) -> list[AuditRecord]:
    query = select(AuditRecord).order_by(AuditRecord.id)
    return list(db.session.scalars(query if action is None else query.where(AuditRecord.action == action)))


def test_a_record_says_who_what_on_what_when_and_from_where(app: Flask) -> None:
    bank = make_bank()
    token = origin.set(Origin(came_from="192.0.2.7", request_reference="AB12CD34"))
    try:
        service.record(
            Action.MEMBER_CHANGED, bank_id=bank.id, by=7, on_what="member", reference="r", at=AT, fields=["a"]
        )
    finally:
        origin.reset(token)
    db.session.flush()
    record = records()[-1]
    assert (record.bank_id, record.membership_id, record.action) == (bank.id, 7, Action.MEMBER_CHANGED)
    assert (record.on_what, record.reference, record.at, record.details) == ("member", "r", AT, {"fields": ["a"]})
    assert (record.came_from, record.request_reference) == ("192.0.2.7", "AB12CD34")


def test_every_act_of_an_exchange_is_written_down_with_whoever_did_it(app: Flask) -> None:
    bank = make_bank()
    ann, ben, cara = make_member(bank), make_member(bank), make_coordinator(bank)
    exchange = approved_exchange(bank, giver=ann, receiver=ben, approved_by=cara)
    done = [(record.action, record.membership_id) for record in records() if record.reference == exchange.reference]
    assert done == [
        (Action.EXCHANGE_LOGGED, ann.id),
        (Action.EXCHANGE_CONFIRMED, ben.id),
        (Action.EXCHANGE_APPROVED, cara.id),
    ]


def test_changed_rules_are_written_down_with_what_was_and_what_is(app: Flask) -> None:
    bank = make_bank()
    set_rules(bank, rounding_minutes=15, floor_minutes=-600)
    assert records(Action.BANK_RULES_CHANGED)[-1].details == {
        "changes": {"rounding_minutes": [1, 15], "floor_minutes": [None, -600]}
    }
    set_rules(bank, rounding_minutes=15)
    assert len(records(Action.BANK_RULES_CHANGED)) == 1


def test_records_hold_no_word_about_a_person(app: Flask) -> None:
    bank = make_bank()
    cara = make_coordinator(bank, name="Canary Bird", email="canary@example.org", phone="07700 900123")
    make_organisation(bank, name="Canary House", added_by=cara)
    approved_exchange(bank, giver=cara, receiver=make_member(bank), note="Canary's note")
    for record in records():
        assert "canary" not in repr((record.reference, record.details, record.on_what)).lower()
        assert "900123" not in repr(record.details)


def test_what_is_undone_leaves_no_record(app: Flask) -> None:
    bank = make_bank()
    db.session.commit()
    make_activity(bank)
    db.session.rollback()
    assert records(Action.ACTIVITY_ADDED) == []


@pytest.mark.parametrize(
    "attempt",
    ["UPDATE audit_record SET action = 'nothing'", "DELETE FROM audit_record", "UPDATE audit_record SET at = at"],
)
def test_the_database_refuses_to_change_or_delete_a_record(owners_app: Flask, attempt: str) -> None:
    make_bank()
    db.session.commit()
    with pytest.raises(DatabaseError, match="ledger: audit_record is never changed or deleted"):
        db.session.execute(text(attempt))
    db.session.rollback()
    assert [record.action for record in records()] == [Action.BANK_CREATED]


def test_a_page_is_written_down_with_its_address_and_the_reference_in_the_log(
    app: Flask, client: FlaskClient, sign_in: Any
) -> None:
    bank = make_bank()
    sign_in(client, make_administrator(bank))
    answer = send(client, "/rules/activities/new", {"name": "Gardening"})
    record = records(Action.ACTIVITY_ADDED)[-1]
    assert record.came_from == "127.0.0.1"
    assert record.request_reference == answer.headers["X-Request-Reference"]


def test_a_command_is_written_down_with_its_name_and_who_ran_it(app: Flask, cli: FlaskCliRunner) -> None:
    assert cli.invoke(args=["banks", "create", "NORTH", "--name", "North"]).exit_code == 0
    came_from = records(Action.BANK_CREATED)[-1].came_from
    assert "banks create by " in came_from
