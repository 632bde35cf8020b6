"""The same plain transfer on SQLite, through Python's own sqlite3 and as durable as ours: WAL, synchronous FULL."""

from __future__ import annotations

import random
import sqlite3
import sys
from pathlib import Path
from typing import Any

from benchmarks import crowd

BUSY_SECONDS = 15

TABLES = """
CREATE TABLE balance (account_id INTEGER PRIMARY KEY, minutes INTEGER NOT NULL);
CREATE TABLE transfer (id INTEGER PRIMARY KEY, from_account_id INTEGER NOT NULL, to_account_id INTEGER NOT NULL,
  minutes INTEGER NOT NULL, posted_at TEXT NOT NULL DEFAULT current_timestamp);
CREATE TABLE entry (id INTEGER PRIMARY KEY, transfer_id INTEGER NOT NULL, account_id INTEGER NOT NULL,
  minutes INTEGER NOT NULL);
"""


def connect(path: Path | str) -> sqlite3.Connection:
    """Return a connection that waits for the disk, as the application's does."""
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def prepare(path: Path | str, accounts: int) -> None:
    """Make the three tables and so many balances."""
    connection = connect(path)
    connection.executescript(TABLES)
    connection.executemany("INSERT INTO balance VALUES (?, 0)", ((number,) for number in range(1, accounts + 1)))
    connection.close()


def _make_act_for(asked: dict[str, Any]) -> Any:
    def make_act(_number: int) -> crowd.Act:
        connection = connect(asked["path"])
        accounts = range(1, asked["accounts"] + 1)

        def transfer() -> None:
            giving, getting = random.sample(accounts, 2)
            connection.execute("BEGIN IMMEDIATE")
            id_ = connection.execute(
                "INSERT INTO transfer (from_account_id, to_account_id, minutes) VALUES (?, ?, 60)", (giving, getting)
            ).lastrowid
            entry = "INSERT INTO entry (transfer_id, account_id, minutes) VALUES (?, ?, ?)"
            connection.execute(entry, (id_, giving, -60))
            connection.execute(entry, (id_, getting, 60))
            balance = "UPDATE balance SET minutes = minutes + ? WHERE account_id = ?"
            connection.execute(balance, (-60, giving))
            connection.execute(balance, (60, getting))
            connection.execute("COMMIT")

        return transfer

    return make_act


if __name__ == "__main__":
    crowd.answer(_make_act_for, sys.argv[1:])
