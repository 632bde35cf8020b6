"""What becomes of a statement, and of posting, when the ledger has grown a thousandfold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import event

from benchmarks import ours
from benchmarks.ledgers import Ledger
from benchmarks.places import application_on
from benchmarks.results import MET, MISS, Goal, Row, Sandwich, compared, costs
from benchmarks.stage import DIALECTS, NAME_OF, Stage
from timebank.extensions import db

STATEMENT = {"postgresql": Goal(at_most=1.2), "sqlite": Goal(at_most=1.5)}
POSTING = Goal(at_least=0.9)


def statements(stage: Stage) -> Iterator[Row]:
    """Compare one member's statement in a large ledger with the same member's in a small one."""
    for dialect in DIALECTS:
        small, large = stage.small(dialect), stage.large(dialect)

        def rate(ledger: Ledger) -> float:
            return 1 / stage.crowd(ledger, "statement").median_seconds

        measured = stage.sandwich(lambda: rate(small), lambda: rate(large))  # noqa: B023
        yield costs(
            f"a statement on {NAME_OF[dialect]}, {2 * large.transfers:,} entries", measured, STATEMENT[dialect],
            beside=f"{2 * small.transfers:,} entries", note=_built(large),
        )  # fmt: skip
        counts = statements_sent(small), statements_sent(large)
        yield Row(
            what=f"SQL statements for it on {NAME_OF[dialect]}",
            verdict=MET if counts[0] == counts[1] else MISS,
            ours=str(counts[1]),
            beside=f"{2 * small.transfers:,} entries {counts[0]}",
            goal="the same",
            figures={"small": counts[0], "large": counts[1]},
        )


def _built(ledger: Ledger) -> str:
    return f"built in {ledger.built_in_seconds:,.0f} s"


def statements_sent(ledger: Ledger) -> int:
    """Return how many statements of SQL one member's statement takes."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_others: Any) -> None:
        if not statement.startswith("BEGIN"):
            sent.append(statement)

    with application_on(ledger.url):
        read = ours.reading(ledger.as_asked, 0)
        read()
        event.listen(db.engine, "before_cursor_execute", note)
        read()
    return len(sent)


def posting(stage: Stage) -> Iterator[Row]:
    """Compare posting in a large ledger with posting in a small one."""
    for dialect, clients in (("postgresql", 4), ("sqlite", 1)):
        small, large = stage.small(dialect), stage.large(dialect)
        measured: Sandwich = stage.sandwich(
            lambda: stage.crowd(small, "post", clients=clients).rate,  # noqa: B023
            lambda: stage.crowd(large, "post", clients=clients).rate,  # noqa: B023
        )
        yield compared(
            f"post on {NAME_OF[dialect]}, {2 * large.transfers:,} entries", measured, POSTING,
            beside=f"{2 * small.transfers:,} entries",
        )  # fmt: skip
