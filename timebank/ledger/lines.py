"""One line of text for each row that a seal covers, the same on both databases, so that it can be sealed and sealed
again.

The database writes the lines, because a row is read and turned into text faster there than here. Numbers and days
cannot hold a `|`; what could hold one stands behind its length, so that no two rows have the same line.
"""

from __future__ import annotations

from dataclasses import dataclass

from timebank.extensions import db


@dataclass(frozen=True)
class Lines:
    """SQL expressions for the line of an account `a`, a transfer `t` and a closed month `m`.

    And for any day as it is written in them, and the day before it.
    """

    day: str
    day_before: str
    account: str
    transfer: str
    closed_month: str


def _lines(day: str, day_before: str, moment: str) -> Lines:
    def word(column: str) -> str:
        return f"length({column}) || ':' || {column}"

    def joined(*parts: str) -> str:
        return " || '|' || ".join(parts)

    return Lines(
        day=day,
        day_before=day_before,
        account=joined(
            "'account'",
            "a.id",
            "a.bank_id",
            "a.kind",
            word("a.number"),
            word("a.reference"),
            moment.format("a.opened_at"),
        ),
        transfer=joined(
            "t.id",
            "t.bank_id",
            "t.book",
            "t.kind",
            "t.from_account_id",
            "t.to_account_id",
            "t.minutes",
            day.format("t.happened_on"),
            day.format("t.effective_on"),
            moment.format("t.posted_at"),
            word("t.key"),
            word("t.request_hash"),
            word("t.linked_by"),
            "coalesce(t.reverses_id, 0)",
        ),
        closed_month=joined(
            "'month'",
            "m.bank_id",
            day.format("m.last_day"),
            moment.format("m.closed_at"),
            "(SELECT count(*) FROM snapshot s WHERE s.bank_id = m.bank_id AND s.last_day = m.last_day)",
        ),
    )


# However PostgreSQL is set to write days, and wherever its clock hangs.
_POSTGRESQL = _lines(
    "to_char({}, 'YYYY-MM-DD')", "{} - 1", "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
)
_SQLITE = _lines("{}", "date({}, '-1 day')", "{}")


def lines() -> Lines:
    """Return the expressions for this database."""
    return _POSTGRESQL if db.engine.dialect.name == "postgresql" else _SQLITE
