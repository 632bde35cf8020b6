"""Closing a month: who may when, what it freezes, and that its statements are issued once, whatever interrupts it."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import make
from tests.ledger.race import run_together
from timebank.audit.models import Action, AuditRecord
from timebank.banks.models import Bank
from timebank.exchanges import service as exchanges
from timebank.extensions import db
from timebank.ledger import queries as ledger
from timebank.ledger.models import Account, AccountKind, Book
from timebank.ledger.months import Month
from timebank.members import service as members
from timebank.members.models import Membership
from timebank.months import queries, service
from timebank.statements import issue
from timebank.statements.figures import digest_of
from timebank.statements.models import IssuedStatement, MonthClosing
from timebank.statements.queries import latest_issue, statement_of

MARCH = Month(2026, 3)
APRIL = Month(2026, 4)
NOON = dt.time(12, tzinfo=dt.UTC)
IN_APRIL = dt.datetime(2026, 4, 5, 12, tzinfo=dt.UTC)
IN_MAY = dt.datetime(2026, 5, 5, 12, tzinfo=dt.UTC)


@pytest.fixture
def bank(app: object) -> Bank:
    return make.make_bank(code="ELMS")


@pytest.fixture
def ruth(bank: Bank) -> Membership:
    return make.make_coordinator(bank, name="Ruth Adeyemi")


@pytest.fixture
def jean(bank: Bank) -> Membership:
    return make.make_member(bank, name="Jean Morris")


@pytest.fixture
def ana(bank: Bank) -> Membership:
    return make.make_member(bank, name="Ana Silva")


def issued_of(bank: Bank, month: Month = MARCH) -> list[IssuedStatement]:
    query = select(IssuedStatement).where(
        IssuedStatement.bank_id == bank.id, IssuedStatement.last_day == month.last_day
    )
    return list(db.session.scalars(query.order_by(IssuedStatement.account_id, IssuedStatement.number)))


def acts(action: Action) -> int:
    return db.session.scalars(select(func.count()).where(AuditRecord.action == action)).one()


def test_the_last_month_that_is_over_comes_first_and_then_one_after_another(bank: Bank) -> None:
    assert queries.next_month_to_close(bank, today=dt.date(2026, 3, 31)) is None
    assert queries.next_month_to_close(bank, today=dt.date(2026, 5, 1)) == APRIL
    make.close_and_issue(bank, MARCH, at=IN_APRIL)
    assert queries.next_month_to_close(bank, today=dt.date(2026, 4, 30)) is None
    assert queries.next_month_to_close(bank, today=dt.date(2026, 8, 1)) == APRIL


def test_a_month_is_closed_when_it_is_over_where_the_bank_is(app: object) -> None:
    # At half past eleven in the evening in Greenwich the month is over in Kiritimati, and has ten hours to go in Samoa.
    at = dt.datetime(2026, 3, 31, 23, 30, tzinfo=dt.UTC)
    for zone, is_over in (
        ("Pacific/Kiritimati", True),
        ("Europe/London", True),
        ("UTC", False),
        ("Pacific/Pago_Pago", False),
    ):
        bank = make.make_bank(time_zone=zone)
        if is_over:
            assert service.close_month(bank, MARCH, closed_by=None, at=at).closed_at == at
        else:
            with pytest.raises(service.MonthNotOver):
                service.close_month(bank, MARCH, closed_by=None, at=at)
            assert not ledger.is_closed(bank.id, MARCH)


@pytest.mark.parametrize("year", [2024, 2026])
def test_february_ends_on_its_last_day_in_a_leap_year_too(app: object, year: int) -> None:
    bank = make.make_bank(at=dt.datetime(year, 1, 5, 12, tzinfo=dt.UTC))
    february = Month(year, 2)
    last = dt.datetime.combine(february.last_day, NOON)
    jean, ana = make.make_member(bank, at=last), make.make_member(bank, at=last)
    make.approved_exchange(bank, giver=jean, receiver=ana, minutes=45, at=last)
    with pytest.raises(service.MonthNotOver):
        service.close_month(bank, february, closed_by=None, at=last)
    make.close_and_issue(bank, february, at=last + dt.timedelta(days=1))
    part = statement_of(bank, jean.account, february, viewer=None, in_full=True).book(Book.CREDIT)
    assert (part.closing_minutes, len(part.lines)) == (45, 1)


def test_months_are_closed_one_after_another(bank: Bank) -> None:
    make.close_and_issue(bank, MARCH, at=IN_APRIL)
    with pytest.raises(service.EarlierMonthOpen, match="EarlierMonthOpen") as refused:
        service.close_month(bank, Month(2026, 5), closed_by=None, at=dt.datetime(2026, 6, 5, tzinfo=dt.UTC))
    assert "2026-04" in refused.value.text


def test_no_month_is_closed_in_which_there_was_no_bank_unless_something_of_it_was_posted(bank: Bank) -> None:
    february = MARCH.plus(-1)
    for month in (Month(1970, 1), Month(2016, 3), february):
        with pytest.raises(service.MonthBeforeTheBank):
            service.close_month(bank, month, closed_by=None, at=IN_APRIL)
    assert not ledger.is_closed(bank.id, Month(1970, 1))
    before = dt.datetime.combine(february.last_day, NOON)
    make.give_hours(bank, make.make_member(bank, at=before), 60, at=before)
    service.close_month(bank, february, closed_by=None, at=IN_APRIL)
    assert ledger.is_closed(bank.id, february)


def test_closing_freezes_seals_and_issues_once(bank: Bank, ruth: Membership, jean: Membership, ana: Membership) -> None:
    make.approved_exchange(bank, giver=jean, receiver=ana, minutes=90, approved_by=ruth)
    for _time in range(2):
        make.close_and_issue(bank, MARCH, closed_by=ruth, at=IN_APRIL)
    assert ledger.is_closed(bank.id, MARCH)
    # Ruth, Jean, Ana and the community account; opening balances are book-keeping.
    assert len(issued_of(bank)) == 4
    assert [acts(action) for action in (Action.MONTH_CLOSED, Action.STATEMENTS_ISSUED)] == [1, 1]
    closing = db.session.get_one(MonthClosing, (bank.id, MARCH.last_day))
    assert (closing.statements, closing.closed_by_id, closing.issued_at) == (4, ruth.id, IN_APRIL)


def test_what_comes_late_is_on_the_open_month_with_the_day_it_happened(
    bank: Bank, ruth: Membership, jean: Membership, ana: Membership
) -> None:
    exchange = make.confirmed_exchange(bank, giver=jean, receiver=ana, minutes=30, happened_on=dt.date(2026, 3, 9))
    make.close_and_issue(bank, MARCH, at=IN_APRIL)
    before = statement_of(bank, jean.account, MARCH, viewer=None, in_full=True)
    exchanges.approve_exchange(bank, exchange, approved_by=ruth, at=IN_APRIL)
    [line] = statement_of(bank, jean.account, APRIL, viewer=None, in_full=True).book(Book.CREDIT).lines
    assert (line.is_late, line.line.happened_on) == (True, dt.date(2026, 3, 9))
    assert statement_of(bank, jean.account, MARCH, viewer=None, in_full=True) == before


def test_a_statement_issued_in_bulk_has_the_digest_of_the_one_on_the_page(
    bank: Bank, ruth: Membership, jean: Membership, ana: Membership
) -> None:
    february = dt.datetime(2026, 2, 10, 12, tzinfo=dt.UTC)
    make.approved_exchange(bank, giver=jean, receiver=ana, minutes=70, approved_by=ruth, at=february)
    make.close_and_issue(bank, Month(2026, 2), at=make.AT)
    make.approved_exchange(bank, giver=jean, receiver=ana, minutes=90, approved_by=ruth)
    make.approved_exchange(bank, giver=ana, receiver=jean, minutes=25, approved_by=ruth, book=Book.RECORD)
    mistake = make.approved_exchange(bank, giver=ana, receiver=jean, minutes=15, approved_by=ruth)
    exchanges.reverse_exchange(bank, mistake, reversed_by=ruth, message="Twice", at=make.AT)
    make.close_and_issue(bank, MARCH, at=IN_APRIL)
    for issued in issued_of(bank):
        account = db.session.get_one(Account, issued.account_id)
        statement = statement_of(bank, account, MARCH, viewer=None, in_full=True)
        assert digest_of(statement, bank_code=bank.code) == issued.digest
    assert len({issued.code for issued in issued_of(bank)}) == len(issued_of(bank))


def test_an_interrupted_closing_goes_on_where_it_was(
    bank: Bank, jean: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issue, "ACCOUNTS_IN_A_BATCH", 3)
    for _number in range(7):
        make.make_member(bank)
    closing = service.close_month(bank, MARCH, closed_by=None, at=IN_APRIL)
    db.session.commit()
    seen = []
    while looked_at := service.go_on(bank, closing, at=IN_APRIL):
        seen.append((looked_at, len(issued_of(bank))))
        # Whoever was killed here had committed the batches before, and made nothing of this one.
        db.session.rollback()
        closing = db.session.get_one(MonthClosing, (bank.id, MARCH.last_day))
        assert len(issued_of(bank)) == closing.statements
        assert not service.progress_of(bank, closing).is_finished
        service.go_on(bank, closing, at=IN_APRIL)
        db.session.commit()
    assert [looked_at for looked_at, _issued in seen] == [3, 3, 3, 1]
    # Nine accounts but for that of opening balances; the tenth look finds nothing more.
    assert len(issued_of(bank)) == len({issued.account_id for issued in issued_of(bank)}) == 9
    assert service.progress_of(bank, closing).is_finished


def test_who_joined_later_or_left_before_has_no_statement_and_who_came_or_went_in_the_month_has(
    bank: Bank, ruth: Membership
) -> None:
    february, april = dt.datetime(2026, 2, 3, 12, tzinfo=dt.UTC), dt.datetime(2026, 4, 2, 12, tzinfo=dt.UTC)
    left_before = make.make_member(bank, at=february)
    members.leave(left_before, recorded_by=ruth, at=february)
    left_in_it = make.make_member(bank, at=february)
    members.leave(left_in_it, recorded_by=ruth, at=make.AT)
    joined_in_it = make.make_member(bank, at=make.AT)
    joined_later = make.make_member(bank, at=april)
    make.close_and_issue(bank, MARCH, at=IN_APRIL)
    of = {issued.account_id for issued in issued_of(bank)}
    assert {left_in_it.account_id, joined_in_it.account_id} <= of
    assert not {left_before.account_id, joined_later.account_id} & of


def test_the_message_is_kept_until_the_month_is_closed(bank: Bank, ruth: Membership) -> None:
    for _time in range(2):
        service.set_message(bank, MARCH, message=" Lunch on Thursday ", set_by=ruth.id, at=make.AT)
    assert acts(Action.MONTH_MESSAGE_CHANGED) == 1
    with pytest.raises(service.MessageTooLong):
        service.set_message(bank, MARCH, message="x" * 1001, set_by=ruth.id, at=make.AT)
    make.close_and_issue(bank, MARCH, at=IN_APRIL)
    with pytest.raises(service.MessagePrinted):
        service.set_message(bank, MARCH, message="Supper", set_by=ruth.id, at=IN_APRIL)
    assert db.session.get_one(MonthClosing, (bank.id, MARCH.last_day)).message == "Lunch on Thursday"


def test_issuing_again_is_numbered_and_says_why(bank: Bank, ruth: Membership, jean: Membership) -> None:
    with pytest.raises(issue.NotIssuedYet):
        issue.issue_again(bank, jean.account, MARCH, reason="Lost", issued_by=ruth, at=IN_APRIL)
    make.close_and_issue(bank, MARCH, at=IN_APRIL)
    first = latest_issue(jean.account, MARCH)
    assert first is not None
    for reason in ("", " ", "x" * 501):
        with pytest.raises(issue.ReasonForIssueNeeded):
            issue.issue_again(bank, jean.account, MARCH, reason=reason, issued_by=ruth, at=IN_APRIL)
    second = issue.issue_again(bank, jean.account, MARCH, reason="The letter\nwas lost", issued_by=ruth, at=IN_MAY)
    assert (second.number, second.reason, second.digest) == (2, "The letter was lost", first.digest)
    assert second.code != first.code
    statement = statement_of(bank, jean.account, MARCH, viewer=None, in_full=True)
    assert statement.issue is not None
    assert (statement.issue.number, statement.issue.issued_on) == (2, dt.date(2026, 5, 5))


def test_issued_again_by_several_at_once_each_has_its_number(
    app: Flask, bank: Bank, ruth: Membership, jean: Membership
) -> None:
    make.close_and_issue(bank, MARCH, at=IN_APRIL)
    bank_id, jean_id, ruth_id = bank.id, jean.id, ruth.id

    def again() -> int:
        bank, jean = db.session.get_one(Bank, bank_id), db.session.get_one(Membership, jean_id)
        ruth = db.session.get_one(Membership, ruth_id)
        return issue.issue_again(bank, jean.account, MARCH, reason="Lost", issued_by=ruth, at=IN_MAY).number

    assert sorted(run_together(app, [again] * 4), key=str) == [2, 3, 4, 5]


def test_the_trial_balance_is_of_the_end_of_the_month_and_adds_up_to_nothing(
    bank: Bank, ruth: Membership, jean: Membership, ana: Membership
) -> None:
    make.give_hours(bank, jean, 120)
    make.approved_exchange(bank, giver=ana, receiver=jean, minutes=50, approved_by=ruth, book=Book.RECORD)
    after = dt.datetime(2026, 4, 2, 12, tzinfo=dt.UTC)
    make.give_hours(bank, ana, 600, at=after)
    lines = {line.kind: (line.credit_minutes, line.record_minutes) for line in queries.trial_balance(bank, MARCH)}
    assert lines == {
        AccountKind.MEMBER: (120, 0),
        AccountKind.ORGANISATION: (0, 0),
        AccountKind.COMMUNITY: (0, 0),
        AccountKind.OPENING: (-120, 0),
    }


def test_the_months_figures_and_who_was_quiet(bank: Bank, ruth: Membership, jean: Membership, ana: Membership) -> None:
    old = make.make_member(bank, name="Doris Hambly", joined_on=dt.date(2025, 6, 1))
    make.make_member(
        bank, name="Owen Griffiths", joined_on=dt.date(2025, 12, 31), at=dt.datetime(2025, 12, 31, tzinfo=dt.UTC)
    )
    make.approved_exchange(bank, giver=jean, receiver=ana, minutes=90, approved_by=ruth)
    make.approved_exchange(bank, giver=jean, receiver=ana, minutes=20, approved_by=ruth, book=Book.RECORD)
    figures = queries.figures_of(bank, MARCH)
    assert (figures.credit_minutes, figures.record_minutes, figures.transfers, figures.active_accounts) == (
        90,
        20,
        2,
        2,
    )
    assert figures.joined == 3
    quiet, count = queries.first_quiet_members(bank, MARCH)
    assert ([member.name for member in quiet], count) == (["Doris Hambly", "Owen Griffiths"], 2)
    make.approved_exchange(bank, giver=old, receiver=ana, minutes=20, approved_by=ruth)
    assert queries.first_quiet_members(bank, MARCH)[1] == 1
    # Who joined two months ago is new, and not quiet.
    assert queries.first_quiet_members(bank, Month(2026, 2))[1] == 1


def test_rules_say_when_a_month_closes(bank: Bank) -> None:
    assert service.month_due(bank, today=dt.date(2026, 4, 30)) is None
    make.set_rules(bank, closes_itself_on_day=5)
    assert service.month_due(bank, today=dt.date(2026, 4, 4)) is None
    assert service.month_due(bank, today=dt.date(2026, 4, 5)) == MARCH
    make.set_rules(bank, closes_itself_on_day=None)
    assert service.month_due(bank, today=dt.date(2026, 4, 28)) is None


def test_an_empty_bank_closes_an_empty_month(bank: Bank) -> None:
    closing = make.close_and_issue(bank, MARCH, at=IN_APRIL)
    assert closing.statements == 1
    community = statement_of(bank, ledger.community_account(bank.id), MARCH, viewer=None, in_full=True)
    assert all(part.closing_minutes == 0 and not part.lines for part in community.books)
