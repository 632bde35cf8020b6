"""A transfer as somebody writes it who promises nothing: one insert, two entries, two balances, plain statements.

PostgreSQL's own pgbench sends them, one after another, from a program in C. There are no keys that repeat, no foreign
keys, no triggers, no second book, no floors, no closed months; only the locks are in ascending order.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from benchmarks.places import connect, driver_url
from benchmarks.programs import Failed, NotHere, program
from tests.databases import embedded_programs, installed_programs

SCRIPT = Path(__file__).with_suffix(".sql")

TABLES = """
CREATE TABLE balance (account_id bigint PRIMARY KEY, minutes bigint NOT NULL);
CREATE TABLE transfer (id bigserial PRIMARY KEY, from_account_id bigint NOT NULL, to_account_id bigint NOT NULL,
  minutes integer NOT NULL, posted_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE entry (id bigserial PRIMARY KEY, transfer_id bigint NOT NULL, account_id bigint NOT NULL,
  minutes integer NOT NULL);
"""


def prepare(url: str, accounts: int) -> None:
    """Make the three tables and so many balances."""
    with connect(url) as connection:
        connection.execute(TABLES)
        connection.execute("INSERT INTO balance SELECT number, 0 FROM generate_series(1, %s) number", (accounts,))


def rate(url: str, *, clients: int, seconds: float, accounts: int, protocol: str = "simple") -> float:
    """Return how many of these transfers so many clients write in a second. Raises NotHere or Failed."""
    done = subprocess.run(
        [
            *(_pgbench(), "--no-vacuum", f"--protocol={protocol}", f"--client={clients}", "--jobs=1"),
            *(f"--time={max(1, round(seconds))}", f"--define=accounts={accounts}", f"--file={SCRIPT}"),
            driver_url(url),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    for line in done.stdout.splitlines():
        if line.startswith("tps = ") and done.returncode == 0:
            return float(line.split()[2])
    raise Failed(f"pgbench: {done.stderr[-1500:]}")


def _pgbench() -> str:
    folder = installed_programs() or embedded_programs()
    if folder is not None and (folder / "pgbench").exists():
        return str(folder / "pgbench")
    try:
        return program("pgbench")
    except NotHere:
        raise NotHere("pgbench is not installed (on Debian and Ubuntu: apt-get install postgresql-contrib)") from None
