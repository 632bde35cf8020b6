"""On PostgreSQL the application's own role cannot change what is in the ledger, whatever it sends."""

from __future__ import annotations

import contextlib

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from tests.databases import Server
from tests.ledger.attacks import attacks
from tests.ledger.plain import run_plainly
from tests.ledger.scene import GUARDED, Scene, build_scene, dump
from tests.make import AT, draft_transfer, make_account, make_bank, post
from timebank.extensions import db
from timebank.ledger import queries
from timebank.ledger.models import Balance, Book
from timebank.ledger.roles import RIGHTS, RoleTooMighty, protect

POSTGRESQL = pytest.mark.parametrize("dialect", ["postgresql"])


@pytest.fixture
def scene(app: Flask) -> Scene:
    return build_scene()


def test_the_tests_run_as_a_role_that_owns_nothing(app: Flask, dialect: str) -> None:
    if dialect == "postgresql":
        owned = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user"
        assert db.session.execute(text(owned)).scalar_one() == 0


@POSTGRESQL
def test_the_role_is_refused_what_the_guards_refuse(scene: Scene) -> None:
    before, let_through = dump(), []
    for each in attacks():
        dialect, attack = each.values  # type: ignore[attr-defined]
        if dialect != "postgresql":
            continue
        *first, last = [scene.written_into(statement) for statement in attack.sql]
        for statement in first:
            db.session.execute(text(statement))
        with contextlib.suppress(DatabaseError):
            db.session.execute(text(last))
            let_through.append(attack.name)
        db.session.rollback()
    assert let_through == []
    assert dump() == before


MIGHTY = [
    *(f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in GUARDED),
    *(f"DROP TABLE {table} CASCADE" for table in GUARDED),
    "DROP TRIGGER transfer_unchanged ON transfer",
    "DROP FUNCTION ledger_refuse() CASCADE",
    "CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
    "CREATE FUNCTION public.helper() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
    "CREATE TABLE public.balance2 (id int)",
    "SET session_replication_role = replica",
    "SET ROLE postgres",
    "ALTER TABLE transfer OWNER TO CURRENT_USER",
    "SELECT setval('transfer_id_seq', 1)",
    "SELECT nextval('entry_id_seq')",
    "INSERT INTO entry SELECT * FROM entry",
    "UPDATE balance SET minutes = 1",
    "UPDATE balance SET entries = entries",
    "UPDATE account SET kind = kind",
    "UPDATE account SET number = number",
    "UPDATE alembic_version SET version_num = '0001'",
    "TRUNCATE exchange CASCADE",
    *(f"TRUNCATE {table} CASCADE" for table in GUARDED),
    *(f"DELETE FROM {table}" for table in GUARDED),
    *(f"UPDATE {table} SET bank_id = bank_id" for table in GUARDED),
]


@POSTGRESQL
def test_the_role_may_not(scene: Scene, role_url: str) -> None:
    before, let_through = dump(), []
    for statement in MIGHTY:
        with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
            run_plainly(role_url, statement)
            let_through.append(statement)
    assert let_through == []
    assert dump() == before


@POSTGRESQL
def test_a_temporary_table_does_not_stand_in_for_the_ledgers(app: Flask) -> None:
    bank = make_bank()
    giver, receiver = make_account(bank), make_account(bank)
    db.session.flush()
    for table in ("balance", "entry", "account", "closed_month"):
        db.session.execute(text(f"CREATE TEMPORARY TABLE {table} AS SELECT * FROM public.{table}"))
    post(bank, draft_transfer(receiver, giver, minutes=45))
    for table in ("balance", "entry", "account", "closed_month"):
        db.session.execute(text(f"DROP TABLE pg_temp.{table}"))
    assert queries.balance_of(giver.id, Book.CREDIT) == 45


@POSTGRESQL
def test_the_role_has_these_rights_and_no_other(app: Flask) -> None:
    """Whoever adds a table of the ledger has to say what the application may do with it."""
    rights = text(
        """SELECT c.relname, coalesce(string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type), '')
           FROM pg_class c LEFT JOIN LATERAL aclexplode(c.relacl) a
             ON a.grantee = (SELECT oid FROM pg_roles WHERE rolname = current_user)
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' GROUP BY c.relname"""
    )
    found = dict(db.session.execute(rights).all())
    assert {table for table, given in found.items() if "DELETE" not in given} == set(RIGHTS)
    assert {given for table, given in found.items() if table not in RIGHTS} == {"DELETE, INSERT, SELECT, UPDATE"}
    assert found["entry"] == found["alembic_version"] == "SELECT"
    for table in set(RIGHTS) - {"entry", "alembic_version"}:
        assert found[table] == "INSERT, SELECT"


@POSTGRESQL
def test_protecting_again_changes_nothing_and_a_new_role_is_made(
    owners_app: Flask, postgres: Server, cli: FlaskCliRunner, database_url: str
) -> None:
    name = f"{postgres.role}_é x"
    runner = owners_app.test_cli_runner()
    try:
        for _ in range(2):
            done = runner.invoke(args=["ledger", "protect", "--role", name])
            assert done.exit_code == 0, done.output
        assert f"{name} may run the application" in done.stdout
        may = text("SELECT has_table_privilege(:role, :table, 'INSERT')")
        found = {table: db.session.scalar(may, {"role": name, "table": table}) for table in ("transfer", "entry")}
        assert found == {"transfer": True, "entry": False}
    finally:
        db.session.rollback()
        run_plainly(database_url, f'DROP OWNED BY "{name}"', f'DROP ROLE "{name}"')


@POSTGRESQL
def test_the_owner_is_not_protected_from(owners_app: Flask) -> None:
    with db.engine.connect() as connection, pytest.raises(RoleTooMighty):
        protect(connection, "postgres")
    done = owners_app.test_cli_runner().invoke(args=["ledger", "protect", "--role", "postgres"])
    assert done.exit_code == 1
    assert "Choose another role" in done.stderr


@POSTGRESQL
def test_who_may_make_tables_is_not_kept_from_anything(owners_app: Flask, postgres: Server, database_url: str) -> None:
    name = f"{postgres.role}_maker"
    run_plainly(database_url, f"CREATE ROLE {name}", f"GRANT CREATE ON SCHEMA public TO {name}")
    try:
        done = owners_app.test_cli_runner().invoke(args=["ledger", "protect", "--role", name])
        assert done.exit_code == 1
        assert "make tables beside them" in done.stderr
    finally:
        db.session.rollback()
        run_plainly(database_url, f"DROP OWNED BY {name}", f"DROP ROLE {name}")


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_sqlite_has_no_roles(app: Flask, cli: FlaskCliRunner) -> None:
    done = cli.invoke(args=["ledger", "protect", "--role", "somebody"])
    assert done.exit_code == 1
    assert "Roles are for PostgreSQL" in done.stderr


def test_the_application_still_sets_floors_and_closes_accounts(app: Flask) -> None:
    from timebank.ledger import service as ledger
    from timebank.ledger.models import AccountKind

    bank = make_bank()
    account = make_account(bank)
    ledger.set_floor(bank.id, floor_minutes=-30, kinds=[AccountKind.MEMBER])
    ledger.close_account(account, closed_at=AT)
    db.session.commit()
    floors = select(Balance.floor_minutes).where(Balance.account_id == account.id, Balance.book == Book.CREDIT)
    assert db.session.scalar(floors) == -30
