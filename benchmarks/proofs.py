"""Sealing the ledger and verifying it, as commands, with how much memory they take at most."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.ledgers import Ledger, take_seals_off
from benchmarks.programs import NotHere, Run, flask
from benchmarks.results import Goal, Row, not_run, reached
from benchmarks.stage import DIALECTS, NAME_OF, Stage

A_SECOND = {"seal": Goal(at_least=100_000), "verify": Goal(at_least=150_000)}

# Ten times the transfers, and the same memory but for a little.
FLAT = Goal(at_most=1.2)


def proofs(stage: Stage) -> Iterator[Row]:
    """Seal and verify a large ledger, and a tenth of it to see whether memory grows."""
    for dialect in DIALECTS:
        large = stage.large(dialect)
        tenth = stage.history(dialect, max(large.transfers // 10, 500))
        for command in ("seal", "verify"):
            what = f"{command} on {NAME_OF[dialect]}, {large.transfers:,} transfers"
            if command == "seal":
                # Closing its months has sealed it already.
                take_seals_off(tenth)
                take_seals_off(large)
            try:
                of_tenth, of_large = _run(command, tenth, stage), _run(command, large, stage)
            except NotHere as missing:
                yield not_run(what, str(missing))
                continue
            yield reached(what, large.transfers / of_large.seconds, A_SECOND[command], unit="transfers/s")
            yield reached(
                f"{what}: memory", of_large.most_megabytes / of_tenth.most_megabytes, FLAT, unit="× that of a tenth",
                beside=f"{of_large.most_megabytes:,.0f} and {of_tenth.most_megabytes:,.0f} MB",
            )  # fmt: skip


def _run(command: str, ledger: Ledger, stage: Stage) -> Run:
    # What fills the ledger has no exchange beside it.
    options = ("--ledger-only",) if command == "verify" else ()
    return flask("ledger", command, *options, database_url=ledger.url, output=stage.folder / f"{command}.out")
