"""`flask ledger verify`: an honest ledger adds up, and damage is named row by row."""

from __future__ import annotations

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import text

from tests.conftest import application_on
from tests.ledger.attacks import a_transfer
from tests.ledger.plain import run_unguarded
from tests.ledger.scene import Scene, build_scene
from tests.make import approved_exchange, make_bank, make_member
from timebank.extensions import db

GIVERS_CREDIT = "account_id = {giver} AND book = 'credit'"

# Damage, and what has to be named for it. {number} is the number of the giver's account.
DAMAGE = {
    "an edited balance": (
        f"UPDATE balance SET minutes = minutes + 600 WHERE {GIVERS_CREDIT}",
        ["balance of account {number} in the credit book is", "bank {code} has balances in the credit book"],
    ),
    "an edited number of entries": (
        f"UPDATE balance SET entries = 99 WHERE {GIVERS_CREDIT}",
        ["balance of account {number} in the credit book is"],
    ),
    "two balances edited so that they still add up to nothing": (
        "UPDATE balance SET minutes = minutes + CASE account_id WHEN {giver} THEN 60 ELSE -60 END "
        "WHERE account_id IN ({giver}, {receiver}) AND book = 'credit'",
        ["balance of account {number} in the credit book is"],
    ),
    "an edited entry": (
        "UPDATE entry SET minutes = minutes + 1 WHERE id = {entry}",
        ["transfer {transfer} does not have exactly", "breaks the running number or the running balance"],
    ),
    "an edited running balance": (
        "UPDATE entry SET balance_minutes = balance_minutes + 1 WHERE id = {entry}",
        ["entry {entry} breaks the running number or the running balance"],
    ),
    "an edited running number": (
        "UPDATE entry SET number = 77 WHERE id = {entry}",
        ["entry {entry} breaks the running number or the running balance"],
    ),
    "a deleted entry": (
        "DELETE FROM entry WHERE id = {entry}",
        ["transfer {transfer} does not have exactly"],
    ),
    "an entry in the wrong book": (
        "UPDATE entry SET book = 'record', number = 50 WHERE id = {entry}",
        ["entry {entry} is in another bank or book"],
    ),
    "an entry on another day": (
        "UPDATE entry SET effective_on = '2026-03-31' WHERE id = {entry}",
        ["entry {entry} is in another bank or book, or counts on another day"],
    ),
    "an entry in another bank": (
        "UPDATE entry SET bank_id = {other_bank} WHERE id = {entry}",
        ["entry {entry} is in another bank or book"],
    ),
    "an entry moved to somebody else": (
        "UPDATE entry SET account_id = {newcomer}, number = 1 WHERE id = {entry}",
        ["transfer {transfer} does not have exactly"],
    ),
    "a forged transfer": (
        a_transfer(key="'forged'"),
        ["does not have exactly one entry in each of its two accounts", "transfer "],
    ),
    "a transfer in the name of another bank": (
        "UPDATE transfer SET bank_id = {other_bank} WHERE id = {transfer}",
        ["transfer {transfer} is between accounts of another bank", "entry {entry} is in another bank or book"],
    ),
    "an edited transfer": (
        "UPDATE transfer SET minutes = minutes * 2 WHERE id = {transfer}",
        ["transfer {transfer} does not have exactly"],
    ),
    "a transfer turned round": (
        "UPDATE transfer SET from_account_id = to_account_id, to_account_id = from_account_id WHERE id = {transfer}",
        ["transfer {transfer} does not have exactly"],
    ),
    "a transfer put on another day": (
        "UPDATE transfer SET effective_on = '2026-03-31' WHERE id = {transfer}",
        ["entry {entry} is in another bank or book, or counts on another day"],
    ),
    "the last transfer deleted": (
        "DELETE FROM transfer WHERE id = {reversal}",
        ["is in another bank or book, or counts on another day, than its transfer"],
    ),
    "a transfer to another bank": (
        "UPDATE transfer SET to_account_id = {stranger} WHERE id = {transfer}",
        ["transfer {transfer} is between accounts of another bank", "transfer {transfer} does not have exactly"],
    ),
    "a reversal that is not the opposite": (
        "UPDATE transfer SET reverses_id = {transfer} WHERE id = {reversal}",
        ["transfer {reversal} says it reverses transfer {transfer}"],
    ),
    "an account in another bank": (
        "UPDATE account SET bank_id = {other_bank} WHERE id = {giver}",
        ["account {number} does not have one balance in each book, in its own bank"],
    ),
    "a deleted balance": (
        "DELETE FROM balance WHERE account_id = {newcomer} AND book = 'record'",
        ["does not have one balance in each book"],
    ),
    "an edited snapshot": (
        f"UPDATE snapshot SET minutes = minutes + 60 WHERE {GIVERS_CREDIT}",
        ["snapshot of account {number} in the credit book at 2026-01-31 is 150 minutes", "add up to 90"],
    ),
    "a snapshot of a month that is open": (
        "DELETE FROM closed_month",
        ["snapshot of account {number} in the credit book at 2026-01-31"],
    ),
    "a transfer slipped into a closed month": (
        "UPDATE transfer SET happened_on = '2026-01-20', effective_on = '2026-01-20' WHERE id = {transfer}; "
        "UPDATE entry SET effective_on = '2026-01-20' WHERE transfer_id = {transfer}",
        ["snapshot of account {number} in the credit book at 2026-01-31"],
    ),
}


