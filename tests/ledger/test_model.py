"""Whatever is done to a ledger, in whatever order, it does what a ledger in plain Python does.

Hypothesis thinks of the order. For longer: TIMEBANK_TEST_MODEL_EXAMPLES=1000 pytest tests/ledger/test_model.py
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from tests.ledger.model import ModelAccount, ModelBank
from tests.make import AT, make_account, make_bank
from timebank.banks.models import Bank
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.ledger import queries, seals
from timebank.ledger import service as ledger
from timebank.ledger.models import Account, AccountKind, Balance, Book, Transfer, TransferKind
from timebank.ledger.months import Month
from timebank.ledger.service import TransferDraft
from timebank.ledger.verify import Head, Verification
from timebank.statements.queries import statement_of

EXAMPLES = os.environ.get("TIMEBANK_TEST_MODEL_EXAMPLES")
A_FEW_EXAMPLES = 10
STEPS = 30
STEPS_BETWEEN_CHECKS = 10
ROWS_IN_A_SEAL = 3

# Around the end of a year and a leap day.
MONTHS = [Month(2027, 11).plus(number) for number in range(6)]
DAYS = [day for month in MONTHS for day in (month.first_day, month.last_day)] + [dt.date(2028, 2, 28)]

banks = st.integers(0, 1)
places = st.integers(0, 5)
minutes = st.integers(1, 90)
days = st.sampled_from(DAYS)
books = st.sampled_from([Book.CREDIT, Book.CREDIT, Book.RECORD])
kinds = st.sampled_from([TransferKind.EXCHANGE, *(kind for kind in TransferKind if kind != TransferKind.REVERSAL)])
floors = st.sampled_from([None, 0, -60, -120])

CHANGES: list[dict[str, Any]] = [
    {"minutes": 91},
    {"book": Book.RECORD},
    {"kind": TransferKind.HISTORY},
    {"happened_on": dt.date(2028, 1, 15)},
    {"linked_by": "something else"},
]


class LedgerAndModel(RuleBasedStateMachine):
    """Everything is done to both, and both must say the same."""

    @initialize()
    def begin(self) -> None:
        """Make two banks with three accounts each, in a transaction that is rolled back at the end."""
        # Both banks use the same keys and names.
        self.numbers = [itertools.count(1), itertools.count(1)]
        self.steps = 0
        self.banks = [make_bank(), make_bank()]
        self.models = [ModelBank(), ModelBank()]
        self.asked: list[list[TransferDraft]] = [[], []]
        self.heads: list[Head] = []
        for bank, model in zip(self.banks, self.models, strict=True):
            for account in db.session.scalars(
                select(Account).where(Account.bank_id == bank.id).order_by(Account.id)
            ).all():
                model.accounts[account.id] = ModelAccount(AccountKind(account.kind))
            for floor in (None, -60, None):
                self._open(bank, model, floor)
        self.in_order = True

    def _open(self, bank: Bank, model: ModelBank, floor: int | None) -> None:
        account = make_account(bank, floor_minutes=floor)
        model.accounts[account.id] = ModelAccount(AccountKind.MEMBER, floor)

    def _account(self, which: int, place: int) -> int:
        ids = list(self.models[which].accounts)
        return ids[place % len(ids)]

    def _draft(
        self,
        which: int,
        from_: int,
        to: int,
        *,
        minutes: int,
        book: Book,
        kind: TransferKind,
        day: dt.date,
        linked_by: str,
    ) -> TransferDraft:
        from_id, to_id = self._account(which, from_), self._account(which, to)
        if from_id == to_id:
            to_id = self._account(which, to + 1)
        key = f"key {next(self.numbers[which])}"
        return TransferDraft(from_id, to_id, minutes, book, kind, day, key, linked_by or key)

    def _same(self, act: Callable[[], Any], expected: Any) -> Any:
        """Do it to the ledger, and compare what comes of it with what came of it in the model."""
        self.in_order = False
        try:
            done = act()
        except RuleBroken as refusal:
            done = type(refusal)
        if isinstance(expected, set):
            assert done in expected
            return None
        assert done == expected
        return done

    def _post(self, which: int, drafts: list[TransferDraft]) -> None:
        bank = self.banks[which]
        done = self._same(lambda: ledger.post_transfers(bank.id, drafts, posted_at=AT), self.models[which].post(drafts))
        if done:
            self.asked[which] += drafts

    @rule(which=banks, from_=places, to=places, minutes=minutes, book=books, kind=kinds, day=days)
    def post_one(
        self, which: int, from_: int, to: int, minutes: int, book: Book, kind: TransferKind, day: dt.date
    ) -> None:
        """Post a transfer by itself."""
        self._post(which, [self._draft(which, from_, to, minutes=minutes, book=book, kind=kind, day=day, linked_by="")])

    @rule(
        which=banks,
        moves=st.lists(st.tuples(places, places, minutes, kinds), min_size=2, max_size=4),
        book=books,
        day=days,
        again=st.booleans(),
        older=st.booleans(),
    )
    def post_linked(
        self,
        which: int,
        moves: list[tuple[int, int, int, TransferKind]],
        book: Book,
        day: dt.date,
        again: bool,
        older: bool,
    ) -> None:
        """Post transfers together under one name, perhaps an older one, perhaps with one that was posted before."""
        asked = self.asked[which]
        name = asked[-1].linked_by if older and asked else f"class {next(self.numbers[which])}"
        drafts = [
            self._draft(which, from_, to, minutes=minutes, book=book, kind=kind, day=day, linked_by=name)
            for from_, to, minutes, kind in moves
        ]
        if again:
            drafts[1:1] = self.asked[which][:1]
        self._post(which, drafts)

    @rule(which=banks, from_=places, to=places, minutes=minutes, after=st.integers(-1, 2), kind=kinds)
    def post_at_the_edge_of_the_closed_months(
        self, which: int, from_: int, to: int, minutes: int, after: int, kind: TransferKind
    ) -> None:
        """Post on the last closed day, the first open one, and those beside them."""
        closed_through = self.models[which].closed_through
        if closed_through is not None:
            day = closed_through + dt.timedelta(days=after)
            draft = self._draft(which, from_, to, minutes=minutes, book=Book.CREDIT, kind=kind, day=day, linked_by="")
            self._post(which, [draft])

    @rule(which=banks, floored=places, to=places, over=st.integers(-1, 2), day=days)
    def empty_an_account_in_parts(self, which: int, floored: int, to: int, over: int, day: dt.date) -> None:
        """Take what an account has down to its floor, a minute less or more, in two transfers together."""
        model, id_ = self.models[which], self._account(which, floored)
        left = model.balance((id_, Book.CREDIT)) - (model.accounts[id_].floor_minutes or -200) + over
        parts = [part for part in (left // 2, left - left // 2) if part > 0]
        name = f"parts {next(self.numbers[which])}"
        drafts = [
            self._draft(
                which, floored, to, minutes=part, book=Book.CREDIT, kind=TransferKind.EXCHANGE, day=day, linked_by=name
            )
            for part in parts
        ]
        self._post(which, drafts)

    @rule(which=banks, number=st.integers(0, 8), count=st.integers(1, 3))
    def ask_the_same_again(self, which: int, number: int, count: int) -> None:
        """Send what was posted before once more."""
        asked = self.asked[which]
        if asked:
            self._post(which, [asked[-1 - (number + more) % len(asked)] for more in range(count)])

    @rule(which=banks, number=st.integers(0, 8), change=st.sampled_from(CHANGES), among=st.booleans())
    def ask_something_else_with_the_same_key(
        self, which: int, number: int, change: dict[str, Any], among: bool
    ) -> None:
        """Send another request under a key that was used."""
        asked = self.asked[which]
        if not asked:
            return
        other = dataclasses.replace(asked[-1 - number % len(asked)], **change)
        drafts = [other]
        if among:
            drafts.insert(
                0,
                self._draft(
                    which, 0, 2, minutes=5, book=Book.CREDIT, kind=TransferKind.HISTORY, day=DAYS[0], linked_by=""
                ),
            )
        self._post(which, drafts)

    @rule(which=banks, number=st.integers(0, 8), round_=st.booleans())
    def ask_between_other_accounts_with_the_same_key(self, which: int, number: int, round_: bool) -> None:
        """Turn a request round, or give it to somebody else, under the same key."""
        asked = self.asked[which]
        if not asked:
            return
        was = asked[-1 - number % len(asked)]
        if round_:
            other = dataclasses.replace(was, from_account_id=was.to_account_id, to_account_id=was.from_account_id)
        else:
            ids = [id_ for id_ in self.models[which].accounts if id_ not in (was.from_account_id, was.to_account_id)]
            other = dataclasses.replace(was, to_account_id=ids[number % len(ids)])
        self._post(which, [other])

    @rule(which=banks, place=places, stranger=places, forth=st.booleans(), day=days)
    def post_across_banks(self, which: int, place: int, stranger: int, forth: bool, day: dt.date) -> None:
        """Move minutes to or from another bank."""
        pair = (self._account(which, place), self._account(1 - which, stranger))
        from_, to = pair if forth else pair[::-1]
        key = f"key {next(self.numbers[which])}"
        self._post(which, [TransferDraft(from_, to, 5, Book.CREDIT, TransferKind.HISTORY, day, key, key)])

    @rule(which=banks, day=st.sampled_from([dt.date(1969, 12, 31), dt.date(1970, 1, 1)]), far=st.booleans())
    def post_long_ago_or_far_ahead(self, which: int, day: dt.date, far: bool) -> None:
        """Post on the first and last days that there are, and a day before and after."""
        if far:
            day = dt.date(9998, 12, 31) + (day - dt.date(1969, 12, 31))
        self._post(
            which,
            [self._draft(which, 0, 2, minutes=5, book=Book.RECORD, kind=TransferKind.HISTORY, day=day, linked_by="")],
        )

    @rule(which=banks, number=st.integers(0, 8), day=days)
    def reverse(self, which: int, number: int, day: dt.date) -> None:
        """Reverse what was posted under one name, for the first time or once more."""
        asked, bank = self.asked[which], self.banks[which]
        name = asked[-1 - number % len(asked)].linked_by if asked else "nothing"
        self._same(
            lambda: len(ledger.reverse_transfers(bank.id, name, reversed_on=day, posted_at=AT)),
            self.models[which].reverse(name, reversed_on=day),
        )

    @rule(which=banks, month=st.sampled_from(MONTHS))
    def close_a_month(self, which: int, month: Month) -> None:
        """Close a month, for the first time, once more, or before one that is closed."""
        bank, model = self.banks[which], self.models[which]
        if self._same(lambda: ledger.close_month(bank.id, month, closed_at=AT), model.close_month(month)):
            while model.seal(ROWS_IN_A_SEAL) is not None:
                pass
            self._keep_head(bank)

    @rule(which=banks)
    def seal(self, which: int) -> None:
        """Seal what was posted, up to so many rows."""
        bank = self.banks[which]
        made = seals.seal(bank.id, sealed_at=AT)
        transfers = self.models[which].seal(ROWS_IN_A_SEAL)
        assert (made.transfers if made is not None else None) == transfers
        self._keep_head(bank)

    def _keep_head(self, bank: Bank) -> None:
        head = seals.head_of(bank.id)
        if head is not None:
            self.heads.append(Head.parse(f"{bank.code}:{head}"))

    @rule(which=banks, floor=floors)
    def open_an_account(self, which: int, floor: int | None) -> None:
        """Open an account, while there are few enough that they meet."""
        if len(self.models[which].accounts) < 7:
            self._open(self.banks[which], self.models[which], floor)

    @rule(which=banks, place=places)
    def close_an_account(self, which: int, place: int) -> None:
        """Close an account, or a closed one again."""
        id_ = self._account(which, place)
        ledger.close_account(db.session.get_one(Account, id_), closed_at=AT)
        self.models[which].accounts[id_].is_closed = True

    @rule(which=banks)
    def open_closed_accounts_again(self, which: int) -> None:
        """Let every closed account of a bank take part again."""
        for id_, account in self.models[which].accounts.items():
            if account.is_closed:
                ledger.open_account_again(db.session.get_one(Account, id_))
                account.is_closed = False

    @rule(which=banks, floor=floors)
    def set_the_floor(self, which: int, floor: int | None) -> None:
        """Set the floor of every member's account."""
        ledger.set_floor(self.banks[which].id, floor_minutes=floor, kinds=[AccountKind.MEMBER])
        for account in self.models[which].accounts.values():
            if account.kind == AccountKind.MEMBER:
                account.floor_minutes = floor

    @invariant()
    def both_say_the_same(self) -> None:
        """Compare every transfer, balance and floor; every few steps look for problems."""
        for bank, model in zip(self.banks, self.models, strict=True):
            self._compare_transfers(bank, model)
            balances = db.session.execute(
                select(Balance.account_id, Balance.book, Balance.minutes, Balance.floor_minutes).where(
                    Balance.bank_id == bank.id
                )
            )
            assert {(id_, book): (held, floor) for id_, book, held, floor in balances} == {
                (id_, book): (
                    model.balance((id_, book)),
                    account.floor_minutes if book == Book.CREDIT else None,
                )
                for id_, account in model.accounts.items()
                for book in Book
            }
            assert queries.closed_through(bank.id) == model.closed_through
            assert seals.unsealed(bank.id) == len(model.transfers) - (model.seals[-1][1] if model.seals else 0)
        self.steps += 1
        if self.steps % STEPS_BETWEEN_CHECKS == 0:
            self._nothing_is_wrong()
        self.in_order = True

    def _compare_transfers(self, bank: Bank, model: ModelBank) -> None:
        posted = db.session.execute(
            select(
                Transfer.from_account_id,
                Transfer.to_account_id,
                Transfer.minutes,
                Transfer.book,
                Transfer.kind,
                Transfer.happened_on,
                Transfer.effective_on,
                Transfer.linked_by,
            )
            .where(Transfer.bank_id == bank.id)
            .order_by(Transfer.id)
        )
        assert [tuple(row) for row in posted] == [
            (
                each.asked.from_account_id,
                each.asked.to_account_id,
                each.asked.minutes,
                each.asked.book,
                each.asked.kind,
                each.asked.happened_on,
                each.effective_on,
                each.asked.linked_by,
            )
            for each in model.transfers
        ]

    def _nothing_is_wrong(self) -> None:
        assert list(Verification(self.heads).problems()) == []

    def _every_statement_is_right(self, bank: Bank, model: ModelBank) -> None:
        for id_ in model.accounts:
            account = db.session.get_one(Account, id_)
            for month in (*MONTHS, MONTHS[-1].plus(1)):
                statement = statement_of(bank, account, month, viewer=None, in_full=True)
                for part in statement.books:
                    place = (id_, part.book)
                    assert part.opening_minutes == model.balance(place, before=month.first_day)
                    assert part.closing_minutes == model.balance(place, before=month.plus(1).first_day)
                    assert sorted((line.line.effective_on, line.line.minutes) for line in part.lines) == sorted(
                        (each.effective_on, change)
                        for each in model.transfers
                        if Month.of(each.effective_on) == month and (change := each.change_in(place))
                    )
                    assert [line.balance_minutes for line in part.lines] == list(
                        itertools.accumulate((line.line.minutes for line in part.lines), initial=part.opening_minutes)
                    )[1:]

    def _closed_months_are_sealed_with_everything_in_them(self, bank: Bank, model: ModelBank) -> None:
        ids = list(db.session.scalars(select(Transfer.id).where(Transfer.bank_id == bank.id).order_by(Transfer.id)))
        for month, posted in model.posted_by.items():
            covering = seals.seal_of_month(bank.id, month.last_day)
            assert covering is not None
            assert posted == 0 or covering.last_transfer_id >= ids[posted - 1]

    def teardown(self) -> None:
        """Look at everything once more, and leave the database as empty as it was."""
        try:
            if getattr(self, "in_order", False):
                self._nothing_is_wrong()
                for bank, model in zip(self.banks, self.models, strict=True):
                    self._every_statement_is_right(bank, model)
                    self._closed_months_are_sealed_with_everything_in_them(bank, model)
        finally:
            db.session.rollback()


@pytest.mark.slow
def test_the_ledger_does_what_the_model_does(app: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seals, "TRANSFERS_IN_A_SEAL", ROWS_IN_A_SEAL)
    run_state_machine_as_test(
        LedgerAndModel,
        settings=settings(
            max_examples=int(EXAMPLES or A_FEW_EXAMPLES),
            stateful_step_count=STEPS,
            deadline=None,
            # Looking for a shorter way to the same mistake takes minutes, so that is for the long form.
            phases=[phase for phase in Phase if EXAMPLES or phase != Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
