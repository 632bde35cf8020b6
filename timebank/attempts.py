"""Do something again when others were in the way in the database, and tell apart what may be done again.

Everything here turns on one question: can what was asked for have been committed? Until a COMMIT is sent, it cannot,
and the whole of it may be done again in a new transaction. docs/adr/0008 has the cases.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, PendingRollbackError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoFreeConnection

from timebank.extensions import db

Result = TypeVar("Result")

MOST_ATTEMPTS = 6
# Whoever has waited this long is told, rather than made to wait again.
SECONDS_UNTIL_THE_LAST_ATTEMPT = 10
# The pause before the second attempt, by chance up to this; before each later one up to twice as long.
FIRST_PAUSE_MILLISECONDS = 20

_MILLISECONDS = 1_000


class Trouble(StrEnum):
    """What keeps the database from doing what it was asked, though nothing is wrong with the asking."""

    BUSY = "busy"
    LOST = "connection lost"
    AWAY = "away"
    FULL = "disk full"
    READ_ONLY = "read-only"


# Nothing was committed, and by the next attempt it is likely to have passed.
PASSING = frozenset({Trouble.BUSY, Trouble.LOST})

# The database itself answered no: whatever it was asked, a COMMIT too, was not done.
REFUSALS = frozenset({Trouble.BUSY, Trouble.FULL, Trouble.READ_ONLY})

_BY_SQLSTATE = {
    "40001": Trouble.BUSY,  # serialization failure
    "40P01": Trouble.BUSY,  # deadlock
    "55P03": Trouble.BUSY,  # a lock that was not to be waited for any longer
    "53300": Trouble.BUSY,  # too many connections
    "53100": Trouble.FULL,
    "25006": Trouble.READ_ONLY,
}

_BY_SQLITE_CODE = {
    sqlite3.SQLITE_BUSY: Trouble.BUSY,
    sqlite3.SQLITE_LOCKED: Trouble.BUSY,
    sqlite3.SQLITE_FULL: Trouble.FULL,
    sqlite3.SQLITE_READONLY: Trouble.READ_ONLY,
}
# The rest of an SQLite code says more closely what this part of it says already.
_PRIMARY = 0xFF


class DatabaseTrouble(Exception):
    """The database could not do it, within the attempts that there are. Nothing is half done.

    `nothing_is_kept` is False where something was committed before, or where a COMMIT was sent and its answer was lost:
    then what it was to keep is there as a whole, or not at all.
    """

    NOT_DONE = _l("The time bank is very busy, or its database is away for a moment. Nothing was changed.")
    NOT_KNOWN = _l(
        "The database went away at the last moment. Either all of it was kept, or nothing: look before again."
    )

    def __init__(self, trouble: Trouble, *, nothing_is_kept: bool, attempts: int) -> None:
        self.trouble, self.nothing_is_kept, self.attempts = trouble, nothing_is_kept, attempts
        super().__init__(trouble.value)

    @property
    def text(self) -> str:
        """What to tell people, in the reader's language."""
        return str(self.NOT_DONE if self.nothing_is_kept else self.NOT_KNOWN)


@dataclass
class _Attempt:
    """What became of the COMMITs of one attempt, and of those inside it."""

    within: _Attempt | None
    committed: bool = False
    unanswered: bool = False

    def up(self) -> Iterator[_Attempt]:
        """Yield this attempt and each that it is part of."""
        attempt: _Attempt | None = self
        while attempt is not None:
            yield attempt
            attempt = attempt.within


_current: ContextVar[_Attempt | None] = ContextVar("attempt", default=None)


def watch(engine: Engine) -> None:
    """Notice every COMMIT that is sent to this database, and every one that is answered."""

    @event.listens_for(engine, "begin")
    def commit_was_answered(_connection: Connection) -> None:
        # Whoever begins anew has seen the end of what was before; a session says so itself, a connection does not.
        _commit_is_answered(None)

    @event.listens_for(engine, "commit")
    def commit_is_sent(_connection: Connection) -> None:
        for attempt in _attempts():
            attempt.unanswered = True


@event.listens_for(db.session, "after_commit")
def _commit_is_answered(_session: Any) -> None:
    for attempt in _attempts():
        if attempt.unanswered:
            attempt.committed, attempt.unanswered = True, False


def _attempts() -> Iterator[_Attempt]:
    attempt = _current.get()
    return iter(()) if attempt is None else attempt.up()


def attempted(
    act: Callable[[], Result],
    *,
    passing: frozenset[Trouble] = PASSING,
    before_again: Callable[[Trouble], None] | None = None,
) -> Result:
    """Return what `act` returns; do it again, from the beginning and in a new transaction, where that can help.

    It is done again only while nothing of it was committed and no COMMIT was sent. `before_again` sets right what the
    attempt before changed outside the database. Raises DatabaseTrouble, and what `act` raises for other reasons.
    """
    began = time.monotonic()
    for number in range(1, MOST_ATTEMPTS + 1):
        attempt = _Attempt(within=_current.get())
        token = _current.set(attempt)
        try:
            return act()
        except DatabaseTrouble:
            # What was tried inside has had its attempts.
            let_go()
            raise
        except SQLAlchemyError as error:
            trouble = trouble_of(error)
            let_go()
            if trouble is None:
                raise
            is_last = number == MOST_ATTEMPTS or time.monotonic() - began > SECONDS_UNTIL_THE_LAST_ATTEMPT
            nothing_is_kept = not attempt.committed and (not attempt.unanswered or trouble in REFUSALS)
            if is_last or trouble not in passing or not nothing_is_kept:
                raise DatabaseTrouble(trouble, nothing_is_kept=nothing_is_kept, attempts=number) from error
        finally:
            _current.reset(token)
        time.sleep(random.randint(0, FIRST_PAUSE_MILLISECONDS << (number - 1)) / _MILLISECONDS)  # noqa: S311
        if before_again is not None:
            before_again(trouble)
    raise AssertionError("the last attempt returns or raises")


def let_go() -> None:
    """Roll back, also where the connection is in no state to; the next transaction begins on a good one."""
    try:
        db.session.rollback()
    except SQLAlchemyError:
        db.session().invalidate()


def trouble_of(error: BaseException) -> Trouble | None:
    """Return what the database's trouble is, or None where the error is about what it was asked."""
    if not isinstance(error, SQLAlchemyError) or isinstance(error, IntegrityError):
        return None
    for cause in _causes(error):
        if (trouble := _trouble_itself(cause)) is not None:
            return trouble
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the error, and those behind it: rolling back a lost connection fails in a way of its own."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _trouble_itself(error: BaseException) -> Trouble | None:
    if isinstance(error, NoFreeConnection):
        return Trouble.BUSY
    if isinstance(error, PendingRollbackError):
        return Trouble.LOST if "Can't reconnect" in str(error) else None
    if not isinstance(error, DBAPIError):
        return None
    if (said := _said(error.orig)) is not None:
        return said
    if error.connection_invalidated:
        return Trouble.LOST
    return Trouble.AWAY if isinstance(error, OperationalError) else None


def _said(driver_error: BaseException | None) -> Trouble | None:
    """Return what the database's own code says."""
    code = getattr(driver_error, "sqlite_errorcode", None)
    if code is not None:
        return _BY_SQLITE_CODE.get(code & _PRIMARY)
    return _BY_SQLSTATE.get(getattr(driver_error, "sqlstate", None) or "")
