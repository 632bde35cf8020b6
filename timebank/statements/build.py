"""From entries to a statement. Pure: it asks nobody, and the same lines give the same statement."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from timebank.ledger.models import Book, TransferKind
from timebank.ledger.months import Month


@dataclass(frozen=True)
class Line:
    """One entry, with the words for it. Minutes are signed: above 0 came in, below 0 went out."""

    effective_on: dt.date
    happened_on: dt.date
    minutes: int
    kind: TransferKind
    with_whom: str
    what: str
    href_reference: str | None = None
    is_help: bool = True
    is_reversed: bool = False
    note: str = ""


@dataclass(frozen=True)
class StatementLine:
    """A line with the balance after it, in the statement's own order."""

    line: Line
    balance_minutes: int

    @property
    def in_minutes(self) -> int:
        """Minutes that came in, or 0."""
        return max(self.line.minutes, 0)

    @property
    def out_minutes(self) -> int:
        """Minutes that went out, or 0."""
        return max(-self.line.minutes, 0)

    @property
    def is_late(self) -> bool:
        """Whether it happened on a day of a month that was closed before it was posted."""
        return Month.of(self.line.happened_on) != Month.of(self.line.effective_on)


@dataclass(frozen=True)
class BookStatement:
    """One book's part of a statement."""

    book: Book
    opening_minutes: int
    lines: tuple[StatementLine, ...]
    in_minutes: int
    out_minutes: int
    given_minutes: int
    received_minutes: int

    @property
    def closing_minutes(self) -> int:
        """What the account held when the month ended."""
        return self.opening_minutes + self.in_minutes - self.out_minutes


@dataclass(frozen=True)
class SealShown:
    """The seal of the bank's ledger when the month was closed, or the last one while it is open.

    Whoever keeps the statement keeps it, and can show later that the ledger is still the same: `flask ledger verify
    --head`.
    """

    number: int
    digest: str
    sealed_on: dt.date

    @property
    def in_writing(self) -> str:
        """The first half of the digest in groups of four, which is enough to know it by and can be read out."""
        return " ".join(self.digest[at : at + 4] for at in range(0, 32, 4))


@dataclass(frozen=True)
class Issue:
    """As what the statement of a closed month was issued: which time, with which code, and on which day."""

    number: int
    code: str
    issued_on: dt.date
    reason: str = ""

    @property
    def code_in_writing(self) -> str:
        """The code in groups of four, as it is printed and typed."""
        return "-".join(self.code[at : at + 4] for at in range(0, len(self.code), 4))


@dataclass(frozen=True)
class Thanks:
    """What somebody who received help says to whoever gave it."""

    from_whom: str
    words: str
    happened_on: dt.date


@dataclass(frozen=True)
class HelpInMonth:
    """Help that an account gave and received in one month, in both books together, in minutes."""

    month: Month
    given_minutes: int
    received_minutes: int


@dataclass(frozen=True)
class CommunityLine:
    """What the community account did in the month, in minutes: what came in, what was granted, what it holds."""

    in_minutes: int
    out_minutes: int
    closing_minutes: int


@dataclass(frozen=True)
class Statement:
    """An account's entries of one month in both books."""

    number: str
    name: str
    month: Month
    books: tuple[BookStatement, ...]
    seal: SealShown | None = None
    bank_name: str = ""
    issue: Issue | None = None
    # The last twelve months, oldest first; the last of them is this statement's.
    twelve_months: tuple[HelpInMonth, ...] = ()
    community: CommunityLine | None = None
    message: str = ""
    thanks: tuple[Thanks, ...] = ()

    @property
    def this_year(self) -> tuple[HelpInMonth, ...]:
        """The months of this calendar year so far."""
        return tuple(help_ for help_ in self.twelve_months if help_.month.year == self.month.year)

    def book(self, book: Book) -> BookStatement:
        """Return one book's part."""
        return next(part for part in self.books if part.book == book)


def build_book(book: Book, *, opening_minutes: int, lines: Iterable[Line]) -> BookStatement:
    """Return one book's part of a statement, from the balance before the month and its entries in order.

    Help given is what came in for help, and help received what went out for it; a reversal takes off what it reverses.
    Donations, grants, opening credit, and what is left of a class for the community, move hours too, but are neither.
    """
    balance, in_minutes, out_minutes, given, received = opening_minutes, 0, 0, 0, 0
    numbered = []
    for line in lines:
        balance += line.minutes
        numbered.append(StatementLine(line=line, balance_minutes=balance))
        in_minutes += max(line.minutes, 0)
        out_minutes += max(-line.minutes, 0)
        if not line.is_help or line.kind in (TransferKind.DONATION, TransferKind.GRANT, TransferKind.OPENING):
            continue
        if line.kind == TransferKind.REVERSAL:
            given -= max(-line.minutes, 0)
            received -= max(line.minutes, 0)
        else:
            given += max(line.minutes, 0)
            received += max(-line.minutes, 0)
    return BookStatement(
        book=book,
        opening_minutes=opening_minutes,
        lines=tuple(numbered),
        in_minutes=in_minutes,
        out_minutes=out_minutes,
        given_minutes=given,
        received_minutes=received,
    )
