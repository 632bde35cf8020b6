"""Ten years of statements where days begin and end in another zone than the machine's, and clocks change.

Every minute is on exactly one statement of each of its two accounts, and in the month that it was there when it
happened, or the first that was open.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator
from io import StringIO
from zoneinfo import ZoneInfo

import pytest

from tests import make
from timebank.banks.models import Bank
from timebank.exchanges import service as exchanges
from timebank.exchanges.draft import InTheFuture
from timebank.gifts import service as gifts
from timebank.ledger import queries as ledger_queries
from timebank.ledger import service as ledger
from timebank.ledger.models import Book, TransferKind
from timebank.ledger.months import Month
from timebank.ledger.verify import Verification
from timebank.statements.queries import months_around, statement_of

MINUTE = dt.timedelta(minutes=1)
# In these years Samoa left out a day, Newfoundland's clocks went back over midnight, and there were two leap days.
FIRST = Month(2010, 1)
MONTHS = [FIRST.plus(number) for number in range(120)]
ZONES = [
    "Europe/London",
    "America/St_Johns",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "Pacific/Kiritimati",
    "Australia/Lord_Howe",
]

# Moments that somebody looked up, and the day that it was there.
KNOWN = [
    ("Europe/London", "2026-03-31 22:59", "2026-03-31"),
    ("Europe/London", "2026-03-31 23:00", "2026-04-01"),
    ("Europe/London", "2025-10-31 23:59", "2025-10-31"),
    # The clocks went from 00:01 back to 23:01, so the 6th came once more, for an hour less a minute.
    ("America/St_Johns", "2010-11-07 02:29", "2010-11-06"),
    ("America/St_Johns", "2010-11-07 02:30", "2010-11-07"),
    ("America/St_Johns", "2010-11-07 02:31", "2010-11-06"),
    ("America/St_Johns", "2010-11-07 03:29", "2010-11-06"),
    ("America/St_Johns", "2010-11-07 03:30", "2010-11-07"),
    # There was no 30 December 2011.
    ("Pacific/Apia", "2011-12-30 09:59", "2011-12-29"),
    ("Pacific/Apia", "2011-12-30 10:00", "2011-12-31"),
    ("Asia/Kathmandu", "2024-02-28 18:14", "2024-02-28"),
    ("Asia/Kathmandu", "2024-02-28 18:15", "2024-02-29"),
    ("Asia/Kathmandu", "2024-02-29 18:15", "2024-03-01"),
    ("Pacific/Kiritimati", "2026-12-31 09:59", "2026-12-31"),
    ("Pacific/Kiritimati", "2026-12-31 10:00", "2027-01-01"),
    # Clocks there change by half an hour.
    ("Australia/Lord_Howe", "2026-03-31 12:59", "2026-03-31"),
    ("Australia/Lord_Howe", "2026-03-31 13:00", "2026-04-01"),
    ("Australia/Lord_Howe", "2026-04-30 13:29", "2026-04-30"),
    ("Australia/Lord_Howe", "2026-04-30 13:30", "2026-05-01"),
]


@pytest.mark.parametrize(("zone", "moment", "day"), KNOWN)
def test_a_moment_is_on_the_day_that_it_was_there(zone: str, moment: str, day: str) -> None:
    at = dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC)
    assert Bank(time_zone=zone).day_of(at) == dt.date.fromisoformat(day)
    # However the moment is written.
    for elsewhere in ZONES:
        assert Bank(time_zone=zone).day_of(at.astimezone(ZoneInfo(elsewhere))) == dt.date.fromisoformat(day)


def offset(zone: str, moment: dt.datetime) -> dt.timedelta:
    """How far the clocks there are from Greenwich's."""
    ahead = moment.astimezone(ZoneInfo(zone)).utcoffset()
    assert ahead is not None
    return ahead


def clock_changes(zone: str) -> Iterator[dt.datetime]:
    """The first moment of every new time in the ten years."""
    day = dt.datetime.combine(FIRST.first_day, dt.time(), dt.UTC)
    while day.year < MONTHS[-1].year + 1:
        before, after = day, day + dt.timedelta(days=1)
        if offset(zone, before) != offset(zone, after):
            while after - before > MINUTE:
                middle = before + ((after - before) / 2) // MINUTE * MINUTE
                before, after = (middle, after) if offset(zone, middle) == offset(zone, before) else (before, middle)
            yield after
        day += dt.timedelta(days=1)


