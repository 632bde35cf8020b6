"""A table for spreadsheets: one row for each transfer. docs/exports.md says what the columns mean."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from timebank.exports import queries
from timebank.exports.contents import Contents
from timebank.exports.names import moment

COLUMNS = (
    "bank",
    "transfer",
    "book",
    "kind",
    "from_number",
    "to_number",
    "minutes",
    "happened_on",
    "effective_on",
    "posted_at",
    "linked_by",
    "reverses",
)

# What a spreadsheet would take for a formula; and the apostrophe, so that taking one off gives back every cell.
_NEUTRALISED = ("=", "+", "-", "@", "\t", "\r", "'")


def text_of(contents: Contents) -> Iterator[str]:
    """Yield the table in pieces: the names of the columns, then each transfer."""
    numbers = {id_: neutralised(account.number) for id_, account in contents.accounts.items()}
    yield _line(COLUMNS)
    for row in queries.every_transfer(contents.bank_id):
        yield _line(
            (
                contents.bank_code,
                row.id,
                row.book,
                row.kind,
                numbers[row.from_account_id],
                numbers[row.to_account_id],
                row.minutes,
                row.happened_on,
                row.effective_on,
                moment(row.posted_at),
                neutralised(row.linked_by),
                row.reverses_id,
            )
        )


def neutralised(cell: str) -> str:
    """Return the cell with an apostrophe in front of what a spreadsheet would take for a formula."""
    return f"'{cell}" if cell.startswith(_NEUTRALISED) else cell


def _line(cells: tuple[object, ...]) -> str:
    line = io.StringIO()
    # Only with both signs at the end does the writer put quotes around a cell that has one of them in it.
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().removesuffix("\r\n") + "\n"
