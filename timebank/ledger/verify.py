"""Prove that the ledger adds up, or name every row that does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select, text

from timebank.extensions import db
from timebank.ledger.guards import missing_guards
from timebank.ledger.models import Account, Entry, Transfer


@dataclass(frozen=True)
class Problem:
    """Something in the ledger that is not as it must be, and the row it was found in."""

    row: str
    what: str


@dataclass(frozen=True)
class Counts:
    """How much was checked."""

    transfers: int
    entries: int
    accounts: int


# Each question selects the rows that break one law; an honest ledger answers none of them.
_LAWS: tuple[tuple[str, str, str], ...] = (
    (
        "transfer {0}",
        "does not have exactly one entry in each of its two accounts, with opposite minutes",
        """SELECT t.id FROM transfer t LEFT JOIN entry e ON e.transfer_id = t.id
           GROUP BY t.id, t.from_account_id, t.to_account_id, t.minutes
           HAVING count(e.id) <> 2 OR coalesce(sum(e.minutes), 1) <> 0
              OR sum(CASE WHEN e.account_id = t.from_account_id AND e.minutes = -t.minutes THEN 1
                          WHEN e.account_id = t.to_account_id AND e.minutes = t.minutes THEN 1 ELSE 0 END) <> 2
           ORDER BY t.id""",
    ),
    (
        "entry {0}",
        "is in another bank or book, or counts on another day, than its transfer",
        """SELECT e.id FROM entry e LEFT JOIN transfer t ON t.id = e.transfer_id
           WHERE t.id IS NULL OR t.bank_id <> e.bank_id OR t.book <> e.book OR t.effective_on <> e.effective_on
           ORDER BY e.id""",
    ),
    (
        "entry {0}",
        "breaks the running number or the running balance of account {1}",
        """SELECT id, account_number FROM (
             SELECT e.id, a.number AS account_number, e.number, e.balance_minutes,
                    row_number() OVER running AS right_number, sum(e.minutes) OVER running AS right_balance
             FROM entry e JOIN account a ON a.id = e.account_id
             WINDOW running AS (PARTITION BY e.account_id, e.book ORDER BY e.number ROWS UNBOUNDED PRECEDING)
           ) numbered WHERE number <> right_number OR balance_minutes <> right_balance ORDER BY id""",
    ),
    (
        "balance of account {0} in the {1} book",
        "is {2} minutes after {3} entries, but its entries add up to {4} minutes in {5} entries",
        """SELECT a.number, b.book, b.minutes, b.entries, coalesce(s.total, 0), coalesce(s.n, 0)
           FROM balance b JOIN account a ON a.id = b.account_id
           LEFT JOIN (SELECT account_id, book, sum(minutes) AS total, count(*) AS n FROM entry
                      GROUP BY account_id, book) s ON s.account_id = b.account_id AND s.book = b.book
           WHERE b.minutes <> coalesce(s.total, 0) OR b.entries <> coalesce(s.n, 0) ORDER BY a.number, b.book""",
    ),
    (
        "bank {0}",
        "has balances in the {1} book that add up to {2} minutes instead of 0",
        """SELECT k.code, b.book, sum(b.minutes) FROM balance b JOIN bank k ON k.id = b.bank_id
           GROUP BY k.code, b.book HAVING sum(b.minutes) <> 0 ORDER BY k.code, b.book""",
    ),
    (
        "account {0}",
        "does not have one balance in each book, in its own bank",
        """SELECT a.number FROM account a LEFT JOIN balance b ON b.account_id = a.id AND b.bank_id = a.bank_id
           GROUP BY a.id, a.number HAVING count(b.book) <> 2 ORDER BY a.number""",
    ),
    (
        "transfer {0}",
        "is between accounts of another bank, of one account with itself, or of less than a minute",
        """SELECT t.id FROM transfer t JOIN account f ON f.id = t.from_account_id
           JOIN account o ON o.id = t.to_account_id
           WHERE f.bank_id <> t.bank_id OR o.bank_id <> t.bank_id OR f.id = o.id OR t.minutes < 1 ORDER BY t.id""",
    ),
    (
        "transfer {0}",
        "says it reverses transfer {1} but is not its opposite",
        """SELECT r.id, r.reverses_id FROM transfer r LEFT JOIN transfer t ON t.id = r.reverses_id
           WHERE r.reverses_id IS NOT NULL AND (t.id IS NULL OR t.reverses_id IS NOT NULL
              OR t.from_account_id <> r.to_account_id
              OR t.to_account_id <> r.from_account_id OR t.minutes <> r.minutes OR t.book <> r.book) ORDER BY r.id""",
    ),
    (
        "snapshot of account {0} in the {1} book at {2}",
        "is {3} minutes, but the entries until then add up to {4}, or it is of no closed month of the account's bank",
        """SELECT a.number, s.book, s.last_day, s.minutes, coalesce(sum(e.minutes), 0)
           FROM snapshot s JOIN account a ON a.id = s.account_id
           LEFT JOIN closed_month m ON m.bank_id = s.bank_id AND m.bank_id = a.bank_id AND m.last_day = s.last_day
           LEFT JOIN entry e ON e.account_id = s.account_id AND e.book = s.book AND e.effective_on <= s.last_day
           GROUP BY a.number, s.account_id, s.book, s.last_day, s.minutes, m.bank_id
           HAVING s.minutes <> coalesce(sum(e.minutes), 0) OR m.bank_id IS NULL
           ORDER BY a.number, s.book, s.last_day""",
    ),
)


def problems() -> Iterator[Problem]:
    """Yield everything that is wrong in the ledgers of this database; nothing when they are as they must be."""
    for guard in missing_guards():
        yield Problem(row=f"guard {guard}", what="is missing from the database")
    for row, what, question in _LAWS:
        for values in db.session.execute(text(question)):
            yield Problem(row=row.format(*values), what=what.format(*values))


def counts() -> Counts:
    """Return how many transfers, entries and accounts there are to check."""
    transfers, entries, accounts = (
        db.session.scalars(select(func.count()).select_from(table)).one() for table in (Transfer, Entry, Account)
    )
    return Counts(transfers=transfers, entries=entries, accounts=accounts)
