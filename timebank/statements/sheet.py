"""A statement as the words and figures of its sheets of paper, ready to be set.

Pure: the same statement, letter and wishes give the same words. The language is that of the moment.
"""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import segno
from flask_babel import format_date, gettext

from timebank.hours import in_figures, in_words
from timebank.ledger.models import Book, TransferKind
from timebank.statements import words
from timebank.statements.build import BookStatement, Issue, Statement, StatementLine
from timebank.web.setup import capitalised
from timebank.web.setup import day as day_in_words
from timebank.web.setup import month as month_in_words

# The window of the envelope is not larger.
MOST_LINES_IN_THE_WINDOW = 8


@dataclass(frozen=True)
class Letter:
    """To whom a statement goes, and from whom.

    `name` and `address_lines` stand in the window of the envelope. `is_holders` is whether it is the holder who reads:
    an organisation's statement goes to somebody who answers for it, and says "this account" in place of "you".
    """

    name: str
    address_lines: tuple[str, ...] = ()
    help_contact: str = ""
    bank_address: str = ""
    is_holders: bool = True


@dataclass(frozen=True)
class Printed:
    """How somebody wants their statement.

    `verify_address` is of the page that takes codes; without one there is no square to be photographed. `printed_on` is
    the day that stands on a statement of an open month, which was never issued.
    """

    language: str
    verify_address: str = ""
    large_print: bool = False
    hides_sign: bool = False
    printed_on: dt.date | None = None


def sheet_of(statement: Statement, *, letter: Letter, printed: Printed) -> dict[str, Any]:
    """Return what the sheets of a statement say, in the order in which they say it."""
    return _Sheet(statement, letter, printed).whole()


def title_of(statement: Statement) -> str:
    """Return the title of a statement's file."""
    return gettext(
        "Statement for %(month)s, account %(number)s", month=month_in_words(statement.month), number=statement.number
    )


def balance_of(minutes: int, book: Book, *, hides_sign: bool) -> str:
    """Return a balance in figures, or with words in place of its sign.

    What is recorded can neither be used nor used up, so there it is help received that is more.
    """
    if book == Book.CREDIT or not hides_sign:
        return words.balance(minutes, hides_sign=hides_sign)
    hours = in_figures(abs(minutes))
    return gettext("%(hours)s more received", hours=hours) if minutes < 0 else hours


def balance_in_words(minutes: int) -> str:
    """Return a credit balance as it is read out to its holder, without a sign."""
    if minutes > 0:
        return gettext("%(hours)s to use", hours=in_words(minutes))
    if minutes < 0:
        return gettext("%(hours)s more used than came in", hours=in_words(minutes))
    return gettext("Even: as much came in as was used")


