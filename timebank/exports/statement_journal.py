"""One account's month as a journal for hledger and ledger, for those who keep books of their own.

It is written in the order of its days. What was held before comes first, each entry asserts the balance that the
statement shows after it, and the closing balance is asserted in the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from timebank.exports.names import UNITS, account_name
from timebank.ledger.models import TransferKind
from timebank.statements.build import BookStatement, Statement, StatementLine

GIVEN, RECEIVED = "Income:Help given", "Expenses:Help received"
GIFTS, OPENING, OTHER, BEFORE = "Equity:Gifts", "Equity:Opening credit", "Equity:Community", "Equity:Before this month"
_ACCOUNTS = (GIVEN, RECEIVED, GIFTS, OPENING, OTHER, BEFORE)
# What ends a description, or a line.
_ENDS = re.compile(r"[;\s\x00-\x1f\x7f\x85\u2028\u2029]+")


def journal_of(statement: Statement, *, bank_code: str, account_kind: str) -> bytes:
    """Return the journal, in UTF-8. Amounts are whole minutes, those of each book in a unit of its own."""
    own = account_name(account_kind, statement.number)
    parts = [
        f"; Statement of account {_one_line(statement.number)} of the time bank {_one_line(bank_code)}\n"
        f"; Month: {statement.month}\n"
        "; CREDIT and RECORD are whole minutes, in the credit book and in the record book.\n",
        *(f"\ncommodity {unit}\n" for unit in UNITS.values()),
        "\ntag happened_on\n",
        *(f"\naccount {name}\n" for name in (own, *_ACCOUNTS)),
        *(_opening(part, statement, own) for part in statement.books),
        *_entries(statement, own),
        *(_closing(part, statement, own) for part in statement.books),
    ]
    return "".join(parts).encode()


def _opening(part: BookStatement, statement: Statement, own: str) -> str:
    unit, minutes = UNITS[part.book.value], part.opening_minutes
    return (
        f"\n{statement.month.first_day} (before) opening balance\n"
        f"    {own}  {minutes} {unit} = {minutes} {unit}\n"
        f"    {BEFORE}  {-minutes} {unit}\n"
    )


def _closing(part: BookStatement, statement: Statement, own: str) -> str:
    unit = UNITS[part.book.value]
    return (
        f"\n{statement.month.last_day} (closing) closing balance\n    {own}  0 {unit} = {part.closing_minutes} {unit}\n"
    )


def _entries(statement: Statement, own: str) -> Iterator[str]:
    lines = [(part, line) for part in statement.books for line in part.lines]
    # Both books together by day; within a day and a book they stay in the order of the statement.
    for part, line in sorted(lines, key=lambda each: each[1].line.effective_on):
        entry, unit = line.line, UNITS[part.book.value]
        # The kind in front keeps a name that begins with a sign of the program's own from being taken for one.
        yield (
            f"\n{entry.effective_on} ({entry.kind.value}) {_one_line(entry.what)} | {_one_line(entry.with_whom)}\n"
            f"    ; happened_on: {entry.happened_on}\n"
            f"    {own}  {entry.minutes} {unit} = {line.balance_minutes} {unit}\n"
            f"    {_other_side(line)}  {-entry.minutes} {unit}\n"
        )


def _other_side(line: StatementLine) -> str:
    entry = line.line
    if entry.kind == TransferKind.OPENING:
        return OPENING
    if entry.kind in (TransferKind.DONATION, TransferKind.GRANT):
        return GIFTS
    if not entry.is_help:
        return OTHER
    # A reversal goes the other way, and takes off what it reverses.
    return GIVEN if (entry.minutes > 0) == (entry.kind != TransferKind.REVERSAL) else RECEIVED


def _one_line(text: str) -> str:
    return _ENDS.sub(" ", text).strip()
