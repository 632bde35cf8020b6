"""A fair queue of those who want to write to the same SQLite file, whichever thread or process they are in.

SQLite lets a writer sleep longer the longer it has waited, so that whoever comes later is quicker, and whoever wrote
last is quickest: some wait for many seconds. Here all of them line up for a lock on a file beside the database, where
the kernel keeps their order. Only the first in the line asks SQLite, again and again, until it may write, and then
lets the next one be first; it has its turn for a few milliseconds, and lines up again after that. Nobody is first for
longer than the time after which SQLite gives up, so nobody waits much longer. The kernel gives the lock up when its
holder dies. SQLite's own lock still decides who writes; without the file everybody waits as SQLite lets them.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from typing import Any

SQLITE_BUSY_MILLISECONDS = 15_000
QUEUE_SUFFIX = "-queue"

# For how long a connection that had its turn may write again without lining up. Several transactions in a row find
# what they read still in memory; lining up before each would cost up to half of what all of them get done.
TURN_MILLISECONDS = 15

# How long the first in the line sleeps between two looks: shortly in the beginning, and never for more than a small
# part of what it has waited already. Nobody else looks, so sleeping longer makes nobody lose their turn.
SOONEST_MILLISECONDS = 2
LATEST_MILLISECONDS = 10
PART_OF_THE_WAIT = 20

_MILLISECONDS_IN_A_SECOND = 1_000
_NANOSECONDS_IN_A_MILLISECOND = 1_000_000
# The rest of an SQLite code says more closely what this part of it says already.
_PRIMARY = 0xFF


def _milliseconds_since(began: int) -> int:
    return (time.monotonic_ns() - began) // _NANOSECONDS_IN_A_MILLISECOND


class QueueingConnection(sqlite3.Connection):
    """A connection to SQLite that lines up with all other writers before it begins to write."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._queue: int | None = None
        self._turn_ends = 0
        super().__init__(*args, **kwargs)

    def begin_writing(self) -> None:
        """Begin a transaction that writes, when it is this connection's turn.

        Raises sqlite3.OperationalError, "database is locked", when it was not within SQLITE_BUSY_MILLISECONDS.
        """
        if self._queue is None:
            self._queue = self._open_queue()
        if self._queue is None:
            self.execute("BEGIN IMMEDIATE")
            return
        self.execute("PRAGMA busy_timeout = 0")
        try:
            if not self._still_has_its_turn():
                self._line_up(self._queue)
        finally:
            self.execute(f"PRAGMA busy_timeout = {SQLITE_BUSY_MILLISECONDS}")

    def _still_has_its_turn(self) -> bool:
        """Begin if this connection's turn is not over and nobody else writes, and return whether it began."""
        return time.monotonic_ns() < self._turn_ends and self._begin()

    def _line_up(self, queue: int) -> None:
        began = time.monotonic_ns()
        fcntl.flock(queue, fcntl.LOCK_EX)
        try:
            while not self._begin(or_give_up=_milliseconds_since(began) >= SQLITE_BUSY_MILLISECONDS):
                pause = min(
                    max(_milliseconds_since(began) // PART_OF_THE_WAIT, SOONEST_MILLISECONDS), LATEST_MILLISECONDS
                )
                time.sleep(pause / _MILLISECONDS_IN_A_SECOND)
        finally:
            fcntl.flock(queue, fcntl.LOCK_UN)
        self._turn_ends = time.monotonic_ns() + TURN_MILLISECONDS * _NANOSECONDS_IN_A_MILLISECOND

    def _begin(self, *, or_give_up: bool = False) -> bool:
        """Ask SQLite once. Returns False while somebody else writes, or raises what SQLite says."""
        try:
            self.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if or_give_up or error.sqlite_errorcode & _PRIMARY != sqlite3.SQLITE_BUSY:
                raise
            return False
        return True

    def close(self) -> None:
        """Close the connection, and the queue's file."""
        try:
            super().close()
        finally:
            if self._queue is not None:
                os.close(self._queue)
                self._queue = None

    def _open_queue(self) -> int | None:
        """Open the file that is locked, made with the database's owner and rights; None where there is none.

        A database in memory has no other writers, and beside one on a full or read-only disk no file can be made.
        """
        (path,) = (row[2] for row in self.execute("PRAGMA database_list") if row[1] == "main")
        if not path:
            return None
        try:
            return _open_beside(path)
        except OSError:
            return None


def _open_beside(path: str) -> int:
    """Open the queue's file. Whoever may read the database may lock it; its content is nothing."""
    name = path + QUEUE_SUFFIX
    try:
        return os.open(name, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        handle = os.open(name, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    database = os.stat(path)
    os.fchmod(handle, database.st_mode & 0o777)
    if os.geteuid() == 0:
        os.fchown(handle, database.st_uid, database.st_gid)
    return handle
