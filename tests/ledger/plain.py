"""Reach the database past the application and past its guards, as a mistaken or dishonest operator would."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import psycopg
from sqlalchemy import make_url, text

from tests.ledger.scene import GUARDED
from timebank.extensions import db


def run_plainly(database_url: str, *statements: str) -> None:
    """Run SQL in one transaction on a connection that has none of the application's settings."""
    url = make_url(database_url)
    db.session.commit()
    if url.drivername == "sqlite":
        with closing(sqlite3.connect(str(url.database))) as connection, connection:
            for statement in statements:
                connection.execute(statement)
        return
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as connection:
        for statement in statements:
            connection.execute(statement)


def run_unguarded(database_url: str, *statements: str) -> None:
    """Run SQL while every guard, check and foreign key is off, and leave them as they were."""
    if make_url(database_url).drivername == "sqlite":
        with closing(sqlite3.connect(str(make_url(database_url).database))) as connection:
            guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        off = ["PRAGMA ignore_check_constraints = ON", *(f"DROP TRIGGER {name}" for name, _ in guards)]
        run_plainly(database_url, *off, *statements, *(sql for _, sql in guards))
        return
    off, on = ([f"ALTER TABLE {table} {act} TRIGGER ALL" for table in GUARDED] for act in ("DISABLE", "ENABLE"))
    checks = db.session.execute(text(_CHECKS)).all()
    off += [f"ALTER TABLE {table} DROP CONSTRAINT {name}" for table, name, _ in checks]
    on += [f"ALTER TABLE {table} ADD CONSTRAINT {name} {words} NOT VALID" for table, name, words in checks]
    run_plainly(database_url, *off)
    run_plainly(database_url, *statements)
    run_plainly(database_url, *on)


_CHECKS = """SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint
             WHERE contype = 'c' AND connamespace = current_schema::regnamespace"""
