"""What the database itself refuses, whoever asks and with whatever connection."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.ledger.attacks import ATTACKS, Attack, a_transfer, an_account, attacks
from tests.ledger.plain import run_plainly
from tests.ledger.scene import GUARDED, Scene, build_scene, dump
from timebank.extensions import db
from timebank.ledger.guards import POSTGRESQL_GUARDS, SQLITE_GUARDS, present_guards
from timebank.ledger.models import Book
from timebank.ledger.queries import balance_of

EVERY_GUARD = {"sqlite": SQLITE_GUARDS, "postgresql": POSTGRESQL_GUARDS}


@pytest.fixture
def app(owners_app: Flask) -> Flask:
    """The guards refuse the owner too."""
    return owners_app


@pytest.fixture
def scene(app: object) -> Scene:
    return build_scene()


def without(guard: str, dialect: str) -> str:
    """Return SQL that takes a guard away."""
    if dialect == "sqlite":
        return f"DROP TRIGGER {guard}"
    return f"DROP TRIGGER {guard} ON {table_of(guard)}"


def table_of(guard: str) -> str:
    return next(table for table in GUARDED if guard.startswith(f"{table}_"))


def attacks_on(dialect: str) -> list[Attack]:
    return [attack for attack in ATTACKS if dialect in attack.dialects]


def test_refuses_and_leaves_the_ledger_as_it_was(scene: Scene, dialect: str) -> None:
    before, let_through, changed = dump(), [], []
    for attack in attacks_on(dialect):
        *first, last = [scene.written_into(statement) for statement in attack.sql]
        for statement in first:
            db.session.execute(text(statement))
        with contextlib.suppress(IntegrityError):
            db.session.execute(text(last))
            let_through.append(attack.name)
        db.session.rollback()
        if dump() != before:
            changed.append(attack.name)
    assert (let_through, changed) == ([], [])


COMMUNITY, COMMUNITY_THERE, OPENING_THERE = (
    f"(SELECT id FROM account WHERE bank_id = {{{bank}}} AND kind = '{kind}')"
    for bank, kind in (("bank", "community"), ("other_bank", "community"), ("other_bank", "opening"))
)


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        ("month is closed", {"happened_on": "'2026-01-31'", "effective_on": "'2026-01-31'"}),
        ("month is closed", {"happened_on": "'2026-01-01'", "effective_on": "'2026-01-01'"}),
        ("not in this bank", {"from_account_id": COMMUNITY, "to_account_id": COMMUNITY_THERE}),
        ("not in this bank", {"from_account_id": OPENING_THERE, "to_account_id": COMMUNITY_THERE}),
    ],
)
def test_says_what_it_refuses_though_something_else_would_refuse_it_too(
    scene: Scene, words: str, changes: dict[str, str]
) -> None:
    """By these words the service knows what to tell people, and whether to look again."""
    with pytest.raises(IntegrityError, match=f"ledger: {words}"):
        db.session.execute(text(scene.written_into(a_transfer(**changes))))


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_refuses_on_a_connection_without_our_settings(scene: Scene, database_url: str) -> None:
    before, let_through, changed = dump(), [], []
    for attack in attacks_on("sqlite"):
        with contextlib.suppress(sqlite3.IntegrityError):
            run_plainly(database_url, *(scene.written_into(statement) for statement in attack.sql))
            let_through.append(attack.name)
        if dump() != before:
            changed.append(attack.name)
    assert (let_through, changed) == ([], [])


@pytest.mark.parametrize(("dialect", "attack"), attacks(with_guard=True))
def test_each_guard_is_what_refuses_and_is_missed_when_it_is_gone(
    scene: Scene, attack: Attack, dialect: str, database_url: str, cli: FlaskCliRunner
) -> None:
    assert attack.guard is not None
    before = dump()
    run_plainly(database_url, without(attack.guard, dialect))
    if attack.also_refused_by is not None and dialect == "postgresql":
        run_plainly(database_url, attack.also_refused_by)
    run_plainly(database_url, *(scene.written_into(statement) for statement in attack.sql))
    assert dump() != before
    checked = cli.invoke(args=["ledger", "verify", "--ledger-only"])
    assert checked.exit_code == 1
    assert f"guard {attack.guard} is missing" in checked.output


@pytest.mark.parametrize(("dialect", "guard"), [(d, guard) for d in EVERY_GUARD for guard in sorted(EVERY_GUARD[d])])
def test_verify_names_a_guard_that_was_taken_away(
    app: object, dialect: str, guard: str, database_url: str, cli: FlaskCliRunner
) -> None:
    run_plainly(database_url, without(guard, dialect))
    checked = cli.invoke(args=["ledger", "verify", "--ledger-only"])
    assert checked.exit_code == 1
    assert f"guard {guard} is missing from the database\n" in checked.output
    assert "1 problems" in checked.output


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_verify_names_a_guard_that_was_switched_off(app: object, database_url: str, cli: FlaskCliRunner) -> None:
    run_plainly(database_url, "ALTER TABLE transfer DISABLE TRIGGER transfer_unchanged")
    checked = cli.invoke(args=["ledger", "verify", "--ledger-only"])
    assert checked.exit_code == 1
    assert "guard transfer_unchanged is missing" in checked.output


@pytest.mark.parametrize("dialect", EVERY_GUARD)
def test_every_guard_that_the_migration_makes_is_watched_over(app: object, dialect: str) -> None:
    made = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }
    assert set(db.session.scalars(text(made[dialect]))) == set(EVERY_GUARD[dialect])
    # When a migration changes a guard, its digest in timebank/ledger/guards.py changes with it, to this one.
    assert present_guards() == EVERY_GUARD[dialect]


def test_every_guard_on_both_databases_has_an_attack_that_it_alone_refuses() -> None:
    assert {attack.guard for attack in ATTACKS if attack.guard} >= set(SQLITE_GUARDS) | (
        set(POSTGRESQL_GUARDS) - {f"{table}_not_emptied" for table in GUARDED} - {"account_is_numbered"}
    )


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("table", ["balance", "closed_month", "seal", "snapshot"])
def test_a_row_has_no_second_key_by_which_it_could_be_replaced(app: object, database_url: str, table: str) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such column: rowid"):
        run_plainly(database_url, f"SELECT rowid FROM {table}")


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("plainly", [True, False])
def test_insert_or_ignore_ignores_and_forges_nothing(scene: Scene, plainly: bool, database_url: str) -> None:
    before = dump()
    for sql in (a_transfer("INSERT OR IGNORE", minutes="0"), a_transfer("INSERT OR IGNORE", book="NULL")):
        statement = scene.written_into(sql)
        try:
            if plainly:
                run_plainly(database_url, statement)
            else:
                db.session.execute(text(statement))
                db.session.commit()
        except (sqlite3.IntegrityError, IntegrityError):
            db.session.rollback()
    assert dump() == before


@pytest.fixture(params=["through the application", "on a plain connection"])
def posted_by_hand(request: pytest.FixtureRequest, scene: Scene, database_url: str) -> Iterator[Scene]:
    """A lawful transfer, inserted by hand."""
    statement = scene.written_into(a_transfer())
    if request.param == "on a plain connection":
        run_plainly(database_url, statement)
    else:
        db.session.execute(text(statement))
        db.session.commit()
    return scene


def test_a_lawful_transfer_by_hand_gets_its_entries_and_balances(posted_by_hand: Scene, cli: FlaskCliRunner) -> None:
    entries = db.session.execute(
        text(
            "SELECT account_id, minutes FROM entry WHERE transfer_id = (SELECT max(id) FROM transfer) ORDER BY minutes"
        )
    ).all()
    assert [tuple(entry) for entry in entries] == [(posted_by_hand.receiver, -10), (posted_by_hand.giver, 10)]
    assert balance_of(posted_by_hand.receiver, Book.CREDIT) == -90 + 45 - 10
    # It says that it was asked for, and does not hold what that digest is of.
    transfer = db.session.execute(text("SELECT max(id) FROM transfer")).scalar_one()
    checked = cli.invoke(args=["ledger", "verify", "--ledger-only"])
    assert checked.stderr.splitlines()[:-1] == [f"transfer {transfer} is not what was asked for when it was posted"]


@pytest.mark.parametrize("table", ["transfer", "account"])
def test_nothing_is_numbered_behind_what_was_sealed(scene: Scene, table: str, dialect: str) -> None:
    sql = {"transfer": a_transfer(id="1"), "account": an_account(id="1")}[table]
    db.session.execute(text(f"DELETE FROM {table} WHERE id = 0"))
    before = db.session.execute(text(f"SELECT max(id) FROM {table}")).scalar_one()
    if dialect == "sqlite":
        low = sql.replace("VALUES (1,", "VALUES (0,").replace(", 1)", ", 0)")
        with pytest.raises(IntegrityError, match="no such number"):
            db.session.execute(text(scene.written_into(low)))
    else:
        db.session.execute(text(scene.written_into(sql)))
        assert db.session.execute(text(f"SELECT max(id) FROM {table}")).scalar_one() > before
