"""Whether what was acknowledged was seen by everybody who looked afterwards: one pass over the history, in its order.

A reader who asked for a page after something had been acknowledged must see it, whoever reads and whichever worker
answers. What was still on its way when they asked may be there or not.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.torture.history import Line

# What an exchange can still show when somebody has seen it so. Whatever is open can go either way.
AFTER = {
    "approved": {"approved", "reversed"},
    "reversed": {"reversed"},
    "declined": {"declined"},
    "withdrawn": {"withdrawn"},
}
DECIDES = {"approve": "approved", "decline": "declined", "reverse": "reversed", "withdraw": "withdrawn"}
EXAMPLES_OF_A_KIND = 5

# What differs between two findings of one kind: names, numbers and moments.
_PARTICULAR = re.compile(r"\S*\d\S*")


@dataclass
class Findings:
    """What was violated: how often, and the first examples of each kind in words."""

    count: int = 0
    examples: list[str] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)

    def add(self, what: str) -> None:
        kind = _PARTICULAR.sub("…", what)
        self.count += 1
        self.kinds[kind] += 1
        if self.kinds[kind] <= EXAMPLES_OF_A_KIND:
            self.examples.append(what)


@dataclass
class Asked:
    """An operation that changes something: what was asked, and what is known of the answer."""

    f: str
    details: dict[str, Any]
    outcome: str = "unknown"
    lost: int = 0
    reference: str = ""
    approved: int = 0


@dataclass
class Order:
    """What the history says, as far as it was read."""

    wrong: Findings
    operations: dict[str, Asked] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    lost: int = 0
    longest_seconds: float = 0.0
    reads: Counter[str] = field(default_factory=Counter)
    # For each exchange, when somebody knew for the first time that it was as it was.
    known: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    # For each account, month and book: times, and how many entries there were at least from then on.
    entries: dict[tuple[int, str, str], tuple[list[int], list[int]]] = field(
        default_factory=lambda: defaultdict(lambda: ([], []))
    )
    logged: dict[str, Asked] = field(default_factory=dict)
    # When each approval was acknowledged, for each account, month and book.
    acknowledged: dict[tuple[int, str, str], list[int]] = field(default_factory=lambda: defaultdict(list))

    def read(self, line: Line) -> None:
        """Take in one more line."""
        _READERS[line["k"]](self, line)

    def asked(self, line: Line) -> None:
        details = {name: value for name, value in line.items() if name not in ("t", "k", "op", "f")}
        self.operations[line["op"]] = Asked(line["f"], details)

    def did(self, line: Line) -> None:
        asked = self.operations[line["op"]]
        asked.outcome, asked.lost = "did", line["lost"]
        asked.reference, asked.approved = line.get("ref", ""), line.get("approved", 0)
        if asked.f == "log":
            self.logged[asked.reference] = asked
        elif asked.f in DECIDES:
            self._now_known(asked.reference, line["t"], DECIDES[asked.f])
        elif asked.f == "tick" and asked.approved == len(asked.details["refs"]):
            for reference in asked.details["refs"]:
                self._now_known(reference, line["t"], "approved")

    def refused(self, line: Line) -> None:
        asked = self.operations[line["op"]]
        asked.outcome, asked.lost = "refused", line["lost"]

    def saw(self, line: Line) -> None:
        self.reads[line["f"]] += 1
        if line["f"] == "queue":
            for reference in line["refs"]:
                self._seen(reference, "confirmed", line)
        elif line["f"] == "exchange":
            self._seen(line["ref"], line["status"], line)
            if line["status"] in AFTER:
                self._now_known(line["ref"], line["t"], line["status"])
        elif line["f"] == "statement":
            self._stated(line)

    def counts(self, line: Line) -> None:
        self.statuses.update({int(status): count for status, count in line["statuses"].items()})
        self.lost += line["lost"]
        self.longest_seconds = max(self.longest_seconds, line["longest"])

    def said_wrong(self, line: Line) -> None:
        details = {name: value for name, value in line.items() if name not in ("t", "k", "what")}
        self.wrong.add(f"{line['what']} {details or ''}".strip())

    def _now_known(self, reference: str, at: int, status: str) -> None:
        known = self.known[reference]
        if any(before == status for _at, before in known):
            return
        known.append((at, status))
        if status == "approved" and (asked := self.logged.get(reference)):
            for account, _minutes in moves_of_accounts(asked.details):
                key = (account, asked.details["day"][:7], asked.details["book"])
                self.acknowledged[key].append(at)

    def _seen(self, reference: str, status: str, line: Line) -> None:
        for at, known in self.known.get(reference, ()):
            if at < line["t0"] and status not in AFTER[known]:
                after = (line["t0"] - at) / 1e9
                self.wrong.add(f"exchange {reference} was {known}, and {after:.3f} s later it was shown as {status}")

    def _stated(self, line: Line) -> None:
        for book, entries in line["entries"].items():
            key = (line["account"], line["month"], book)
            times, counts = self.entries[key]
            before = bisect_left(times, line["t0"])
            least = counts[before - 1] if before else 0
            least = max(least, bisect_left(self.acknowledged[key], line["t0"]))
            if entries < least:
                self.wrong.add(f"the {book} statement of account {key[0]} for {key[1]} lost {least - entries} entries")
            if not counts or entries > counts[-1]:
                times.append(line["t"])
                counts.append(entries)


def moves_of_accounts(details: dict[str, Any]) -> list[tuple[int, int]]:
    """Return (account, signed minutes) for each entry of an exchange but those of the community in a class."""
    givers, receivers, minutes = details["givers"], details["receivers"], details["minutes"]
    if len(receivers) == 1:
        return [(receivers[0], -minutes) for _giver in givers] + [(giver, minutes) for giver in givers]
    return [(receiver, -minutes) for receiver in receivers] + [(givers[0], minutes)]


_READERS = {
    "ask": Order.asked,
    "did": Order.did,
    "refused": Order.refused,
    "saw": Order.saw,
    "counts": Order.counts,
    "wrong": Order.said_wrong,
}
