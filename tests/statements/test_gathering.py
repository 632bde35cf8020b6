"""What stands on a statement beside its own entries: twelve months, the community account, the message, thanks."""

from __future__ import annotations

import datetime as dt

import pytest

from tests import make
from timebank.exchanges import service as exchanges
from timebank.extensions import db
from timebank.gifts import service as gifts
from timebank.ledger import queries as ledger
from timebank.ledger import service as ledger_service
from timebank.ledger.models import Account, Book, TransferKind
from timebank.ledger.months import Month
from timebank.statements import gathering
from timebank.statements.build import CommunityLine, Statement
from timebank.statements.models import MonthClosing
from timebank.statements.queries import statement_of

FEBRUARY, MARCH, APRIL = Month(2026, 2), Month(2026, 3), Month(2026, 4)
IN_APRIL = dt.datetime(2026, 4, 7, 12, tzinfo=dt.UTC)


@pytest.fixture
def bank(app):
    bank = make.make_bank(code="ELMS", name="Elm Street")
    make.make_activity(bank, name="Gardening")
    return bank


@pytest.fixture
def jean(bank):
    return make.make_member(bank, name="Jean Morris")


@pytest.fixture
def ana(bank):
    return make.make_member(bank, name="Ana Silva")


@pytest.fixture
def ruth(bank):
    return make.make_coordinator(bank, name="Ruth Adeyemi")


def statement(bank, holder, month: Month = MARCH, **how) -> Statement:
    account = holder if isinstance(holder, Account) else holder.account
    return statement_of(bank, account, month, **({"viewer": None, "in_full": True} | how))


def help_by_month(found: Statement) -> dict[str, tuple[int, int]]:
    """The months in which there was any."""
    return {
        str(each.month): (each.given_minutes, each.received_minutes)
        for each in found.twelve_months
        if each.given_minutes or each.received_minutes
    }


def say_thanks(exchange, receiver, words: str) -> None:
    exchange.party_of([receiver.account_id]).thanks = words
    db.session.flush()


def test_shows_twelve_months_up_to_its_own_with_nothing_where_nothing_was(bank, jean):
    found = statement(bank, jean).twelve_months
    assert [str(each.month) for each in found] == [str(MARCH.plus(back - 11)) for back in range(12)]
    assert {(each.given_minutes, each.received_minutes) for each in found} == {(0, 0)}


def test_adds_help_of_both_books_by_month_and_leaves_out_what_is_older_or_newer(bank, jean, ana, ruth):
    for day, minutes, book in (
        (dt.date(2025, 3, 31), 1, Book.CREDIT),
        (dt.date(2025, 4, 1), 2, Book.CREDIT),
        (dt.date(2026, 2, 28), 4, Book.RECORD),
        (dt.date(2026, 2, 1), 8, Book.CREDIT),
        (dt.date(2026, 3, 10), 16, Book.RECORD),
    ):
        make.post(bank, make.draft_transfer(ana, jean, minutes=minutes, book=book, happened_on=day))
    make.approved_exchange(bank, giver=ana, receiver=jean, minutes=32, approved_by=ruth)
    make.post(bank, make.draft_transfer(ana, jean, minutes=64, happened_on=IN_APRIL.date()), at=IN_APRIL)
    assert help_by_month(statement(bank, jean)) == {"2025-04": (2, 0), "2026-02": (12, 0), "2026-03": (16, 32)}
    assert [str(each.month) for each in statement(bank, jean).this_year] == ["2026-01", "2026-02", "2026-03"]


def test_gifts_grants_and_opening_credit_are_no_help_in_any_month_either(bank, jean, ana, ruth):
    make.give_hours(bank, jean, 200)
    given = gifts.donate_hours(bank, giver=jean, to_account_id=ana.account_id, minutes=30, reason="", at=make.AT)
    gifts.grant_hours(bank, granted_by=ruth, to_account_id=jean.account_id, minutes=10, reason="Rest", at=make.AT)
    gifts.reverse_gift(bank, given, reversed_by=ruth, reason="Twice", at=make.AT)
    assert help_by_month(statement(bank, jean)) == help_by_month(statement(bank, ana)) == {}


def test_the_community_account_helps_only_where_it_took_part(bank, jean, ana, ruth):
    community = ledger.community_account(bank.id)
    make.approved_exchange(bank, giver=jean, receiver=[ana, ruth], minutes=60)
    assert help_by_month(statement(bank, community)) == {}
    make.approved_exchange(bank, giver=jean, receiver=community, minutes=45, approved_by=ruth)
    assert help_by_month(statement(bank, community)) == {"2026-03": (0, 45)}
    assert help_by_month(statement(bank, jean)) == {"2026-03": (105, 0)}


def test_what_is_reversed_is_taken_off_in_the_month_of_the_reversal_and_the_old_statement_stays(bank, jean, ana, ruth):
    exchange = make.approved_exchange(bank, giver=jean, receiver=ana, minutes=90, approved_by=ruth)
    ledger_service.close_month(bank.id, MARCH, closed_at=IN_APRIL)
    say_thanks(exchange, ana, "So kind")
    before = statement(bank, jean)
    exchanges.reverse_exchange(bank, exchange, reversed_by=ruth, message="Twice", at=IN_APRIL)
    make.approved_exchange(bank, giver=ana, receiver=jean, minutes=20, approved_by=ruth, at=IN_APRIL)
    after = statement(bank, jean)
    assert after.twelve_months == before.twelve_months
    assert (after.community, after.thanks) == (before.community, before.thanks)
    assert help_by_month(statement(bank, jean, APRIL)) == {"2026-03": (90, 0), "2026-04": (-90, 20)}
    assert statement(bank, jean, APRIL).thanks == ()


