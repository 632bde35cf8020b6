"""Post everything again, in the mind, and compare: every entry, every balance, every seal.

Transfers are read in the order of their numbers, which is the order in which they moved each account. So one pass, and
one number and balance for each account, are enough to know what every entry must say, however long the ledger is. The
same pass seals again what was sealed.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import undefer

from timebank.extensions import db
from timebank.ledger import seals
from timebank.ledger.lines import lines
from timebank.ledger.models import Book, Seal

TRANSFERS_AT_ONCE = 20_000

Tick = Callable[[int], None]

# That its transfer is one of those asked for follows, but PostgreSQL has to be told, or it reads the entries from the
# first one each time.
_SIDE = """LEFT JOIN entry {side} ON {side}.transfer_id = t.id AND {side}.account_id = t.{way}_account_id
             AND {side}.minutes = {sign}t.minutes AND {side}.book = t.book AND {side}.bank_id = t.bank_id
             AND {side}.effective_on = t.effective_on AND {side}.transfer_id > :after"""
_IN_RECORD = "CASE t.book WHEN 'record' THEN 1 ELSE 0 END"
# What can be said of a transfer by itself. Where one of these is broken, the laws in verify.py say which, and of what.
_LAWFUL = """CASE WHEN t.minutes BETWEEN 1 AND 100000000 AND t.book IN ('credit', 'record')
      AND t.kind IN ('exchange', 'history', 'donation', 'grant', 'opening', 'reversal')
      AND (t.kind = 'reversal') = (t.reverses_id IS NOT NULL) AND t.from_account_id <> t.to_account_id
      AND (t.effective_on = t.happened_on OR EXISTS (
        SELECT 1 FROM closed_month m WHERE m.bank_id = t.bank_id AND m.last_day >= t.happened_on
          AND m.last_day = {day_before}))
      {of_this_database} THEN 1 ELSE 0 END"""
# What is no day or moment at all; what is written nearly like one breaks the seal, or the digest of what was asked for.
_OF_SQLITE = """AND typeof(t.minutes) = 'integer' AND length(t.happened_on) = 10 AND length(t.posted_at) >= 19
      AND typeof(f.number) = 'integer' AND typeof(f.balance_minutes) = 'integer'
      AND typeof(o.number) = 'integer' AND typeof(o.balance_minutes) = 'integer'"""
# SQLite keeps words where numbers should be. They are named elsewhere, and must not stop the counting.
_NUMBERS = ", ".join(
    f"CAST({column} AS bigint)"
    for column in ("t.minutes", "f.number", "f.balance_minutes", "o.number", "o.balance_minutes")
)
_TRANSFERS = f"""
    SELECT t.id, t.bank_id, {{line}}, 2 * t.from_account_id + {_IN_RECORD}, 2 * t.to_account_id + {_IN_RECORD},
           {_NUMBERS}, {{lawful}}
    FROM transfer t {_SIDE.format(side="f", way="from", sign="-")} {_SIDE.format(side="o", way="to", sign="")}
    WHERE t.id > :after ORDER BY t.id LIMIT :most"""


@dataclass(frozen=True)
class Problem:
    """Something in the ledger that is not as it must be, and the row it was found in."""

    row: str
    what: str


@dataclass
class Counts:
    """How much was checked."""

    transfers: int = 0
    entries: int = 0
    accounts: int = 0
    seals: int = 0


@dataclass
class _Bank:
    """Where one bank's accounts and chain are, after the transfers that were read so far.

    An account in one book is known by twice its id, and one more in the record book.
    """

    id: int
    code: str
    numbers: dict[int, int] = field(default_factory=dict)
    balances: dict[int, int] = field(default_factory=dict)
    # The seal that the next transfers belong to, the one before it, and the lines it covers so far.
    seal: Seal | None = None
    before: Seal | None = None
    sealed_until: int = 0
    transfer_ids: list[int] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


class Replay:
    """One pass over the whole ledger: `problems()` yields what is wrong, `counts` says how much was looked at."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.banks: dict[int, _Bank] = {}
        # Whether the laws about single transfers have to be asked one by one.
        self.unlawful = False

    def problems(self, tick: Tick) -> Iterator[Problem]:
        """Yield every transfer, entry, balance and seal that is not as it must be; tell `tick` of transfers read."""
        for id_, code in db.session.execute(text("SELECT id, code FROM bank ORDER BY id")):
            bank = self.banks[id_] = _Bank(id_, code)
            yield from self._next_seal(bank)
        after = 0
        while rows := self._transfers_after(after):
            yield from self._follow(rows)
            after = rows[-1][0]
            self.counts.transfers += len(rows)
            tick(len(rows))
        for bank in self.banks.values():
            while bank.seal is not None:
                yield from self._check_seal(bank)
        yield from self._check_accounts()
        yield from self._entries_of_no_transfer()

    def _transfers_after(self, after: int) -> list[Any]:
        connection = db.session.connection()
        lawful = _LAWFUL.format(
            day_before=lines().day_before.format("t.effective_on"),
            of_this_database=_OF_SQLITE if connection.dialect.name == "sqlite" else "",
        )
        query = _TRANSFERS.format(line=lines().transfer, lawful=lawful)
        return list(connection.execute(text(query), {"after": after, "most": TRANSFERS_AT_ONCE}).cursor.fetchall())

    def _follow(self, rows: list[Any]) -> Iterator[Problem]:
        bank = None
        for id_, bank_id, line, giver, taker, minutes, giver_at, giver_has, taker_at, taker_has, lawful in rows:
            if bank is None or bank.id != bank_id:
                bank = self.banks.get(bank_id)
                if bank is None:
                    yield Problem(f"transfer {id_}", f"is of bank {bank_id}, which is not there")
                    continue
                numbers, balances = bank.numbers, bank.balances
            while id_ > bank.sealed_until and bank.seal is not None:
                yield from self._check_seal(bank)
            if bank.seal is not None:
                bank.transfer_ids.append(id_)
                bank.lines.append(line)
            if not lawful:
                self.unlawful = True
            number, balance = numbers.get(giver, 0) + 1, balances.get(giver, 0) - minutes
            if number != giver_at or balance != giver_has:
                yield from self._name_entry(id_, giver, giver_at)
                number, balance = (giver_at, giver_has) if giver_at is not None else (number, balance)
            numbers[giver], balances[giver] = number, balance
            number, balance = numbers.get(taker, 0) + 1, balances.get(taker, 0) + minutes
            if number != taker_at or balance != taker_has:
                yield from self._name_entry(id_, taker, taker_at)
                number, balance = (taker_at, taker_has) if taker_at is not None else (number, balance)
            numbers[taker], balances[taker] = number, balance

    def _name_entry(self, transfer_id: int, place: int, number: int | None) -> Iterator[Problem]:
        account_id = place // 2
        if number is not None:
            query = text("SELECT id FROM entry WHERE transfer_id = :transfer AND account_id = :account")
            for (entry,) in db.session.execute(query, {"transfer": transfer_id, "account": account_id}):
                account = _account_name(account_id)
                yield Problem(
                    f"entry {entry}", f"breaks the running number or the running balance of account {account}"
                )
            return
        yield Problem(
            f"transfer {transfer_id}",
            "does not have exactly one entry in each of its two accounts, with opposite minutes",
        )
        for (entry,) in db.session.execute(text(_NOT_OF_ITS_TRANSFER), {"transfer": transfer_id}):
            yield Problem(
                f"entry {entry}",
                f"is in another account, bank or book than transfer {transfer_id}, or of other minutes or another day",
            )

    def _next_seal(self, bank: _Bank) -> Iterator[Problem]:
        wanted = bank.seal.number + 1 if bank.seal else 1
        bank.before = bank.seal
        following = select(Seal).where(Seal.bank_id == bank.id, Seal.number >= wanted).order_by(Seal.number).limit(1)
        bank.seal = db.session.scalar(following.options(undefer(Seal.marks)))
        bank.transfer_ids, bank.lines = [], []
        if bank.seal is None:
            return
        db.session.expunge(bank.seal)
        bank.sealed_until = bank.seal.last_transfer_id
        if bank.seal.number != wanted:
            yield Problem(f"seal {wanted} of bank {bank.code}", "is not there, though later ones are")

    def _check_seal(self, bank: _Bank) -> Iterator[Problem]:
        seal, before = bank.seal, bank.before
        assert seal is not None
        accounts = _accounts_between(bank.id, before.last_account_id if before else 0, seal.last_account_id)
        months = seals.months_between(bank.id, before.last_day if before else None, seal.last_day)
        covered = [line for _, line in accounts] + bank.lines + [line for _, line in months]
        digest = seals.digest_of(bank.id, seal.number, before.digest if before else seals.FIRST, covered)
        if digest != seal.digest:
            # Only now are their names needed, and there are as many as transfers.
            names = [
                *(f"account with the id {id_}" for id_, _ in accounts),
                *(f"transfer {id_}" for id_ in bank.transfer_ids),
                *(f"closed month of {last_day} of bank {bank.code}" for last_day, _ in months),
            ]
            rows = list(zip(names, covered, strict=True))
            yield from _what_was_changed(f"seal {seal.number} of bank {bank.code}", seal, rows)
        self.counts.seals += 1
        yield from self._next_seal(bank)

    def _check_accounts(self) -> Iterator[Problem]:
        """Compare every balance with where the entries led, and every bank's sum with nothing."""
        # An account that moved in a bank that is not its own has no balance there, so its place stays over.
        sums: dict[tuple[int, str], int] = {}
        for id_, number, book, minutes, is_whole, entries, bank_id in db.session.execute(text(_BALANCES)):
            if not is_whole:
                self.unlawful = True
            bank = self.banks.get(bank_id)
            place = 2 * id_ + (book == Book.RECORD)
            led_to = bank.balances.pop(place, 0) if bank else 0
            counted = bank.numbers.pop(place, 0) if bank else 0
            self.counts.entries += counted
            self.counts.accounts += book == Book.CREDIT
            sums[bank_id, book] = sums.get((bank_id, book), 0) + minutes
            if (minutes, entries) != (led_to, counted):
                yield Problem(
                    f"balance of account {number} in the {book} book",
                    f"is {minutes} minutes after {entries} entries, "
                    f"but its entries add up to {led_to} minutes in {counted} entries",
                )
        for (bank_id, book), total in sorted(sums.items()):
            if total:
                code = self.banks[bank_id].code if bank_id in self.banks else bank_id
                yield Problem(
                    f"bank {code}", f"has balances in the {book} book that add up to {total} minutes instead of 0"
                )
        for bank in self.banks.values():
            for place in bank.numbers:
                self.unlawful = True
                self.counts.entries += bank.numbers[place]
                yield Problem(
                    f"account {_account_name(place // 2)}",
                    f"has transfers of bank {bank.code} but no balance there for them",
                )

    def _entries_of_no_transfer(self) -> Iterator[Problem]:
        there = db.session.execute(text("SELECT count(*) FROM entry")).scalar_one()
        if there == 2 * self.counts.transfers:
            return
        self.counts.entries = there
        for (entry,) in db.session.execute(text(_ORPHANS)):
            yield Problem(f"entry {entry}", "is of no transfer, or of an account that had no part in its transfer")


