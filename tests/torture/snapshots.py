"""What holds in the ledger at every moment that a reader can see, asked in one snapshot of the database."""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text

# Each question selects what breaks a law, in words; an honest ledger answers none of them.
LAWS = {
    "a book's balances do not add up to nothing": """
        SELECT b.bank_id, b.book, sum(b.minutes) FROM balance b
        GROUP BY b.bank_id, b.book HAVING sum(b.minutes) <> 0""",
    "a balance is not the sum of its entries": """
        SELECT b.account_id, b.book, b.minutes, b.entries, coalesce(s.total, 0), coalesce(s.n, 0) FROM balance b
        LEFT JOIN (SELECT account_id, book, sum(minutes) AS total, count(*) AS n FROM entry GROUP BY account_id, book) s
        ON s.account_id = b.account_id AND s.book = b.book
        WHERE b.minutes <> coalesce(s.total, 0) OR b.entries <> coalesce(s.n, 0)""",
    "an entry is in an account that there is not": """
        SELECT e.id, e.account_id FROM entry e LEFT JOIN balance b ON b.account_id = e.account_id AND b.book = e.book
        LEFT JOIN account a ON a.id = e.account_id WHERE a.id IS NULL OR b.account_id IS NULL""",
    "the entries of a transfer are not two, opposite, in its two accounts": """
        SELECT t.id, count(e.id), sum(e.minutes) FROM transfer t LEFT JOIN entry e ON e.transfer_id = t.id
        GROUP BY t.id, t.from_account_id, t.to_account_id, t.minutes HAVING count(e.id) <> 2 OR sum(e.minutes) <> 0
        OR sum(CASE WHEN e.account_id = t.from_account_id AND e.minutes = -t.minutes THEN 1
                    WHEN e.account_id = t.to_account_id AND e.minutes = t.minutes THEN 1 ELSE 0 END) <> 2""",
    "an exchange is approved without transfers, or has some without being approved": """
        SELECT e.reference, e.status, count(t.id) FROM exchange e LEFT JOIN transfer t
        ON t.linked_by = e.reference AND t.bank_id = e.bank_id AND t.reverses_id IS NULL
        GROUP BY e.id, e.reference, e.status HAVING (count(t.id) > 0) <> (e.status IN ('approved', 'reversed'))""",
    "an exchange is reversed in part, or not what it says": """
        SELECT e.reference, e.status, count(t.id), count(t.reverses_id) FROM exchange e JOIN transfer t
        ON t.linked_by = e.reference AND t.bank_id = e.bank_id GROUP BY e.id, e.reference, e.status
        HAVING count(t.reverses_id)
            <> CASE e.status WHEN 'reversed' THEN count(t.id) - count(t.reverses_id) ELSE 0 END""",
}
MOST_EXAMPLES = 3


def engine_for_reading(database_url: str) -> Engine:
    """Return an engine of which every connection sees one moment only, for as long as it reads."""
    if not database_url.startswith("sqlite"):
        return create_engine(database_url, isolation_level="REPEATABLE READ")
    engine = create_engine(database_url, connect_args={"timeout": 15})

    @event.listens_for(engine, "connect")
    def leave_beginning_to_us(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def broken_laws(connection: Connection) -> list[str]:
    """Return which laws are broken in the snapshot that this connection sees, with examples."""
    found = []
    for law, question in LAWS.items():
        rows = connection.execute(text(question)).fetchmany(MOST_EXAMPLES)
        if rows:
            found.append(f"{law}: {', '.join(str(tuple(row)) for row in rows)}")
    return found


def transfers_counted(connection: Connection) -> int:
    return int(connection.execute(text("SELECT count(*) FROM transfer")).scalar_one())