def test_each_month_is_what_its_own_statement_says(bank, jean, ana, ruth):
    community = ledger.community_account(bank.id)
    for number, month in enumerate((FEBRUARY, MARCH, APRIL), start=1):
        at = dt.datetime(month.year, month.number, 10, 12, tzinfo=dt.UTC)
        one = make.approved_exchange(bank, giver=jean, receiver=[ana, ruth], minutes=number * 7, at=at)
        make.approved_exchange(bank, giver=community, receiver=ana, minutes=5, at=at, book=Book.RECORD)
        make.post(bank, make.draft_transfer(jean, ana, kind=TransferKind.HISTORY, happened_on=at.date()), at=at)
        if number == 2:
            exchanges.reverse_exchange(bank, one, reversed_by=make.make_coordinator(bank), message="No", at=at)
    for holder in (jean, ana, ruth, community):
        year = {each.month: each for each in statement(bank, holder, APRIL).twelve_months}
        for month in (FEBRUARY, MARCH, APRIL):
            own = statement(bank, holder, month)
            assert year[month].given_minutes == sum(part.given_minutes for part in own.books)
            assert year[month].received_minutes == sum(part.received_minutes for part in own.books)


def test_the_community_account_has_one_line_of_its_credit_hours_in_the_month(bank, jean, ana, ruth):
    make.give_hours(bank, jean, 200, at=make.AT - dt.timedelta(days=30))
    for minutes, at in ((50, make.AT - dt.timedelta(days=30)), (30, make.AT), (100, IN_APRIL)):
        pot = ledger.community_account(bank.id).id
        gifts.donate_hours(bank, giver=jean, to_account_id=pot, minutes=minutes, reason="", at=at)
    gifts.grant_hours(bank, granted_by=ruth, to_account_id=ana.account_id, minutes=70, reason="Rest", at=make.AT)
    assert statement(bank, ana).community == CommunityLine(in_minutes=30, out_minutes=70, closing_minutes=10)
    ledger_service.close_month(bank.id, MARCH, closed_at=IN_APRIL)
    assert statement(bank, ana).community == CommunityLine(in_minutes=30, out_minutes=70, closing_minutes=10)
    assert statement(bank, jean, Month(2025, 12)).community == CommunityLine(0, 0, 0)


def test_says_what_the_coordinator_wrote_for_its_month_and_no_other(bank, jean):
    elsewhere = make.make_bank()
    for where, month, message in ((bank, MARCH, "Spring fair\non 9 May"), (elsewhere, APRIL, "Not ours")):
        db.session.add(MonthClosing(bank_id=where.id, last_day=month.last_day, message=message))
    db.session.flush()
    assert statement(bank, jean).message == "Spring fair\non 9 May"
    assert statement(bank, jean, APRIL).message == ""
    assert statement(bank, jean).bank_name == "Elm Street"


def test_what_is_common_to_a_month_is_asked_for_once_by_whoever_makes_many(bank, jean, statements_counted):
    shared = gathering.for_everybody(bank, MARCH)
    assert statement(bank, jean, for_everybody=shared) == statement(bank, jean)
    with statements_counted() as alone:
        statement(bank, jean)
    with statements_counted() as one_of_many:
        statement(bank, jean, for_everybody=shared)
    assert len(alone) - len(one_of_many) == 4


def test_thanks_are_for_those_who_gave_in_the_names_that_the_reader_may_see(bank, jean, ana, ruth):
    class_ = make.approved_exchange(bank, giver=jean, receiver=[ana, ruth], minutes=60, note="Roses")
    say_thanks(class_, ana, "It made my week")
    say_thanks(class_, ruth, "Me too 🌹")
    assert [(each.from_whom, each.words) for each in statement(bank, jean).thanks] == [
        ("Ana Silva", "It made my week"),
        ("Ruth Adeyemi", "Me too 🌹"),
    ]
    own = statement(bank, jean, viewer=jean, in_full=False)
    assert [each.from_whom for each in own.thanks] == ["Ana S.", "Ruth A."]
    assert statement(bank, ana).thanks == ()
    assert statement(bank, ledger.community_account(bank.id)).thanks == ()


def test_what_is_reversed_within_the_month_is_thanked_for_no_more(bank, jean, ana, ruth):
    kept, taken_back = (make.approved_exchange(bank, giver=jean, receiver=ana, approved_by=ruth) for _ in range(2))
    say_thanks(kept, ana, "Thank you")
    say_thanks(taken_back, ana, "Thank you")
    exchanges.reverse_exchange(bank, taken_back, reversed_by=ruth, message="Twice", at=make.AT)
    assert len(statement(bank, jean).thanks) == 1


def test_a_note_stands_with_the_help_and_not_with_its_reversal(bank, jean, ana, ruth):
    exchange = make.approved_exchange(bank, giver=jean, receiver=ana, approved_by=ruth, note="Hedge <b>and</b> path")
    exchanges.reverse_exchange(bank, exchange, reversed_by=ruth, message="Twice", at=make.AT)
    for holder in (jean, ana):
        assert [line.line.note for line in statement(bank, holder).books[0].lines] == ["Hedge <b>and</b> path", ""]