_BALANCES = """SELECT b.account_id, coalesce(a.number, '(id ' || b.account_id || ')'), b.book,
                 CAST(b.minutes AS bigint), b.minutes = CAST(b.minutes AS bigint), b.entries, b.bank_id
               FROM balance b LEFT JOIN account a ON a.id = b.account_id ORDER BY b.account_id, b.book"""
_NOT_OF_ITS_TRANSFER = """
    SELECT e.id FROM entry e JOIN transfer t ON t.id = e.transfer_id WHERE t.id = :transfer AND NOT (
      e.book = t.book AND e.bank_id = t.bank_id AND e.effective_on = t.effective_on
      AND e.minutes = CASE e.account_id WHEN t.from_account_id THEN -t.minutes WHEN t.to_account_id THEN t.minutes
                                        ELSE 0 END) ORDER BY e.id"""
_ORPHANS = """SELECT e.id FROM entry e LEFT JOIN transfer t ON t.id = e.transfer_id
              WHERE t.id IS NULL OR e.account_id NOT IN (t.from_account_id, t.to_account_id) ORDER BY e.id"""


def _account_name(account_id: int) -> str:
    number = db.session.execute(text("SELECT number FROM account WHERE id = :id"), {"id": account_id}).scalar()
    return str(number) if number is not None else f"(id {account_id})"


