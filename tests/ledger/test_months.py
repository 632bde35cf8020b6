"""Months, closing them, and balances on a day."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests.ledger.books import assert_adds_up
from tests.make import AT, TODAY, draft_transfer, make_account, make_bank, post
from timebank.banks.models import Bank
from timebank.extensions import db
from timebank.ledger import queries
from timebank.ledger import service as ledger
from timebank.ledger.models import Account, Book, Entry, Snapshot
from timebank.ledger.months import Month

FEBRUARY, MARCH, APRIL = Month(2026, 2), Month(2026, 3), Month(2026, 4)


@pytest.fixture
def bank(app: object) -> Bank:
    return make_bank()


@pytest.fixture
def giver(bank: Bank) -> Account:
    return make_account(bank)


@pytest.fixture
def receiver(bank: Bank) -> Account:
    return make_account(bank)


def close(bank: Bank, month: Month) -> bool:
    return ledger.close_month(bank.id, month, closed_at=AT)


def effective_days(account: Account) -> list[dt.date]:
    entries = select(Entry.effective_on).where(Entry.account_id == account.id).order_by(Entry.book, Entry.number)
    return list(db.session.scalars(entries))


def snapshots() -> dict[tuple[int, str, dt.date], int]:
    return {(s.account_id, s.book, s.last_day): s.minutes for s in db.session.scalars(select(Snapshot))}


class TestMonth:
    @pytest.mark.parametrize(
        ("text", "last_day"),
        [
            ("2026-02", dt.date(2026, 2, 28)),
            ("2028-02", dt.date(2028, 2, 29)),
            ("2000-02", dt.date(2000, 2, 29)),
            ("2100-02", dt.date(2100, 2, 28)),
            ("2026-12", dt.date(2026, 12, 31)),
            ("9998-12", dt.date(9998, 12, 31)),
        ],
    )
    def test_ends_on_its_last_day(self, text: str, last_day: dt.date) -> None:
        month = Month.parse(text)
        assert month.last_day == last_day
        assert month.first_day == last_day.replace(day=1)
        assert str(month) == text

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "2026",
            "2026-13",
            "2026-00",
            "2026-1",
            "26-01",
            "2026-01-01",
            "0000-01",
            "9999-12",
            "1969-12",
            " 2026-01",
            "٢٠٢٦-٠١",
            "2026-01\n",
            "2026/01",
        ],
    )
    def test_refuses_what_is_not_a_month(self, text: str) -> None:
        with pytest.raises(ValueError):
            Month.parse(text)

    def test_goes_over_the_end_of_the_year(self) -> None:
        assert Month(2025, 12).plus(1) == Month(2026, 1)
        assert Month(2026, 1).plus(-1) == Month(2025, 12)
        assert Month(2026, 3).plus(-15) == Month(2024, 12)

    @given(day=st.dates(dt.date(1970, 1, 1), dt.date(9998, 12, 31)))
    def test_every_day_is_in_its_month_and_only_there(self, day: dt.date) -> None:
        month = Month.of(day)
        assert month.first_day <= day <= month.last_day
        assert month.last_day + dt.timedelta(days=1) == month.plus(1).first_day
        assert month.plus(1).plus(-1) == month
        assert month < month.plus(1)
        assert Month.parse(str(month)) == month


class TestClosing:
    def test_keeps_what_each_account_held_at_the_end(self, bank: Bank, giver: Account, receiver: Account) -> None:
        post(bank, draft_transfer(receiver, giver, minutes=30, happened_on=dt.date(2026, 2, 28)))
        post(bank, draft_transfer(receiver, giver, minutes=50, happened_on=dt.date(2026, 3, 1)))
        assert close(bank, FEBRUARY) is True
        assert {account: minutes for (account, book, _), minutes in snapshots().items() if book == "credit"} == {
            giver.id: 30,
            receiver.id: -30,
            queries.community_account(bank.id).id: 0,
            queries.opening_account(bank.id).id: 0,
        }
        assert_adds_up()

    def test_again_changes_nothing(self, bank: Bank, giver: Account) -> None:
        close(bank, FEBRUARY)
        before = snapshots()
        assert close(bank, FEBRUARY) is False
        assert snapshots() == before

    def test_refuses_a_month_before_the_last_closed(self, bank: Bank) -> None:
        close(bank, MARCH)
        with pytest.raises(ledger.MonthClosed):
            close(bank, FEBRUARY)
        assert queries.closed_through(bank.id) == dt.date(2026, 3, 31)

    def test_closes_every_month_before_it(self, bank: Bank, giver: Account, receiver: Account) -> None:
        close(bank, MARCH)
        post(bank, draft_transfer(receiver, giver, happened_on=dt.date(2025, 11, 3)))
        assert effective_days(giver) == [dt.date(2026, 4, 1)]

    def test_is_each_banks_own(self, bank: Bank) -> None:
        other = make_bank()
        close(bank, MARCH)
        account = make_account(other)
        post(other, draft_transfer(make_account(other), account, happened_on=TODAY))
        assert effective_days(account) == [TODAY]

    def test_what_happened_in_a_closed_month_counts_on_the_first_open_day(
        self, bank: Bank, giver: Account, receiver: Account
    ) -> None:
        close(bank, FEBRUARY)
        for day in (dt.date(2026, 2, 28), dt.date(2026, 3, 1), dt.date(2026, 3, 2)):
            post(bank, draft_transfer(receiver, giver, happened_on=day))
        assert effective_days(giver) == [dt.date(2026, 3, 1), dt.date(2026, 3, 1), dt.date(2026, 3, 2)]

    @pytest.mark.parametrize(
        ("month", "happened_on", "effective_on"),
        [
            (Month(2028, 1), dt.date(2028, 2, 29), dt.date(2028, 2, 29)),
            (Month(2028, 2), dt.date(2028, 2, 29), dt.date(2028, 3, 1)),
            (Month(2025, 12), dt.date(2025, 12, 31), dt.date(2026, 1, 1)),
            (Month(2025, 11), dt.date(2025, 12, 31), dt.date(2025, 12, 31)),
        ],
    )
    def test_leap_days_and_the_ends_of_years(
        self,
        bank: Bank,
        giver: Account,
        receiver: Account,
        month: Month,
        happened_on: dt.date,
        effective_on: dt.date,
    ) -> None:
        assert close(bank, month) is True
        post(bank, draft_transfer(receiver, giver, happened_on=happened_on))
        assert effective_days(giver) == [effective_on]
        assert close(bank, month.plus(1)) is True
        assert_adds_up()

    def test_a_bank_without_entries_can_be_closed(self, bank: Bank) -> None:
        assert close(bank, FEBRUARY) is True
        assert set(snapshots().values()) == {0}


class TestClosed:
    def test_is_each_month_until_the_last_closed_of_its_own_bank(self, bank: Bank) -> None:
        other = make_bank()
        assert (queries.closed_through(bank.id), queries.is_closed(bank.id, FEBRUARY)) == (None, False)
        for month in (FEBRUARY, MARCH):
            close(bank, month)
        close(other, FEBRUARY)
        assert queries.closed_through(bank.id) == MARCH.last_day
        assert queries.closed_through(other.id) == FEBRUARY.last_day
        assert [queries.is_closed(bank.id, month) for month in (FEBRUARY, MARCH, APRIL)] == [True, True, False]
        assert [queries.is_closed(other.id, month) for month in (FEBRUARY, MARCH, APRIL)] == [True, False, False]


class TestBalanceOnADay:
    def test_counts_what_was_before_the_day_and_not_the_day_itself(
        self, bank: Bank, giver: Account, receiver: Account
    ) -> None:
        post(bank, draft_transfer(receiver, giver, minutes=10, happened_on=dt.date(2026, 3, 5)))
        assert queries.balance_before(giver.id, Book.CREDIT, dt.date(2026, 3, 5)) == 0
        assert queries.balance_before(giver.id, Book.CREDIT, dt.date(2026, 3, 6)) == 10
        assert queries.balance_before(giver.id, Book.RECORD, dt.date(2026, 3, 6)) == 0

    def test_counts_a_closed_months_last_day_once(self, bank: Bank, giver: Account, receiver: Account) -> None:
        last_day = FEBRUARY.last_day
        for minutes, happened_on in ((10, last_day), (20, MARCH.first_day)):
            post(bank, draft_transfer(receiver, giver, minutes=minutes, happened_on=happened_on))
        close(bank, FEBRUARY)
        days = [last_day + dt.timedelta(days=after) for after in range(3)]
        assert [queries.balance_before(giver.id, Book.CREDIT, day) for day in days] == [0, 10, 30]

    def test_is_right_for_an_account_that_was_opened_after_the_close(self, bank: Bank, giver: Account) -> None:
        close(bank, FEBRUARY)
        newcomer = make_account(bank)
        post(bank, draft_transfer(giver, newcomer, minutes=20, happened_on=dt.date(2026, 2, 3)))
        assert queries.balance_before(newcomer.id, Book.CREDIT, dt.date(2026, 4, 1)) == 20
        close(bank, APRIL)
        assert queries.balance_before(newcomer.id, Book.CREDIT, dt.date(2026, 5, 1)) == 20

    @given(
        moves=st.lists(
            st.tuples(
                st.dates(dt.date(2027, 11, 20), dt.date(2028, 4, 10)),
                st.integers(1, 300),
                st.sampled_from(Book),
                st.booleans(),
            ),
            max_size=12,
        ),
        closes=st.sets(st.integers(0, 5), max_size=4),
        day=st.dates(dt.date(2027, 11, 1), dt.date(2028, 5, 15)),
    )
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_is_the_same_from_a_snapshot_as_from_the_whole_history(
        self,
        app: object,
        moves: list[tuple[dt.date, int, Book, bool]],
        closes: set[int],
        day: dt.date,
    ) -> None:
        bank = make_bank()
        one, other = make_account(bank), make_account(bank)
        months = sorted(closes)
        for number, (happened_on, minutes, book, forth) in enumerate(moves):
            if months and number % 3 == 2:
                close(bank, Month(2027, 11).plus(months.pop(0)))
            accounts = (one, other) if forth else (other, one)
            post(bank, draft_transfer(*accounts, minutes=minutes, book=book, happened_on=happened_on))
        for month in months:
            close(bank, Month(2027, 11).plus(month))
        for account in (one, other):
            for book in Book:
                whole = db.session.scalars(
                    select(func.coalesce(func.sum(Entry.minutes), 0)).where(
                        Entry.account_id == account.id, Entry.book == book, Entry.effective_on < day
                    )
                ).one()
                assert queries.balance_before(account.id, book, day) == whole
        assert_adds_up()
        db.session.rollback()