@dataclass(frozen=True)
class _Sheet:
    statement: Statement
    letter: Letter
    printed: Printed

    def whole(self) -> dict[str, Any]:
        statement, letter = self.statement, self.letter
        lines = [*letter.bank_address.splitlines()]
        if letter.help_contact:
            lines.append(gettext("Help: %(contact)s", contact=letter.help_contact))
        return {
            "bank": {"name": statement.bank_name, "lines": lines},
            "window": _window(letter),
            "folds": bool(letter.address_lines),
            "facts": self._facts(),
            "heading": gettext("Statement for %(month)s", month=self._month),
            "not-final": self._not_final(),
            "message": self._message(),
            "books": [self._book(part) for part in statement.books],
            "thanks": self._thanks(),
            "year": self._year(),
            "community": self._community(),
            "reading": gettext("Hours are written as hours and minutes: 1:30 is one and a half hours."),
            "proof": self._proof(),
            "seal": self._seal() if self.statement.issue is None else None,
            "footer": gettext("Account %(number)s, %(month)s", number=statement.number, month=self._month),
            "page": gettext("Page %(page)s of %(pages)s", page="{page}", pages="{pages}"),
        }

    @property
    def _month(self) -> str:
        return month_in_words(self.statement.month)

    def _facts(self) -> list[tuple[str, str]]:
        statement = self.statement
        first, last = statement.month.first_day, statement.month.last_day
        facts = [
            (gettext("Account holder"), statement.name),
            (gettext("Account number"), statement.number),
            (gettext("From"), day_in_words(first)),
            (gettext("To"), day_in_words(last)),
        ]
        if statement.issue is not None:
            facts.append((gettext("Issued on"), day_in_words(statement.issue.issued_on)))
            facts.append((gettext("Issue"), str(statement.issue.number)))
        elif self.printed.printed_on is not None:
            facts.append((gettext("Printed on"), day_in_words(self.printed.printed_on)))
        return facts

    def _not_final(self) -> str | None:
        if self.statement.issue is not None:
            return None
        return gettext(
            "This statement is not final. It shows what was in the ledger when it was made, hours may still be added, "
            "and it carries no code that proves it. The statement that counts is issued when the month is closed."
        )

    def _message(self) -> dict[str, Any] | None:
        if not self.statement.message:
            return None
        lines = [line for line in self.statement.message.splitlines() if line.strip()]
        return {
            "heading": gettext("A message from your coordinator")
            if self.letter.is_holders
            else gettext("The coordinator’s message"),
            "lines": lines,
        }

    def _book(self, part: BookStatement) -> dict[str, Any]:
        is_record = part.book == Book.RECORD
        is_empty = not (part.lines or part.opening_minutes or part.closing_minutes)
        nothing = gettext("Nothing is recorded in this month.")
        if not is_record:
            nothing = gettext("No credit hours came in or went out in this month.")
        still = gettext("Nothing came in or went out in this month, so the balance stays as it was.")
        reversal = any(line.line.kind == TransferKind.REVERSAL for line in part.lines)
        return {
            "heading": gettext("Recorded hours") if is_record else gettext("Credit hours"),
            "intro": _about_recorded_hours() if is_record else None,
            "meaning": None if is_record else self._meaning(part.closing_minutes),
            "empty": nothing if is_empty else None,
            "figures": None if is_empty else self._figures(part),
            "still": still if not is_empty and not part.lines else None,
            "table": self._table(part) if part.lines else None,
            "note": _about_reversals() if reversal else None,
        }

    def _meaning(self, minutes: int) -> str:
        month, hours = self._month, in_words(minutes)
        if self.letter.is_holders:
            if minutes > 0:
                return gettext("At the end of %(month)s you had %(hours)s to use.", month=month, hours=hours)
            if minutes < 0:
                return gettext(
                    "At the end of %(month)s you had used %(hours)s more than came in.", month=month, hours=hours
                )
            return gettext(
                "At the end of %(month)s your hours were even: as much had come in as you had used.", month=month
            )
        if minutes > 0:
            return gettext("At the end of %(month)s this account had %(hours)s to use.", month=month, hours=hours)
        if minutes < 0:
            return gettext(
                "At the end of %(month)s this account had used %(hours)s more than came in.", month=month, hours=hours
            )
        return gettext(
            "At the end of %(month)s the hours of this account were even: as much had come in as gone out.", month=month
        )

    def _figures(self, part: BookStatement) -> list[dict[str, Any]]:
        given = gettext("Help you gave") if self.letter.is_holders else gettext("Help given")
        received = gettext("Help you received") if self.letter.is_holders else gettext("Help received")
        # Gifts, opening credit and the like move hours too; with them the figures add up.
        other = part.in_minutes - part.out_minutes - part.given_minutes + part.received_minutes
        figures = [
            _figure(gettext("Opening balance"), self._balance(part, part.opening_minutes)),
            _figure(given, self._amount(part.given_minutes), strong=True),
            _figure(received, self._amount(part.received_minutes), strong=True),
        ]
        if other:
            figures.append(_figure(gettext("Gifts and other"), words.moved(other, hides_sign=self.printed.hides_sign)))
        return [*figures, _figure(gettext("Closing balance"), self._balance(part, part.closing_minutes))]

    def _balance(self, part: BookStatement, minutes: int) -> str:
        return balance_of(minutes, part.book, hides_sign=self.printed.hides_sign)

    def _amount(self, minutes: int) -> str:
        return words.help_(minutes, hides_sign=self.printed.hides_sign)

    def _table(self, part: BookStatement) -> dict[str, Any]:
        large = self.printed.large_print
        who_and_what = [gettext("With whom, and what")] if large else [gettext("With whom"), gettext("What")]
        blank = [""] * (len(who_and_what) - 1)
        opening = _row(
            self._day(self.statement.month.first_day),
            what=gettext("Opening balance"),
            balance=self._balance(part, part.opening_minutes),
        )
        return {
            "head": [gettext("Day"), *who_and_what, gettext("Hours in"), gettext("Hours out"), gettext("Balance")],
            "rows": [opening, *(self._entry(part, line) for line in part.lines)],
            "foot": [
                self._day(self.statement.month.last_day),
                *blank,
                gettext("Totals, and closing balance"),
                in_figures(part.in_minutes),
                in_figures(part.out_minutes),
                self._balance(part, part.closing_minutes),
            ],
        }

    def _entry(self, part: BookStatement, line: StatementLine) -> dict[str, Any]:
        entry = line.line
        notes = [text for text in entry.note.splitlines() if text.strip()]
        if line.is_late:
            notes.append(gettext("late, for %(day)s", day=day_in_words(entry.happened_on)))
        if entry.is_reversed:
            notes.append(gettext("Reversed later"))
        return _row(
            self._day(entry.effective_on),
            who=capitalised(entry.with_whom),
            what=entry.what,
            notes=notes,
            came=in_figures(line.in_minutes) if line.in_minutes else "",
            went=in_figures(line.out_minutes) if line.out_minutes else "",
            balance=self._balance(part, line.balance_minutes),
        )

    def _day(self, day: dt.date) -> str:
        # The year stands in the heading; in large print there is no room to say it in each row.
        return str(format_date(day, "d MMM" if self.printed.large_print else "d MMM yyyy"))

    def _thanks(self) -> dict[str, Any] | None:
        if not self.statement.thanks:
            return None
        return {
            "heading": gettext("Thanks"),
            "all": [
                {
                    "words": thanks.words,
                    "from-whom": gettext(
                        "Thank you from %(name)s, for %(day)s",
                        name=thanks.from_whom,
                        day=day_in_words(thanks.happened_on),
                    ),
                }
                for thanks in self.statement.thanks
            ],
        }

    def _year(self) -> dict[str, Any] | None:
        statement = self.statement
        if not statement.twelve_months:
            return None
        return {
            "heading": gettext("The last twelve months"),
            "so-far": words.of_year(statement, is_own=self.letter.is_holders),
            "alt": gettext(
                "Two bars for each month, for help given and help received. The table shows the same figures."
            ),
            "month": gettext("Month"),
            "given": gettext("Given"),
            "received": gettext("Received"),
            "months": [
                {
                    "name": str(format_date(help_.month.first_day, "LLL yyyy")),
                    "short": str(format_date(help_.month.first_day, "LLL")),
                    "given-minutes": max(help_.given_minutes, 0),
                    "received-minutes": max(help_.received_minutes, 0),
                    "given": self._amount(help_.given_minutes),
                    "received": self._amount(help_.received_minutes),
                }
                for help_ in statement.twelve_months
            ],
        }

    def _community(self) -> str | None:
        community = self.statement.community
        return None if community is None else words.of_community(community, self.statement)

    def _proof(self) -> dict[str, Any] | None:
        issue = self.statement.issue
        if issue is None:
            return None
        address = self.printed.verify_address
        return {
            "heading": gettext("Is this statement genuine?"),
            "issued": _issued(issue),
            "code": issue.code_in_writing,
            "how": gettext("Anybody can check it with this code, or with the square beside it, here:")
            if address
            else gettext("Anybody can check it with this code. Ask your coordinator where."),
            "address": address,
            "seal": self._seal(),
            "qr": square_of(f"{address}?code={quote(issue.code_in_writing)}") if address else None,
            "qr-alt": gettext("A square to photograph. It leads to the page that checks this statement."),
        }

    def _seal(self) -> str | None:
        seal = self.statement.seal
        if seal is None:
            return None
        return gettext(
            "Seal %(number)s of the ledger, made on %(day)s: %(digest)s. Keep it with your statement: with it anybody "
            "can check that the ledger is still what it was.",
            number=seal.number,
            day=day_in_words(seal.sealed_on),
            digest=seal.in_writing,
        )