def moments(zone: str) -> dict[dt.datetime, dt.date]:
    """{moment: its day there}: the first and last minute of every month, and those around each change of the clocks."""
    found = {}
    for day in (end for month in MONTHS for end in (month.first_day, month.last_day)):
        for time in (dt.time(0, 0), dt.time(23, 59)):
            found[dt.datetime.combine(day, time, ZoneInfo(zone)).astimezone(dt.UTC)] = day
    for change in clock_changes(zone):
        for moment in (change - MINUTE, change, change + MINUTE):
            found[moment] = (moment + offset(zone, moment)).date()
    return found


def test_each_zone_changes_its_clocks_as_it_does() -> None:
    assert {zone: len(list(clock_changes(zone))) for zone in ZONES} == {
        "Europe/London": 20,
        "America/St_Johns": 20,
        "Pacific/Apia": 20,
        "Asia/Kathmandu": 0,
        "Pacific/Kiritimati": 0,
        "Australia/Lord_Howe": 20,
    }


@pytest.mark.parametrize("zone", ZONES)
def test_no_minute_at_a_months_end_or_a_clock_change_is_on_another_day(zone: str) -> None:
    bank = Bank(time_zone=zone)
    expected = moments(zone)
    assert {moment: bank.day_of(moment) for moment in expected} == expected


class Years:
    """What is posted in ten years, and where each of it has to be found."""

    def __init__(self, zone: str) -> None:
        self.bank = make.make_bank(time_zone=zone)
        self.one, self.other = make.make_account(self.bank), make.make_account(self.bank)
        self.minutes = 0
        # {(account id, book, month): signed minutes}
        self.expected: dict[tuple[int, Book, Month], list[int]] = defaultdict(list)
        self.late: list[int] = []

    def draft(self, happened_on: dt.date, counts_in: Month) -> ledger.TransferDraft:
        """Return a transfer of so many minutes as no other has, the one way or the other, in one of the books."""
        self.minutes += 1
        forth, book = self.minutes % 2, list(Book)[self.minutes % 3 == 0]
        from_, to = (self.one, self.other) if forth else (self.other, self.one)
        self.expected[from_.id, book, counts_in].append(-self.minutes)
        self.expected[to.id, book, counts_in].append(self.minutes)
        return make.draft_transfer(from_, to, minutes=self.minutes, book=book, happened_on=happened_on)

    def pass_by(self) -> None:
        """Post what happened in each month, what was late, and close a quarter at a time."""
        by_month = defaultdict(list)
        for moment, day in moments(self.bank.time_zone).items():
            by_month[Month.of(day)].append(moment)
        for number, month in enumerate(MONTHS):
            at = dt.datetime.combine(month.plus(1).first_day, dt.time(12), dt.UTC)
            drafts = [self.draft(self.bank.day_of(moment), month) for moment in by_month[month]]
            make.post(self.bank, *drafts, at=at)
            if number % 3 == 2:
                ledger.close_month(self.bank.id, month, closed_at=at)
                self.post_late(month, at)

    def post_late(self, month: Month, at: dt.datetime) -> None:
        """Post what happened on the first and last days of a quarter that is closed, or long before."""
        days = (month.last_day, month.plus(-2).first_day, FIRST.plus(-1).last_day)
        drafts = [self.draft(day, month.plus(1)) for day in days]
        self.late += [draft.minutes for draft in drafts]
        make.post(self.bank, *drafts, at=at)


@pytest.mark.slow
@pytest.mark.parametrize("zone", ZONES)
def test_in_ten_years_no_minute_is_lost_or_counted_twice(app, cli, zone):
    years = Years(zone)
    years.pass_by()
    closings = {}
    for account in (years.one, years.other):
        closing = dict.fromkeys(Book, 0)
        seen, late = Counter(), []
        for month in [FIRST.plus(-1), *MONTHS, MONTHS[-1].plus(1)]:
            for part in statement_of(years.bank, account, month, viewer=None, in_full=True).books:
                assert part.opening_minutes == closing[part.book]
                minutes = [each.line.minutes for each in part.lines]
                assert sorted(minutes) == sorted(years.expected[account.id, part.book, month])
                assert all(Month.of(each.line.effective_on) == month for each in part.lines)
                seen.update(abs(each) for each in minutes)
                late += [abs(each.line.minutes) for each in part.lines if each.is_late]
                closing[part.book] = closings[account.number, part.book, month] = part.closing_minutes
        assert seen == Counter(range(1, years.minutes + 1))
        assert sorted(late) == years.late
        assert closing == {book: ledger_queries.balance_of(account.id, book) for book in Book}
    code, numbers = years.bank.code, {years.one.number, years.other.number}
    printed = cli.invoke(args=["ledger", "balances", "--bank", code, "--by-month"])
    assert printed.exit_code == 0
    rows = [row for row in csv.DictReader(StringIO(printed.stdout)) if row["number"] in numbers]
    assert len(rows) == 2 * (len(MONTHS) + 1)
    for row in rows:
        for book in Book:
            assert int(row[f"{book}_minutes"]) == closings[row["number"], book, Month.parse(row["month"])]
    assert list(Verification().problems()) == []


