"""A statement as plain text and as JSON, for the command line."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext

from timebank.banks import words
from timebank.hours import in_figures
from timebank.statements.build import BookStatement, Statement, StatementLine

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


def as_json(statement: Statement, *, bank_code: str) -> dict[str, Any]:
    """Return the statement as plain data; every amount is in minutes."""
    return {
        "bank": bank_code,
        "account": {"number": statement.number, "name": statement.name},
        "month": str(statement.month),
        "books": {part.book.value: _book_as_json(part) for part in statement.books},
        "seal": {"number": statement.seal.number, "digest": statement.seal.digest} if statement.seal else None,
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
