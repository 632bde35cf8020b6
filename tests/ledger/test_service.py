"""Posting, reversing, floors and accounts."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select

from tests.conftest import application_on
from tests.ledger.books import assert_adds_up, balances
from tests.make import (
    AT,
    TODAY,
    approved_exchange,
    draft_transfer,
    give_hours,
    make_account,
    make_bank,
    make_member,
    make_organisation,
    post,
    set_rules,
)
from timebank.banks.models import Bank
from timebank.extensions import db
from timebank.ledger import queries
from timebank.ledger import service as ledger
from timebank.ledger.models import (
    Account,
    AccountKind,
    Balance,
    Book,
    ClosedMonth,
    Entry,
    Seal,
    Snapshot,
    Transfer,
    TransferKind,
)
from timebank.ledger.months import Month

LATER = AT + dt.timedelta(days=1)


@pytest.fixture
def bank(app: object) -> Bank:
    return make_bank()


@pytest.fixture
def giver(bank: Bank) -> Account:
    return make_account(bank)


@pytest.fixture
def receiver(bank: Bank) -> Account:
    return make_account(bank)


def minutes_of(account: Account, book: Book = Book.CREDIT) -> int:
    return queries.balance_of(account.id, book)


def count(table: type) -> int:
    return int(db.session.scalars(select(func.count()).select_from(table)).one())


class TestPosting:
    def test_moves_the_hours_from_receiver_to_giver(self, bank: Bank, giver: Account, receiver: Account) -> None:
        assert post(bank, draft_transfer(receiver, giver, minutes=90)) == 1
        assert (minutes_of(giver), minutes_of(receiver)) == (90, -90)
        assert_adds_up()

    def test_numbers_the_entries_of_each_account_and_book(self, bank: Bank, giver: Account, receiver: Account) -> None:
        for minutes, book in ((10, Book.CREDIT), (20, Book.RECORD), (30, Book.CREDIT)):
            post(bank, draft_transfer(receiver, giver, minutes=minutes, book=book))
        entries = db.session.execute(
            select(Entry.book, Entry.number, Entry.minutes, Entry.balance_minutes)
            .where(Entry.account_id == giver.id)
            .order_by(Entry.book, Entry.number)
        )
        assert [tuple(entry) for entry in entries] == [
            ("credit", 1, 10, 10),
            ("credit", 2, 30, 40),
            ("record", 1, 20, 20),
        ]

    def test_hours_in_the_record_book_change_nobodys_credit(
        self, bank: Bank, giver: Account, receiver: Account
    ) -> None:
        post(bank, draft_transfer(receiver, giver, minutes=30, book=Book.RECORD))
        assert (minutes_of(giver), minutes_of(giver, Book.RECORD)) == (0, 30)
        assert (minutes_of(receiver), minutes_of(receiver, Book.RECORD)) == (0, -30)

    def test_posts_all_of_those_that_belong_together_or_none(
        self, bank: Bank, giver: Account, receiver: Account
    ) -> None:
        closed = make_account(bank)
        ledger.close_account(closed, closed_at=AT)
        with pytest.raises(ledger.AccountClosed):
            post(bank, draft_transfer(receiver, giver), draft_transfer(closed, giver))
        assert count(Transfer) == count(Entry) == 0
        assert minutes_of(giver) == 0

    def test_after_a_refusal_the_callers_transaction_goes_on(
        self, bank: Bank, giver: Account, receiver: Account
    ) -> None:
        ledger.close_account(receiver, closed_at=AT)
        with pytest.raises(ledger.AccountClosed):
            post(bank, draft_transfer(receiver, giver))
        other = make_account(bank)
        assert post(bank, draft_transfer(other, giver)) == 1
        assert_adds_up()

    def test_nothing_to_post_is_nothing_done(self, bank: Bank) -> None:
        assert post(bank) == 0

    @pytest.mark.parametrize("minutes", [0, -1])
    def test_refuses_less_than_a_minute(self, bank: Bank, giver: Account, receiver: Account, minutes: int) -> None:
        with pytest.raises(Exception, match="ck_transfer_minutes"):
            post(bank, draft_transfer(receiver, giver, minutes=minutes))
        assert count(Transfer) == 0

    def test_refuses_an_account_of_another_bank(self, bank: Bank, giver: Account) -> None:
        stranger = make_account(make_bank())
        for draft in (draft_transfer(stranger, giver), draft_transfer(giver, stranger)):
            with pytest.raises(ledger.NotInThisBank):
                post(bank, draft)
        assert count(Transfer) == 0

    def test_refuses_an_account_that_does_not_exist(self, bank: Bank, giver: Account) -> None:
        with pytest.raises(ledger.NotInThisBank):
            post(bank, dataclasses.replace(draft_transfer(giver, giver), from_account_id=999_999))

    def test_keeps_hours_far_beyond_anybodys_life(self, bank: Bank, giver: Account, receiver: Account) -> None:
        most = 100_000_000
        post(bank, *(draft_transfer(receiver, giver, minutes=most) for _ in range(3)))
        assert minutes_of(giver) == 3 * most
        assert_adds_up()


class TestTheSameAgain:
    def test_the_same_request_again_posts_nothing_new(self, bank: Bank, giver: Account, receiver: Account) -> None:
        draft = draft_transfer(receiver, giver)
        assert post(bank, draft) == 1
        db.session.commit()
        assert post(bank, draft, at=LATER) == 0
        assert count(Transfer) == 1

    def test_only_what_is_new_is_posted(self, bank: Bank, giver: Account, receiver: Account) -> None:
        first, second = draft_transfer(receiver, giver), draft_transfer(receiver, giver)
        post(bank, first)
        assert post(bank, first, second) == 1
        assert minutes_of(giver) == 120

    def test_the_same_twice_in_one_request_is_posted_once(self, bank: Bank, giver: Account, receiver: Account) -> None:
        draft = draft_transfer(receiver, giver)
        assert post(bank, draft, draft) == 1
        assert minutes_of(giver) == 60

    @pytest.mark.parametrize(
        "change",
        [
            {"minutes": 61},
            {"book": Book.RECORD},
            {"kind": TransferKind.HISTORY},
            {"happened_on": TODAY - dt.timedelta(days=1)},
            {"linked_by": "something else"},
            {"reverses_id": 1},
        ],
        ids=str,
    )
    def test_refuses_the_same_key_with_something_else(
        self, bank: Bank, giver: Account, receiver: Account, change: dict[str, object]
    ) -> None:
        draft = draft_transfer(receiver, giver)
        post(bank, draft)
        with pytest.raises(ledger.KeyReused):
            post(bank, dataclasses.replace(draft, **change))
        with pytest.raises(ledger.KeyReused):
            post(bank, draft_transfer(receiver, giver, key="new"), dataclasses.replace(draft, key="new", **change))
        assert count(Transfer) == 1

    def test_refuses_the_same_key_between_other_accounts(self, bank: Bank, giver: Account, receiver: Account) -> None:
        draft, other = draft_transfer(receiver, giver), make_account(bank)
        post(bank, draft)
        for from_, to in ((giver, receiver), (other, giver), (receiver, other)):
            with pytest.raises(ledger.KeyReused):
                post(bank, draft_transfer(from_, to, key=draft.key))

    def test_another_bank_may_use_the_same_key(self, bank: Bank, giver: Account, receiver: Account) -> None:
        other = make_bank()
        post(bank, draft_transfer(receiver, giver, key="same"))
        assert post(other, draft_transfer(make_account(other), make_account(other), key="same")) == 1


class TestFloors:
    @pytest.fixture
    def floored(self, bank: Bank) -> Account:
        return make_account(bank, floor_minutes=-60)

    def test_down_to_the_floor_is_allowed(self, bank: Bank, giver: Account, floored: Account) -> None:
        post(bank, draft_transfer(floored, giver, minutes=60))
        assert minutes_of(floored) == -60

    @pytest.mark.parametrize("kind", [TransferKind.EXCHANGE, TransferKind.DONATION, TransferKind.GRANT])
    def test_a_minute_below_is_refused(self, bank: Bank, giver: Account, floored: Account, kind: TransferKind) -> None:
        with pytest.raises(ledger.NotEnoughHours):
            post(bank, draft_transfer(floored, giver, minutes=61, kind=kind))
        assert minutes_of(floored) == 0
        assert count(Transfer) == 0

    def test_together_they_may_not_go_below_either(self, bank: Bank, giver: Account, floored: Account) -> None:
        with pytest.raises(ledger.NotEnoughHours):
            post(bank, draft_transfer(floored, giver, minutes=40), draft_transfer(floored, giver, minutes=21))
        assert count(Transfer) == 0

    @pytest.mark.parametrize("kind", [TransferKind.HISTORY, TransferKind.OPENING])
    def test_history_and_opening_credit_may_go_below(
        self, bank: Bank, giver: Account, floored: Account, kind: TransferKind
    ) -> None:
        post(bank, draft_transfer(floored, giver, minutes=600, kind=kind))
        assert minutes_of(floored) == -600

    def test_a_reversal_may_go_below(self, bank: Bank, giver: Account, floored: Account) -> None:
        earned = draft_transfer(giver, floored, minutes=100)
        post(bank, earned)
        post(bank, draft_transfer(floored, giver, minutes=160))
        ledger.reverse_transfers(bank.id, earned.linked_by, reversed_on=TODAY, posted_at=AT)
        assert minutes_of(floored) == -160
        assert_adds_up()

    def test_who_is_below_may_still_receive_hours(self, bank: Bank, giver: Account, floored: Account) -> None:
        post(bank, draft_transfer(floored, giver, minutes=600, kind=TransferKind.HISTORY))
        post(bank, draft_transfer(giver, floored, minutes=5))
        assert minutes_of(floored) == -595

    def test_a_floor_is_for_the_credit_book(self, bank: Bank, giver: Account, floored: Account) -> None:
        post(bank, draft_transfer(floored, giver, minutes=600, book=Book.RECORD))
        assert minutes_of(floored, Book.RECORD) == -600

    def test_a_new_floor_holds_for_members_and_organisations_from_now_on(self, bank: Bank) -> None:
        member, organisation = make_member(bank), make_organisation(bank)
        community = queries.community_account(bank.id)
        set_rules(bank, floor_minutes=0)
        for party in (member, organisation):
            with pytest.raises(ledger.NotEnoughHours):
                post(bank, draft_transfer(party, community, minutes=1))
        assert post(bank, draft_transfer(community, member, minutes=1)) == 1
        set_rules(bank, floor_minutes=None)
        assert post(bank, draft_transfer(organisation, community, minutes=1)) == 1

    def test_a_new_floor_is_for_the_credit_book_of_one_bank(self, bank: Bank) -> None:
        other = make_bank()
        member, stranger = make_member(bank), make_member(other)
        set_rules(bank, floor_minutes=0)
        record = draft_transfer(member, queries.community_account(bank.id), minutes=600, book=Book.RECORD)
        elsewhere = draft_transfer(stranger, queries.community_account(other.id), minutes=600)
        assert (post(bank, record), post(other, elsewhere)) == (1, 1)

    def test_opening_credit_lets_a_newcomer_receive_at_once(self, bank: Bank) -> None:
        set_rules(bank, floor_minutes=0, opening_credit_minutes=120)
        newcomer, neighbour = make_member(bank), make_member(bank)
        approved_exchange(bank, giver=neighbour, receiver=newcomer, minutes=120)
        assert queries.balance_of(newcomer.account_id, Book.CREDIT) == 0


class TestAccounts:
    def test_begins_with_nothing_in_either_book(self, bank: Bank) -> None:
        assert queries.balances_of([make_account(bank).id]) != {}
        account = make_account(bank)
        assert queries.balances_of([account.id]) == {account.id: {"credit": 0, "record": 0}}

    @pytest.mark.parametrize("book", Book)
    def test_a_closed_account_neither_gives_nor_receives(
        self, bank: Bank, giver: Account, receiver: Account, book: Book
    ) -> None:
        post(bank, draft_transfer(receiver, giver))
        ledger.close_account(giver, closed_at=AT)
        for draft in (draft_transfer(receiver, giver, book=book), draft_transfer(giver, receiver, book=book)):
            with pytest.raises(ledger.AccountClosed):
                post(bank, draft)
        assert minutes_of(giver) == 60

    def test_an_account_that_is_opened_again_goes_on_where_it_was(
        self, bank: Bank, giver: Account, receiver: Account
    ) -> None:
        post(bank, draft_transfer(receiver, giver))
        ledger.close_account(giver, closed_at=AT)
        ledger.open_account_again(giver)
        post(bank, draft_transfer(receiver, giver, minutes=1))
        assert minutes_of(giver) == 61
        assert_adds_up()

    def test_each_bank_has_one_community_and_one_opening_account(self, bank: Bank) -> None:
        assert queries.community_account(bank.id).kind == AccountKind.COMMUNITY
        assert queries.opening_account(bank.id).kind == AccountKind.OPENING


class TestReversing:
    def test_posts_the_opposite_and_leaves_what_is_reversed(
        self, bank: Bank, giver: Account, receiver: Account
    ) -> None:
        mistake = draft_transfer(receiver, giver, minutes=90)
        post(bank, mistake)
        day = TODAY + dt.timedelta(days=1)
        reversed_ = ledger.reverse_transfers(bank.id, mistake.linked_by, reversed_on=day, posted_at=LATER)
        assert [transfer.key for transfer in reversed_] == [mistake.key]
        original, reversal = queries.transfers_linked_by(bank.id, mistake.linked_by)
        assert (original.minutes, original.kind, original.reverses_id) == (90, "exchange", None)
        assert (reversal.minutes, reversal.kind, reversal.reverses_id) == (90, "reversal", original.id)
        assert (original.happened_on, reversal.happened_on, reversal.effective_on) == (TODAY, day, day)
        assert (minutes_of(giver), minutes_of(receiver)) == (0, 0)
        assert_adds_up()

    def test_reverses_all_that_belong_together(self, bank: Bank, giver: Account, receiver: Account) -> None:
        drafts = [draft_transfer(receiver, giver, minutes=m, linked_by="class") for m in (10, 20, 30)]
        post(bank, *drafts)
        assert len(ledger.reverse_transfers(bank.id, "class", reversed_on=TODAY, posted_at=AT)) == 3
        assert minutes_of(giver) == 0
        assert_adds_up()

    @pytest.mark.parametrize("days_later", [0, 5])
    def test_refuses_a_second_time(self, bank: Bank, giver: Account, receiver: Account, days_later: int) -> None:
        mistake = draft_transfer(receiver, giver)
        post(bank, mistake)
        ledger.reverse_transfers(bank.id, mistake.linked_by, reversed_on=TODAY, posted_at=AT)
        day = TODAY + dt.timedelta(days=days_later)
        with pytest.raises(ledger.AlreadyReversed):
            ledger.reverse_transfers(bank.id, mistake.linked_by, reversed_on=day, posted_at=LATER)
        assert count(Transfer) == 2

    def test_refuses_a_name_that_was_reversed_even_when_something_was_posted_under_it_since(
        self, bank: Bank, giver: Account, receiver: Account
    ) -> None:
        post(bank, draft_transfer(receiver, giver, linked_by="class"))
        ledger.reverse_transfers(bank.id, "class", reversed_on=TODAY, posted_at=AT)
        post(bank, draft_transfer(receiver, giver, linked_by="class"))
        with pytest.raises(ledger.AlreadyReversed):
            ledger.reverse_transfers(bank.id, "class", reversed_on=TODAY, posted_at=LATER)
        assert minutes_of(giver) == 60

    def test_refuses_a_second_time_under_another_key(self, bank: Bank, giver: Account, receiver: Account) -> None:
        mistake = draft_transfer(receiver, giver)
        post(bank, mistake)
        (original,) = queries.transfers_linked_by(bank.id, mistake.linked_by)
        back = draft_transfer(giver, receiver, kind=TransferKind.REVERSAL)
        assert post(bank, dataclasses.replace(back, reverses_id=original.id)) == 1
        with pytest.raises(ledger.AlreadyReversed):
            post(bank, dataclasses.replace(back, reverses_id=original.id, key="another"))

    def test_refuses_what_was_never_posted(self, bank: Bank) -> None:
        with pytest.raises(ledger.AlreadyReversed):
            ledger.reverse_transfers(bank.id, "nothing", reversed_on=TODAY, posted_at=AT)

    def test_does_not_reach_into_another_bank(self, bank: Bank, giver: Account, receiver: Account) -> None:
        draft = draft_transfer(receiver, giver)
        post(bank, draft)
        with pytest.raises(ledger.AlreadyReversed):
            ledger.reverse_transfers(make_bank().id, draft.linked_by, reversed_on=TODAY, posted_at=AT)

    def test_counts_in_the_open_month_when_its_own_is_closed(
        self, bank: Bank, giver: Account, receiver: Account
    ) -> None:
        mistake = draft_transfer(receiver, giver)
        post(bank, mistake)
        ledger.close_month(bank.id, Month.of(TODAY), closed_at=LATER)
        ledger.reverse_transfers(bank.id, mistake.linked_by, reversed_on=TODAY, posted_at=LATER)
        _, reversal = queries.transfers_linked_by(bank.id, mistake.linked_by)
        assert (reversal.happened_on, reversal.effective_on) == (TODAY, dt.date(2026, 4, 1))
        assert queries.balance_before(giver.id, Book.CREDIT, dt.date(2026, 4, 1)) == 60
        assert queries.balance_before(giver.id, Book.CREDIT, dt.date(2026, 5, 1)) == 0
        assert_adds_up()


class TestCost:
    """Posting asks the database a fixed number of questions, however much is posted."""

    def test_a_hundred_transfers_take_as_many_statements_as_two(
        self,
        bank: Bank,
        giver: Account,
        receiver: Account,
        statements_counted: Callable[[], AbstractContextManager[list[str]]],
    ) -> None:
        accounts = [make_account(bank) for _ in range(100)]
        db.session.commit()
        bank_id = bank.id
        one = [draft_transfer(receiver, giver)]
        two, hundred = (
            [draft_transfer(account, giver, linked_by="class") for account in accounts[:number]] for number in (2, 100)
        )
        counted = []
        for drafts in (one, two, hundred):
            with statements_counted() as statements:
                ledger.post_transfers(bank_id, drafts, posted_at=AT)
            counted.append(len(statements))
        # What a single one needs locked, its own guard locks.
        assert counted == [2, 3, 3]

    def test_what_is_posted_already_is_not_inserted(
        self,
        bank: Bank,
        giver: Account,
        receiver: Account,
        statements_counted: Callable[[], AbstractContextManager[list[str]]],
    ) -> None:
        draft = draft_transfer(receiver, giver)
        post(bank, draft)
        bank_id = bank.id
        with statements_counted() as statements:
            ledger.post_transfers(bank_id, [draft], posted_at=AT)
        assert len(statements) == 1
        assert not any(statement.lstrip().startswith("INSERT") for statement in statements)


def test_the_transfers_alone_make_the_same_ledger_again(
    bank: Bank, fresh_database: Callable[[], AbstractContextManager[str]]
) -> None:
    people = [make_member(bank) for _ in range(4)]
    give_hours(bank, people[0], 300)
    approved_exchange(bank, giver=people[0], receiver=people[1:], minutes=60)
    approved_exchange(bank, giver=people[1:], receiver=people[0], minutes=25, book=Book.RECORD)
    before_the_close = count(Transfer)
    ledger.close_month(bank.id, Month.of(TODAY), closed_at=LATER)
    mistake = approved_exchange(bank, giver=people[2], receiver=people[3], minutes=45)
    ledger.reverse_transfers(bank.id, mistake.reference, reversed_on=TODAY, posted_at=LATER)
    db.session.commit()
    first = [Bank.__table__, Account.__table__, Balance.__table__]
    tables = [*first, Transfer.__table__, ClosedMonth.__table__, Snapshot.__table__, Seal.__table__]
    rows = {
        table: [dict(row) for row in db.session.execute(select(table).order_by(*table.primary_key)).mappings()]
        for table in tables
    }
    for balance in rows[Balance.__table__]:
        balance |= {"minutes": 0, "entries": 0}
    entries = [tuple(row) for row in db.session.execute(select(Entry.__table__).order_by(Entry.id))]
    before = balances()
    with fresh_database() as url, application_on(url):
        for table in first:
            db.session.execute(insert(table), rows[table])
        # On which day a transfer counts hangs on which months were closed when it was posted.
        transfers, closed_months = rows[Transfer.__table__], rows[ClosedMonth.__table__]
        db.session.execute(insert(Transfer.__table__), transfers[:before_the_close])
        db.session.execute(insert(ClosedMonth.__table__), closed_months)
        db.session.execute(insert(Snapshot.__table__), rows[Snapshot.__table__])
        # The chain is of what was posted, and not of where it is kept.
        db.session.execute(insert(Seal.__table__), rows[Seal.__table__])
        db.session.execute(insert(Transfer.__table__), transfers[before_the_close:])
        assert balances() == before
        assert [tuple(row) for row in db.session.execute(select(Entry.__table__).order_by(Entry.id))] == entries
        assert_adds_up()


@st.composite
def requests(draw: st.DrawFn) -> list[list[tuple[int, int, int, Book, int, int]]]:
    """Groups of transfers between four accounts: (from, to, minutes, book, days ago, key)."""
    account = st.integers(0, 3)
    transfer = st.tuples(
        account, account, st.integers(1, 5000), st.sampled_from(Book), st.integers(0, 400), st.integers(0, 12)
    )
    return draw(st.lists(st.lists(transfer, min_size=1, max_size=4), max_size=8))


@given(groups=requests(), floor=st.none() | st.integers(-3000, 0), close=st.integers(0, 6))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_asked_the_ledger_adds_up(
    app: object, groups: list[list[tuple[int, int, int, Book, int, int]]], floor: int | None, close: int
) -> None:
    bank = make_bank()
    accounts = [make_account(bank, floor_minutes=floor) for _ in range(4)]
    for number, group in enumerate(groups):
        drafts = [
            draft_transfer(
                accounts[from_],
                accounts[to],
                minutes=minutes,
                book=book,
                happened_on=TODAY - dt.timedelta(days=days_ago),
                key=str(key),
            )
            for from_, to, minutes, book, days_ago, key in group
            if from_ != to
        ]
        try:
            with db.session.begin_nested():
                post(bank, *drafts)
        except (ledger.KeyReused, ledger.NotEnoughHours):
            pass
        if number == close:
            ledger.close_month(bank.id, Month.of(TODAY).plus(-2), closed_at=AT)
    assert_adds_up()
    for account in accounts:
        assert floor is None or minutes_of(account) >= floor
        whole = [queries.balance_before(account.id, book, dt.date(9999, 1, 1)) for book in Book]
        assert whole == [minutes_of(account, book) for book in Book]
    db.session.rollback()