@pytest.fixture
def scene(app: object) -> Scene:
    return build_scene()


def test_says_that_an_honest_ledger_adds_up_and_how_much_was_checked(scene: Scene, cli: FlaskCliRunner) -> None:
    checked = cli.invoke(args=["ledger", "verify"])
    assert (checked.exit_code, checked.stderr) == (0, "")
    assert checked.stdout == "6 transfers, 12 entries, 10 accounts checked.\nThe ledger adds up.\n"


def test_an_empty_ledger_adds_up(app: object, cli: FlaskCliRunner) -> None:
    checked = cli.invoke(args=["ledger", "verify"])
    assert checked.exit_code == 0
    assert checked.stdout == "0 transfers, 0 entries, 0 accounts checked.\nThe ledger adds up.\n"


def test_checks_every_bank(app: object, cli: FlaskCliRunner) -> None:
    for _ in range(2):
        bank = make_bank()
        approved_exchange(bank, giver=make_member(bank), receiver=make_member(bank))
    assert "2 transfers, 4 entries" in cli.invoke(args=["ledger", "verify"]).stdout


@pytest.mark.parametrize("damage", DAMAGE)
def test_names_the_rows_that_were_damaged(scene: Scene, damage: str, database_url: str, cli: FlaskCliRunner) -> None:
    sql, named = DAMAGE[damage]
    number = db.session.execute(text(f"SELECT number FROM account WHERE id = {scene.giver}")).scalar_one()
    code = db.session.execute(text(f"SELECT code FROM bank WHERE id = {scene.bank}")).scalar_one()
    run_unguarded(database_url, *scene.written_into(sql).split("; "))
    checked = cli.invoke(args=["ledger", "verify"])
    assert checked.exit_code == 1
    for words in named:
        assert words.format(**vars(scene), number=number, code=code) in checked.stderr
    assert "problems in the ledger" in checked.stderr
    assert "adds up.\n" not in checked.stdout
    # The guards are all there again, so what is named is the damage.
    assert "guard" not in checked.stderr


def test_a_database_that_is_not_set_up_is_said_to_be(empty_database: str) -> None:
    with application_on(empty_database) as app:
        checked = app.test_cli_runner().invoke(args=["ledger", "verify"])
    assert checked.exit_code == 1
    assert "flask db upgrade" in checked.output
