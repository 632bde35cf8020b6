"""A statement as plain text and as JSON: in columns for the command line, in lines for a mail."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask_babel import gettext

from timebank.banks import words
from timebank.hours import in_figures
from timebank.statements import words as own_words
from timebank.statements.build import BookStatement, Issue, Statement, StatementLine
from timebank.web.setup import day as day_in_words
from timebank.web.setup import month as month_in_words

WIDTHS = (10, 24, 30, 9, 9, 10)


def as_text(statement: Statement) -> str:
    """Return the statement in columns that line up in a terminal."""
    lines = [
        gettext("Statement of account %(number)s, %(name)s", number=statement.number, name=statement.name),
        gettext("Month: %(month)s", month=str(statement.month)),
    ]
    for part in statement.books:
        lines += ["", *_book(part)]
    if statement.seal is not None:
        seal = statement.seal
        lines += ["", gettext("Seal %(number)s of the ledger: %(digest)s", number=seal.number, digest=seal.in_writing)]
    return "\n".join(lines) + "\n"


def _book(part: BookStatement) -> list[str]:
    head = (
        gettext("Day"),
        gettext("With"),
        gettext("What"),
        gettext("Hours in"),
        gettext("Hours out"),
        gettext("Balance"),
    )
    return [
        words.of_book(part.book),
        _columns(head),
        _columns(("", "", gettext("Opening balance"), "", "", in_figures(part.opening_minutes))),
        *(_columns(_line(line)) for line in part.lines),
        _columns(("", "", gettext("Totals"), in_figures(part.in_minutes), in_figures(part.out_minutes), "")),
        _columns(("", "", gettext("Closing balance"), "", "", in_figures(part.closing_minutes))),
        gettext("Help given: %(hours)s", hours=in_figures(part.given_minutes)),
        gettext("Help received: %(hours)s", hours=in_figures(part.received_minutes)),
    ]


def _line(line: StatementLine) -> tuple[str, ...]:
    return (
        line.line.effective_on.isoformat(),
        line.line.with_whom,
        line.line.what,
        in_figures(line.in_minutes) if line.in_minutes else "",
        in_figures(line.out_minutes) if line.out_minutes else "",
        in_figures(line.balance_minutes),
    )


def _columns(cells: tuple[str, ...]) -> str:
    words_first = [cell[:width].ljust(width) for cell, width in zip(cells[:3], WIDTHS[:3], strict=True)]
    figures_last = [cell.rjust(width) for cell, width in zip(cells[3:], WIDTHS[3:], strict=True)]
    return "  ".join(words_first + figures_last).rstrip()


def as_letter(statement: Statement, *, is_own: bool, hides_sign: bool) -> str:
    """Return the statement in plain lines, as it is written in a mail and read out by a screen reader."""
    month = month_in_words(statement.month)
    given = sum(part.given_minutes for part in statement.books)
    received = sum(part.received_minutes for part in statement.books)
    lines = [
        statement.bank_name,
        gettext("Statement for %(month)s", month=month),
        gettext("Account %(number)s, %(name)s", number=statement.number, name=statement.name),
        "",
        *([statement.message, ""] if statement.message else []),
        f"{gettext('You gave') if is_own else gettext('Given')}: {own_words.size(given)}",
        f"{gettext('You received') if is_own else gettext('Received')}: {own_words.size(received)}",
        *(own_words.of_thanks(thanks) for thanks in statement.thanks),
    ]
    for part in statement.books:
        lines += ["", *_book_in_lines(part, hides_sign=hides_sign)]
    if statement.twelve_months:
        lines += ["", *_months_in_lines(statement, is_own=is_own, hides_sign=hides_sign)]
    if statement.community is not None:
        lines += ["", own_words.of_community(statement.community, statement)]
    if statement.issue is not None:
        lines += ["", gettext("Code of this statement: %(code)s", code=statement.issue.code_in_writing)]
    if statement.seal is not None:
        seal = statement.seal
        lines += ["", gettext("Seal %(number)s of the ledger: %(digest)s", number=seal.number, digest=seal.in_writing)]
    return "\n".join(lines) + "\n"


def _book_in_lines(part: BookStatement, *, hides_sign: bool) -> list[str]:
    def balance(minutes: int) -> str:
        return own_words.balance(minutes, hides_sign=hides_sign)

    return [
        words.of_book(part.book).upper(),
        gettext("Opening balance: %(hours)s", hours=balance(part.opening_minutes)),
        *(text for line in part.lines for text in _line_in_lines(line, balance(line.balance_minutes))),
        gettext(
            "Totals: %(came_in)s in, %(went_out)s out",
            came_in=in_figures(part.in_minutes),
            went_out=in_figures(part.out_minutes),
        ),
        gettext("Help given: %(hours)s", hours=own_words.help_(part.given_minutes, hides_sign=hides_sign)),
        gettext("Help received: %(hours)s", hours=own_words.help_(part.received_minutes, hides_sign=hides_sign)),
        gettext("Closing balance: %(hours)s", hours=balance(part.closing_minutes)),
    ]


def _line_in_lines(line: StatementLine, balance: str) -> list[str]:
    entry = line.line
    moved = (
        gettext("%(hours)s in, balance %(balance)s", hours=in_figures(line.in_minutes), balance=balance)
        if entry.minutes > 0
        else gettext("%(hours)s out, balance %(balance)s", hours=in_figures(line.out_minutes), balance=balance)
    )
    late = gettext("late, for %(day)s", day=day_in_words(entry.happened_on)) if line.is_late else ""
    more = (late, gettext("Reversed later") if entry.is_reversed else "", " ".join(entry.note.split()))
    return [
        f"{day_in_words(entry.effective_on)}: {entry.what}, {entry.with_whom}",
        f"  {moved}",
        *(f"  {each}" for each in more if each),
    ]


def _months_in_lines(statement: Statement, *, is_own: bool, hides_sign: bool) -> list[str]:
    months = statement.twelve_months
    return [
        gettext("The last twelve months").upper(),
        *(
            gettext(
                "%(month)s: %(given)s given, %(received)s received",
                month=month_in_words(each.month),
                given=own_words.help_(each.given_minutes, hides_sign=hides_sign),
                received=own_words.help_(each.received_minutes, hides_sign=hides_sign),
            )
            for each in months
        ),
        own_words.of_months(months, is_own=is_own),
        own_words.of_year(statement, is_own=is_own),
    ]


def as_json(statement: Statement, *, bank_code: str) -> dict[str, Any]:
    """Return the statement as plain data; every amount is in minutes."""
    return {
        "bank": bank_code,
        "account": {"number": statement.number, "name": statement.name},
        "month": str(statement.month),
        "books": {part.book.value: _book_as_json(part) for part in statement.books},
        "twelve_months": [
            {
                "month": str(each.month),
                "given_minutes": each.given_minutes,
                "received_minutes": each.received_minutes,
            }
            for each in statement.twelve_months
        ],
        "community": asdict(statement.community) if statement.community else None,
        "issue": _issue_as_json(statement.issue),
        "message": statement.message,
        "thanks": [
            {"from": each.from_whom, "words": each.words, "happened_on": each.happened_on.isoformat()}
            for each in statement.thanks
        ],
        "seal": {"number": statement.seal.number, "digest": statement.seal.digest} if statement.seal else None,
    }


def _issue_as_json(issue: Issue | None) -> dict[str, Any] | None:
    if issue is None:
        return None
    return {
        "number": issue.number,
        "code": issue.code,
        "issued_on": issue.issued_on.isoformat(),
        "reason": issue.reason,
    }


def _book_as_json(part: BookStatement) -> dict[str, Any]:
    return {
        "opening_minutes": part.opening_minutes,
        "entries": [
            {
                "effective_on": line.line.effective_on.isoformat(),
                "happened_on": line.line.happened_on.isoformat(),
                "with": line.line.with_whom,
                "what": line.line.what,
                "note": line.line.note,
                "kind": line.line.kind.value,
                "minutes": line.line.minutes,
                "in_minutes": line.in_minutes,
                "out_minutes": line.out_minutes,
                "balance_minutes": line.balance_minutes,
            }
            for line in part.lines
        ],
        "in_minutes": part.in_minutes,
        "out_minutes": part.out_minutes,
        "given_minutes": part.given_minutes,
        "received_minutes": part.received_minutes,
        "closing_minutes": part.closing_minutes,
    }
