"""Make ledgers to measure: small ones with members, and large ones, quickly, but always through the guards."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import text

from benchmarks.ours import NOW
from benchmarks.places import Places, application_on, connect
from timebank.banks import service as banks
from timebank.banks.models import Activity, Bank, Stage
from timebank.exchanges.draft import ExchangeDraft, PartyDraft
from timebank.exchanges.history import PastExchange, post_history
from timebank.exchanges.models import AnsweredBy, Side
from timebank.extensions import db
from timebank.ledger import service as ledger
from timebank.ledger.models import Book
from timebank.ledger.months import Month
from timebank.members import service as members
from timebank.members.models import Capacity, Role
from timebank.organisations.queries import holders_of

ACCOUNTS = 1_000

# The member whose statement is read helps or is helped so often in each month, however large the ledger around is.
LINES = 20
STATEMENT_MONTH = Month(2026, 2)

# So many rows in one statement, for all of which PostgreSQL moves each balance once.
AT_ONCE = 20_000


@dataclass(frozen=True)
class Ledger:
    """Where a ledger is, and what clients have to know to use it."""

    url: str
    bank_id: int
    account_ids: list[int]
    member_ids: list[int]
    coordinator_id: int
    activity_id: int
    statement_account_id: int
    transfers: int = 0
    built_in_seconds: float = 0
    month: tuple[int, int] = (STATEMENT_MONTH.year, STATEMENT_MONTH.number)
    lines: int = LINES

    @property
    def as_asked(self) -> dict[str, Any]:
        """Return it as a client is told of it."""
        return asdict(self)


def with_members(places: Places, dialect: str, *, accounts: int = ACCOUNTS) -> Ledger:
    """Return a new ledger of one bank whose members have done nothing yet."""
    url = places.migrated(dialect)
    with application_on(url):
        bank = banks.create_bank(code="ELM", name="Elm Street", time_zone="Europe/London", at=NOW)
        activity = banks.add_activity(bank, name="Shopping", added_by=None, at=NOW)
        people = members.add_newcomers(
            bank,
            [_newcomer(number, Role.MEMBER) for number in range(accounts + 1)] + [_newcomer(-1, Role.COORDINATOR)],
            at=NOW,
        )
        *others, statement_of, coordinator = people
        made = Ledger(
            url=url,
            bank_id=bank.id,
            account_ids=[member.account_id for member in others],
            member_ids=[member.id for member in others],
            coordinator_id=coordinator.id,
            activity_id=activity.id,
            statement_account_id=statement_of.account_id,
        )
        db.session.commit()
    return made


def _newcomer(number: int, role: Role) -> members.Newcomer:
    return members.Newcomer(
        number=str(5000 + number),
        name=f"Member Number{number}",
        email="",
        phone="",
        capacity=Capacity.NEIGHBOUR,
        joined_on=NOW.date(),
        role=role,
    )


def with_history(places: Places, dialect: str, *, transfers: int, months: int, accounts: int = ACCOUNTS) -> Ledger:
    """Return a ledger with so many transfers in so many months, all but the last of which are closed."""
    begin = time.monotonic()
    made = with_members(places, dialect, accounts=accounts)
    first = STATEMENT_MONTH.plus(1 - months)
    post_past(made, LINES * months, first=first, months=months)
    fill(made, transfers - LINES * months, first_day=first.first_day, last_day=STATEMENT_MONTH.last_day)
    with application_on(made.url):
        ledger.close_month(made.bank_id, STATEMENT_MONTH.plus(-1), closed_at=NOW)
        db.session.commit()
    settle(made)
    return replace(made, transfers=transfers, built_in_seconds=time.monotonic() - begin)


def post_past(made: Ledger, count: int, *, first: Month, months: int) -> None:
    """Post past exchanges of the member whose statement is read, the same number in each month."""
    with application_on(made.url):
        bank = db.session.get_one(Bank, made.bank_id)
        activity = db.session.get_one(Activity, made.activity_id)
        # Whose statement it is helps one half of the time and is helped the other half.
        holders = holders_of(bank, [made.statement_account_id, *made.account_ids[:50]])
        own = holders.pop(made.statement_account_id)
        others = list(holders.values())
        past = []
        for number in range(count):
            giver, receiver = own, others[number % len(others)]
            if number % 2:
                giver, receiver = receiver, giver
            month = first.plus(number // LINES)
            help_given = ExchangeDraft(
                parties=(
                    PartyDraft(giver, Side.GIVER, Capacity.NEIGHBOUR),
                    PartyDraft(receiver, Side.RECEIVER, Capacity.NEIGHBOUR),
                ),
                activity=activity,
                happened_on=month.first_day + dt.timedelta(days=number % LINES),
                minutes=5 + number % 90,
                stage=Stage.DELIVERY,
                book=Book.CREDIT,
            )
            past.append(PastExchange(help_given, f"past {number}", "digest", AnsweredBy.PARTY))
        post_history(bank, past, at=NOW)
        db.session.commit()
    assert count == LINES * months


# Each number stands for one transfer; whom it is between follows from the number, and they are never the same two.
_FILL = """
INSERT INTO transfer (bank_id, book, kind, from_account_id, to_account_id, minutes, happened_on, effective_on,
                      posted_at, key, request_hash, linked_by)
