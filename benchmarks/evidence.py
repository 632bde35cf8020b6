"""The figures of evidence of a large bank, cold, again, and after a new posting."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator

from sqlalchemy import text

from benchmarks import ledgers
from benchmarks.ledgers import AT_ONCE, Ledger
from benchmarks.ours import NOW
from benchmarks.places import Places, application_on
from benchmarks.results import Goal, Row, reached
from benchmarks.stage import DIALECTS, NAME_OF, Stage
from timebank.banks.models import Bank
from timebank.evidence.audience import Audience
from timebank.evidence.figures import Figures, figures_of
from timebank.extensions import db

# Ten thousand members and a million exchanges in a year, unless the scale says otherwise.
MEMBERS = 10_000
EXCHANGES = 1_000_000
START, END = dt.date(2025, 3, 1), dt.date(2026, 3, 1)
# Everybody helps so many others.
PARTNERS = 20

COLD = Goal(at_most=2)
WARM = Goal(at_most=0.2)

# What each exchange is follows from its number: one in three is given by somebody who uses the service.
_TRANSFERS = """
INSERT INTO transfer (bank_id, book, kind, from_account_id, to_account_id, minutes, happened_on, effective_on,
                      posted_at, key, request_hash, linked_by)
SELECT :bank_id, 'credit', 'history', :first_account + (n * 31) % :accounts,
       :first_account + (n * 31 + 1 + (n / :accounts) % {partners}) % :accounts, 15 * (1 + n % 8), {day}, {day},
       :posted_at, 'past:' || n, :request_hash, 'past:' || n
FROM {numbers}
"""
_EXCHANGES = """
INSERT INTO exchange (bank_id, reference, activity_id, service_area, stage, book, happened_on, minutes, note, paid,
                      mandated, consultation, status, is_held, logged_at, decided_at)
SELECT bank_id, linked_by, :activity_id, 'Area ' || (id % 6),
       CASE id % 12 WHEN 0 THEN 'design' WHEN 1 THEN 'commissioning' WHEN 2 THEN 'assessment' ELSE 'delivery' END,
       book, happened_on, minutes, '', {no}, {no}, {no}, 'approved', {no}, posted_at, posted_at
FROM transfer WHERE bank_id = :bank_id AND id BETWEEN :low AND :high
"""
_PARTIES = """
INSERT INTO party (bank_id, exchange_id, account_id, side, capacity, answer, answered_how, answered_at)
SELECT e.bank_id, e.id, t.{account}, '{side}',
       CASE t.{account} % 3 WHEN 0 THEN 'service_user' WHEN 1 THEN 'neighbour' ELSE 'professional' END,
       'confirmed', 'party', t.posted_at
FROM transfer t JOIN exchange e ON e.bank_id = t.bank_id AND e.reference = t.linked_by
WHERE t.bank_id = :bank_id AND t.id BETWEEN :low AND :high
"""


def evidence(stage: Stage) -> Iterator[Row]:
    """Time the figures of a year of a large bank: for the first time, again, and after one more posting."""
    members = 200 if stage.quick else max(round(MEMBERS * stage.scale), 200)
    exchanges = 1_000 if stage.quick else max(round(EXCHANGES * stage.scale), 1_000)
    for dialect in DIALECTS:
        made = with_exchanges(stage.places, dialect, members=members, exchanges=exchanges)
        stage.say(f"built {exchanges:,} exchanges on {NAME_OF[dialect]} in {made.built_in_seconds:,.0f} s")
        what = f"figures of {members:,} members, {exchanges:,} exchanges on {NAME_OF[dialect]}"
        with application_on(made.url):
            cold, first = _timed(made)
            warm, again = _timed(made)
            assert again == first
            yield reached(f"{what}, cold", cold, COLD, unit="s")
            yield reached(f"{what}, warm", warm, WARM, unit="s")
            _post(made, exchanges, 1)
            after, more = _timed(made)
            # The new one is of a quarter of an hour or more, and counts at once.
            assert more["hours_given"].value > first["hours_given"].value
            yield reached(f"{what}, after a posting", after, COLD, unit="s")


def _timed(made: Ledger) -> tuple[float, Figures]:
    db.session.rollback()
    bank = db.session.get_one(Bank, made.bank_id)
    begin = time.monotonic()
    figures = figures_of(bank, start=START, end=END, audience=Audience.COORDINATOR)
    return time.monotonic() - begin, figures


def with_exchanges(places: Places, dialect: str, *, members: int, exchanges: int) -> Ledger:
    """Return a bank whose members have exchanged so often in a year, all through the ledger's guards."""
    begin = time.monotonic()
    made = ledgers.with_members(places, dialect, accounts=members)
    with application_on(made.url):
        for low in range(0, exchanges, AT_ONCE):
            _post(made, low, min(AT_ONCE, exchanges - low))
            if low == 0:
                ledgers.settle(made)
    ledgers.settle(made)
    return Ledger(**made.as_asked | {"transfers": exchanges, "built_in_seconds": time.monotonic() - begin})


def _post(made: Ledger, first: int, count: int) -> None:
    is_postgres = db.engine.dialect.name == "postgresql"
    forms = ledgers.FORMS[db.engine.dialect.name] | {"partners": min(PARTNERS, len(made.account_ids) - 1)}
    values = {
        "bank_id": made.bank_id,
        "first_account": made.account_ids[0],
        "accounts": len(made.account_ids),
        "first_day": START.isoformat(),
        "days": (END - START).days,
        "count": 1_000_003,
        "posted_at": NOW.isoformat(sep=" ") if is_postgres else "2026-03-10 12:00:00.000000",
        "request_hash": "0" * 64,
        "activity_id": made.activity_id,
        "low": first,
        "high": first + count - 1,
    }
    # Days follow from the number too, so that every month has its share of them.
    day = forms["day"].replace("n * :days / :count", "n * 7 % :days")
    db.session.execute(text(_TRANSFERS.format(**forms | {"day": day})), values)
    last = db.session.execute(text("SELECT max(id) FROM transfer")).scalar_one()
    values |= {"low": last - count + 1, "high": last}
    db.session.execute(text(_EXCHANGES.format(no="false" if is_postgres else "0")), values)
    for side, account in (("giver", "to_account_id"), ("receiver", "from_account_id")):
        db.session.execute(text(_PARTIES.format(side=side, account=account)), values)
    db.session.commit()
