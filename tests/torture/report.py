"""What came of a run, as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field


@dataclass
class Report:
    """The figures of one run. Operations are the requests that were acknowledged with an answer."""

    database: str
    seed: str
    seconds: float
    operations: int
    writes: dict[str, int]
    reads: dict[str, int]
    outcomes: dict[str, int]
    statuses: dict[str, int]
    repeated: int
    kills: int
    struck: dict[str, int]
    longest_outage_seconds: float
    longest_wait_seconds: float
    transfers: int
    snapshots: int
    seals: int
    violations: int
    examples: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    @property
    def minutes(self) -> float:
        return self.seconds / 60

    def minutes_for(self, operations: int, kills: int) -> float:
        """Return how many minutes a run needs at this rate for so many operations and kills."""
        return max(
            operations / max(self.operations, 1) * self.minutes,
            kills / max(self.kills, 1) * self.minutes if self.kills else 0,
        )


ROWS = (
    ("database", lambda r: r.database),
    ("seed", lambda r: r.seed),
    ("minutes", lambda r: f"{r.minutes:.1f}"),
    ("operations", lambda r: f"{r.operations:,}"),
    ("operations a minute", lambda r: f"{r.operations / r.minutes:,.0f}"),
    ("acknowledged writes", lambda r: f"{r.outcomes.get('did', 0):,}"),
    ("refused writes", lambda r: f"{r.outcomes.get('refused', 0):,}"),
    ("unknown writes", lambda r: f"{r.outcomes.get('unknown', 0):,}"),
    ("answers lost, sent again", lambda r: f"{r.repeated:,}"),
    ("transfers posted", lambda r: f"{r.transfers:,}"),
    ("kills", lambda r: f"{r.kills:,}"),
    ("kills a minute", lambda r: f"{r.kills / r.minutes:.1f}"),
    ("  by kind", lambda r: ", ".join(f"{what} {count}" for what, count in sorted(r.struck.items())) or "none"),
    ("longest outage, s", lambda r: f"{r.longest_outage_seconds:.1f}"),
    ("longest wait of a client, s", lambda r: f"{r.longest_wait_seconds:.1f}"),
    ("snapshots checked", lambda r: f"{r.snapshots:,}"),
    ("seals kept", lambda r: f"{r.seals:,}"),
    ("answers by status", lambda r: ", ".join(f"{status}: {count:,}" for status, count in sorted(r.statuses.items()))),
    ("minutes for 1,000,000 operations and 1,000 kills", lambda r: f"{r.minutes_for(1_000_000, 1_000):,.0f}"),
    ("VIOLATIONS", lambda r: f"{r.violations:,}"),
)


def as_table(reports: Sequence[Report]) -> str:
    """Return the figures of the runs under each other, and the first violations of each."""
    lines = []
    for report in reports:
        width = max(len(words) for words, _figure in ROWS)
        lines += [f"{words:<{width}}  {figure(report)}" for words, figure in ROWS]
        lines += [f"  ! {example}" for example in report.examples]
        lines += [f"  kept: {path}" for path in report.kept]
        lines.append("")
    return "\n".join(lines)


def as_json(reports: Sequence[Report]) -> str:
    return json.dumps([asdict(report) for report in reports], indent=2)