SELECT :bank_id, 'credit', 'history', :first_account + (n * 31) % :accounts,
       :first_account + (n * 31 + 1 + (n / :accounts) % (:accounts - 1)) % :accounts, 5 + n % 90, {day}, {day},
       :posted_at, 'fill:' || n, :request_hash, 'fill:' || n
FROM {numbers}
"""
FORMS = {
    "postgresql": {
        "day": "CAST(:first_day AS date) + CAST(n * :days / :count AS integer)",
        "numbers": "generate_series(CAST(:low AS bigint), CAST(:high AS bigint)) n",
    },
    "sqlite": {
        "day": "date(:first_day, (n * :days / :count) || ' days')",
        "numbers": "(WITH RECURSIVE s(n) AS (SELECT :low UNION ALL SELECT n + 1 FROM s "
        "WHERE n < :high) SELECT n FROM s)",
    },
}


def fill(made: Ledger, count: int, *, first_day: dt.date, last_day: dt.date) -> None:
    """Insert so many transfers between the accounts, spread evenly over the days; the guards write the entries."""
    first, last = made.account_ids[0], made.account_ids[-1]
    assert made.account_ids == list(range(first, last + 1))
    with application_on(made.url):
        statement = text(_FILL.format(**FORMS[db.engine.dialect.name]))
        values = {
            "bank_id": made.bank_id,
            "first_account": first,
            "accounts": len(made.account_ids),
            "first_day": first_day.isoformat(),
            "days": (last_day - first_day).days + 1,
            "count": max(count, 1),
            "posted_at": NOW.isoformat(sep=" ")
            if db.engine.dialect.name == "postgresql"
            else "2026-03-10 12:00:00.000000",
            "request_hash": "0" * 64,
        }
        for low in range(0, count, AT_ONCE):
            db.session.execute(statement, values | {"low": low, "high": min(low + AT_ONCE, count) - 1})
            db.session.commit()
            if low == 0:
                settle(made)


def settle(made: Ledger) -> None:
    """Let the database count its rows and write out what it has not yet, as it would have long since."""
    if made.url.startswith("sqlite"):
        with application_on(made.url):
            db.session.execute(text("ANALYZE"))
            db.session.commit()
        with application_on(made.url):
            db.engine.raw_connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return
    with connect(made.url) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def take_seals_off(made: Ledger) -> None:
    """Let nothing in the ledger be sealed, as if its months had been closed without it."""
    if made.url.startswith("sqlite"):
        with application_on(made.url):
            guard = "SELECT sql FROM sqlite_master WHERE name = 'seal_stays'"
            words = db.session.execute(text(guard)).scalar_one()
            for statement in ("DROP TRIGGER seal_stays", "DELETE FROM seal", words):
                db.session.execute(text(statement))
            db.session.commit()
        return
    with connect(made.url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("DELETE FROM seal")
