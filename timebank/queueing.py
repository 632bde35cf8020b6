"""A fair queue of those who want to write to the same SQLite file, whichever thread or process they are in.

SQLite lets a writer sleep longer the longer it has waited, so that whoever comes later is quicker, and whoever wrote
last is quickest: some wait for many seconds. Here all of them line up for a lock on a file beside the database, where
the kernel keeps their order. Only the first in the line asks SQLite, again and again, until it may write, and then
lets the next one be first. Nobody is first for longer than the time after which SQLite gives up, so nobody waits much
longer. The kernel gives the lock up when its holder dies. SQLite's own lock still decides who writes; without the
file everybody waits as SQLite lets them.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from typing import Any

SQLITE_BUSY_MILLISECONDS = 15_000
QUEUE_SUFFIX = "-queue"

# How long the first in the line sleeps between two looks: shortly in the beginning, and never for more than a small
# part of what it has waited already. Nobody else looks, so sleeping longer makes nobody lose their turn.
SOONEST_MICROSECONDS = 100
LATEST_MICROSECONDS = 10_000
PART_OF_THE_WAIT = 20

_NANOSECONDS_IN_A_MICROSECOND = 1_000
_MICROSECONDS_IN_A_SECOND = 1_000_000


class QueueingConnection(sqlite3.Connection):
    """A connection to SQLite that lines up with all other writers before it begins to write."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._queue: int | None = None
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
        began = time.monotonic_ns()
        fcntl.flock(self._queue, fcntl.LOCK_EX)
        try:
            self._begin_as_first(began)
        finally:
            fcntl.flock(self._queue, fcntl.LOCK_UN)

    def _begin_as_first(self, began: int) -> None:
        self.execute("PRAGMA busy_timeout = 0")
        try:
            while True:
                try:
                    self.execute("BEGIN IMMEDIATE")
                except sqlite3.OperationalError as error:
                    waited = (time.monotonic_ns() - began) // _NANOSECONDS_IN_A_MICROSECOND
                    is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                    if not is_busy or waited >= SQLITE_BUSY_MILLISECONDS * 1_000:
                        raise
                    pause = min(max(waited // PART_OF_THE_WAIT, SOONEST_MICROSECONDS), LATEST_MICROSECONDS)
                    time.sleep(pause / _MICROSECONDS_IN_A_SECOND)
                else:
                    return
        finally:
            self.execute(f"PRAGMA busy_timeout = {SQLITE_BUSY_MILLISECONDS}")

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
