"""The audit as a table for spreadsheets, in pieces, so that it is never in memory as a whole."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from timebank.audit.models import AuditRecord
from timebank.banks.models import Bank
from timebank.exports.spreadsheet import neutralised
from timebank.oversight import queries
from timebank.oversight.pages import ShownRecord, show_records, when
from timebank.oversight.queries import AuditFilter

COLUMNS = (
    "at",
    "who",
    "number",
    "what",
    "in_words",
    "before_and_after",
    "on_what",
    "reference",
    "came_from",
    "request",
)
RECORDS_AT_ONCE = 500

# With this mark in front, Excel reads names in any script as they are.
_MARK = "\ufeff"


def pieces(bank: Bank, wanted: AuditFilter) -> Iterator[str]:
    """Yield the names of the columns, and then the records that are wanted, newest first."""
    yield _MARK + _lines([COLUMNS])
    last: AuditRecord | None = None
    while found := queries.records_before(
        bank, wanted, before=(last.at, last.id) if last is not None else None, limit=RECORDS_AT_ONCE
    ):
        yield _lines([_row(bank, shown) for shown in show_records(bank, found)])
        last = found[-1]


def _row(bank: Bank, shown: ShownRecord) -> tuple[str, ...]:
    record = shown.record
    return (
        when(bank, record.at),
        shown.who,
        shown.who_number,
        shown.name,
        shown.sentence,
        "; ".join(shown.changes),
        record.on_what,
        record.reference,
        record.came_from,
        record.request_reference or "",
    )


def _lines(rows: list[tuple[str, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([neutralised(cell) for cell in row] for row in rows)
    return text.getvalue()
