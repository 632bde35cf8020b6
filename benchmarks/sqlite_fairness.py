"""How fairly writers share one SQLite database, each in a process of its own, durable (synchronous = FULL).

    .venv/bin/python benchmarks/sqlite_fairness.py [--clients 16] [--seconds 10] [--folder DIR]

Each client posts one transfer after another through the ledger's service, each in a transaction of its own. Printed are
posts a second, the fewest and the most of one client, their ratio, and the longest that one post took, with our queue,
without it (SQLite's own waiting, as a comparison), and with it again.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import secrets
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("TIMEBANK_SECRET_KEY", secrets.token_hex(32))

import flask_migrate
from flask import Flask

from timebank import MIGRATIONS, clock, create_app, queueing
from timebank.banks import service as banks
from timebank.extensions import db
from timebank.ledger import service as ledger
from timebank.ledger.models import AccountKind, Book, TransferKind

ACCOUNTS = 200


@dataclass(frozen=True)
class Outcome:
    """What all clients together did."""

    waiting: str
    posts_a_second: int
    fewest: int
    most: int
    ratio: float
    longest_milliseconds: int


def application(path: Path) -> Flask:
    """Return the application on a database in that file."""
    return create_app({"SQLALCHEMY_DATABASE_URI": f"sqlite:///{path}", "TESTING": True, "TIMEBANK_LOG_LEVEL": "ERROR"})


def make_ledger(path: Path) -> tuple[int, list[int]]:
    """Make a bank with accounts, and return its id and theirs."""
    with application(path).app_context():
        flask_migrate.upgrade(directory=str(MIGRATIONS))
        now = clock.now()
        bank = banks.create_bank(code="FAIR", name="Fair", time_zone="Europe/London", at=now)
        numbers = [f"F{number}" for number in range(ACCOUNTS)]
        accounts = ledger.open_accounts(bank.id, numbers=numbers, kind=AccountKind.MEMBER, opened_at=now)
        found = bank.id, [account.id for account in accounts]
        db.session.commit()
        db.engine.dispose()
    return found


def write_in_a_loop(
    path: Path, bank_id: int, accounts: list[int], seconds: int, start: Any, results: Any, queued: bool
) -> None:
    """Post until the time is over, and say how often that was and how long the slowest took."""
    if not queued:
        queueing.QueueingConnection._open_queue = lambda self: None  # type: ignore[method-assign]
    with application(path).app_context():
        post(bank_id, accounts)
        start.wait()
        posts, longest, end = 0, 0.0, time.monotonic() + seconds
        while (began := time.monotonic()) < end:
            post(bank_id, accounts)
            longest = max(longest, time.monotonic() - began)
            posts += 1
        db.engine.dispose()
    results.put((posts, longest))


def post(bank_id: int, accounts: list[int]) -> None:
    """Post one transfer between two of the accounts, and commit it."""
    giver, receiver = random.sample(accounts, 2)
    key, now = secrets.token_hex(8), clock.now()
    draft = ledger.TransferDraft(
        receiver, giver, 60, Book.CREDIT, TransferKind.EXCHANGE, now.date(), key=key, linked_by=key
    )
    ledger.post_transfers(bank_id, [draft], posted_at=now)
    db.session.commit()


def measure(folder: Path, clients: int, seconds: int, *, queued: bool) -> Outcome:
    """Let that many clients write at once."""
    path = Path(tempfile.mkdtemp(dir=folder)) / "fair.db"
    bank_id, accounts = make_ledger(path)
    processes = multiprocessing.get_context("spawn")
    results, start = processes.Queue(), processes.Barrier(clients)
    running = [
        processes.Process(
            target=write_in_a_loop, args=(path, bank_id, accounts, seconds, start, results, queued), daemon=True
        )
        for _ in range(clients)
    ]
    for process in running:
        process.start()
    done = [results.get(timeout=seconds * 3 + 120) for _ in running]
    for process in running:
        process.join()
    posts = [count for count, _ in done]
    return Outcome(
        waiting="our queue" if queued else "SQLite's own",
        posts_a_second=round(sum(posts) / seconds),
        fewest=min(posts),
        most=max(posts),
        ratio=round(min(posts) / max(posts), 2),
        longest_milliseconds=round(max(longest for _, longest in done) * 1000),
    )


def main() -> None:
    """Measure with, without, and with the queue; two with very different figures mean that the machine was busy."""
    parser = argparse.ArgumentParser(description="How fairly writers share one SQLite database.")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--folder", type=Path, help="where the database is made; otherwise a temporary folder")
    parser.add_argument("--json", action="store_true", help="one line of JSON for each")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        if not options.json:
            print(f"{options.clients} clients, {options.seconds} s each, load {os.getloadavg()[0]:.1f}")
            print(f"{'waiting':14}{'posts/s':>9}{'fewest':>9}{'most':>9}{'ratio':>8}{'longest':>12}")
        for queued in (True, False, True):
            outcome = measure(Path(folder), options.clients, options.seconds, queued=queued)
            if options.json:
                print(json.dumps(asdict(outcome)), flush=True)
            else:
                print(
                    f"{outcome.waiting:14}{outcome.posts_a_second:9}{outcome.fewest:9}{outcome.most:9}"
                    f"{outcome.ratio:8.2f}{outcome.longest_milliseconds:9} ms",
                    flush=True,
                )


if __name__ == "__main__":
    main()
