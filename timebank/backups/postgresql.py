"""Copying a PostgreSQL database as it was at one moment, and putting the copy back in one transaction.

The copy is the script of SQL that pg_dump makes: it can be read in thirty years, by a server of another version, and it
is put back by this program itself on one connection. So the old tables are dropped, the new ones filled, compared,
brought up to date and verified in the same transaction, and nobody sees any of it before it is whole. (pg_restore has a
connection of its own, on which nothing could be compared before it commits, and cannot drop what a later migration
added. A second database that is renamed at the end would need a role that may create databases, and nobody connected.)
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import Any

import psycopg
from psycopg import pq, sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import TupleRow
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from timebank.backups import queries, script, side
from timebank.backups.container import BLOCK, Backup, Sink
from timebank.backups.manifest import Contents
from timebank.backups.refusals import (
    BackupNotRestored,
    DatabaseAway,
    DatabaseInUse,
    DatabaseNotSetUp,
    NotTheOwner,
    OtherSchema,
    OutcomeUnknown,
    PgDumpFailed,
    PgDumpMissing,
)
from timebank.backups.side import SidePlace
from timebank.extensions import db

NAME = "timebank.sql"
PATIENCE = "300ms"
SECONDS_TO_WAIT = 30
DUMP_PATIENCE_MILLISECONDS = 60_000

# Where the programs of each version are put by Debian, Red Hat, Homebrew and the installers.
USUAL_PLACES = (
    "/usr/lib/postgresql/*/bin/pg_dump",
    "/usr/pgsql-*/bin/pg_dump",
    "/opt/homebrew/opt/postgresql*/bin/pg_dump",
    "/opt/homebrew/opt/libpq/bin/pg_dump",
    "/usr/local/opt/postgresql*/bin/pg_dump",
    "/Library/PostgreSQL/*/bin/pg_dump",
    "/usr/local/pgsql/bin/pg_dump",
)


class _Held(psycopg.Connection[TupleRow]):
    """A connection whose transaction ends when this module says so, whoever else works on it."""

    def commit(self) -> None:
        """Leave it open."""

    def rollback(self) -> None:
        """Leave it open."""


@dataclass(frozen=True)
class Moment:
    """The database as it was at one moment, for as long as the transaction that saw it is open."""

    contents: Contents
    server: str
    schema: str
    snapshot: str
    program: Path
    arguments: dict[str, Any]

    def fill(self, sink: Sink) -> None:
        """Write the script that makes this database again. Raises PgDumpFailed."""
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as errors:
            command = [str(self.program), *self._options(Path(folder))]
            # The program is one of this machine's own, and no shell reads what is handed to it.
            with subprocess.Popen(  # noqa: S603
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors
            ) as running:
                assert running.stdout
                try:
                    while block := running.stdout.read(BLOCK):
                        sink.write(block)
                except BaseException:
                    running.kill()
                    raise
            if running.returncode:
                errors.seek(0)
                raise PgDumpFailed(reason=_first_line(errors.read(2000).decode(errors="replace")))

    def _options(self, folder: Path) -> list[str]:
        known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
        reach = {name: value for name, value in self.arguments.items() if name in known and "password" not in name}
        if password := self.arguments.get("password"):
            # What is on a command line can be read by everybody on the machine.
            file = folder / "password"
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
                handle.write("*:*:*:*:" + re.sub(r"([:\\])", r"\\\1", str(password)) + "\n")
            reach["passfile"] = str(file)
        return [
            f"--dbname={make_conninfo(**reach)}",
            f'--schema="{self.schema}"',
            f"--snapshot={self.snapshot}",
            f"--lock-wait-timeout={DUMP_PATIENCE_MILLISECONDS}",
            *("--no-password", "--encoding=UTF8", "--no-owner", "--no-comments", "--no-tablespaces"),
            *("--no-publications", "--no-subscriptions", "--no-security-labels"),
        ]


@contextmanager
def at_one_moment(url: URL) -> Iterator[Moment]:
    """Give the database as it is now, however others go on writing.

    Raises DatabaseAway, PgDumpMissing, DatabaseNotSetUp or NotTheOwner.
    """
    with _connected(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        version = connection.info.server_version // 10_000
        program = _pg_dump(version)
        snapshot, schema = _row(connection, "SELECT pg_export_snapshot(), current_schema()")
        with side.on_connection(connection) as app:
            with app.app_context(), _explained():
                contents = queries.contents()
            if not contents.revision:
                raise DatabaseNotSetUp()
            server = f"PostgreSQL {connection.info.parameter_status('server_version')}"
            yield Moment(contents, server, schema, snapshot, program, _arguments(url))


@contextmanager
def restored(backup: Backup, url: URL, *, replace: bool) -> Iterator[SidePlace]:
    """Give the backup in a transaction that is not committed, in place of what was there.

    Raises DatabaseHasData, DatabaseInUse, NotTheOwner, OtherSchema or BackupNotRestored.
    """
    with _connected(url) as connection, side.on_connection(connection) as app, _explained():
        (schema,) = _row(connection, "SELECT current_schema()")
        if schema != backup.manifest.schema:
            raise OtherSchema(theirs=backup.manifest.schema, ours=schema)
        _lock(connection)
        with app.app_context():
            replaced = queries.contents()
        side.refuse_to_lose(replaced, replace=replace)
        _drop(connection, set(db.metadata.tables) | set(backup.manifest.contents.tables) | {queries.REVISIONS})
        with backup.data() as data:
            refused = script.run(connection, data)
        # The planner knows nothing yet of the new tables, and all of them are about to be read.
        connection.execute("ANALYZE")
        yield SidePlace(app, replaced, lambda: _commit(connection), refused)


def _commit(connection: _Held) -> None:
    try:
        connection.execute("COMMIT")
    except psycopg.OperationalError as error:
        raise OutcomeUnknown(reason=_first_line(str(error))) from None


@contextmanager
def _connected(url: URL) -> Iterator[_Held]:
    try:
        connection = _Held.connect(**_arguments(url), prepare_threshold=None)
    except psycopg.OperationalError as error:
        raise DatabaseAway(reason=_first_line(str(error))) from None
    try:
        yield connection
    finally:
        # Whatever was not committed by then never happened.
        connection.close()


def _arguments(url: URL) -> dict[str, Any]:
    return dict(url.get_dialect()().create_connect_args(url)[1])


def _row(connection: _Held, question: str) -> TupleRow:
    row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return row


_TABLES = """SELECT c.relname FROM pg_class c WHERE c.relnamespace = quote_ident(current_schema())::regnamespace
             AND c.relkind IN ('r', 'p') ORDER BY c.oid"""

# The guards' functions; those of an extension are never named like them, but are not ours to drop either.
_FUNCTIONS = """SELECT p.oid::regprocedure::text FROM pg_proc p
                WHERE p.pronamespace = quote_ident(current_schema())::regnamespace AND p.proname LIKE 'ledger\\_%'
                AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"""


def _lock(connection: _Held) -> None:
    """Let nobody read or write any more until it is over. Raises DatabaseInUse.

    Whoever posts holds some tables and waits for others, in an order of their own. So each attempt is given up before
    the server would look for a deadlock, and choose somebody who posts to fail for it.
    """
    tables = [sql.Identifier(table) for (table,) in connection.execute(_TABLES.encode()).fetchall()]
    if not tables:
        return
    lock = sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(sql.SQL(", ").join(tables))
    give_up_at = time.monotonic() + SECONDS_TO_WAIT
    while True:
        try:
            with connection.transaction():
                connection.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'".encode())
                connection.execute(lock)
            return
        except psycopg.errors.LockNotAvailable:
            if time.monotonic() > give_up_at:
                raise DatabaseInUse(reason="somebody is working with it") from None


def _drop(connection: _Held, ours: set[str]) -> None:
    """Drop the time bank's tables, which no guard of a row can refuse, and the functions of its guards."""
    tables = [table for (table,) in connection.execute(_TABLES.encode()).fetchall() if table in ours]
    if tables:
        connection.execute(sql.SQL("DROP TABLE {}").format(sql.SQL(", ").join(map(sql.Identifier, tables))))
    for (function,) in connection.execute(_FUNCTIONS.encode()).fetchall():
        connection.execute(f"DROP FUNCTION {function}".encode())


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what the server refuses into words."""
    try:
        yield
    except (psycopg.Error, DBAPIError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        reason = _first_line(str(cause))
        if isinstance(cause, psycopg.errors.InsufficientPrivilege):
            raise NotTheOwner(reason=reason) from None
        raise BackupNotRestored(reason=reason) from error


def _first_line(words: str) -> str:
    return next((line.strip() for line in words.splitlines() if line.strip()), "no reason was given")


def _pg_dump(version: int) -> Path:
    """Return the oldest pg_dump that is not older than the server. Raises PgDumpMissing."""
    on_path = shutil.which("pg_dump")
    found = [Path(name) for place in USUAL_PLACES for name in glob(place)] + ([Path(on_path)] if on_path else [])
    fitting = [(of, program) for program in found if (of := _version_of(program)) is not None and of >= version]
    if not fitting:
        raise PgDumpMissing(version=version)
    return min(fitting)[1]


def _version_of(program: Path) -> int | None:
    try:
        said = subprocess.run(  # noqa: S603
            [program, "--version"], capture_output=True, text=True, check=False
        ).stdout
    except OSError:
        return None
    number = re.search(r"\) (\d+)", said)
    return int(number[1]) if number else None