def turning_points(zone: str) -> list[dt.datetime]:
    """The last and first minute of a year, of February in a leap year and of a month in summer; and clock changes."""
    starts = [dt.datetime.combine(day, dt.time(), ZoneInfo(zone)).astimezone(dt.UTC) for day in TURNS]
    changes = [change for change in clock_changes(zone) if change.year in (2010, 2011)]
    return [moment for turn in sorted([*starts, *changes]) for moment in (turn - MINUTE, turn)]


TURNS = [dt.date(2012, 1, 1), dt.date(2012, 2, 29), dt.date(2012, 3, 1), dt.date(2012, 8, 1)]


@pytest.mark.parametrize("zone", ZONES)
def test_whatever_is_done_at_the_turn_of_a_day_counts_on_the_day_that_it_is_there(app, zone):
    bank = make.make_bank(time_zone=zone, opening_credit_minutes=1, at=dt.datetime(2009, 12, 1, tzinfo=dt.UTC))
    begun = dt.datetime(2010, 1, 15, 12, tzinfo=dt.UTC)
    coordinator, jean, ana = (make.make_member(bank, at=begun) for _ in range(3))
    coordinator.role = "coordinator"
    make.make_activity(bank, at=begun)
    expected = defaultdict(list)
    for number, at in enumerate(turning_points(zone)):
        day = (at + offset(zone, at)).date()
        minutes = 100 + number
        gift = gifts.grant_hours(
            bank, granted_by=coordinator, to_account_id=jean.account_id, minutes=minutes, reason="x", at=at
        )
        gifts.reverse_gift(bank, gift, reason="A slip", reversed_by=coordinator, at=at)
        # Today is the last day on which help can have been given.
        exchange = make.approved_exchange(
            bank, giver=jean, receiver=ana, minutes=minutes, approved_by=coordinator, happened_on=day, at=at
        )
        exchanges.reverse_exchange(bank, exchange, reversed_by=coordinator, message="Twice", at=at)
        with pytest.raises(InTheFuture):
            make.log_exchange(bank, giver=jean, receiver=ana, happened_on=day + dt.timedelta(days=1), at=at)
        expected[day] += [minutes, -minutes, minutes, -minutes]
    found = defaultdict(list)
    months = sorted({Month.of(day) for day in expected})
    for month in months:
        for each in statement_of(bank, jean.account, month, viewer=None, in_full=True).book(Book.CREDIT).lines:
            if each.line.kind != TransferKind.OPENING:
                assert each.line.effective_on == each.line.happened_on
                found[each.line.effective_on].append(each.line.minutes)
    assert {day: sorted(minutes) for day, minutes in found.items()} == {
        day: sorted(minutes) for day, minutes in expected.items()
    }


@pytest.mark.parametrize("zone", ZONES)
def test_who_joins_at_the_turn_of_a_month_has_a_first_statement_of_the_month_that_it_is_there(app, zone):
    turn = dt.datetime(2026, 4, 1, tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)
    bank = make.make_bank(time_zone=zone, opening_credit_minutes=60)
    for at, month in ((turn - MINUTE, Month(2026, 3)), (turn, Month(2026, 4))):
        today = bank.day_of(at)
        member = make.make_member(bank, at=at)
        assert Month.of(member.joined_on) == month
        part = statement_of(bank, member.account, month, viewer=None, in_full=True).book(Book.CREDIT)
        assert [each.line.minutes for each in part.lines] == [60]
        organisation = make.make_organisation(bank, contact=member, at=at)
        account = ledger_queries.accounts_with_ids(bank.id, [organisation.account_id])[0]
        assert months_around(bank, account, month, today=today) == (None, None)
