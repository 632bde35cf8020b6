"""The short form of the bank test, on both databases. script/torture is the long one."""

from __future__ import annotations

import os

import pytest

from tests.databases import NoPostgres
from tests.torture.report import Report
from tests.torture.run import Plan, run

pytestmark = pytest.mark.slow

KINDS = {
    "sqlite": {"a worker", "the application", "a client", "pauses"},
    "postgresql": {"a worker", "the application", "a client", "pauses", "the database", "a connection"},
}


def tortured(plan: Plan) -> Report:
    """Carry out the plan; without a PostgreSQL to kill the test is skipped, or fails where CI=true."""
    try:
        return run(plan)
    except NoPostgres as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing), pytrace=False)
        pytest.skip(str(missing))


def test_nothing_is_lost_doubled_or_half_done_while_processes_are_killed(dialect: str) -> None:
    report = tortured(Plan(dialect, seconds=12, seed="short", clients=4, every_seconds=1.2, writes=60))
    assert report.examples == [], report.kept
    assert set(report.struck) == KINDS[dialect]
    assert report.outcomes["did"] >= 60
    assert report.transfers > 10
    assert report.snapshots > 3
