"""`flask ledger verify`: an honest ledger adds up, and damage is named row by row."""

from __future__ import annotations

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import text

from tests.conftest import application_on
from tests.ledger.damage import DAMAGE, DAMAGE_ON_SQLITE
from tests.ledger.plain import run_unguarded
from tests.ledger.scene import Scene, build_scene
from tests.make import approved_exchange, make_bank, make_member
from timebank.extensions import db


@pytest.fixture
def scene(app: object) -> Scene:
    return build_scene()


def test_says_that_an_honest_ledger_adds_up_and_how_much_was_checked(scene: Scene, cli: FlaskCliRunner) -> None:
    checked = cli.invoke(args=["ledger", "verify", "--ledger-only"])
    assert (checked.exit_code, checked.stderr) == (0, "")
    assert checked.stdout == "6 transfers, 12 entries, 10 accounts, 1 seals checked.\nThe ledger adds up.\n"


def test_an_empty_ledger_adds_up(app: object, cli: FlaskCliRunner) -> None:
    checked = cli.invoke(args=["ledger", "verify", "--ledger-only"])
    assert checked.exit_code == 0
    assert checked.stdout == "0 transfers, 0 entries, 0 accounts, 0 seals checked.\nThe ledger adds up.\n"


def test_checks_every_bank(app: object, cli: FlaskCliRunner) -> None:
    for _ in range(2):
        bank = make_bank()
        approved_exchange(bank, giver=make_member(bank), receiver=make_member(bank))
    assert "2 transfers, 4 entries" in cli.invoke(args=["ledger", "verify", "--ledger-only"]).stdout


EVERY_DAMAGE = [
    *((dialect, name) for dialect in ("sqlite", "postgresql") for name in DAMAGE),
    *(("sqlite", name) for name in DAMAGE_ON_SQLITE),
]


@pytest.mark.parametrize(("dialect", "damage"), EVERY_DAMAGE)
def test_names_the_rows_that_were_damaged(scene: Scene, damage: str, database_url: str, cli: FlaskCliRunner) -> None:
    sql, named = (DAMAGE | DAMAGE_ON_SQLITE)[damage]
    number = db.session.execute(text(f"SELECT number FROM account WHERE id = {scene.giver}")).scalar_one()
    code = db.session.execute(text(f"SELECT code FROM bank WHERE id = {scene.bank}")).scalar_one()
    run_unguarded(database_url, *scene.written_into(sql).split("; "))
    checked = cli.invoke(args=["ledger", "verify", "--ledger-only"])
    assert checked.exit_code == 1, checked.output
    for words in named:
        assert words.format(**vars(scene), number=number, code=code) in checked.stderr
    assert "problems in the ledger" in checked.stderr
    assert "adds up.\n" not in checked.stdout
    # The guards are all there again, so what is named is the damage.
    assert "guard" not in checked.stderr


def test_a_database_that_is_not_set_up_is_said_to_be(empty_database: str) -> None:
    with application_on(empty_database) as app:
        checked = app.test_cli_runner().invoke(args=["ledger", "verify", "--ledger-only"])
    assert checked.exit_code == 1
    assert "flask db upgrade" in checked.output
