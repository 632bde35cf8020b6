"""All balances by month: asked of our database, and of the programs that reckon them from a journal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.ledgers import Ledger
from benchmarks.places import application_on
from benchmarks.programs import BESIDE, NotHere, program, run
from benchmarks.results import NO_GOAL, Goal, Row, Sandwich, faster, not_run
from benchmarks.stage import DIALECTS, NAME_OF, Stage
from timebank.extensions import db, read_one_moment
from timebank.ledger.models import Entry, Transfer
from timebank.ledger.queries import balances_by_month

TRANSFERS = 100_000
GOALS = {"hledger": Goal(at_least=100), "ledger": Goal(at_least=20), "beancount": NO_GOAL}


def balances(stage: Stage) -> Iterator[Row]:
    """Compare a question to our database with what the others take to read a journal and reckon."""
    transfers = 500 if stage.quick else TRANSFERS
    journals: dict[str, Path] = {}
    for dialect in DIALECTS:
        ledger = stage.history(dialect, transfers)
        if not journals:
            journals = write_journals(ledger, stage.folder)
        for name, goal in GOALS.items():
            what = f"balances by month of {transfers:,} transfers on {NAME_OF[dialect]}, beside {name}"
            try:
                before = _seconds_of(name, journals, stage)
                ours = seconds_of_ours(ledger)
                after = _seconds_of(name, journals, stage)
            except NotHere as missing:
                yield not_run(what, str(missing))
            else:
                yield faster(what, Sandwich(1 / before, 1 / ours, 1 / after), goal, beside=name)


def seconds_of_ours(ledger: Ledger) -> float:
    """Return how long the ledger's own question takes, the median of five, with every month of every account read."""
    with application_on(ledger.url):
        times = []
        for _ in range(5):
            begin = time.monotonic()
            read_one_moment()
            for _month_end in balances_by_month(ledger.bank_id):
                pass
            times.append(time.monotonic() - begin)
            db.session.rollback()
        assert db.session.scalar(select(func.count()).select_from(Entry)) == 2 * ledger.transfers
    return sorted(times)[2]


def _seconds_of(name: str, journals: dict[str, Path], stage: Stage) -> float:
    journal = str(journals["beancount" if name == "beancount" else "ledger"])
    commands = {
        "hledger": ["-f", journal, "balance", "--monthly", "--historical", "--output-format=csv"],
        "ledger": ["-f", journal, "--args-only", "register", "--monthly", "--wide"],
        "beancount": [
            journal, "SELECT account, year, month, sum(position) GROUP BY account, year, month",
        ],
    }  # fmt: skip
    which = str(BESIDE / "bean-query") if name == "beancount" else name
    return run([program(which), *commands[name]], output=stage.folder / f"{name}.out").seconds


def write_journals(ledger: Ledger, folder: Path) -> dict[str, Path]:
    """Write the transfers of the ledger as the other programs read them, and return where."""
    paths = {"ledger": folder / "ledger.journal", "beancount": folder / "ledger.beancount"}
    with application_on(ledger.url), paths["ledger"].open("w") as journal, paths["beancount"].open("w") as beans:
        columns = (Transfer.effective_on, Transfer.from_account_id, Transfer.to_account_id, Transfer.minutes)
        beans.write('option "operating_currency" "MINUTES"\n')
        for account in (*ledger.account_ids, ledger.statement_account_id):
            beans.write(f"1970-01-01 open Liabilities:A{account} MINUTES\n")
        rows = db.session.execute(
            select(*columns).order_by(Transfer.effective_on, Transfer.id).execution_options(yield_per=1000)
        )
        for day, giving, getting, minutes in rows:
            journal.write(
                f"{day} transfer\n    members:{giving}  {-minutes} min\n    members:{getting}  {minutes} min\n\n"
            )
            beans.write(
                f'{day} * "transfer"\n  Liabilities:A{giving} {-minutes} MINUTES\n'
                f"  Liabilities:A{getting} {minutes} MINUTES\n\n"
            )
    return paths
