"""Copying a SQLite database while others write to it, and putting a copy in its place while others have it open.

Both are SQLite's own backup function, in one step. Out of a database it reads everything in one transaction, which in
WAL mode keeps no writer waiting; in several steps it would begin again whenever somebody writes. Into a database it
writes everything in one transaction: a program that has it open sees the old content or the new, and a program that is
killed in the middle leaves the old. A file that is renamed over the old one would be read together with the old one's
log. VACUUM INTO would sort the rows anew and so leave out, and hide, what is damaged in an index.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL
from sqlalchemy.exc import DatabaseError

from timebank.backups import queries, side
from timebank.backups.container import BLOCK, Backup, Sink
from timebank.backups.manifest import Contents
from timebank.backups.places import explained, unfinished
from timebank.backups.refusals import (
    BackupNotRestored,
    DatabaseDamaged,
    DatabaseInMemory,
    DatabaseInUse,
    DatabaseNotSetUp,
    DatabaseUnreadable,
)
from timebank.backups.side import SidePlace

NAME = "timebank.db"
SECONDS_TO_WAIT = 30
BUSY_CODES = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def server() -> str:
    """Return the version of SQLite."""
    return f"SQLite {sqlite3.sqlite_version}"


def file_of(url: URL) -> Path:
    """Return the file that the database is in. Raises DatabaseInMemory."""
    if not url.database or url.database == ":memory:":
        raise DatabaseInMemory()
    return Path(url.database.removeprefix("file:").partition("?")[0])


def copied(url: URL, folder: Path) -> tuple[Path, Contents]:
    """Copy the database into the folder, and return the copy with what is in it.

    Raises DatabaseInMemory, DatabaseNotSetUp, DatabaseDamaged, and OSError when there is not enough room.
    """
    live, copy = file_of(url), folder / NAME
    if not live.is_file() or live.stat().st_size == 0:
        raise DatabaseNotSetUp()
    _make_private(copy)
    try:
        with closing(_connected(live)) as source, closing(sqlite3.connect(copy)) as target:
            # The copy is read again from the beginning before anything relies on it.
            target.execute("PRAGMA synchronous = OFF")
            source.backup(target)
    except sqlite3.Error as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            raise OSError(error.sqlite_errorcode, "the disk is full") from None
        raise DatabaseDamaged(reason=error) from None
    return copy, _looked_into(copy)


def fill(copy: Path, sink: Sink) -> None:
    """Write the copy into the backup."""
    with copy.open("rb") as file:
        while block := file.read(BLOCK):
            sink.write(block)


def looked_into(backup: Backup, folder: Path) -> Contents:
    """Unpack a backup into the folder and return what is in it. Raises DatabaseDamaged and OSError."""
    return _looked_into(_unpacked(backup, folder))


@contextmanager
def restored(backup: Backup, url: URL, *, replace: bool) -> Iterator[SidePlace]:
    """Give the backup as a database in a folder beside the one that it is to replace.

    Raises DatabaseHasData, DatabaseUnreadable, DatabaseInMemory, BackupNotWritten or BackupNotRestored.
    """
    live = file_of(url)
    replaced = _contents(live)
    side.refuse_to_lose(replaced, replace=replace)
    with explained(live.parent), unfinished(live) as folder:
        staged = _unpacked(backup, folder)
        with side.on_file(f"sqlite:///{staged}") as app:
            try:
                yield SidePlace(app, replaced, lambda: _put_in_place(staged, live))
            except DatabaseError as error:
                raise BackupNotRestored(reason=error.orig) from None


def _contents(live: Path) -> Contents:
    if not live.exists():
        return Contents(revision="")
    try:
        with side.on_file(f"sqlite:///{live}") as app, app.app_context():
            return queries.contents()
    except DatabaseError as error:
        raise DatabaseUnreadable(path=live) from error


def _looked_into(copy: Path) -> Contents:
    try:
        with side.on_file(f"sqlite:///{copy}") as app, app.app_context():
            if found := queries.damage():
                raise DatabaseDamaged(reason="; ".join(found))
            return queries.contents()
    except DatabaseError as error:
        raise DatabaseDamaged(reason=error.orig) from None


def _unpacked(backup: Backup, folder: Path) -> Path:
    staged = folder / NAME
    _make_private(staged)
    with backup.data() as data, staged.open("wb") as file:
        while block := data.read(BLOCK):
            file.write(block)
    return staged


def _make_private(path: Path) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _connected(path: Path) -> sqlite3.Connection:
    # Without making a new one where there is none.
    return sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=SECONDS_TO_WAIT)


def _put_in_place(staged: Path, live: Path) -> None:
    """Write the staged database over the live one. Raises DatabaseInUse, DatabaseUnreadable or BackupNotRestored."""
    give_up_at = time.monotonic() + SECONDS_TO_WAIT

    def wait_or_give_up(status: int, _remaining: int, _total: int) -> None:
        if status in BUSY_CODES and time.monotonic() > give_up_at:
            raise DatabaseInUse(reason="somebody is writing to it")

    try:
        with closing(sqlite3.connect(staged)) as source, closing(sqlite3.connect(live, timeout=5)) as target:
            target.execute("PRAGMA journal_mode = WAL")
            target.execute("PRAGMA synchronous = FULL")
            source.backup(target, progress=wait_or_give_up)
            # It is there now. From the log it goes into the file at once if it can; otherwise a later writer does it.
            with suppress(sqlite3.Error):
                target.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode in BUSY_CODES:
            raise DatabaseInUse(reason=error) from None
        if error.sqlite_errorcode in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise DatabaseUnreadable(path=live) from None
        raise BackupNotRestored(reason=error) from None
