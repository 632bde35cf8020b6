"""Statements from what is really in the ledger, with the words beside it."""

from __future__ import annotations

import datetime as dt

import pytest

from tests import make
from timebank.exchanges import service as exchanges
from timebank.gifts import service as gifts
from timebank.ledger import queries as ledger
from timebank.ledger import seals
from timebank.ledger import service as ledger_service
from timebank.ledger.models import Account, Book, TransferKind
from timebank.ledger.months import Month
from timebank.statements.build import BookStatement, Statement
from timebank.statements.queries import latest_month, months_around, statement_of

MARCH = Month(2026, 3)
APRIL = Month(2026, 4)


@pytest.fixture
def bank(app):
    bank = make.make_bank(code="ELMS")
    make.make_activity(bank, name="Gardening")
    return bank


@pytest.fixture
def jean(bank):
    return make.make_member(bank, name="Jean Morris")


@pytest.fixture
def ana(bank):
    return make.make_member(bank, name="Ana Silva")


def statement(bank, holder, month: Month = MARCH, *, viewer=None, in_full: bool = True) -> Statement:
    account = holder if isinstance(holder, Account) else holder.account
    return statement_of(bank, account, month, viewer=viewer, in_full=in_full)


def credit(bank, holder, month: Month = MARCH, **how) -> BookStatement:
    return statement(bank, holder, month, **how).book(Book.CREDIT)


def lines(part: BookStatement) -> list[tuple[int, str, str]]:
    return [(each.line.minutes, each.line.with_whom, each.line.what) for each in part.lines]


def test_shows_help_in_the_words_of_its_activity_and_whom_it_was_with(bank, jean, ana):
    exchange = make.approved_exchange(bank, giver=jean, receiver=ana, minutes=90)
    assert lines(credit(bank, jean)) == [(90, "Ana Silva", "Gardening")]
    assert lines(credit(bank, ana)) == [(-90, "Jean Morris", "Gardening")]
    assert credit(bank, jean).lines[0].line.href_reference == exchange.reference


def test_the_books_are_kept_apart(bank, jean, ana):
    make.approved_exchange(bank, giver=jean, receiver=ana, minutes=90)
    make.approved_exchange(bank, giver=jean, receiver=ana, minutes=20, book=Book.RECORD)
    found = statement(bank, jean)
    assert [part.book for part in found.books] == [Book.CREDIT, Book.RECORD]
    assert [part.closing_minutes for part in found.books] == [90, 20]


def test_what_is_not_approved_is_on_no_statement(bank, jean, ana):
    make.confirmed_exchange(bank, giver=jean, receiver=ana)
    assert credit(bank, jean).lines == ()


def test_a_class_is_help_by_the_teacher_and_to_each_learner_and_the_rest_goes_to_the_community(bank, jean):
    learners = [make.make_member(bank, name=f"Learner {letter}") for letter in "ABCDE"]
    make.approved_exchange(bank, giver=jean, receiver=learners, minutes=60)
    community = ledger.community_account(bank.id)
    assert lines(credit(bank, jean)) == [(60, "5 people", "Gardening")]
    assert credit(bank, jean).given_minutes == 60
    for learner in learners:
        assert lines(credit(bank, learner)) == [(-60, "Jean Morris", "Gardening")]
        assert credit(bank, learner).received_minutes == 60
    assert sum(credit(bank, learner).out_minutes for learner in learners) == 300
    part = credit(bank, community)
    assert [each.line.minutes for each in part.lines] == [60] * 4
    assert (part.given_minutes, part.received_minutes) == (0, 0)
    assert {each.line.what for each in part.lines} == {"Gardening"}
    assert {each.line.with_whom for each in part.lines} == {learner.name for learner in learners[1:]}


def test_each_of_several_helpers_is_shown_with_their_own_time(bank, ana):
    helpers = [make.make_member(bank, name=f"Helper {letter}") for letter in "ABC"]
    make.approved_exchange(bank, giver=helpers, receiver=ana, minutes=30)
    assert [each.line.with_whom for each in credit(bank, ana).lines] == ["Helper A", "Helper B", "Helper C"]
    assert credit(bank, ana).out_minutes == 90
    assert lines(credit(bank, helpers[0])) == [(30, "Ana Silva", "Gardening")]


