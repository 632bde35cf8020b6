"""Posting: beside pgbench, django-hordak and sqlite3, and with many clients on few accounts."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.programs import ClientsFailed, NotHere
from benchmarks.results import MISS, NO_GOAL, Goal, Row, compared, not_run, reached
from benchmarks.stage import Stage

HOT_ACCOUNTS = 20
MANY = 16

PART_OF_PLAIN = {1: Goal(at_least=0.60), 4: Goal(at_least=0.30), MANY: Goal(at_least=0.30)}
TIMES_HORDAK = Goal(at_least=1.5)
PART_OF_SQLITE = Goal(at_least=0.45)
PART_ON_FEW_ACCOUNTS = Goal(at_least=0.4)
LONGEST_WAIT = Goal(at_most=1)
SLOWEST_TO_FASTEST = Goal(at_least=0.5)


def on_postgresql(stage: Stage) -> Iterator[Row]:
    """Compare posting, with all guards on, with pgbench's plain statements and with django-hordak."""
    ledger = stage.members("postgresql")

    goals = {stage.clients(clients): goal for clients, goal in PART_OF_PLAIN.items()}
    for clients, goal in goals.items():
        who = f"{clients} client{'s' if clients > 1 else ''}"

        def ours(clients: int = clients) -> float:
            return stage.crowd(ledger, "post", clients=clients).rate

        for protocol, wanted in (("simple", goal), ("prepared", NO_GOAL)):
            try:
                measured = stage.sandwich(lambda: stage.pgbench(clients, protocol=protocol), ours)  # noqa: B023
            except NotHere as missing:
                yield not_run(f"post on PostgreSQL, {who}, beside pgbench", str(missing))
            else:
                beside = "plain" if protocol == "simple" else "plain, prepared by hand"
                yield compared(f"post on PostgreSQL, {who}", measured, wanted, beside=beside)
        try:
            measured = stage.sandwich(lambda: stage.hordak(clients), ours)  # noqa: B023
        except NotHere as missing:
            yield not_run(f"post on PostgreSQL, {who}, beside django-hordak", str(missing))
        else:
            yield compared(f"post on PostgreSQL, {who}", measured, TIMES_HORDAK, beside="django-hordak")


def on_few_accounts(stage: Stage) -> Iterator[Row]:
    """Let many clients post between few accounts, where each waits for the others; an error would stop the run."""
    ledger, clients = stage.members("postgresql"), stage.clients(MANY)
    hot = ledger.account_ids[:HOT_ACCOUNTS]
    try:
        measured = stage.sandwich(
            lambda: stage.crowd(ledger, "post", clients=clients).rate,
            lambda: stage.crowd(ledger, "post", clients=clients, account_ids=hot).rate,
        )
    except ClientsFailed as met:
        yield Row(what=f"{clients} clients on {HOT_ACCOUNTS} accounts", verdict=MISS, note=str(met))
        return
    yield compared(
        f"{clients} clients on {HOT_ACCOUNTS} accounts", measured, PART_ON_FEW_ACCOUNTS,
        beside=f"on {len(ledger.account_ids):,}", note="no deadlock reached a client",
    )  # fmt: skip


def on_sqlite(stage: Stage) -> Iterator[Row]:
    """Compare posting on SQLite with Python's own sqlite3, both durable."""
    ledger = stage.members("sqlite")
    measured = stage.sandwich(stage.raw_sqlite, lambda: stage.crowd(ledger, "post").rate)
    yield compared("post on SQLite", measured, PART_OF_SQLITE, beside="sqlite3")


def many_on_sqlite(stage: Stage) -> Iterator[Row]:
    """Let many processes write to one SQLite file, and see who waits how long."""
    clients = stage.clients(MANY)
    crowd = stage.crowd(stage.members("sqlite"), "post", clients=clients)
    what = f"SQLite, {clients} processes"
    yield reached(f"{what}: longest wait", crowd.longest_seconds, LONGEST_WAIT, unit="s")
    yield reached(f"{what}: slowest to fastest client", crowd.slowest_to_fastest, SLOWEST_TO_FASTEST, unit="")
    yield reached(f"{what}: posted together", crowd.rate, NO_GOAL, unit="/s")
