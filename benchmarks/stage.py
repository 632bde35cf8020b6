"""What all benchmarks of a run share: databases, ledgers that were built, how long to measure, how large."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from benchmarks import ledgers, pgbench, programs, raw_sqlite
from benchmarks.crowd import Crowd
from benchmarks.ledgers import Ledger
from benchmarks.places import Places
from benchmarks.programs import BESIDE, ClientsFailed, Failed, NotHere
from benchmarks.results import Sandwich

DIALECTS = ("postgresql", "sqlite")
NAME_OF = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}

ENTRIES_OF_A_SMALL_ONE = 10_000
ENTRIES_OF_A_LARGE_ONE = 10_000_000
MONTHS_OF_A_SMALL_ONE = 12
MONTHS_OF_A_LARGE_ONE = 120

TRIES = 3


@dataclass
class Stage:
    """One run."""

    places: Places
    seconds: float
    quick: bool
    scale: float
    say: Callable[[str], None]
    _made: dict[Any, Any] = field(default_factory=dict)

    @property
    def accounts(self) -> int:
        """How many accounts hours move between."""
        return 60 if self.quick else ledgers.ACCOUNTS

    @property
    def folder(self) -> Path:
        """Where files of this run may be written."""
        return self.places.folder

    def crowd(self, ledger: Ledger, act: str, *, clients: int = 1, **more: Any) -> Crowd:
        """Let our own clients do something to a ledger. Raises ClientsFailed."""
        asked = ledger.as_asked | {"act": act, "clients": clients, "seconds": self.seconds} | more
        return _without_errors(programs.ask("benchmarks.ours", asked))

    def sandwich(self, anchor: Callable[[], float], ours: Callable[[], float]) -> Sandwich:
        """Measure anchor, ours, anchor; again, up to so many times, while the two anchors are too far apart."""
        if self.quick:
            # To see that it runs, once is enough.
            once = anchor()
            return Sandwich(once, ours(), once)
        measured = Sandwich(anchor(), ours(), anchor())
        for _ in range(TRIES - 1):
            if measured.is_steady:
                break
            measured = Sandwich(anchor(), ours(), anchor())
        return measured

    def clients(self, number: int) -> int:
        """Return how many clients stand for so many: two are enough to see that it runs."""
        return min(number, 2) if self.quick else number

    def members(self, dialect: str) -> Ledger:
        """Return a ledger whose members have done nothing before this run."""
        return self._once(
            ("members", dialect), lambda: ledgers.with_members(self.places, dialect, accounts=self.accounts)
        )

    def small(self, dialect: str) -> Ledger:
        """Return a ledger of a year, with ten thousand entries."""
        entries = 2 * ledgers.LINES * MONTHS_OF_A_SMALL_ONE * 2 if self.quick else ENTRIES_OF_A_SMALL_ONE
        return self._history(dialect, entries, MONTHS_OF_A_SMALL_ONE)

    def large(self, dialect: str) -> Ledger:
        """Return a ledger of ten years, with ten million entries unless the scale says otherwise."""
        return self._history(dialect, self.large_entries, MONTHS_OF_A_LARGE_ONE)

    @property
    def large_entries(self) -> int:
        """How many entries the large ledger has."""
        return max(round(ENTRIES_OF_A_LARGE_ONE * self.scale), 2 * ledgers.LINES * MONTHS_OF_A_LARGE_ONE)

    def history(self, dialect: str, transfers: int) -> Ledger:
        """Return a ledger of a year with so many transfers."""
        return self._history(dialect, 2 * transfers, MONTHS_OF_A_SMALL_ONE)

    def _history(self, dialect: str, entries: int, months: int) -> Ledger:
        def build() -> Ledger:
            made = ledgers.with_history(
                self.places, dialect, transfers=entries // 2, months=months, accounts=self.accounts
            )
            self.say(f"built {entries:,} entries on {NAME_OF[dialect]} in {made.built_in_seconds:,.0f} s")
            return made

        return self._once(("history", dialect, entries, months), build)

    def plain_postgres(self) -> str:
        """Return the address of pgbench's own tables."""

        def make() -> str:
            url = self.places.empty("postgresql")
            pgbench.prepare(url, self.accounts)
            return url

        return self._once("pgbench", make)

    def pgbench(self, clients: int, *, accounts: int | None = None, protocol: str = "simple") -> float:
        """Return how many plain transfers pgbench writes in a second."""
        return pgbench.rate(
            self.plain_postgres(),
            clients=clients,
            seconds=self.seconds,
            accounts=accounts or self.accounts,
            protocol=protocol,
        )

    def raw_sqlite(self, clients: int = 1) -> float:
        """Return how many plain transfers Python's sqlite3 writes in a second."""

        def make() -> str:
            path = str(self.folder / "raw.db")
            raw_sqlite.prepare(path, self.accounts)
            return path

        asked = {"path": self._once("raw", make), "accounts": self.accounts}
        asked |= {"clients": clients, "seconds": self.seconds}
        return _without_errors(programs.ask("benchmarks.raw_sqlite", asked)).rate

    def hordak(self, clients: int) -> float:
        """Return how many transfers django-hordak writes in a second. Raises NotHere."""
        python = str(BESIDE / "python")
        if not Path(python).exists():
            raise NotHere("django-hordak is not installed; script/bench does it")

        def make() -> dict[str, Any]:
            url = make_url(self.places.empty("postgresql"))
            database = {"NAME": url.database, "USER": url.username, "HOST": url.query["host"]}
            asked = json.dumps({"database": database, "accounts": self.accounts})
            done = subprocess.run(
                [python, "-m", "benchmarks.hordak", "prepare", asked],
                cwd=programs.ROOT, capture_output=True, text=True, check=False,
            )  # fmt: skip
            if done.returncode:
                raise Failed(f"django-hordak: {done.stderr[-1500:]}")
            return database

        asked = {"database": self._once("hordak", make), "accounts": self.accounts, "clients": clients}
        asked["seconds"] = self.seconds
        return _without_errors(programs.ask("benchmarks.hordak", asked, python=python)).rate

    def _once(self, key: Any, make: Callable[[], Any]) -> Any:
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]


def _without_errors(crowd: Crowd) -> Crowd:
    if crowd.errors:
        raise ClientsFailed("; ".join(crowd.errors[:3]))
    return crowd