def test_a_teacher_is_shown_whom_they_taught_and_how_many_when_they_are_many(bank, ana):
    learners = [make.make_member(bank, name=f"Learner {letter}") for letter in "ABC"]
    make.approved_exchange(bank, giver=ana, receiver=learners, minutes=30)
    assert lines(credit(bank, ana)) == [(30, "Learner A, Learner B and Learner C", "Gardening")]
    make.approved_exchange(bank, giver=ana, receiver=[*learners, make.make_member(bank)], minutes=30)
    assert credit(bank, ana).lines[-1].line.with_whom == "4 people"


def test_a_reversal_is_a_line_of_its_own_and_takes_the_help_off_the_totals(bank, jean, ana):
    exchange = make.approved_exchange(bank, giver=jean, receiver=ana, minutes=90)
    make.approved_exchange(bank, giver=ana, receiver=jean, minutes=15)
    exchanges.reverse_exchange(
        bank, exchange, reversed_by=make.make_coordinator(bank), message="Twice", at=make.AT + dt.timedelta(days=1)
    )
    part = credit(bank, jean)
    assert lines(part) == [
        (90, "Ana Silva", "Gardening"),
        (-15, "Ana Silva", "Gardening"),
        (-90, "Ana Silva", "Reversed: Gardening"),
    ]
    assert [each.line.is_reversed for each in part.lines] == [True, False, False]
    assert (part.in_minutes, part.out_minutes, part.closing_minutes) == (90, 105, -15)
    assert (part.given_minutes, part.received_minutes) == (0, 15)


def test_what_is_reversed_in_the_same_month_says_so(bank, jean, ana):
    exchange = make.approved_exchange(bank, giver=jean, receiver=ana, minutes=90)
    exchanges.reverse_exchange(bank, exchange, reversed_by=make.make_coordinator(bank), message="Twice", at=make.AT)
    assert [each.line.is_reversed for each in credit(bank, jean).lines] == [True, False]


def test_what_is_reversed_a_month_later_leaves_its_own_month_as_it_was(bank, jean, ana):
    exchange = make.approved_exchange(bank, giver=jean, receiver=ana, minutes=90)
    before = credit(bank, jean)
    later = dt.datetime(2026, 4, 2, 12, tzinfo=dt.UTC)
    exchanges.reverse_exchange(bank, exchange, reversed_by=make.make_coordinator(bank), message="Twice", at=later)
    march, april = credit(bank, jean), credit(bank, jean, APRIL)
    assert march == before
    assert (april.opening_minutes, april.closing_minutes, april.given_minutes) == (90, 0, -90)


def test_gifts_are_shown_with_their_reason_and_are_no_help(bank, jean, ana):
    make.give_hours(bank, jean, 200)
    gifts.donate_hours(
        bank, giver=jean, to_account_id=ana.account_id, minutes=60, reason="For the new baby", at=make.AT
    )
    coordinator = make.make_coordinator(bank)
    gifts.grant_hours(
        bank, granted_by=coordinator, to_account_id=ana.account_id, minutes=30, reason="A hard month", at=make.AT
    )
    assert lines(credit(bank, jean)) == [
        (200, "Opening balances", "Opening credit"),
        (-60, "Ana Silva", "Donation: For the new baby"),
    ]
    part = credit(bank, ana)
    assert lines(part) == [
        (60, "Jean Morris", "Donation: For the new baby"),
        (30, "The community account", "From the community account: A hard month"),
    ]
    assert (part.given_minutes, part.received_minutes, part.closing_minutes) == (0, 0, 90)


def test_a_gift_that_is_reversed_is_still_no_help(bank, jean, ana):
    make.give_hours(bank, jean, 100)
    gift = gifts.donate_hours(bank, giver=jean, to_account_id=ana.account_id, minutes=60, reason="", at=make.AT)
    gifts.reverse_gift(bank, gift, reason="A slip", reversed_by=make.make_coordinator(bank), at=make.AT)
    assert lines(credit(bank, ana)) == [(60, "Jean Morris", "Donation"), (-60, "Jean Morris", "Reversed: Donation")]
    for holder in (jean, ana):
        part = credit(bank, holder)
        assert (part.given_minutes, part.received_minutes) == (0, 0)