def _accounts_between(bank_id: int, after: int, until: int) -> list[tuple[int, str]]:
    query = f"""SELECT a.id, {lines().account} FROM account a
                WHERE a.bank_id = :bank_id AND a.id > :after AND a.id <= :until ORDER BY a.id"""
    found = db.session.execute(text(query), {"bank_id": bank_id, "after": after, "until": until})
    return [(id_, line) for id_, line in found]


def _what_was_changed(name: str, seal: Seal, rows: list[tuple[str, str]]) -> Iterator[Problem]:
    """Name the rows that are not as they were when they were sealed, by their marks."""
    size = seals.MARK_BYTES
    were = [seal.marks[at : at + size] for at in range(0, len(seal.marks), size)]
    marks = [seals.mark_of(line) for _, line in rows]
    if were == marks:
        yield Problem(name, "is not the digest of what it covers and of the seal before it: a seal was changed")
        return
    yield Problem(name, "is not the digest of what it covers")
    for what, old_from, old_to, new_from, new_to in difflib.SequenceMatcher(
        None, were, marks, autojunk=False
    ).get_opcodes():
        if what == "equal":
            continue
        for row, _ in rows[new_from:new_to]:
            yield Problem(row, f"is not as it was when it was sealed ({name})")
        missing = (old_to - old_from) - (new_to - new_from)
        if missing > 0:
            yield Problem(_place_between(rows, new_from, new_to), f"{missing} rows that were sealed are gone ({name})")


def _place_between(rows: list[tuple[str, str]], new_from: int, new_to: int) -> str:
    before = rows[new_from - 1][0] if new_from > 0 else "the beginning"
    after = rows[new_to][0] if new_to < len(rows) else "the end"
    return f"between {before} and {after}"
