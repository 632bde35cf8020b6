"""Prove that the ledger is as it must be, or name every row that is not."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import text

from timebank.extensions import db
from timebank.ledger.guards import guard_problems
from timebank.ledger.lines import lines
from timebank.ledger.replay import Counts, Problem, Replay, Tick
from timebank.ledger.service import digest_of_request

__all__ = ["Counts", "Head", "Problem", "Verification"]

# As a statement prints it, or longer; spaces are for the eye.
_HEAD = re.compile(r"(?P<bank>[^:\s]+):(?P<number>\d+):(?P<digest>[0-9a-f]{16,64})", re.ASCII)

# Each question selects the rows that break one law; an honest ledger answers none of them.
_LAWS: tuple[tuple[str, str, str], ...] = (
    (
        "account {0}",
        "does not have one balance in each book, in its own bank",
        """SELECT a.number FROM account a LEFT JOIN balance b ON b.account_id = a.id AND b.bank_id = a.bank_id
           GROUP BY a.id, a.number HAVING count(b.book) <> 2 ORDER BY a.number""",
    ),
    (
        "account {0}",
        "is in no bank, or of no kind that there is",
        """SELECT a.number FROM account a LEFT JOIN bank k ON k.id = a.bank_id
           WHERE k.id IS NULL OR a.kind NOT IN ('member', 'organisation', 'community', 'opening') ORDER BY a.number""",
    ),
    (
        "bank {0}",
        "does not have exactly one community account and one account that opening credit comes from",
        """SELECT k.code FROM bank k LEFT JOIN account a ON a.bank_id = k.id AND a.kind IN ('community', 'opening')
           GROUP BY k.code HAVING count(a.id) <> 2 OR count(DISTINCT a.kind) <> 2 ORDER BY k.code""",
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
        "transfer {0}",
        "reverses transfer {1}, which another one reverses too",
        """SELECT r.id, r.reverses_id FROM transfer r JOIN transfer o ON o.reverses_id = r.reverses_id AND o.id < r.id
           WHERE r.reverses_id IS NOT NULL ORDER BY r.id""",
    ),
    (
        "closed month {1} of bank {0}",
        "does not end on the last day of a month",
        """SELECT k.code, m.last_day FROM closed_month m JOIN bank k ON k.id = m.bank_id
           WHERE {not_the_last_day} ORDER BY k.code, m.last_day""",
    ),
    # Each snapshot starts from the one before it, so all of them together read every entry once.
    (
        "snapshot of account {0} in the {1} book at {2}",
        "is {3} minutes, but the entries until then add up to {4}, or it is of no closed month of the account's bank",
        """SELECT number, book, last_day, minutes, coalesce(before, 0) + since FROM (
             SELECT coalesce(a.number, '(id ' || s.account_id || ')') AS number, s.book, s.last_day, s.minutes,
               s.before, m.bank_id, (SELECT coalesce(sum({bounded}), 0) FROM entry e
                           WHERE e.account_id = s.account_id AND e.book = s.book AND e.effective_on <= s.last_day
                             AND (s.last_before IS NULL OR e.effective_on > s.last_before)) AS since
             FROM (SELECT account_id, book, last_day, bank_id, minutes, lag(minutes) OVER running AS before,
                     lag(last_day) OVER running AS last_before
                   FROM snapshot WINDOW running AS (PARTITION BY account_id, book ORDER BY last_day)) s
             LEFT JOIN account a ON a.id = s.account_id
             LEFT JOIN closed_month m ON m.bank_id = s.bank_id AND m.bank_id = a.bank_id AND m.last_day = s.last_day
           ) told WHERE bank_id IS NULL OR minutes <> coalesce(before, 0) + since ORDER BY number, book, last_day""",
    ),
    (
        "closed month {1} of bank {0}",
        "has no snapshot of account {2} in the {3} book, which had entries by then",
        """SELECT k.code, m.last_day, a.number, b.book FROM closed_month m JOIN bank k ON k.id = m.bank_id
           JOIN balance b ON b.bank_id = m.bank_id JOIN account a ON a.id = b.account_id
           LEFT JOIN snapshot s ON s.account_id = b.account_id AND s.book = b.book AND s.last_day = m.last_day
           WHERE s.account_id IS NULL AND EXISTS (
             SELECT 1 FROM entry e
             WHERE e.account_id = b.account_id AND e.book = b.book AND e.effective_on <= m.last_day)
           ORDER BY k.code, m.last_day, a.number, b.book""",
    ),
)

# About each transfer by itself. The replay sees whether they are kept while it reads; these are asked where one is not.
_LAWS_OF_TRANSFERS: tuple[tuple[str, str, str], ...] = (
    (
        "transfer {0}",
        "is between accounts of another bank, of one account with itself, of no book or kind, or of no such minutes",
        """SELECT t.id FROM transfer t LEFT JOIN account f ON f.id = t.from_account_id
           LEFT JOIN account o ON o.id = t.to_account_id
           WHERE f.id IS NULL OR o.id IS NULL OR f.bank_id <> t.bank_id OR o.bank_id <> t.bank_id OR f.id = o.id
              OR t.minutes NOT BETWEEN 1 AND 100000000 OR t.book NOT IN ('credit', 'record')
              OR t.kind NOT IN ('exchange', 'history', 'donation', 'grant', 'opening', 'reversal') ORDER BY t.id""",
    ),
    (
        "transfer {0}",
        "is a reversal that reverses nothing, or reverses and says that it is something else",
        "SELECT id FROM transfer WHERE (kind = 'reversal') <> (reverses_id IS NOT NULL) ORDER BY id",
    ),
    (
        "transfer {0}",
        "counts neither on the day it happened nor on the first day after the closed months",
        """SELECT t.id FROM transfer t WHERE t.effective_on <> t.happened_on AND NOT EXISTS (
             SELECT 1 FROM closed_month m WHERE m.bank_id = t.bank_id AND m.last_day >= t.happened_on
               AND {day_before} = m.last_day) ORDER BY t.id""",
    ),
)

# SQLite keeps whatever it is given, in whatever column.
_LAWS_OF_SQLITE: tuple[tuple[str, str, str], ...] = (
    (
        "transfer {0}",
        "holds something that is no whole number, day or moment",
        """SELECT id FROM transfer WHERE typeof(minutes) <> 'integer' OR typeof(bank_id) <> 'integer'
             OR typeof(from_account_id) <> 'integer' OR typeof(to_account_id) <> 'integer'
             OR typeof(coalesce(reverses_id, 0)) <> 'integer' OR happened_on IS NOT date(happened_on)
             OR effective_on IS NOT date(effective_on) OR datetime(posted_at) IS NULL ORDER BY id""",
    ),
    (
        "entry {0}",
        "holds something that is no whole number or day",
        """SELECT id FROM entry WHERE typeof(minutes) <> 'integer' OR typeof(number) <> 'integer'
             OR typeof(balance_minutes) <> 'integer' OR typeof(account_id) <> 'integer'
             OR effective_on IS NOT date(effective_on) ORDER BY id""",
    ),
    (
        "balance of account {0} in the {1} book",
        "holds something that is no whole number",
        """SELECT a.number, b.book FROM balance b JOIN account a ON a.id = b.account_id
           WHERE typeof(b.minutes) <> 'integer' OR typeof(b.entries) <> 'integer' ORDER BY a.number, b.book""",
    ),
)

_WORDS = {
    "sqlite": {
        "not_the_last_day": "m.last_day IS NOT date(m.last_day, 'start of month', '+1 month', '-1 day')",
        # A number that was made enormous must not stop the sum.
        "bounded": "max(-100000000, min(100000000, e.minutes))",
    },
    "postgresql": {
        "not_the_last_day": "extract(day FROM m.last_day + 1) <> 1",
        "bounded": "e.minutes",
    },
}


@dataclass(frozen=True)
class Head:
    """The head of a bank's chain, as somebody kept it outside of the database."""

    bank: str
    number: int
    digest: str

    @classmethod
    def parse(cls, written: str) -> Head:
        """Return the head written as ELMS:12:9f3c…, with spaces or without. Raises ValueError."""
        match = _HEAD.fullmatch(re.sub(r"\s", "", written))
        if match is None:
            raise ValueError(written)
        return cls(match["bank"], int(match["number"]), match["digest"])


