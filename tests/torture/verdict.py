"""The judgement at the end of a run: the history in its order, the database, the statements, the logs."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.torture import seals
from tests.torture.client import PASSWORD
from tests.torture.history import lines_of
from tests.torture.judge import Entries, Judge
from tests.torture.order import Findings, Order
from tests.torture.pages import BOOKS, PageWrong, statement_on, token_of
from tests.torture.processes import Application
from tests.torture.scene import Scene, Somebody
from tests.torture.snapshots import broken_laws, engine_for_reading
from tests.torture.visitor import Request, Tally, Visitor, form

WATCHED = "snapshots.jsonl"

# Answers that clients may get: pages, redirections, refusals beside a field (422) or of something that somebody else
# decided first (409), and "try again" while the database is away.
EXPECTED = frozenset({200, 302, 409, 422, 503})


@dataclass
class Verdict:
    """What was read and what was found."""

    order: Order
    transfers: int
    snapshots: int
    wrong: Findings


def reach_verdict(
    folder: Path, scene: Scene, application: Application, *, days: tuple[dt.date, dt.date], heads: list[str]
) -> Verdict:
    """Judge what a run left behind. The time bank must be running, and nobody working on it any more."""
    wrong = Findings()
    order = Order(wrong)
    for line in lines_of(folder):
        order.read(line)
    for status, count in order.statuses.items():
        if status not in EXPECTED:
            wrong.add(f"{count} requests were answered with {status}")
    judge = Judge(order.operations, scene.community_account_id, days, wrong)
    engine = engine_for_reading(application.database_url)
    with engine.connect() as connection:
        judge.judge(connection)
    with engine.connect() as connection:
        for law in broken_laws(connection):
            wrong.add(f"at the end, {law}")
    engine.dispose()
    for client in scene.clients:
        for member in client[1:]:
            _compare_statements(application, member, judge.entries, wrong)
    complaint = seals.verify(application, heads)
    if complaint is not None:
        wrong.add(f"flask ledger verify says: {complaint}")
    snapshots = _snapshots(folder, wrong)
    _complaints(application, wrong)
    return Verdict(order, judge.transfers, snapshots, wrong)


def _compare_statements(application: Application, member: Somebody, entries: Entries, wrong: Findings) -> None:
    """Compare what a member sees with the model, for every month in which they have anything."""
    visitor = Visitor(application.port, Tally(), random.Random(0))
    token = token_of(visitor.send(Request("GET", "/sign-in")).text)
    visitor.send(form("/sign-in", [("csrf_token", token), ("email", member.email), ("password", PASSWORD)]))
    months = sorted({month for account, month, _book in entries if account == member.account_id})
    balances = Counter[str]()
    for month in months:
        what = f"the statement of {member.number} for {month}"
        answer = visitor.send(Request("GET", f"/statements/{member.account_reference}/{month}"))
        try:
            stated = statement_on(answer.text)
        except PageWrong as page_wrong:
            wrong.add(f"{what}: {page_wrong}")
            continue
        for book in BOOKS:
            expected = entries.get((member.account_id, month, book), [])
            if sorted(stated[book].minutes) != sorted(expected):
                missing, extra = Counter(expected), Counter(stated[book].minutes)
                wrong.add(f"{what}: without {(missing - extra).total()} entries, with {(extra - missing).total()} more")
            if stated[book].opening_minutes != balances[book]:
                wrong.add(f"{what} opens with {stated[book].opening_minutes} instead of {balances[book]}")
            balances[book] += sum(expected)


def _snapshots(folder: Path, wrong: Findings) -> int:
    """Count the snapshots that were looked at while the run went on, and take over what was found in them."""
    count = 0
    with (folder / WATCHED).open() as file:
        for count, line in enumerate(file, start=1):
            for law in json.loads(line)["wrong"]:
                wrong.add(f"in snapshot {count}, {law}")
    if not count:
        wrong.add("no snapshot was ever looked at")
    return count


def _complaints(application: Application, wrong: Findings) -> None:
    """Look in the server's log for what nobody foresaw, each place once."""
    places: Counter[str] = Counter()
    with application.log.open(errors="replace") as log:
        for line in log:
            if '"unforeseen"' in line:
                told: dict[str, Any] = json.loads(line[line.index("{") :])
                places[f"{told['problem']} at {told['frames'][-1]}"] += 1
            elif line.startswith("Traceback"):
                places["a traceback"] += 1
    for place, count in places.items():
        wrong.add(f"{count} times in the server's log: {place}")
