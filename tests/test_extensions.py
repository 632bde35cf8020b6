"""The settings of every connection that what the ledger promises hangs on."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text

from timebank.extensions import db


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("recursive_triggers", 1),
        ("busy_timeout", 15_000),
    ],
)
def test_every_connection_to_sqlite_is_durable_and_guarded(app: Flask, pragma: str, value: object) -> None:
    for _ in range(2):
        with db.engine.connect() as connection:
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value
        db.engine.dispose()


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_sqlite_knows_letters_beyond_ascii(app: Flask) -> None:
    assert db.session.scalar(text("SELECT lower('ÉCOLE Ŵyn')")) == "école ŵyn"
    assert db.session.scalar(text("SELECT lower(NULL)")) is None
