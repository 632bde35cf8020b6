"""Flask extensions, made once and given to each application by create_app()."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app, has_request_context, request
from flask_babel import Babel
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import Connection, Engine, MetaData, NullPool, create_engine, event, text
from sqlalchemy.exc import InvalidatePoolError, OperationalError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import ConnectionPoolEntry

from timebank.queueing import SQLITE_BUSY_MILLISECONDS, QueueingConnection

# A server that does not even refuse, such as one behind a cut cable, must not hold a page up for minutes.
SECONDS_TO_CONNECT = 5
# A connection that answered a moment ago is not asked whether it still does: that is a question more before each
# transaction. Should it be lost just then, it is done again at the edge (attempts.py).
SECONDS_UNTIL_ASKED_AGAIN = 3
_USED_AT = "timebank_used_at"
# One for each thread of a process, or those beyond would open one for every request.
CONNECTIONS_KEPT = 16
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Base(DeclarativeBase):
    """The parent of every table; its naming rules let a migration name each constraint on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Database(SQLAlchemy):
    """The databases, with as many connections as a process needs."""

    def _apply_driver_defaults(self, options: dict[str, Any], app: Flask) -> None:
        super()._apply_driver_defaults(options, app)
        if "poolclass" not in options:
            # The one that was used last is taken first, so that few are ever idle.
            options |= {"pool_size": CONNECTIONS_KEPT, "pool_use_lifo": True}


db = Database(model_class=Base)
if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model

migrate = Migrate()
login_manager = LoginManager()
babel = Babel()
csrf = CSRFProtect()
limiter = Limiter(key_func=get_remote_address)


@contextmanager
def owners_connection() -> Iterator[Connection]:
    """Give a transaction of the database's owner, who may do what the application may not; it is committed then."""
    url = current_app.config.get("TIMEBANK_OWNER_DATABASE_URL")
    engine = create_engine(url, poolclass=NullPool) if url else db.engine
    with engine.begin() as connection:
        yield connection


def read_only() -> None:
    """Begin this session's transaction as one that only reads, so that it does not hold SQLite's write lock."""
    db.session.connection(execution_options={"timebank_reads_only": True})


def write_in_passing() -> None:
    """Begin a transaction that writes, though the page that is asked for is only looked at."""
    db.session.connection(execution_options={"timebank_writes": True})


def read_one_moment() -> None:
    """Begin this session's transaction as one that reads everything as it stands at its first question.

    What others commit meanwhile is not seen, and nobody waits for it. SQLite's transactions are so by themselves.
    """
    options: dict[str, Any] = {"timebank_reads_only": True}
    if db.session.get_bind().dialect.name == "postgresql":
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    db.session.connection(execution_options=options)


def look_things_up() -> None:
    """Let PostgreSQL look things up by their indexes until the transaction ends, and count its rows anew.

    What it knows of its tables is from before the transaction, in which a file may fill them; then it reads whole
    tables for each line, and every row that the lines before have changed, in each of its versions.
    """
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text("SET LOCAL enable_seqscan = off"))
        db.session.execute(text("SELECT ledger_count_rows()"))


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def prepare_postgresql(engine: Engine) -> None:
    """Give up soon on a PostgreSQL that does not answer, unless the database's address says how long to wait.

    And ask a connection that was idle for a while whether it is still there, before anybody relies on it. Nothing is
    asked that takes so long that compiling it first would pay.
    """

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, _arguments: Any, named: dict[str, Any]) -> None:
        named.setdefault("connect_timeout", SECONDS_TO_CONNECT)

    @event.listens_for(engine, "connect")
    def compile_nothing(connection: Any, _record: Any) -> None:
        connection.autocommit = True
        connection.execute("SET jit = off")
        connection.autocommit = False

    @event.listens_for(engine, "checkin")
    def used(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info[_USED_AT] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ask_after_a_while(connection: Any, record: ConnectionPoolEntry, _fairy: Any) -> None:
        used_at = record.info.get(_USED_AT)
        if used_at is None or time.monotonic() - used_at < SECONDS_UNTIL_ASKED_AGAIN:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as lost:
            # The others that were open then are lost as well.
            raise InvalidatePoolError() from lost


def prepare_sqlite(engine: Engine) -> None:
    """Give every connection to SQLite the settings that the ledger's guards and concurrent writers rely on.

    `recursive_triggers` makes INSERT OR REPLACE fire the guard against deleting; `BEGIN IMMEDIATE` takes the write
    lock before anything is read, so that two writers queue instead of one failing half-way.
    """

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, _arguments: Any, named: dict[str, Any]) -> None:
        named["factory"] = QueueingConnection

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: QueueingConnection, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout = {SQLITE_BUSY_MILLISECONDS}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "recursive_triggers = ON",
        ):
            connection.execute(f"PRAGMA {pragma}")
        # SQLite's own knows no letters beyond ASCII: ÉCOLE and école would be two names there and one elsewhere.
        connection.create_function("lower", 1, _lower, deterministic=True)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        only_reads = options.get("timebank_reads_only", False)
        if has_request_context() and request.method in SAFE_METHODS and not options.get("timebank_writes", False):
            only_reads = True
        if only_reads:
            connection.exec_driver_sql("BEGIN")
        else:
            _begin_writing(connection)


def _begin_writing(connection: Connection) -> None:
    queueing = connection.connection.driver_connection
    assert isinstance(queueing, QueueingConnection)
    try:
        queueing.begin_writing()
    except sqlite3.OperationalError as busy:
        raise OperationalError("BEGIN IMMEDIATE", None, busy) from busy
