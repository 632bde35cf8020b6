"""Overwrite in the file of the database what was deleted or changed there."""

from __future__ import annotations

import sqlite3

from timebank.extensions import db


def scrub() -> bool:
    """Write SQLite's file anew without what was freed in it, and empty its log.

    Nothing may be open in this session. Returns False where others were in the way, and it has to be done again. On
    PostgreSQL nothing is done: what was freed is gone when its VACUUM, which runs by itself, has been there and the
    place is used again.
    """
    if db.engine.dialect.name != "sqlite":
        return True
    borrowed = db.engine.raw_connection()
    try:
        connection = borrowed.driver_connection
        assert isinstance(connection, sqlite3.Connection)
        connection.execute("VACUUM")
        blocked, _in_log, _moved = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not blocked
    except sqlite3.OperationalError:
        return False
    finally:
        borrowed.close()
