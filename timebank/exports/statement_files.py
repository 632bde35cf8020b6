"""A statement as a file, in every format but a page: the same numbers in each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from timebank.exports.statement_journal import journal_of
from timebank.exports.statement_tables import csv_of, xlsx_of
from timebank.statements.build import Statement
from timebank.statements.text import as_letter


@dataclass(frozen=True)
class Whose:
    """What a file says of a statement beside what is in it."""

    bank_code: str
    account_kind: str
    is_own: bool = False
    hides_sign: bool = False


@dataclass(frozen=True)
class Format:
    """A kind of file: how its name ends, what browsers call it, and what makes it."""

    ending: str
    media_type: str
    made: Callable[[Statement, Whose], bytes]


FORMATS = {
    each.ending: each
    for each in (
        Format("csv", "text/csv; charset=utf-8", lambda statement, whose: csv_of(statement, bank_code=whose.bank_code)),
        Format(
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            lambda statement, whose: xlsx_of(statement, bank_code=whose.bank_code),
        ),
        Format(
            "txt",
            "text/plain; charset=utf-8",
            lambda statement, whose: as_letter(statement, is_own=whose.is_own, hides_sign=whose.hides_sign).encode(),
        ),
        Format(
            "journal",
            "text/plain; charset=utf-8",
            lambda statement, whose: journal_of(statement, bank_code=whose.bank_code, account_kind=whose.account_kind),
        ),
    )
}
