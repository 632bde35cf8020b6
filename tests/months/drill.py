"""Close a month while the command that does it is killed again and again, and see that nothing is lost or doubled."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import select, text

from tests import make
from tests.conftest import application_on, migrate
from tests.house.bulk import add_members, drafts, post_past
from timebank.banks.models import Bank
from timebank.extensions import db
from timebank.ledger.models import Account
from timebank.ledger.months import Month
from timebank.statements.figures import digest_of
from timebank.statements.models import IssuedStatement, MonthClosing
from timebank.statements.queries import statement_of

ROOT = Path(__file__).resolve().parents[2]
CODE = "DRILL"
MONTH = Month(2026, 3)
# The command, in so small batches that there is always something left to be killed in.
_CLOSE = """
import sys
from flask.cli import main
from timebank.statements import issue
issue.ACCOUNTS_IN_A_BATCH = 25
sys.argv[0] = "flask"
main()
"""
# So often it is looked how far the command is.
LOOK_EVERY_SECONDS = 0.01


def prepare(url: str, *, members: int, exchanges: int) -> None:
    """Make a bank with so many members and past exchanges, of the year up to the month."""
    with application_on(url):
        bank = make.make_bank(code=CODE)
        activity = make.make_activity(bank)
        people = add_members(bank, members)
        chance = random.Random(members)
        pairs = [tuple(chance.sample(people, 2)) for _number in range(exchanges)]
        post_past(bank, drafts(bank, pairs, [activity], first_day=dt.date(2025, 4, 1)))  # type: ignore[arg-type]
        db.session.commit()


def close_and_kill(url: str, *, kills: int) -> int:
    """Run the command until it ends by itself, killing it so often while it works; return how often it was killed."""
    killed = 0
    while True:
        process = _start(url)
        # It is left to work a while longer than it takes to be seen to have done something.
        was_killed = killed < kills and _kill_in_the_middle(url, process)
        _out, errors = process.communicate()
        if was_killed:
            killed += 1
            continue
        assert process.returncode == 0, errors
        return killed


def _start(url: str) -> subprocess.Popen[str]:
    settings = {"TIMEBANK_DATABASE_URL": url.replace("+psycopg", ""), "FLASK_APP": "wsgi.py"}
    return subprocess.Popen(
        [sys.executable, "-c", _CLOSE, "statements", "close", str(MONTH), "--bank", CODE],
        cwd=ROOT,
        env=os.environ | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _kill_in_the_middle(url: str, process: subprocess.Popen[str]) -> bool:
    with application_on(url):
        begun_at = how_far()
        while process.poll() is None:
            if how_far() != begun_at:
                time.sleep(random.random() * 0.05)
                process.send_signal(signal.SIGKILL)
                return process.wait() == -signal.SIGKILL
            time.sleep(LOOK_EVERY_SECONDS)
    return False


def how_far() -> tuple[int, int]:
    """Return how many months are closed, and how many statements are issued."""
    counts = "SELECT (SELECT count(*) FROM closed_month), (SELECT count(*) FROM issued_statement)"
    closed, issued = db.session.execute(text(counts)).one()
    db.session.rollback()
    return closed, issued


def check(url: str, *, members: int, sample: int = 20) -> None:
    """Look that every member has one statement, with the figures of the ledger."""
    with application_on(url) as app:
        bank = db.session.scalars(select(Bank).where(Bank.code == CODE)).one()
        issued = db.session.scalars(select(IssuedStatement)).all()
        closing = db.session.scalars(select(MonthClosing)).one()
        # Everybody's, and the community account's.
        assert len(issued) == len({each.account_id for each in issued}) == members + 1 == closing.statements
        assert closing.issued_at is not None
        for each in random.sample(list(issued), min(sample, len(issued))):
            account = db.session.get_one(Account, each.account_id)
            statement = statement_of(bank, account, MONTH, viewer=None, in_full=True)
            assert digest_of(statement, bank_code=bank.code) == each.digest
        db.session.rollback()
        verified = app.test_cli_runner().invoke(args=["ledger", "verify"])
        assert verified.exit_code == 0, verified.output


def main() -> None:
    """Run the drill on SQLite with as many members, exchanges and kills as are asked for."""
    parser = argparse.ArgumentParser(prog="script/drill", description=__doc__)
    parser.add_argument("--members", type=int, default=5_000)
    parser.add_argument("--exchanges", type=int, default=30_000, help="each is two entries")
    parser.add_argument("--kills", type=int, default=10)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/drill.db"
        migrate(url)
        prepare(url, members=asked.members, exchanges=asked.exchanges)
        begun = time.monotonic()
        killed = close_and_kill(url, kills=asked.kills)
        took = time.monotonic() - begun
        check(url, members=asked.members)
    what = f"{asked.members:,} members, {2 * asked.exchanges:,} entries"
    sys.stdout.write(f"{what}: killed {killed} times, closed after {took:.0f} s\n")


if __name__ == "__main__":
    main()
