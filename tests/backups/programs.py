"""The real `flask` in a process of its own, which can be killed, and somebody who goes on working meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from tests.conftest import application_on
from tests.house.source import ROOT
from timebank.backups.places import UNFINISHED
from timebank.extensions import db
from timebank.ledger import service as ledger
from timebank.ledger.models import Book, TransferKind
from timebank.ledger.service import TransferDraft
from timebank.ledger.verify import Verification

PATIENCE = 60

# Two people who give each other a minute at a time, for as long as they are left alone.
WRITER = """
import datetime as dt, itertools, os, sys
from tests.backups.programs import post_one
from tests.conftest import application_on

bank_id, giver, receiver = map(int, sys.argv[2:])
with application_on(sys.argv[1]):
    for number in itertools.count():
        post_one(bank_id, giver, receiver, key=f"{os.getpid()}:{number}")
        if number == 0:
            print("writing", flush=True)
"""


def post_one(bank_id: int, from_: int, to: int, *, key: str) -> None:
    """Post one minute and commit it."""
    import datetime as dt

    draft = TransferDraft(
        from_account_id=from_,
        to_account_id=to,
        minutes=1,
        book=Book.CREDIT,
        kind=TransferKind.EXCHANGE,
        happened_on=dt.date(2026, 3, 10),
        key=key,
        linked_by=key,
    )
    ledger.post_transfers(bank_id, [draft], posted_at=dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC))
    db.session.commit()


def start_flask(url: str, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    """Start a command of `flask` on that database."""
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", *arguments],
        cwd=ROOT,
        env={**os.environ, "TIMEBANK_DATABASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def flask(url: str, *arguments: str, **options: Any) -> tuple[int, str]:
    """Run a command of `flask` on that database, and return its exit code with what it said."""
    with start_flask(url, *arguments, **options) as running:
        out, err = running.communicate(timeout=PATIENCE * 5)
    return running.returncode, out + err


@contextmanager
def somebody_writing(url: str, bank_id: int, giver: int, receiver: int) -> Iterator[None]:
    """Let a program post without end."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, url, *map(str, (bank_id, giver, receiver))],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout
        assert running.stdout.readline() == "writing\n"
        try:
            yield
            assert running.poll() is None, "whoever was writing has stopped"
        finally:
            running.kill()


def kill_while(running: subprocess.Popen[str], begun: Callable[[], bool], milliseconds: int) -> bool:
    """Kill the program so long after `begun()`. Returns whether it was still at work."""
    give_up_at = time.monotonic() + PATIENCE
    while running.poll() is None and not begun() and time.monotonic() < give_up_at:
        time.sleep(0.002)
    time.sleep(milliseconds / 1000)
    was_at_work = running.poll() is None
    running.kill()
    running.communicate(timeout=PATIENCE)
    return was_at_work


def unfinished_in(folder: Path) -> list[str]:
    """The names of what was left behind."""
    return [path.name for path in folder.glob(f"{UNFINISHED}*")]


def file_of(url: str) -> Path:
    """The file of a SQLite database."""
    return Path(str(make_url(url).database))


def transfers_in(url: str) -> int:
    """How many transfers are in that database, whose ledger must add up."""
    with application_on(url):
        verification = Verification()
        assert list(verification.problems()) == []
        assert verification.counts.entries == 2 * verification.counts.transfers
        return verification.counts.transfers
