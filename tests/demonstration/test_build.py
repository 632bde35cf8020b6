"""The demonstration bank is the same for everybody on one day, and whole on every day of the calendar."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import func, select

from tests.conftest import application_on, csrf_token
from tests.web.reading import look
from timebank.audit.models import AuditRecord
from timebank.demonstration import build, story
from timebank.exchanges.models import Exchange, ExchangeStep, Party, Status
from timebank.extensions import db
from timebank.gifts.models import Gift, GiftKind
from timebank.ledger.models import Account, Balance, Book, Entry, Transfer
from timebank.ledger.months import Month
from timebank.ledger.verify import Verification
from timebank.members.models import Capacity, Membership, Role
from timebank.organisations.models import Organisation

pytestmark = pytest.mark.slow

LEAP_DAY = dt.datetime(2028, 2, 29, 8, 0, tzinfo=dt.UTC)
LEAP_DAY_EVENING = dt.datetime(2028, 2, 29, 20, 45, tzinfo=dt.UTC)
DAYS = {
    "29 February": LEAP_DAY,
    "1 January": dt.datetime(2027, 1, 1, 0, 5, tzinfo=dt.UTC),
    "the 1st": dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC),
    # Where the bank is, the next month has begun half an hour ago.
    "the 31st": dt.datetime(2026, 5, 31, 23, 30, tzinfo=dt.UTC),
}

on_any_day = pytest.mark.parametrize("day", DAYS.values(), ids=DAYS.keys())


def number_of(table) -> int:
    return db.session.scalars(select(func.count()).select_from(table)).one()


def test_everybody_who_makes_it_on_the_same_day_has_the_same_bank(made):
    """In the morning and in the evening, on either database, in another process."""
    morning, evening = made("sqlite", LEAP_DAY).contents, made("postgresql", LEAP_DAY_EVENING).contents
    assert morning.keys() == evening.keys()
    # Names of rows are random, and a seal covers them.
    assert len(morning.pop("seal")) == len(evening.pop("seal")) >= 11
    for table, rows in morning.items():
        assert rows == evening[table], table


def test_on_another_day_it_is_another(made, dialect):
    first, second = (made(dialect, DAYS[name]).contents for name in ("1 January", "the 1st"))
    assert first["exchange"] != second["exchange"]
    assert first["transfer"] != second["transfer"]


@on_any_day
def test_about_sixty_people_and_two_organisations_take_part(bank):
    assert 55 <= number_of(Membership) <= 65
    assert number_of(Organisation) == 2
    assert set(db.session.scalars(select(Membership.capacity))) == set(Capacity)
    assert set(db.session.scalars(select(Membership.role))) == {Role.MEMBER, Role.COORDINATOR, Role.ADMINISTRATOR}


@on_any_day
def test_some_people_are_never_online_and_take_part_all_the_same(bank):
    offline = [member for member in db.session.scalars(select(Membership)) if not member.is_online]
    assert {member.name for member in offline} == story.OFFLINE
    taking_part = set(db.session.scalars(select(Party.account_id)))
    assert {member.account_id for member in offline} <= taking_part


@on_any_day
def test_something_is_in_both_books_in_each_of_the_last_twelve_months(bank, day):
    rows = db.session.execute(select(Entry.book, Entry.effective_on))
    found = {(Book(book), Month.of(effective_on)) for book, effective_on in rows}
    last = Month.of(day.date())
    assert {(book, last.plus(-back)) for book in Book for back in range(1, 13)} <= found
    assert not any(month < last.plus(-13) for _book, month in found)


@on_any_day
def test_exchanges_are_in_every_status_and_hours_are_given_away(bank):
    assert set(db.session.scalars(select(Exchange.status))) == set(Status)
    assert set(db.session.scalars(select(Gift.kind))) == {GiftKind.DONATION, GiftKind.GRANT}


@on_any_day
def test_something_of_each_sort_waits_for_whoever_signs_in(bank):
    by_status = dict(
        [tuple(row) for row in db.session.execute(select(Exchange.status, func.count()).group_by(Exchange.status))]
    )
    assert by_status[Status.CONFIRMED] >= 5
    assert by_status[Status.LOGGED] >= 3
    assert by_status[Status.QUERIED] >= 1


@on_any_day
def test_the_ledger_adds_up(bank):
    assert list(Verification().problems()) == []
    sums = db.session.execute(select(Balance.book, func.sum(Balance.minutes)).group_by(Balance.book))
    assert {tuple(row) for row in sums} == {("credit", 0), ("record", 0)}
    assert number_of(Transfer) > 500


@on_any_day
def test_what_is_in_the_ledger_is_what_was_approved(bank):
    posted = set(db.session.scalars(select(Transfer.linked_by).where(Transfer.kind == "exchange")))
    approved = select(Exchange.reference).where(Exchange.status.in_((Status.APPROVED, Status.REVERSED)))
    assert posted == set(db.session.scalars(approved))


@on_any_day
def test_nothing_has_happened_that_is_still_to_come(bank, day):
    today = bank.day_of(day)
    for moment in (
        AuditRecord.at,
        ExchangeStep.at,
        Exchange.logged_at,
        Exchange.decided_at,
        Party.answered_at,
        Gift.given_at,
        Transfer.posted_at,
        Account.opened_at,
    ):
        latest = db.session.scalar(select(func.max(moment)))
        assert latest <= day, moment
    for happened in (Exchange.happened_on, Transfer.happened_on, Gift.given_on, Membership.joined_on):
        latest = db.session.scalar(select(func.max(happened)))
        assert latest <= today, happened


@on_any_day
def test_what_happened_to_an_exchange_happened_in_its_order(bank):
    steps: dict[int, list[dt.datetime]] = {}
    for exchange_id, at in db.session.execute(
        select(ExchangeStep.exchange_id, ExchangeStep.at).order_by(ExchangeStep.id)
    ):
        steps.setdefault(exchange_id, []).append(at)
    assert all(moments == sorted(moments) for moments in steps.values())
    helped = db.session.execute(select(Exchange.happened_on, Exchange.logged_at))
    assert all(happened_on <= bank.day_of(logged_at) for happened_on, logged_at in helped)


@on_any_day
def test_those_who_are_named_sign_in_and_see_what_they_should(made, dialect, day, copied):
    pages = {
        "member@example.org": ["/", "/hours", "/statements"],
        "professional@example.org": ["/", "/hours/log"],
        "coordinator@example.org": ["/", "/approvals", "/people", "/organisations"],
        "admin@example.org": ["/", "/rules", "/rules/activities"],
    }
    assert set(pages) == set(build.SIGN_INS)
    with application_on(copied(made(dialect, day))) as app:
        for email, paths in pages.items():
            client = app.test_client()
            token = csrf_token(client.get("/sign-in"))
            answer = client.post("/sign-in", data={"email": email, "password": build.PASSWORD, "csrf_token": token})
            assert answer.status_code == 302, email
            name = build.SIGN_INS[email].split(",")[0]
            assert f"Hello, {name.split()[0]}" in look(client, "/").text
            for path in paths:
                answer = client.get(path)
                if answer.status_code == 302:
                    answer = client.get(answer.location)
                assert answer.status_code == 200, path
