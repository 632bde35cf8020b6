"""Run benchmarks by name, print a table, and write it as JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from benchmarks import closing, evidence, growth, months, posting, proofs, services
from benchmarks.places import places
from benchmarks.programs import Failed, NotHere, environment
from benchmarks.results import BROKEN, Row, as_markdown, not_run
from benchmarks.stage import Stage
from tests.databases import NoPostgres

BENCHMARKS: dict[str, Callable[[Stage], Iterator[Row]]] = {
    "post-postgresql": posting.on_postgresql,
    "post-few-accounts": posting.on_few_accounts,
    "post-sqlite": posting.on_sqlite,
    "many-on-sqlite": posting.many_on_sqlite,
    "exchange": services.exchange,
    "replay": services.replay,
    "months": months.balances,
    "statements": growth.statements,
    "post-large": growth.posting,
    "closing": closing.closing,
    "proofs": proofs.proofs,
    "evidence": evidence.evidence,
}

SECONDS = 10.0
QUICK_SECONDS = 0.2
QUICK_SCALE = 0.0005


def asked(arguments: list[str]) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all without one")
    parser.add_argument("--seconds", type=float, help=f"how long each measurement takes ({SECONDS:.0f})")
    parser.add_argument("--scale", type=float, help="the large ledger's part of ten million entries (1)")
    parser.add_argument("--quick", action="store_true", help="only see that everything runs; the figures say nothing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    wanted = parser.parse_args(arguments)
    unknown = sorted(set(wanted.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    if wanted.seconds is None:
        wanted.seconds = QUICK_SECONDS if wanted.quick else SECONDS
    if wanted.scale is None:
        wanted.scale = QUICK_SCALE if wanted.quick else 1
    return wanted


def measure(wanted: argparse.Namespace) -> list[Row]:
    """Run the benchmarks that are asked for, one after another."""
    rows = []
    with places() as made:
        stage = Stage(made, seconds=wanted.seconds, quick=wanted.quick, scale=wanted.scale, say=say)
        for name in wanted.names or BENCHMARKS:
            begin = time.monotonic()
            try:
                for row in BENCHMARKS[name](stage):
                    rows.append(row)
                    say(f"{row.verdict:>10}  {row.what}: {row.ours}; {row.beside} {row.note}")
            except (NoPostgres, NotHere) as missing:
                rows.append(not_run(name, str(missing)))
            except Failed as failed:
                say(str(failed))
                rows.append(Row(what=name, verdict=BROKEN, note=str(failed).strip().splitlines()[-1][:200]))
            say(f"{name} took {time.monotonic() - begin:,.0f} s")
    return rows


def say(words: str) -> None:
    """Tell whoever waits how far it is."""
    print(words, file=sys.stderr, flush=True)


def machine() -> dict[str, object]:
    """Return what figures of this kind depend on."""
    return {
        "processors": os.cpu_count(),
        "load": os.getloadavg(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "commit": subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
        ).stdout.strip(),
    }


def main() -> None:
    """Measure, print the table, and write the file. A goal that is missed is no failure; what broke is one."""
    os.environ.update(environment("sqlite:///:memory:"))
    wanted = asked(sys.argv[1:])
    before = machine()
    rows = measure(wanted)
    facts = {
        "seconds": wanted.seconds,
        "scale": wanted.scale,
        "quick": wanted.quick,
        "machine": before,
        "load_after": os.getloadavg(),
    }
    if wanted.json:
        wanted.json.write_text(json.dumps(facts | {"rows": [asdict(row) for row in rows]}, indent=2) + "\n")
    print(as_markdown(rows))
    processors, load = before["processors"], os.getloadavg()[0]
    print(f"\n{wanted.seconds:g} s each, scale {wanted.scale:g}, {processors} processors, load {load:.1f}")
    if any(row.verdict == BROKEN for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