def _window(letter: Letter) -> list[str]:
    lines = [letter.name, *(line.strip() for line in letter.address_lines if line.strip())]
    if len(lines) <= MOST_LINES_IN_THE_WINDOW:
        return lines
    kept = MOST_LINES_IN_THE_WINDOW - 1
    return [*lines[:kept], ", ".join(lines[kept:])]


def _row(day: str, *, what: str, balance: str, who: str = "", notes: list[str] | None = None, came: str = "",
         went: str = "") -> dict[str, Any]:  # fmt: skip
    return {
        "day": day, "who": who, "what": what, "notes": notes or [], "came": came, "went": went, "balance": balance,
    }  # fmt: skip


def _figure(name: str, value: str, *, strong: bool = False) -> dict[str, Any]:
    return {"name": name, "value": value, "strong": strong}


def _about_recorded_hours() -> str:
    return gettext(
        "Recorded hours show help that counts, but that nobody earns or pays with: paid work, or a public service that "
        "everybody is entitled to. Nothing has to be given back for them."
    )


def _about_reversals() -> str:
    return gettext("Reversed means taken back. A second entry undoes the first, also in the help given and received.")


def _issued(issue: Issue) -> str:
    if issue.number == 1:
        return gettext("Issued on %(day)s.", day=day_in_words(issue.issued_on))
    return gettext(
        "Issue %(number)s, of %(day)s. It takes the place of the one before it. Reason: %(reason)s",
        number=issue.number,
        day=day_in_words(issue.issued_on),
        reason=issue.reason,
    )


def square_of(address: str) -> str:
    """Return the address as a square of points that a telephone reads, in SVG."""
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(drawn, kind="svg", border=4, xmldecl=False, nl=False, light="#fff")
    return drawn.getvalue().decode()
