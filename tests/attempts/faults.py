"""Let the k-th call to the database fail, as its driver would say it, before or after it was carried out."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import psycopg
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError

from timebank.extensions import db

COMMIT = "COMMIT"


class Kind(StrEnum):
    """In which way a call fails."""

    FULL = "the disk is full, and nothing is carried out"
    BUSY = "others are in the way, and nothing is carried out"
    LOST = "it is carried out, and then the connection is lost"


_BY_KIND_ON_POSTGRESQL: dict[Kind, type[psycopg.Error]] = {
    Kind.FULL: psycopg.errors.DiskFull,
    Kind.BUSY: psycopg.errors.DeadlockDetected,
    Kind.LOST: psycopg.OperationalError,
}
_BY_KIND_ON_SQLITE = {
    Kind.FULL: sqlite3.SQLITE_FULL,
    Kind.BUSY: sqlite3.SQLITE_BUSY,
    Kind.LOST: sqlite3.SQLITE_IOERR,
}


def said_by_the_driver(kind: Kind, dialect: str) -> Exception:
    """Return what the driver raises for this."""
    if dialect == "postgresql":
        return _BY_KIND_ON_POSTGRESQL[kind](kind.value)
    error = sqlite3.OperationalError(kind.value)
    error.sqlite_errorcode = _BY_KIND_ON_SQLITE[kind]
    return error


@dataclass
class Fault:
    """One call that fails, the `at`-th; afterwards everything works again."""

    at: int
    kind: Kind
    dialect: str
    calls: list[str] = field(default_factory=list)
    failed_at: str | None = None

    @property
    def at_commit(self) -> bool:
        return self.failed_at == COMMIT

    @property
    def after_commit(self) -> bool:
        return COMMIT in self.calls[: self.at - 1]

    def is_now(self, call: str) -> bool:
        """Count this call, and say whether it is the one."""
        self.calls.append(call)
        if len(self.calls) == self.at:
            self.failed_at = call
        return len(self.calls) == self.at

    def execute(self, cursor: Any, statement: str, parameters: Any, carry_out: Callable[..., Any]) -> None:
        if not self.is_now(statement):
            return
        if self.kind == Kind.LOST:
            carry_out(statement, parameters)
            if self.dialect == "postgresql":
                cursor.connection.close()
        raise said_by_the_driver(self.kind, self.dialect)

    def begin(self, _connection: Connection) -> None:
        # The driver for PostgreSQL begins by itself, with the first statement.
        if self.dialect == "sqlite" and self.is_now("BEGIN"):
            raise OperationalError("BEGIN", None, said_by_the_driver(self.kind, self.dialect))

    def commit(self, connection: Connection) -> None:
        if not self.is_now(COMMIT):
            return
        driver = connection.connection.driver_connection
        assert driver is not None
        if self.kind == Kind.LOST:
            driver.commit()
            if self.dialect == "postgresql":
                # The driver itself says then that there is no connection any more.
                driver.close()
                return
        raise OperationalError(COMMIT, None, said_by_the_driver(self.kind, self.dialect))


@contextmanager
def failing(at: int, kind: Kind) -> Iterator[Fault]:
    """Let the `at`-th call from now on fail; a transaction's beginning (on SQLite) and its end are calls too."""
    fault = Fault(at, kind, db.engine.dialect.name)

    def execute(cursor: Any, statement: str, parameters: Any, _context: Any) -> None:
        fault.execute(cursor, statement, parameters, cursor.execute)

    def execute_many(cursor: Any, statement: str, parameters: Any, _context: Any) -> None:
        fault.execute(cursor, statement, parameters, cursor.executemany)

    def execute_without_parameters(cursor: Any, statement: str, _context: Any) -> None:
        fault.execute(cursor, statement, (), cursor.execute)

    listeners = [
        ("do_execute", execute),
        ("do_executemany", execute_many),
        ("do_execute_no_params", execute_without_parameters),
        ("begin", fault.begin),
        ("commit", fault.commit),
    ]
    # Nothing of what was before may be pending, or it would be among the calls.
    db.session.commit()
    for name, listener in listeners:
        event.listen(db.engine, name, listener)
    try:
        yield fault
    finally:
        for name, listener in listeners:
            event.remove(db.engine, name, listener)
