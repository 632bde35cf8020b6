"""One statement as a table, for spreadsheets. docs/exports.md says what the columns mean.

Every amount is in whole minutes. A length of time below nothing is something that no spreadsheet can show, so hours
stand beside the minutes as text.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator

import xlsxwriter

from timebank.exports.spreadsheet import neutralised
from timebank.hours import in_figures
from timebank.statements.build import BookStatement, Statement

COLUMNS = (
    "bank",
    "account",
    "month",
    "book",
    "line",
    "effective_on",
    "happened_on",
    "with",
    "what",
    "note",
    "kind",
    "minutes",
    "balance_minutes",
    "hours",
    "balance_hours",
)

Cell = str | int | None


def rows_of(statement: Statement, *, bank_code: str) -> Iterator[tuple[Cell, ...]]:
    """Yield the rows of the table, below the names of the columns."""
    whose = (bank_code, statement.number, str(statement.month))
    for part in statement.books:
        for row in _rows_of_book(part, statement):
            yield (*whose, part.book.value, *row)
    for each in statement.twelve_months:
        for line, minutes in (("month given", each.given_minutes), ("month received", each.received_minutes)):
            yield (*whose, "", *_amount(line, minutes, day=str(each.month)))
    if statement.community is not None:
        community = statement.community
        for line, minutes in (
            ("community in", community.in_minutes),
            ("community out", community.out_minutes),
            ("community closing", community.closing_minutes),
        ):
            yield (*whose, "", *_amount(line, minutes))


def _rows_of_book(part: BookStatement, statement: Statement) -> Iterator[tuple[Cell, ...]]:
    first_day, last_day = statement.month.first_day.isoformat(), statement.month.last_day.isoformat()
    yield _balance("opening", part.opening_minutes, day=first_day)
    for line in part.lines:
        entry = line.line
        yield (
            "entry",
            entry.effective_on.isoformat(),
            entry.happened_on.isoformat(),
            entry.with_whom,
            entry.what,
            entry.note,
            entry.kind.value,
            entry.minutes,
            line.balance_minutes,
            in_figures(entry.minutes),
            in_figures(line.balance_minutes),
        )
    for name, minutes in (
        ("total in", part.in_minutes),
        ("total out", part.out_minutes),
        ("help given", part.given_minutes),
        ("help received", part.received_minutes),
    ):
        yield _amount(name, minutes)
    yield _balance("closing", part.closing_minutes, day=last_day)


def _balance(line: str, minutes: int, *, day: str) -> tuple[Cell, ...]:
    return (line, day, "", "", "", "", "", None, minutes, "", in_figures(minutes))


def _amount(line: str, minutes: int, *, day: str = "") -> tuple[Cell, ...]:
    return (line, day, "", "", "", "", "", minutes, None, in_figures(minutes), "")


def csv_of(statement: Statement, *, bank_code: str) -> bytes:
    """Return the table as CSV in UTF-8. What a spreadsheet would take for a formula has an apostrophe in front."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows_of(statement, bank_code=bank_code):
        writer.writerow([neutralised(cell) if isinstance(cell, str) else cell for cell in row])
    # With this mark in front, Excel reads names in any script as they are.
    return text.getvalue().encode("utf-8-sig")


def xlsx_of(statement: Statement, *, bank_code: str) -> bytes:
    """Return the table as a workbook. The same statement gives the same bytes, whenever it is made.

    Texts are written as texts, so that none of them is a formula.
    """
    file = io.BytesIO()
    # One month of one account is little, and nothing of it is left in a folder for passing files.
    workbook = xlsxwriter.Workbook(file, {"in_memory": True})
    # When a workbook is made stands in it: here it is the day on which the month ended.
    workbook.set_properties({"created": dt.datetime.combine(statement.month.last_day, dt.time())})
    sheet = workbook.add_worksheet(str(statement.month))
    bold = workbook.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    sheet.set_column(5, 6, 12)
    sheet.set_column(7, 9, 28)
    for column, name in enumerate(COLUMNS):
        sheet.write_string(0, column, name, bold)
    for number, row in enumerate(rows_of(statement, bank_code=bank_code), start=1):
        for column, cell in enumerate(row):
            if isinstance(cell, str) and cell:
                sheet.write_string(number, column, cell)
            elif isinstance(cell, int):
                sheet.write_number(number, column, cell)
    workbook.close()
    return file.getvalue()
