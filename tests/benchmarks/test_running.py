"""Every benchmark still runs: in its quickest form, with so little that its figures say nothing."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from benchmarks.__main__ import BENCHMARKS
from benchmarks.results import BROKEN, NOT_RUN
from tests.databases import embedded_programs, installed_programs
from tests.house.source import ROOT


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_every_benchmark_runs(tmp_path):
    """All in one, which share a server and the ledgers that they fill."""
    if not (installed_programs() or embedded_programs()):
        pytest.skip("there is no PostgreSQL")
    file = tmp_path / "figures.json"
    done = bench("--quick", "--json", str(file))
    rows = json.loads(file.read_text())["rows"]
    assert done.returncode == 0, done.stderr
    assert [row["what"] for row in rows if row["verdict"] == BROKEN] == []
    # What is compared with ours may not be on this machine; ours always is.
    assert [row["note"] for row in rows if row["verdict"] == NOT_RUN and "not installed" not in row["note"]] == []
    for name in BENCHMARKS:
        assert f"{name} took" in done.stderr
    for row in rows:
        assert row["what"] in done.stdout


def test_a_benchmark_that_there_is_not_is_said_to_be_none():
    done = bench("post-mysql")
    assert done.returncode == 2
    assert "post-mysql" in done.stderr
