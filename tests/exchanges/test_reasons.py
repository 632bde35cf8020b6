"""Every transfer is for something, and what it is for says the same."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import text

from tests.ledger.attacks import a_transfer
from tests.ledger.damage import taken_out
from tests.ledger.plain import run_plainly, run_unguarded
from tests.make import (
    AT,
    approved_exchange,
    draft_transfer,
    log_exchange,
    make_bank,
    make_coordinator,
    make_member,
    make_organisation,
    post,
)
from timebank.exchanges import reasons
from timebank.exchanges import service as exchanges
from timebank.extensions import db
from timebank.gifts import service as gifts
from timebank.ledger import queries as ledger

LATER = AT + dt.timedelta(days=1)


@pytest.fixture
def names(app: Flask) -> dict[str, object]:
    """A bank with something of every kind, and what a test may put into its SQL."""
    bank = make_bank(opening_credit_minutes=60)
    coordinator, giver, receiver, third = make_coordinator(bank), *(make_member(bank) for _ in range(3))
    organisation = make_organisation(bank, contact=giver)
    kept = approved_exchange(bank, giver=giver, receiver=receiver, minutes=90, approved_by=coordinator)
    class_ = approved_exchange(bank, giver=giver, receiver=[receiver, third, organisation], approved_by=coordinator)
    party = approved_exchange(bank, giver=[giver, third], receiver=receiver, approved_by=coordinator)
    mistake = approved_exchange(bank, giver=receiver, receiver=giver, minutes=30, approved_by=coordinator)
    exchanges.reverse_exchange(bank, mistake, reversed_by=coordinator, message="Twice", at=LATER)
    logged = log_exchange(bank, giver=giver, receiver=receiver)
    gift = gifts.donate_hours(
        bank, giver=giver, to_account_id=receiver.account_id, minutes=15, reason="Thanks", at=LATER
    )
    db.session.commit()
    return {
        "kept": kept.reference,
        "class_": class_.reference,
        "party": party.reference,
        "mistake": mistake.reference,
        "logged": logged.reference,
        "gift": gift.reference,
        "bank": bank.id,
        "elsewhere": make_bank().id,
        "giver": giver.account_id,
        "receiver": receiver.account_id,
        "third": third.account_id,
        "transfer": db.session.execute(
            text("SELECT id FROM transfer WHERE linked_by = :name"), {"name": kept.reference}
        ).scalar_one(),
        "opening": db.session.execute(text("SELECT min(id) FROM transfer WHERE kind = 'opening'")).scalar_one(),
        "first": coordinator.account_id,
        "community": ledger.community_account(bank.id).id,
        "given": db.session.execute(text("SELECT id FROM transfer WHERE kind = 'donation'")).scalar_one(),
        "learned": db.session.execute(
            text("SELECT id FROM transfer WHERE linked_by = :name AND to_account_id = :giver"),
            {"name": class_.reference, "giver": giver.account_id},
        ).scalar_one(),
    }


def test_where_all_is_well_there_is_nothing_to_say(names: dict[str, object], cli: FlaskCliRunner) -> None:
    assert list(reasons.problems()) == []
    assert cli.invoke(args=["ledger", "verify"]).exit_code == 0


DAMAGE = {
    "an exchange that says it was longer": (
        "UPDATE exchange SET minutes = 120 WHERE reference = '{kept}'",
        "transfer {transfer} has other minutes, accounts, or another day, kind or book, than exchange {kept}",
    ),
    "an exchange on another day": (
        "UPDATE exchange SET happened_on = '2026-01-01' WHERE reference = '{kept}'",
        "transfer {transfer} has other minutes, accounts, or another day",
    ),
    "an exchange of somebody else": (
        "UPDATE party SET account_id = {third} WHERE account_id = {giver} AND exchange_id = "
        "(SELECT id FROM exchange WHERE reference = '{kept}')",
        "transfer {transfer} has other minutes, accounts, or another day",
    ),
    "an exchange that was never approved after all": (
        "UPDATE exchange SET status = 'declined' WHERE reference = '{kept}'",
        "exchange {kept} is declined, but 1 transfers were posted for it and 0 of them reversed",
    ),
    "an exchange that was reversed after all": (
        "UPDATE exchange SET status = 'reversed' WHERE reference = '{kept}'",
        "exchange {kept} is reversed, but 1 transfers were posted for it and 0 of them reversed",
    ),
    "a reversal forgotten": (
        "UPDATE exchange SET status = 'approved' WHERE reference = '{mistake}'",
        "exchange {mistake} is approved, but 1 transfers were posted for it and 1 of them reversed",
    ),
    "an exchange said to be approved": (
        "UPDATE exchange SET status = 'approved' WHERE reference = '{logged}'",
        "exchange {logged} is approved, but 0 transfers were posted for it",
    ),
    "one more who took part": (
        "DELETE FROM party WHERE account_id = {third} AND exchange_id = "
        "(SELECT id FROM exchange WHERE reference = '{class_}')",
        "exchange {class_} is approved, but 3 transfers were posted for it",
    ),
    "a deleted exchange": (
        "DELETE FROM party WHERE exchange_id = (SELECT id FROM exchange WHERE reference = '{kept}'); "
        "DELETE FROM exchange_step WHERE exchange_id = (SELECT id FROM exchange WHERE reference = '{kept}'); "
        "DELETE FROM exchange WHERE reference = '{kept}'",
        "transfer {transfer} is for no exchange, gift or opening credit that there is",
    ),
    "a larger gift": (
        "UPDATE gift SET minutes = 60 WHERE reference = '{gift}'",
        "gift {gift} is not what was posted for it: 0 transfers",
    ),
    "a gift taken back in words alone": (
        "UPDATE gift SET reversed_at = '2026-03-12 00:00:00' WHERE reference = '{gift}'",
        "gift {gift} is not what was posted for it: 1 transfers, 0 of them reversed",
    ),
    "a deleted gift": ("DELETE FROM gift WHERE reference = '{gift}'", "is for no exchange, gift or opening credit"),
    "opening credit of somebody else": (
        "UPDATE membership SET account_id = NULL WHERE account_id = -1; "
        "UPDATE transfer SET linked_by = 'opening:nobody' WHERE id = {opening}",
        "transfer {opening} is for no exchange, gift or opening credit that there is",
    ),
    "an exchange of another bank": (
        "UPDATE exchange SET bank_id = {elsewhere} WHERE reference = '{kept}'",
        "transfer {transfer} is for no exchange, gift or opening credit that there is",
    ),
    "a gift of another bank": (
        "UPDATE gift SET bank_id = {elsewhere} WHERE reference = '{gift}'",
        "transfer {given} is for no exchange, gift or opening credit that there is",
    ),
    "opening credit in another bank": (
        "UPDATE membership SET bank_id = {elsewhere} WHERE account_id = {first}",
        "transfer {opening} is for no exchange, gift or opening credit that there is",
    ),
    "opening credit that says it is a grant": (
        "UPDATE transfer SET kind = 'grant' WHERE id = {opening}",
        "transfer {opening} is for no exchange, gift or opening credit that there is",
    ),
    "opening credit to somebody else": (
        "UPDATE transfer SET to_account_id = {third} WHERE id = {opening}",
        "transfer {opening} is for no exchange, gift or opening credit that there is",
    ),
    "an exchange in the other book": (
        "UPDATE exchange SET book = 'record' WHERE reference = '{kept}'",
        "transfer {transfer} has other minutes, accounts, or another day, kind or book, than exchange {kept}",
    ),
    "a transfer that says it is a grant": (
        "UPDATE transfer SET kind = 'grant' WHERE id = {transfer}",
        "transfer {transfer} has other minutes, accounts, or another day, kind or book, than exchange {kept}",
    ),
    "a transfer from who gave the help": (
        "UPDATE transfer SET from_account_id = {giver}, to_account_id = {community} WHERE id = {transfer}",
        "transfer {transfer} has other minutes, accounts, or another day, kind or book, than exchange {kept}",
    ),
    "a transfer from who had no part in it": (
        "UPDATE transfer SET from_account_id = {third} WHERE id = {transfer}",
        "transfer {transfer} has other minutes, accounts, or another day, kind or book, than exchange {kept}",
    ),
    "a transfer to who had no part in it": (
        "UPDATE transfer SET to_account_id = {third} WHERE id = {transfer}",
        "transfer {transfer} has other minutes, accounts, or another day, kind or book, than exchange {kept}",
    ),
    "a transfer from one learner to another": (
        "UPDATE transfer SET to_account_id = {third} WHERE id = {learned}",
        "transfer {learned} has other minutes, accounts, or another day, kind or book, than exchange {class_}",
    ),
    "a gift on another day": (
        "UPDATE gift SET given_on = '2026-03-01' WHERE reference = '{gift}'",
        "gift {gift} is not what was posted for it: 0 transfers, 0 of them reversed",
    ),
    "a gift that says it is a grant": (
        "UPDATE gift SET kind = 'grant' WHERE reference = '{gift}'",
        "gift {gift} is not what was posted for it: 0 transfers, 0 of them reversed",
    ),
    "a gift from somebody else": (
        "UPDATE gift SET from_account_id = {third} WHERE reference = '{gift}'",
        "gift {gift} is not what was posted for it: 0 transfers, 0 of them reversed",
    ),
    "a gift to somebody else": (
        "UPDATE gift SET to_account_id = {third} WHERE reference = '{gift}'",
        "gift {gift} is not what was posted for it: 0 transfers, 0 of them reversed",
    ),
    "a gift in the record book": (
        "UPDATE transfer SET book = 'record' WHERE id = {given}",
        "gift {gift} is not what was posted for it: 0 transfers, 0 of them reversed",
    ),
    "a gift that was never posted": (
        taken_out("{given}"),
        "gift {gift} is not what was posted for it: 0 transfers, 0 of them reversed",
    ),
    "another transfer said to be for a gift": (
        "UPDATE transfer SET linked_by = '{gift}' WHERE id = {opening}",
        "gift {gift} is not what was posted for it: 1 transfers, 0 of them reversed",
    ),
    "a transfer taken out with all it did": (
        taken_out("{transfer}"),
        "exchange {kept} is approved, but 0 transfers were posted for it and 0 of them reversed",
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_does_not_fit_is_named(
    names: dict[str, object], damage: str, database_url: str, cli: FlaskCliRunner
) -> None:
    sql, said = DAMAGE[damage]
    run_unguarded(database_url, *sql.format(**names).split("; "))
    checked = cli.invoke(args=["ledger", "verify"])
    assert checked.exit_code == 1
    assert said.format(**names) in checked.stderr


def test_a_forged_transfer_that_the_guards_let_through_has_no_reason(
    names: dict[str, object], database_url: str, cli: FlaskCliRunner
) -> None:
    run_plainly(database_url, a_transfer().format(**names))
    forged = db.session.execute(text("SELECT max(id) FROM transfer")).scalar_one()
    assert (
        f"transfer {forged} is for no exchange, gift or opening credit that there is"
        in cli.invoke(args=["ledger", "verify"]).stderr
    )


def test_what_was_posted_without_a_reason_is_named_though_it_adds_up(app: Flask, cli: FlaskCliRunner) -> None:
    bank = make_bank()
    post(bank, draft_transfer(make_member(bank), make_member(bank)))
    assert cli.invoke(args=["ledger", "verify"]).exit_code == 1
    assert cli.invoke(args=["ledger", "verify", "--ledger-only"]).exit_code == 0
