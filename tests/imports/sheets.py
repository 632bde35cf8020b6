"""Spreadsheets for tests, and everything that the database holds, to see whether loading one changed it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping

from click.testing import Result
from sqlalchemy import select

from timebank.extensions import db

EXCHANGE = {"id": "x1", "happened_on": "2025-11-09", "giver": "0001", "receiver": "0002", "hours": "1"}


def sheet(rows: Iterable[Mapping[str, object]], *, delimiter: str = ",", columns: Iterable[str] = ()) -> str:
    """Return the rows as CSV, with a column for every name that any of them uses."""
    rows = list(rows)
    names = list(columns) or list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, names, restval="", delimiter=delimiter, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def exchange(count: int, **cells: object) -> dict[str, object]:
    """Return a good line of an hour, under an id of its own."""
    return EXCHANGE | {"id": f"x{count}"} | cells


def member(count: int, **cells: object) -> dict[str, object]:
    """Return a good line about somebody who has a number of their own."""
    return {"number": f"{count:04d}", "name": f"Member {count}"} | cells


def everything() -> dict[str, list[str]]:
    """Return every row of every table."""
    return {
        table.name: sorted(repr(row) for row in db.session.execute(select(table)))
        for table in db.metadata.sorted_tables
    }


def reasons(result: Result) -> list[str]:
    """Return what is said of each line, without what is said in the end."""
    return result.stderr.splitlines()[:-1]