class Verification:
    """One look at everything: `problems()` yields what is wrong, and `counts` says how much was checked."""

    def __init__(self, heads: Iterable[Head] = ()) -> None:
        self._heads = list(heads)
        self._replay = Replay()

    @property
    def counts(self) -> Counts:
        """How many transfers, entries, accounts and seals were checked."""
        return self._replay.counts

    def problems(self, tick: Tick = lambda _transfers: None) -> Iterator[Problem]:
        """Yield everything that is wrong in the ledgers of this database; nothing when they are as they must be."""
        yield from (Problem(f"guard {name}", what) for name, what in guard_problems())
        yield from _heads_that_differ(self._heads)
        broken = False
        for problem in self._replay.problems(tick):
            broken = True
            yield problem
        laws, day_before = _LAWS, lines().day_before.format("t.effective_on")
        if broken or self._replay.unlawful:
            laws += _LAWS_OF_TRANSFERS + (_LAWS_OF_SQLITE if db.engine.dialect.name == "sqlite" else ())
        for row, what, question in laws:
            asked = question.format(day_before=day_before, **_WORDS[db.engine.dialect.name])
            for values in db.session.execute(text(asked)):
                yield Problem(row=row.format(*values), what=what.format(*values))
        yield from _what_was_not_asked_for()


