"""Rows of a CSV file, each with the number of its line, and what is wrong with them."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from timebank.errors import RuleBroken
from timebank.ledger.months import FIRST_YEAR as EARLIEST_YEAR

ROWS_AT_ONCE = 1000

_ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00)?)?", re.ASCII)
_SEPARATOR = re.compile(r"sep=.", re.IGNORECASE)
_WRITTEN_DAY = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})", re.ASCII)

# Signs that steer a terminal or end a text; the ends of lines and tabs are none of them.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")

YES = frozenset({"yes", "y", "true", "1", "x"})
NO = frozenset({"", "no", "n", "false", "0"})


class FileUnreadable(RuleBroken):
    """The file is not a table that can be read."""

    message = _l("%(reason)s")


class CellUnfit(RuleBroken):
    """What stands in a cell cannot be read."""

    message = _l("%(reason)s")

    def __init__(self, column: str, reason: str) -> None:
        self.field = column
        super().__init__(reason=reason)


@dataclass(frozen=True)
class Problem:
    """What is wrong, in which line and column."""

    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        return gettext(
            "line %(line)s, column %(column)s: %(reason)s", line=self.line, column=self.column, reason=self.reason
        )


@dataclass(frozen=True)
class Row:
    """One line of the table, by the names of its columns."""

    line: int
    cells: dict[str, str]

    def get(self, column: str) -> str:
        """Return what stands in the column, without surrounding space; nothing where the file has no such column."""
        return self.cells.get(column, "")

    def day(self, column: str) -> dt.date:
        """Return the day in the column, written 2025-11-09 or 9/11/2025. Raises CellUnfit."""
        text = self.get(column)
        if match := _ISO_DAY.fullmatch(text):
            year, month, day = match.groups()
        elif match := _WRITTEN_DAY.fullmatch(text):
            day, month, year = match.groups()
        else:
            raise CellUnfit(column, gettext("write the day like 2025-11-09 or 9/11/2025"))
        if int(year) < EARLIEST_YEAR:
            raise CellUnfit(column, gettext("check the year: %(text)s", text=text))
        try:
            return dt.date(int(year), int(month), int(day))
        except ValueError:
            raise CellUnfit(column, gettext("there is no such day in the calendar: %(text)s", text=text)) from None

    def yes_or_no(self, column: str) -> bool:
        """Return whether the column says yes. Raises CellUnfit."""
        text = self.get(column).casefold()
        if text in YES:
            return True
        if text in NO:
            return False
        raise CellUnfit(column, gettext("write yes or no"))


class Table:
    """A CSV file with a header row, read a line at a time."""

    def __init__(self, path: Path, *, needed: Sequence[str], known: Sequence[str]) -> None:
        self.path, self.needed, self.known = path, needed, known
        self.unknown: list[str] = []
        # Some lines cannot be read at all; they are kept here while the others go on.
        self.problems: list[Problem] = []

    def rows(self) -> Iterator[Row]:
        """Yield the rows that can be read. Raises FileUnreadable when the file as a whole cannot."""
        try:
            yield from self._rows()
        except UnicodeDecodeError:
            raise FileUnreadable(reason=gettext("The file is not UTF-8. Save it as “CSV UTF-8”")) from None
        except csv.Error as error:
            raise FileUnreadable(reason=gettext("The file is not a CSV table: %(error)s", error=error)) from None

    def _rows(self) -> Iterator[Row]:
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            says_separator = bool(_SEPARATOR.fullmatch(first.strip()))
            header = file.readline() if says_separator else first
            file.seek(0)
            reader = csv.reader(file, delimiter=_delimiter(header), strict=True)
            if says_separator:
                # Excel's way to say what separates the columns, which the header shows as well.
                next(reader)
            columns = self._columns(next(reader, []))
            line = reader.line_num + 1
            for cells in reader:
                begins, line = line, reader.line_num + 1
                if not any(cell.strip() for cell in cells):
                    continue
                if len(cells) > len(columns):
                    self.problems.append(
                        Problem(begins, columns[-1], gettext("there are more cells than columns in this line"))
                    )
                    continue
                unfit = [name for name, cell in zip(columns, cells, strict=False) if _CONTROL.search(cell)]
                if unfit:
                    self.problems.append(Problem(begins, unfit[0], gettext("there is a sign that cannot be kept")))
                    continue
                yield Row(begins, {name: cell.strip() for name, cell in zip(columns, cells, strict=False)})

    def _columns(self, header: list[str]) -> list[str]:
        columns = [name.strip().casefold().replace(" ", "_") for name in header]
        missing = [name for name in self.needed if name not in columns]
        if missing:
            raise FileUnreadable(
                reason=gettext("line 1: these columns are missing: %(columns)s", columns=", ".join(missing))
            )
        twice = sorted({name for name in columns if columns.count(name) > 1 and name in self.known})
        if twice:
            raise FileUnreadable(
                reason=gettext("line 1: these columns are there twice: %(columns)s", columns=", ".join(twice))
            )
        self.unknown = [name for name in columns if name and name not in self.known]
        return columns


def _delimiter(first_line: str) -> str:
    """Return what separates the columns: spreadsheets use a semicolon where a comma is the decimal sign."""
    return max(",;\t", key=first_line.count)


def digest(*parts: object) -> str:
    """Return a digest of what a row says, to know it again."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()