def test_opening_credit_is_on_the_statement_of_the_day_of_joining(bank):
    make.set_rules(bank, opening_credit_minutes=300)
    member = make.make_member(bank, joined_on=dt.date(2026, 2, 3))
    assert lines(credit(bank, member, Month(2026, 2))) == [(300, "Opening balances", "Opening credit")]
    assert credit(bank, member).opening_minutes == 300


def test_help_of_a_closed_month_is_late_in_the_next_and_the_closed_month_stays_as_it_was(bank, jean, ana):
    make.approved_exchange(bank, giver=jean, receiver=ana, minutes=90)
    before = statement(bank, jean)
    ledger_service.close_month(bank.id, MARCH, closed_at=make.AT)
    late_on = dt.date(2026, 3, 31)
    april = dt.datetime(2026, 4, 7, 12, tzinfo=dt.UTC)
    make.approved_exchange(bank, giver=jean, receiver=ana, minutes=45, happened_on=late_on, at=april)
    make.approved_exchange(bank, giver=ana, receiver=jean, minutes=10, at=april)
    after = statement(bank, jean)
    assert after.books == before.books
    # While it was open nothing was sealed; now it carries the seal that its close made, whatever is sealed later.
    assert before.seal is None
    made = seals.seal_of_month(bank.id, MARCH.last_day)
    assert after.seal is not None
    assert (after.seal.number, after.seal.digest) == (made.number, made.digest)
    seals.seal(bank.id, sealed_at=make.AT + dt.timedelta(days=40))
    assert statement(bank, jean) == after
    part = credit(bank, jean, APRIL)
    assert part.opening_minutes == 90
    assert [(each.is_late, each.line.effective_on, each.line.happened_on) for each in part.lines] == [
        (True, dt.date(2026, 4, 1), late_on),
        (False, dt.date(2026, 4, 7), dt.date(2026, 4, 7)),
    ]
    assert part.closing_minutes == 125


def test_lines_are_in_order_of_the_day_they_count_and_then_as_they_were_written(bank, jean, ana):
    for day, minutes in ((20, 1), (5, 2), (20, 3), (5, 4)):
        at = dt.datetime(2026, 3, 25, 12, tzinfo=dt.UTC)
        make.approved_exchange(
            bank, giver=jean, receiver=ana, minutes=minutes, happened_on=dt.date(2026, 3, day), at=at
        )
    part = credit(bank, jean)
    assert [each.line.minutes for each in part.lines] == [2, 4, 1, 3]
    assert [each.balance_minutes for each in part.lines] == [2, 6, 7, 10]


@pytest.mark.parametrize("written", ["1970-01", "2026-02", "2028-02", "9998-12"])
def test_a_month_with_nothing_in_it_has_a_statement_all_the_same(bank, jean, ana, written):
    make.approved_exchange(bank, giver=jean, receiver=ana, minutes=90)
    month = Month.parse(written)
    part = credit(bank, jean, month)
    assert part.lines == ()
    held = 90 if month > MARCH else 0
    assert (part.opening_minutes, part.closing_minutes) == (held, held)


def test_the_29th_of_february_is_in_its_month(bank, jean, ana):
    at = dt.datetime(2028, 3, 1, 12, tzinfo=dt.UTC)
    make.approved_exchange(bank, giver=jean, receiver=ana, minutes=90, happened_on=dt.date(2028, 2, 29), at=at)
    assert credit(bank, jean, Month(2028, 2)).closing_minutes == 90
    assert credit(bank, jean, Month(2028, 2)).lines[0].line.effective_on == dt.date(2028, 2, 29)
    assert credit(bank, jean, Month(2028, 3)).opening_minutes == 90
    assert credit(bank, jean, Month(2028, 3)).lines == ()


# Half past eleven in the evening of the last day of the month there, and what the clock says in Greenwich then.
EVENINGS = [
    ("Pacific/Auckland", dt.datetime(2026, 3, 31, 10, 30, tzinfo=dt.UTC)),
    ("America/St_Johns", dt.datetime(2026, 4, 1, 2, 0, tzinfo=dt.UTC)),
    ("Asia/Kathmandu", dt.datetime(2026, 3, 31, 17, 45, tzinfo=dt.UTC)),
    ("Europe/London", dt.datetime(2026, 3, 31, 22, 30, tzinfo=dt.UTC)),
]


