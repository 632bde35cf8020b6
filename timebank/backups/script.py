"""Reading a script that pg_dump made: running it on a connection of one's own, or counting its rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import IO

import psycopg
from psycopg.rows import TupleRow

from timebank.backups.container import BLOCK
from timebank.backups.refusals import BackupNotRestored

_COPY = re.compile(rb'COPY (?:\w+|"(?:[^"]|"")+")\.(?P<quote>"?)(?P<table>\w+)(?P=quote) \(.*\) FROM stdin;\n')
_END_OF_ROWS = b"\\.\n"
_LAST_WORDS = b"-- PostgreSQL database dump complete\n"
_SETTING = re.compile(rb"SET (\w+) = .*;\n")
_RIGHT = re.compile(rb"(GRANT|REVOKE|ALTER DEFAULT PRIVILEGES) .*;\n")
_BODY = re.compile(rb"\s+AS (\$\w*\$)")

# Words to psql alone, comments, and the schema, which is there already.
_LEFT_OUT = (b"\\restrict ", b"\\unrestrict ", b"--", b"CREATE SCHEMA ")

# Called with the table and the line that begins its rows; the rows themselves follow.
_ForRows = Callable[[str, bytes, Iterator[bytes]], None]


def run(connection: psycopg.Connection[TupleRow], data: IO[bytes]) -> list[str]:
    """Run the script in the connection's transaction, and return the rights that could not be given again.

    A right is given to a role, and roles belong to a server and not to one database: the server here may have others.
    The connection has its own settings again afterwards. Raises psycopg.Error or BackupNotRestored.
    """
    known = {name.encode() for (name,) in connection.execute("SELECT name FROM pg_settings")}
    rights: list[bytes] = []

    def fill(_table: str, line: bytes, rows: Iterator[bytes]) -> None:
        with connection.cursor().copy(line) as copy:
            for block in rows:
                copy.write(block)

    for statements in _statements(data, fill, rights, known):
        connection.execute(statements)
    connection.execute("RESET ALL")
    return [right.decode().strip() for right in rights if not _given(connection, right)]


def rows(data: IO[bytes]) -> dict[str, int]:
    """Return how many rows of each table the script holds. Raises BackupNotRestored when it is cut short."""
    counts: dict[str, int] = {}

    def count(table: str, _line: bytes, blocks: Iterator[bytes]) -> None:
        counts[table] = sum(block.count(b"\n") for block in blocks)

    for _statements_between in _statements(data, count, [], set()):
        pass
    return counts


def _statements(data: IO[bytes], for_rows: _ForRows, rights: list[bytes], known: set[bytes]) -> Iterator[bytes]:
    """Yield what is between the rows, and give `for_rows` the rows where they come. Rights are put aside."""
    pending: list[bytes] = []
    body, is_whole = b"", False
    for line in data:
        is_whole = is_whole or line == _LAST_WORDS
        if body:
            body = b"" if line.endswith(body + b";\n") else body
        elif begins := _COPY.fullmatch(line):
            yield b"".join(pending)
            pending = []
            for_rows(begins["table"].decode(), line, _until_the_end(data))
            continue
        elif begins := _BODY.match(line):
            body = b"" if line.endswith(begins[1] + b";\n") else begins[1]
        elif _RIGHT.fullmatch(line):
            rights.append(line)
            continue
        elif _means_nothing_here(line, known):
            continue
        pending.append(line)
    if not is_whole:
        raise BackupNotRestored(reason="its script ends too early")
    yield b"".join(pending)


def _means_nothing_here(line: bytes, known: set[bytes]) -> bool:
    """Whether a line is for others: a newer pg_dump sets what an older server does not know."""
    setting = _SETTING.fullmatch(line)
    return line.startswith(_LEFT_OUT) or (setting is not None and setting[1] not in known)


def _until_the_end(data: IO[bytes]) -> Iterator[bytes]:
    """Yield the rows of one table, many at once."""
    block = bytearray()
    for line in data:
        if line == _END_OF_ROWS:
            yield bytes(block)
            return
        block += line
        if len(block) >= BLOCK:
            yield bytes(block)
            block.clear()
    raise BackupNotRestored(reason="its script ends in the middle of a table")


def _given(connection: psycopg.Connection[TupleRow], right: bytes) -> bool:
    try:
        with connection.transaction():
            connection.execute(right)
    except (psycopg.errors.UndefinedObject, psycopg.errors.InsufficientPrivilege):
        return False
    return True
