"""What stands around a posting: the life of an exchange, and the same request again."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.results import Goal, Row, costs
from benchmarks.stage import DIALECTS, NAME_OF, Stage

TIMES_A_POST = Goal(at_most=3)
PART_OF_A_POST = Goal(at_most=0.5)


def exchange(stage: Stage) -> Iterator[Row]:
    """Compare logging, confirming and approving an exchange with one bare post."""
    for dialect in DIALECTS:
        ledger = stage.members(dialect)
        measured = stage.sandwich(
            lambda: stage.crowd(ledger, "post").rate,  # noqa: B023
            lambda: stage.crowd(ledger, "help").rate,  # noqa: B023
        )
        yield costs(
            f"log, confirm and approve on {NAME_OF[dialect]}", measured, TIMES_A_POST,
            beside="a post", note="three sessions and three commits",
        )  # fmt: skip


def replay(stage: Stage) -> Iterator[Row]:
    """Compare the same request again with one that is new."""
    for dialect in DIALECTS:
        ledger = stage.members(dialect)
        measured = stage.sandwich(
            lambda: stage.crowd(ledger, "post").rate,  # noqa: B023
            lambda: stage.crowd(ledger, "replay").rate,  # noqa: B023
        )
        yield costs(f"a key again on {NAME_OF[dialect]}", measured, PART_OF_A_POST, beside="a post")