@pytest.mark.parametrize(("zone", "evening"), EVENINGS)
def test_a_month_ends_at_midnight_in_the_banks_own_time_zone(app, zone, evening):
    bank = make.make_bank(time_zone=zone)
    jean, ana = make.make_member(bank), make.make_member(bank)
    for minutes, later in ((1, dt.timedelta()), (2, dt.timedelta(minutes=29)), (4, dt.timedelta(minutes=31))):
        make.approved_exchange(bank, giver=jean, receiver=ana, minutes=minutes, at=evening + later)
    make.make_bank()
    assert [each.line.minutes for each in credit(bank, jean).lines] == [1, 2]
    assert [each.line.minutes for each in credit(bank, jean, APRIL).lines] == [4]
    assert credit(bank, jean).lines[0].line.effective_on == dt.date(2026, 3, 31)


@pytest.mark.parametrize(("zone", "evening"), EVENINGS)
def test_a_reversal_and_a_gift_count_on_the_day_it_is_there(app, zone, evening):
    bank = make.make_bank(time_zone=zone)
    jean, ana = make.make_member(bank), make.make_member(bank)
    coordinator = make.make_coordinator(bank)
    gifts.grant_hours(bank, granted_by=coordinator, to_account_id=jean.account_id, minutes=8, reason="x", at=evening)
    exchange = make.approved_exchange(bank, giver=jean, receiver=ana, minutes=60, at=evening)
    exchanges.reverse_exchange(
        bank, exchange, reversed_by=coordinator, message="Twice", at=evening + dt.timedelta(minutes=31)
    )
    assert [each.line.minutes for each in credit(bank, jean).lines] == [8, 60]
    assert [each.line.minutes for each in credit(bank, jean, APRIL).lines] == [-60]


def test_says_you_to_whoever_looks_and_a_first_name_with_an_initial_of_others(bank, jean, ana):
    make.approved_exchange(bank, giver=jean, receiver=ana)
    assert credit(bank, ana, viewer=jean, in_full=False).lines[0].line.with_whom == "You"
    assert credit(bank, jean, viewer=jean, in_full=False).lines[0].line.with_whom == "Ana S."
    assert statement(bank, jean, viewer=jean, in_full=False).name == "Jean Morris"


def test_the_opening_account_shows_what_everybody_began_with(bank, jean, ana):
    make.give_hours(bank, jean, 100)
    make.give_hours(bank, ana, 50)
    part = credit(bank, ledger.opening_account(bank.id))
    assert lines(part) == [(-100, "Jean Morris", "Opening credit"), (-50, "Ana Silva", "Opening credit")]
    assert part.received_minutes == 0


def test_history_is_help_like_any_other(bank, jean, ana):
    make.post(bank, make.draft_transfer(ana, jean, kind=TransferKind.HISTORY))
    assert credit(bank, jean).given_minutes == 60
    assert credit(bank, ana).received_minutes == 60


def test_leads_to_the_month_of_the_last_entry_and_never_past_today(bank, jean, ana):
    today = dt.date(2026, 6, 15)
    assert latest_month(jean.account, today=today) == Month(2026, 6)
    make.approved_exchange(bank, giver=jean, receiver=ana)
    assert latest_month(jean.account, today=today) == MARCH
    assert latest_month(jean.account, today=dt.date(2026, 2, 1)) == Month(2026, 2)


def test_offers_the_months_before_and_after_from_the_first_to_this_one(bank, jean, ana):
    today = dt.date(2026, 5, 1)
    at = dt.datetime(2026, 3, 12, 12, tzinfo=dt.UTC)
    make.approved_exchange(bank, giver=jean, receiver=ana, happened_on=dt.date(2026, 1, 31), at=at)
    assert months_around(bank, jean.account, Month(2026, 1), today=today) == (None, Month(2026, 2))
    assert months_around(bank, jean.account, MARCH, today=today) == (Month(2026, 2), APRIL)
    assert months_around(bank, jean.account, Month(2026, 5), today=today) == (APRIL, None)
    assert months_around(bank, jean.account, Month(1980, 1), today=today) == (None, Month(1980, 2))
    assert months_around(bank, jean.account, Month(2040, 1), today=today) == (Month(2039, 12), None)
