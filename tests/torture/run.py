"""One run: a new database, a running time bank, clients, faults, and the judgement at the end."""

from __future__ import annotations

import contextlib
import datetime as dt
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.databases import Server
from tests.journeys.server import ROOT
from tests.torture import seals
from tests.torture.build import make_scene
from tests.torture.clients import Clients
from tests.torture.faults import Nemesis
from tests.torture.history import lines_of
from tests.torture.processes import Application, Postgres, forget, own_postgres
from tests.torture.report import Report, as_json
from tests.torture.verdict import WATCHED, Verdict, reach_verdict

SECONDS_BETWEEN_SEALS = 10
LONGEST_WAIT_SECONDS = 300


@dataclass(frozen=True)
class Plan:
    """How to torture: for how long, with how many clients, and how often something strikes (never, when None).

    It goes on for longer until there were `writes`, and each kind of fault struck, so that a slow machine has seen as
    much as a fast one; and `sent_again` is how often a client sends what was acknowledged once more. The more `members`
    a client acts for, the shorter are their statements after a long run, and the longer it takes until all have signed
    in.
    """

    database: str
    seconds: float
    seed: str
    clients: int = 8
    every_seconds: float | None = 3.0
    planted: str = ""
    writes: int = 0
    sent_again: float = 0.08
    members: int = 4


@dataclass
class Torture:
    """What goes on during a run."""

    seconds: float
    nemesis: Nemesis
    heads: list[str]
    fell: list[str]


def run(plan: Plan, *, keep: bool = False) -> Report:
    """Carry out the plan. History and database are kept where something was violated, or when asked to.

    Raises NoPostgres.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"torture-{plan.database}-"))
    with contextlib.ExitStack() as stack:
        postgres = stack.enter_context(own_postgres()) if plan.database == "postgresql" else None
        report = _run_on(plan, folder, _new_database(folder, postgres), postgres)
    folders = [folder, *([postgres.folder] if postgres else [])]
    if report.violations or keep:
        report.kept = [str(one) for one in folders]
        (folder / "report.json").write_text(as_json([report]))
    else:
        for one in folders:
            forget(one)
    return report


def _new_database(folder: Path, postgres: Postgres | None) -> str:
    if postgres is None:
        return f"sqlite:///{folder / 'timebank.db'}"
    server = Server(postgres.url)
    server.run("CREATE DATABASE timebank")
    return server.url_of("timebank")


def _run_on(plan: Plan, folder: Path, url: str, postgres: Postgres | None) -> Report:
    scene = make_scene(url, clients=plan.clients, members=plan.members)
    scene.write(folder)
    application = Application(url, folder, planted=plan.planted)
    application.start()
    try:
        application.wait_until_it_answers()
        tortured = _torture(plan, folder, application, postgres)
        days = (dt.date.fromisoformat(scene.today), dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1))
        verdict = reach_verdict(folder, scene, application, days=days, heads=tortured.heads)
    finally:
        application.stop()
    for what in tortured.fell:
        verdict.wrong.add(what)
    return _report(plan, tortured, verdict)


def _torture(plan: Plan, folder: Path, application: Application, postgres: Postgres | None) -> Torture:
    sealing = seals.Sealing(application) if seals.can_seal(application) else None
    clients = Clients(folder, plan.clients, seed=plan.seed, port=application.port, sent_again=plan.sent_again)
    nemesis = Nemesis(application, postgres, clients, random.Random(f"{plan.seed}-nemesis"))
    began = time.monotonic()
    with _watching(application.database_url, folder / WATCHED):
        seal_at = began

        def between() -> None:
            nonlocal seal_at
            if sealing is not None and time.monotonic() >= seal_at:
                seal_at = time.monotonic() + SECONDS_BETWEEN_SEALS
                sealing.go_on()

        nemesis.strike_until(began + plan.seconds, every_seconds=plan.every_seconds, between=between)
        while _is_to_go_on(plan, nemesis, folder) and time.monotonic() < began + LONGEST_WAIT_SECONDS:
            nemesis.strike_until(time.monotonic() + 1, every_seconds=plan.every_seconds, between=between)
        seconds = time.monotonic() - began
        application.wait_until_it_answers()
        clients.stop()
        if sealing is not None:
            sealing.finish()
    return Torture(seconds, nemesis, sealing.heads if sealing else [], clients.fell)


def _is_to_go_on(plan: Plan, nemesis: Nemesis, folder: Path) -> bool:
    if plan.every_seconds is not None and not nemesis.has_struck_everything:
        return True
    return bool(plan.writes) and _writes(folder) < plan.writes


def _writes(folder: Path) -> int:
    return sum(line["k"] == "did" for line in lines_of(folder))


@contextlib.contextmanager
def _watching(url: str, file: Path) -> Iterator[None]:
    file.touch()
    command = [sys.executable, "-m", "tests.torture.watcher", url, str(file)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(300)


def _report(plan: Plan, tortured: Torture, verdict: Verdict) -> Report:
    order, nemesis = verdict.order, tortured.nemesis
    return Report(
        database=plan.database,
        seed=plan.seed,
        seconds=tortured.seconds,
        operations=sum(count for status, count in order.statuses.items() if status < 500),
        writes=dict(Counter(asked.f for asked in order.operations.values())),
        reads=dict(order.reads),
        outcomes=dict(Counter(asked.outcome for asked in order.operations.values())),
        statuses={str(status): count for status, count in sorted(order.statuses.items())},
        repeated=order.lost,
        kills=nemesis.kills,
        struck=dict(nemesis.struck),
        longest_outage_seconds=nemesis.longest_outage_seconds,
        longest_wait_seconds=order.longest_seconds,
        transfers=verdict.transfers,
        snapshots=verdict.snapshots,
        seals=len(set(tortured.heads)),
        violations=verdict.wrong.count,
        examples=verdict.wrong.examples,
    )