def _heads_that_differ(heads: list[Head]) -> Iterator[Problem]:
    for head in heads:
        seal = db.session.execute(
            text(
                """SELECT s.digest, s.last_transfer_id, coalesce((SELECT max(e.last_transfer_id) FROM seal e
                     WHERE e.bank_id = s.bank_id AND e.number < s.number), 0) AS after
                   FROM seal s JOIN bank k ON k.id = s.bank_id WHERE k.code = :bank AND s.number = :number"""
            ),
            {"bank": head.bank, "number": head.number},
        ).first()
        name = f"seal {head.number} of bank {head.bank}"
        if seal is None:
            yield Problem(name, "is not there, though its head was given: the end of the ledger was taken away")
        elif not hmac.compare_digest(seal.digest[: len(head.digest)], head.digest):
            yield Problem(
                name,
                f"is not the one whose head was given: the ledger was written anew, up to transfer "
                f"{seal.last_transfer_id} or before it. Give the heads of earlier seals to learn from where",
            )


def _what_was_not_asked_for() -> Iterator[Problem]:
    """Yield the transfers after the last seal whose digest of what was asked for is not that of what they hold.

    Those before it are covered by their seals.
    """
    for bank_id, sealed_until in db.session.execute(text(_SEALED_UNTIL)).all():
        query = text(_ASKED_FOR.format(day=lines().day.format("happened_on"))).execution_options(yield_per=5000)
        for id_, request_hash, *asked_for in db.session.execute(query, {"bank_id": bank_id, "after": sealed_until}):
            if request_hash != digest_of_request(*asked_for):
                yield Problem(f"transfer {id_}", "is not what was asked for when it was posted")


_SEALED_UNTIL = """SELECT k.id, coalesce(max(s.last_transfer_id), 0) FROM bank k
                   LEFT JOIN seal s ON s.bank_id = k.id GROUP BY k.id"""
_ASKED_FOR = """SELECT id, request_hash, from_account_id, to_account_id, minutes, book, kind, {day}, linked_by,
                  reverses_id
                FROM transfer WHERE bank_id = :bank_id AND id > :after ORDER BY id"""
