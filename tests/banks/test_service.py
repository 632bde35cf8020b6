"""Banks, their rules and their activities."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.make import (
    AT,
    draft_transfer,
    give_hours,
    make_activity,
    make_bank,
    make_member,
    make_organisation,
    post,
    set_rules,
)
from timebank.banks import queries, service
from timebank.banks.models import Stage
from timebank.extensions import db
from timebank.ledger.models import Account, AccountKind, Balance, Book
from timebank.ledger.queries import community_account
from timebank.ledger.service import NotEnoughHours


def test_a_new_bank_has_a_community_account_an_opening_account_and_the_usual_rules(app: Flask) -> None:
    bank = service.create_bank(code=" north-2 ", name=" North   End ", time_zone="Europe/London", at=AT)
    assert (bank.code, bank.name) == ("NORTH-2", "North End")
    kinds = db.session.scalars(select(Account.kind).where(Account.bank_id == bank.id)).all()
    assert sorted(kinds) == [AccountKind.COMMUNITY, AccountKind.OPENING]
    assert (bank.confirmation_needed, bank.approval_needed) == (True, True)
    assert (bank.low_balance_minutes, bank.high_balance_minutes, bank.floor_minutes) == (-1500, 1500, None)
    assert (bank.rounding_minutes, bank.opening_credit_minutes, bank.confirms_itself_after_days) == (1, 0, None)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"code": ""}, service.BankCodeUnfit),
        ({"code": "-A"}, service.BankCodeUnfit),
        ({"code": "A B"}, service.BankCodeUnfit),
        ({"code": "ÉLAN"}, service.BankCodeUnfit),
        ({"code": "X" * 21}, service.BankCodeUnfit),
        ({"code": "taken"}, service.BankCodeTaken),
        ({"name": " "}, service.NameNeeded),
        ({"name": "x" * 121}, service.NameNeeded),
        ({"time_zone": "Elm Road"}, service.TimeZoneUnknown),
        ({"time_zone": ""}, service.TimeZoneUnknown),
    ],
)
def test_a_bank_that_cannot_be_is_refused(app: Flask, change: dict[str, str], refusal: type[Exception]) -> None:
    make_bank(code="TAKEN")
    with pytest.raises(refusal):
        service.create_bank(**({"code": "NEW", "name": "New", "time_zone": "Europe/London", "at": AT} | change))
    assert [bank.code for bank in queries.every_bank()] == ["TAKEN"]


def test_a_floor_holds_from_the_moment_it_is_set_for_everybody_but_the_bank_s_own_accounts(app: Flask) -> None:
    bank = make_bank()
    giver, receiver, surgery = make_member(bank), make_member(bank), make_organisation(bank)
    post(bank, draft_transfer(receiver, giver, minutes=90))
    set_rules(bank, floor_minutes=-60)
    # Whoever is below it already stays there, and goes no further.
    for holder, minutes in ((receiver, 1), (surgery, 61)):
        with pytest.raises(NotEnoughHours):
            post(bank, draft_transfer(holder, giver, minutes=minutes))
    post(bank, draft_transfer(surgery, giver, minutes=60))
    post(bank, draft_transfer(community_account(bank.id), giver, minutes=1000))
    post(bank, draft_transfer(receiver, giver, minutes=1000, book=Book.RECORD))
    newcomer = make_member(bank)
    with pytest.raises(NotEnoughHours):
        post(bank, draft_transfer(newcomer, giver, minutes=61))
    set_rules(bank, floor_minutes=None)
    post(bank, draft_transfer(receiver, giver, minutes=1))


def test_a_floor_is_one_bank_s_own(app: Flask) -> None:
    bank, other = make_bank(), make_bank()
    make_member(bank)
    make_member(other)
    set_rules(bank, floor_minutes=0)
    floors = db.session.execute(
        select(Balance.bank_id, Account.kind, Balance.book, Balance.floor_minutes).join(
            Account, Account.id == Balance.account_id
        )
    ).all()
    assert {row[:3] for row in floors if row.floor_minutes is not None} == {(bank.id, "member", "credit")}


def test_rules_that_are_not_given_stay_as_they_are(app: Flask) -> None:
    bank = make_bank(rounding_minutes=15)
    service.change_rules(bank, changed_by=1, at=AT, name="Another", time_zone="Europe/Dublin")
    assert (bank.name, bank.time_zone, bank.rounding_minutes) == ("Another", "Europe/Dublin", 15)


@pytest.mark.parametrize(
    ("change", "refusal"), [({"name": ""}, service.NameNeeded), ({"time_zone": "x"}, service.TimeZoneUnknown)]
)
def test_rules_that_cannot_be_are_refused(app: Flask, change: dict[str, Any], refusal: type[Exception]) -> None:
    bank = make_bank()
    with pytest.raises(refusal):
        set_rules(bank, **change)


def test_an_opening_credit_is_what_the_next_newcomer_begins_with(app: Flask) -> None:
    bank = make_bank()
    before = make_member(bank)
    set_rules(bank, opening_credit_minutes=120)
    after = make_member(bank)
    minutes = dict(
        db.session.execute(select(Balance.account_id, Balance.minutes).where(Balance.book == Book.CREDIT)).all()
    )
    assert (minutes[before.account_id], minutes[after.account_id]) == (0, 120)


def test_two_activities_of_one_bank_have_two_names_in_whatever_case(app: Flask) -> None:
    bank = make_bank()
    gardening, cooking = make_activity(bank, name="Gardening"), make_activity(bank, name="Cooking")
    with pytest.raises(service.ActivityNameTaken):
        make_activity(bank, name=" gardening ")
    with pytest.raises(service.ActivityNameTaken):
        change(bank, cooking, name="GARDENING")
    with pytest.raises(service.NameNeeded):
        change(bank, cooking, name=" ")
    make_activity(make_bank(), name="Gardening")
    change(bank, gardening, name="GARDENING")
    assert [activity.name for activity in queries.activities_of(bank)] == ["Cooking", "GARDENING"]


def change(bank: Any, activity: Any, **details: Any) -> None:
    usual = {
        "name": activity.name,
        "service_area": "Health",
        "default_book": Book.RECORD,
        "default_stage": Stage.DESIGN,
        "offered": True,
    }
    service.change_activity(bank, activity, **(usual | details), changed_by=1, at=AT)


def test_an_activity_that_is_no_longer_offered_stays_on_the_list_of_all(app: Flask) -> None:
    bank = make_bank()
    gardening = make_activity(bank, name="Gardening")
    change(bank, gardening, offered=False)
    assert queries.activities_of(bank, only_offered=True) == []
    assert queries.activities_of(bank) == [gardening]


def test_an_activity_of_another_bank_is_not_there(app: Flask) -> None:
    activity = make_activity(make_bank())
    with pytest.raises(queries.NotFound):
        queries.activity_with_reference(make_bank(), activity.reference)


def test_a_day_begins_in_the_bank_s_own_time_zone(app: Flask) -> None:
    auckland, honolulu = make_bank(), make_bank()
    set_rules(auckland, time_zone="Pacific/Auckland")
    set_rules(honolulu, time_zone="Pacific/Honolulu")
    assert [bank.day_of(AT.replace(hour=11)).day for bank in (auckland, honolulu)] == [11, 10]
    assert honolulu.day_of(AT.replace(hour=9)).day == 9


def test_hours_of_one_bank_do_not_show_in_another(app: Flask) -> None:
    bank, other = make_bank(), make_bank()
    give_hours(bank, make_member(bank), 60)
    assert community_account(other.id).bank_id == other.id
