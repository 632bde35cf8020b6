"""The database, and what should be done every day: whether it was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from timebank.doctor import queries
from timebank.doctor.findings import Finding, fatal, ok, warning
from timebank.extensions import db
from timebank.ledger import roles
from timebank.ledger.guards import guard_problems

A_MOMENT = dt.timedelta(seconds=30)
FAR_OFF = dt.timedelta(minutes=5)
UNSEALED_FOR = dt.timedelta(days=2)
BACKUP_AGE = dt.timedelta(days=2)
CLOSING_TAKES = dt.timedelta(hours=1)
MAIL_WAITS = dt.timedelta(hours=1)
TRIED_OFTEN = 3
# More of them say nothing more.
MOST_NAMES = 5


def guard_findings() -> Iterator[Finding]:
    """Yield whether the guards of the ledger are as the migrations made them."""
    wrong = [f"{name} {what}" for name, what in guard_problems()]
    if wrong:
        yield fatal(
            "guards of the ledger",
            _some(wrong),
            "Stop the time bank, find out who changed it, run flask ledger verify, and put a backup in place.",
        )
    else:
        yield ok("guards of the ledger", "all are there")


def role_findings(*, is_production: bool) -> Iterator[Finding]:
    """Yield whether the application could switch off what guards the ledger."""
    mighty = roles.is_too_mighty(db.session.connection())
    if mighty is None:
        return
    if mighty:
        tell = fatal if is_production else warning
        yield tell(
            "role on PostgreSQL",
            "the application signs in as the owner of the tables, who can switch the guards off",
            "Make a role with flask ledger protect, and sign in as it in TIMEBANK_DATABASE_URL.",
        )
    else:
        yield ok("role on PostgreSQL", "owns nothing")


def clock_findings(now: dt.datetime) -> Iterator[Finding]:
    """Yield whether this clock, the database's and the last posting agree. What is posted is dated by this one."""
    apart = abs(now - queries.now_in_the_database())
    last = queries.last_posted_at()
    if last is not None and last - now > A_MOMENT:
        tell = fatal if last - now > FAR_OFF else warning
        yield tell(
            "clock",
            f"the ledger was last written at {_moment(last)}, and here it is only {_moment(now)}",
            "Set the clock of this machine right before anybody works on.",
        )
    elif apart > A_MOMENT:
        tell = fatal if apart > FAR_OFF else warning
        yield tell(
            "clock",
            f"the database’s and this machine’s are {int(apart.total_seconds())} seconds apart",
            "Let both machines set their clocks by the network.",
        )
    else:
        yield ok("clock", f"{_moment(now)}, and the database agrees")


def seal_findings(now: dt.datetime) -> Iterator[Finding]:
    """Yield whether what was posted is sealed."""
    late = [row for row in queries.oldest_unsealed() if now - row.posted_at > UNSEALED_FOR]
    if late:
        since = _some([f"{row.code} since {_moment(row.posted_at)}" for row in late])
        yield warning("seals", f"postings are not sealed: {since}", "Run flask ledger seal every day.")
    else:
        yield ok("seals", "nothing waits for long")


def backup_findings(now: dt.datetime) -> Iterator[Finding]:
    """Yield how old the last backup is."""
    last = queries.last_backup_at()
    if last is None:
        yield warning(
            "backup", "none was ever made with flask backup create", "Make one every day, and keep it elsewhere."
        )
    elif now - last > BACKUP_AGE:
        yield warning("backup", f"the last was made at {_moment(last)}", "Make one every day: flask backup create.")
    else:
        yield ok("backup", f"the last was made at {_moment(last)}")


def closing_findings(now: dt.datetime) -> Iterator[Finding]:
    """Yield whether a month was closed and not all of its statements issued."""
    stuck = [
        f"{row.MonthClosing.month} of {row.code}" for row in queries.closings_unfinished_since(now - CLOSING_TAKES)
    ]
    if stuck:
        yield warning("closings", f"{_some(stuck)} lacks statements", "Run flask statements daily.")
    else:
        yield ok("closings", "all are finished")


def waiting_mail_findings(now: dt.datetime) -> Iterator[Finding]:
    """Yield whether mail waits although it is due, or was tried in vain."""
    due, tried = queries.count_mail_due_since(now - MAIL_WAITS), queries.count_mail_tried(times=TRIED_OFTEN)
    if due:
        yield warning(
            "mail",
            f"{due:,} should have been sent for more than an hour",
            "Let flask mail send --watch run all the time.",
        )
    elif tried:
        yield warning("mail", f"{tried:,} was tried in vain again and again", "See why with flask mail status.")
    else:
        yield ok("mail", "nothing waits for long")


def _some(words: Sequence[str]) -> str:
    more = len(words) - MOST_NAMES
    return ", ".join(words[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _moment(moment: dt.datetime) -> str:
    return f"{moment.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"
