"""What must be in the database at the end, worked out from the history alone, and compared with what is there.

Whether an operation that nobody got an answer to took place is asked of the database; everything that follows from it
is not: how many minutes moved from whom to whom, in which book and on which day, is the model's own arithmetic.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, text

from tests.torture.order import Asked, Findings

# The step that each kind of operation leaves behind, with the operation's name as its message.
STEPS = {
    "approve": "approved",
    "decline": "declined",
    "reverse": "reversed",
    "query": "queried",
    "confirm": "confirmed for",
    "answer": "answered",
}
ANSWERS = {"confirmed": "confirmed", "queried": "queried", "denied": "denied"}
ONCE = {"approved", "declined", "reversed", "withdrawn"}
ROWS_AT_ONCE = 2000

Move = tuple[int, int, int, str, dt.date]
Entries = dict[tuple[int, str, str], list[int]]

EXCHANGES = """SELECT id, reference, note, minutes, book, happened_on, status FROM exchange ORDER BY id"""
PARTIES = "SELECT exchange_id, account_id, side FROM party ORDER BY exchange_id, id"
EXCHANGE_STEPS = "SELECT exchange_id, step, by_id, message FROM exchange_step ORDER BY exchange_id, id"
TRANSFERS = """SELECT e.id, t.from_account_id, t.to_account_id, t.minutes, t.book, t.happened_on, t.kind
    FROM transfer t JOIN exchange e ON e.reference = t.linked_by AND e.bank_id = t.bank_id ORDER BY e.id, t.id"""
GIFTS = """SELECT id, reference, kind, from_account_id, to_account_id, minutes, reason, given_on, reversed_at,
    reversal_reason FROM gift ORDER BY id"""
GIFT_TRANSFERS = """SELECT g.id, t.from_account_id, t.to_account_id, t.minutes, t.book, t.happened_on, t.kind
    FROM transfer t JOIN gift g ON g.reference = t.linked_by AND g.bank_id = t.bank_id ORDER BY g.id, t.id"""


@dataclass
class Judge:
    """Compares the database with the operations of the history. `entries` is what every statement must then show."""

    operations: dict[str, Asked]
    community_account_id: int
    days: tuple[dt.date, dt.date]
    wrong: Findings
    entries: Entries = field(default_factory=lambda: defaultdict(list))
    found: Counter[str] = field(default_factory=Counter)
    ticked: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    statuses: dict[str, str] = field(default_factory=dict)
    answered: set[tuple[str, int | None]] = field(default_factory=set)
    transfers: int = 0

    def judge(self, connection: Connection) -> None:
        """Look at every exchange and every gift, and then at what is missing."""
        parties = Grouped(connection, PARTIES)
        steps = Grouped(connection, EXCHANGE_STEPS)
        transfers = Grouped(connection, TRANSFERS)
        for exchange in _rows(connection, EXCHANGES):
            self._exchange(exchange, parties.of(exchange.id), steps.of(exchange.id), transfers.of(exchange.id))
        gift_transfers = Grouped(connection, GIFT_TRANSFERS)
        for gift in _rows(connection, GIFTS):
            self._gift(gift, gift_transfers.of(gift.id))
        for op, asked in self.operations.items():
            self._operation(op, asked)
        everything = int(connection.execute(text("SELECT count(*) FROM transfer")).scalar_one())
        if everything != self.transfers:
            self.wrong.add(f"{everything - self.transfers} transfers belong to no exchange and to no gift")
        self._balances(connection)

    def _happened(self, op: str, what: str, kinds: tuple[str, ...]) -> Asked | None:
        """Return what was asked for under this name, counting that it took place."""
        asked = self.operations.get(op)
        if asked is None or asked.f not in kinds:
            self.wrong.add(f"{what} has the name “{op}”, which nobody asked for")
            return None
        self.found[op] += 1
        return asked

    def _exchange(self, exchange: Row[Any], parties: list[Row[Any]], steps: list[Row[Any]], posted: list[Row[Any]]):
        self.statuses[exchange.reference] = exchange.status
        asked = self._happened(exchange.note.removeprefix("op "), f"exchange {exchange.reference}", ("log",))
        for step in steps:
            self._step(exchange, step)
        counted = Counter(step.step for step in steps)
        for step in ONCE:
            if counted[step] > 1:
                self.wrong.add(f"exchange {exchange.reference} was {step} {counted[step]} times")
        if (counted["approved"], counted["reversed"]) != {
            "approved": (1, 0),
            "reversed": (1, 1),
        }.get(exchange.status, (0, 0)):
            self.wrong.add(f"exchange {exchange.reference} is {exchange.status} after the steps {dict(counted)}")
        self.transfers += len(posted)
        if asked is None:
            return
        details = asked.details
        is_there = {"givers": [], "receivers": [], "minutes": exchange.minutes, "book": exchange.book}
        for party in parties:
            is_there[f"{party.side}s"].append(party.account_id)
        wanted = {name: details[name] for name in is_there} | {"day": details["day"]}
        if is_there | {"day": str(exchange.happened_on)} != wanted:
            self.wrong.add(f"exchange {exchange.reference} is not what was logged: {is_there} instead of {wanted}")
        if asked.outcome == "did" and asked.reference != exchange.reference:
            self.wrong.add(f"exchange {exchange.reference} was acknowledged as {asked.reference}")
        moves = [
            (from_, to, details["minutes"], details["book"], dt.date.fromisoformat(details["day"]))
            for from_, to in moves_of(details["givers"], details["receivers"], self.community_account_id)
        ]
        is_posted, is_reversed = exchange.status in ("approved", "reversed"), exchange.status == "reversed"
        self._posted(f"exchange {exchange.reference}", moves if is_posted else [], posted, is_reversed=is_reversed)

    def _step(self, exchange: Row[Any], step: Row[Any]) -> None:
        if step.step == "confirmed":
            self.answered.add((exchange.reference, step.by_id))
        elif step.step == "confirmed for":
            self.answered.add((exchange.reference, None))
        if not step.message.startswith("op "):
            if step.step == "approved":
                self.ticked[step.by_id].add(exchange.reference)
            return
        op = step.message.removeprefix("op ")
        asked = self._happened(op, f"a step of {exchange.reference}", (*STEPS, "answer"))
        if asked is None:
            return
        said = asked.details.get("answer")
        expected = ANSWERS[said] if said else STEPS[asked.f]
        if (asked.details["ref"], expected, asked.details["by"]) != (exchange.reference, step.step, step.by_id):
            self.wrong.add(f"{op} was asked for {asked.details['ref']} and is a step of {exchange.reference}")

    def _gift(self, gift: Row[Any], posted: list[Row[Any]]) -> None:
        self.transfers += len(posted)
        what = f"gift {gift.reference}"
        asked = self._happened(gift.reason.removeprefix("op "), what, ("donation", "grant"))
        if gift.reversed_at is not None:
            taken = self._happened((gift.reversal_reason or "").removeprefix("op "), f"taking {what}", ("take back",))
            if taken is not None and taken.details["ref"] != gift.reference:
                self.wrong.add(f"{what} was taken back instead of {taken.details['ref']}")
        if asked is None:
            return
        details = asked.details
        if asked.outcome == "did" and asked.reference != gift.reference:
            self.wrong.add(f"{what} was acknowledged as {asked.reference}")
        if (gift.kind, gift.minutes) != (asked.f, details["minutes"]):
            self.wrong.add(f"{what} is not what was given: {gift.kind} of {gift.minutes}")
        day = _day(gift.given_on)
        self._in_the_run(what, day)
        move = (details["from_"], details["to"], details["minutes"], "credit", day)
        self._posted(what, [move], posted, is_reversed=gift.reversed_at is not None)

    def _posted(self, what: str, moves: list[Move], posted: list[Row[Any]], *, is_reversed: bool) -> None:
        """Compare what is in the ledger with what must be, and add it to what statements show."""
        there = Counter(
            (row.from_account_id, row.to_account_id, row.minutes, row.book, _day(row.happened_on))
            for row in posted
            if row.kind != "reversal"
        )
        if there != Counter(moves):
            self.wrong.add(f"{what} is posted as {sorted(there.elements())} instead of {sorted(moves)}")
        reversals = [row for row in posted if row.kind == "reversal"]
        days = {_day(row.happened_on) for row in reversals}
        for day in days:
            self._in_the_run(f"the reversal of {what}", day)
        back = [(to, from_, minutes, book) for from_, to, minutes, book, _day_ in moves] if is_reversed else []
        if Counter(back) != Counter((r.from_account_id, r.to_account_id, r.minutes, r.book) for r in reversals):
            self.wrong.add(f"{what} is reversed by {len(reversals)} transfers that are not the opposite of it")
        for from_, to, minutes, book, day in [*moves, *((*move, max(days, default=self.days[0])) for move in back)]:
            month = day.isoformat()[:7]
            self.entries[from_, month, book].append(-minutes)
            self.entries[to, month, book].append(minutes)

    def _in_the_run(self, what: str, day: dt.date) -> None:
        if not self.days[0] <= day <= self.days[1]:
            self.wrong.add(f"{what} is of {day}")

    def _operation(self, op: str, asked: Asked) -> None:
        """An acknowledged operation is there once, a refused one is not, and nothing is there twice."""
        how_often, what = self.found[op], f"{asked.f} {op}"
        if asked.f == "tick":
            self._ticked(op, asked)
        elif asked.f == "withdraw":
            if asked.outcome == "did" and self.statuses.get(asked.reference) != "withdrawn":
                self.wrong.add(f"{what} was acknowledged and is lost")
        elif how_often > 1:
            self.wrong.add(f"{what} has had its effect {how_often} times")
        elif asked.outcome == "refused" and how_often:
            self.wrong.add(f"{what} was refused and has had its effect")
        elif asked.outcome == "did" and not how_often and not self._confirmed_before(asked):
            self.wrong.add(f"{what} was acknowledged and is lost")

    def _confirmed_before(self, asked: Asked) -> bool:
        """Who confirms again, or after a coordinator did it for them, is thanked, and nothing is added."""
        details = asked.details
        if details.get("answer") != "confirmed":
            return False
        return bool({(details["ref"], details["by"]), (details["ref"], None)} & self.answered)

    def _ticked(self, op: str, asked: Asked) -> None:
        there = self.ticked[asked.details["by"]] & set(asked.details["refs"])
        if asked.outcome == "did" and len(there) < asked.approved:
            self.wrong.add(f"tick {op} was acknowledged for {asked.approved} and {len(there)} are there")

    def _balances(self, connection: Connection) -> None:
        totals: Counter[tuple[int, str]] = Counter()
        for (account, _month, book), minutes in self.entries.items():
            totals[account, book] += sum(minutes)
        for account, book, minutes in connection.execute(text("SELECT account_id, book, minutes FROM balance")):
            if minutes != totals[account, book]:
                self.wrong.add(f"account {account} has {minutes} {book} minutes instead of {totals[account, book]}")


def moves_of(givers: list[int], receivers: list[int], community: int) -> list[tuple[int, int]]:
    """Return (from, to) of each transfer: receivers pay the giver; the rest of a class goes to the pot."""
    if len(receivers) == 1:
        return [(receivers[0], giver) for giver in givers]
    first = community if community in receivers else receivers[0]
    return [(first, givers[0]), *((receiver, community) for receiver in receivers if receiver != first)]


class Grouped:
    """The rows of a question that is in the order of its first column, in groups of it, without holding them all."""

    def __init__(self, connection: Connection, question: str) -> None:
        self._groups = itertools.groupby(_rows(connection, question), key=lambda row: row[0])
        self._next = next(self._groups, None)

    def of(self, number: int) -> list[Row[Any]]:
        """Return the rows of this number, which is higher than at the last call."""
        if self._next is None or self._next[0] != number:
            return []
        rows = list(self._next[1])
        self._next = next(self._groups, None)
        return rows


def _rows(connection: Connection, question: str) -> Iterator[Row[Any]]:
    options: Callable[..., Connection] = connection.execution_options
    yield from options(stream_results=True, yield_per=ROWS_AT_ONCE).execute(text(question))


def _day(value: Any) -> dt.date:
    return dt.date.fromisoformat(value) if isinstance(value, str) else value
