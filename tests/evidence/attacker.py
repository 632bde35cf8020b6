"""Somebody who reads everything that is published of a bank and works out what is hidden, by linear programming.

`python -m tests.evidence.attacker 1000` invents so many banks and says what was found out. Nothing of how figures are
protected is used here: only what a reader has, and the sums that a reader knows to hold.
"""

from __future__ import annotations

import datetime as dt
import random
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import linprog

from tests.evidence.invented import END, START, random_hours
from timebank.evidence.audience import Audience
from timebank.evidence.catalogue import GROUPS, LETTERS, STAGES
from timebank.evidence.circulation import Credit
from timebank.evidence.counted import Counted
from timebank.evidence.given import Hours
from timebank.evidence.lapse import Life
from timebank.evidence.people import people_figures
from timebank.evidence.releases import Period, shown_alone, shown_in_turn, spans_of, system_of
from timebank.evidence.shares import hours_figures
from timebank.evidence.tables import HoursTables

OUTSIDE = (Audience.BOARD, Audience.PUBLIC)


def counted(hours: list[Hours], chance: random.Random, start: dt.date = START, end: dt.date = END) -> Counted:
    """Return what would have been counted of these hours in a bank."""
    people = sorted({one.giver for one in hours} | {one.receiver for one in hours})
    gave, received = {one.giver for one in hours}, {one.receiver for one in hours}
    lives = []
    for person in people:
        first_gave = start + dt.timedelta(days=chance.randint(0, 150)) if person in gave else None
        first_received = start + dt.timedelta(days=chance.randint(0, 150)) if person in received else None
        lives.append(
            Life(
                first_gave,
                first_received,
                was_active_just_before=chance.random() < 0.3,
                was_ever_active_before=chance.random() < 0.1,
                is_active=True,
                began_by_receiving_as_one_who_uses_it=person < 1000 and first_received is not None,
                joined_on=start,
            )
        )
    lives += [Life(None, None, True, True, False) for _number in range(chance.randint(0, 8))]
    return Counted(start, end, hours, lives, Credit({}, []), frozenset(people), frozenset(), len(hours), 0)


@dataclass
class Reader:
    """What one reader knows: quantities within bounds, and sums that hold."""

    low: dict[str, float] = field(default_factory=dict)
    high: dict[str, float] = field(default_factory=dict)
    equal: list[dict[str, float]] = field(default_factory=list)

    def sum(self, total: str, *parts: str) -> None:
        """Know that a total is the sum of its parts."""
        self.equal.append({total: 1} | dict.fromkeys(parts, -1))
        for name in (total, *parts):
            self.low.setdefault(name, 0)
            self.high.setdefault(name, np.inf)

    def read(self, name: str, value: Any, audience: Audience) -> None:
        """Read a published number, "<5", or nothing."""
        self.low.setdefault(name, 0)
        self.high.setdefault(name, np.inf)
        if isinstance(value, str):
            self._within(name, 1, int(value[1:]) - 1)
        elif value is not None:
            off = 2.5 if audience == Audience.PUBLIC else 1e-6
            self._within(name, value - off, value + off)

    def _within(self, name: str, low: float, high: float) -> None:
        self.low[name], self.high[name] = max(self.low[name], low), min(self.high[name], high)

    def ratio(self, part: str, whole: str, value: float | None) -> None:
        """Read a published quotient, exact to six places."""
        if value is not None:
            slack = f"slack of {part} in {whole}"
            self.equal.append({part: 1, whole: -value, slack: 1})
            most = 1e-6 * self.high.get(whole, 0) if np.isfinite(self.high.get(whole, np.inf)) else 1.0
            self.low[slack], self.high[slack] = -most - 1e-6, most + 1e-6

    def bounds_of(self, wanted: list[str]) -> dict[str, tuple[float, float]]:
        """Return how low and how high each can be."""
        names = sorted(self.low)
        place = {name: number for number, name in enumerate(names)}
        matrix = np.zeros((len(self.equal), len(names)))
        for row, one in enumerate(self.equal):
            for name, factor in one.items():
                matrix[row, place[name]] += factor
        bounds = [(self.low[name], None if np.isinf(self.high[name]) else self.high[name]) for name in names]
        found = {}
        for name in wanted:
            ends = []
            for direction in (1, -1):
                objective = np.zeros(len(names))
                objective[place[name]] = direction
                solved = linprog(objective, A_eq=matrix, b_eq=np.zeros(len(self.equal)), bounds=bounds, method="highs")
                assert solved.status in (0, 3), solved.message
                ends.append(direction * solved.fun if solved.status == 0 else np.inf)
            found[name] = (ends[0], ends[1])
        return found


def published(hours: list[Hours], chance: random.Random, audience: Audience) -> dict[str, Any]:
    """Return every figure of these hours that the audience is given."""
    of_bank = counted(hours, chance)
    tables = HoursTables(hours)
    shown = shown_alone(tables, audience)
    values = hours_figures(of_bank, tables, shown) | people_figures(of_bank, shown, earlier=())
    return {name: value.value for name, value in values.items()}


def read_hours(reader: Reader, figures: dict[str, Any], audience: Audience, prefix: str = "") -> None:
    """Read every table and number of hours, and know how they hang together."""

    def known(name: str) -> str:
        return prefix + name

    for table, by in (
        ("flows", "by"),
        ("hours_by_payment", "by"),
        ("hours_by_stage", "by"),
        ("hours_by_service", "row"),
    ):
        shown = figures[table]
        side = {"flows": "to"}.get(table, table)
        for place, row in enumerate(shown["rows"]):
            cells = [known(f"{table}/{row}/{column}") for column in shown["columns"]]
            for cell, value in zip(cells, shown["cells"][place], strict=True):
                reader.read(cell, value, audience)
            reader.sum(known(f"{by}/{row}"), *cells)
            reader.read(known(f"{by}/{row}"), shown["row_totals"][place], audience)
        for place, column in enumerate(shown["columns"]):
            cells = [known(f"{table}/{row}/{column}") for row in shown["rows"]]
            if cells:
                reader.sum(known(f"{side}/{column}"), *cells)
            reader.read(known(f"{side}/{column}"), shown["column_totals"][place], audience)
        total = known("services" if by == "row" else "total")
        reader.sum(total, *(known(f"{by}/{row}") for row in shown["rows"]))
        reader.read(total, shown["total"], audience)
    _read_links(reader, figures, audience, prefix)
    _read_parts(reader, figures, audience, prefix)


def _read_links(reader: Reader, figures: dict[str, Any], audience: Audience, prefix: str) -> None:
    def known(name: str) -> str:
        return prefix + name

    months = figures["hours_by_month"]
    for row, value in zip(months["rows"], months["row_totals"], strict=True):
        reader.read(known(f"month/{row}"), value, audience)
    reader.sum(known("total"), *(known(f"month/{row}") for row in months["rows"]))
    for who, groups in (("community", ("users", "neighbourhood")), ("professionals", ("professionals",))):
        for what, stages in (("planning", ("commissioning", "design")), ("delivery", ("delivery",))):
            cells = [known(f"hours_by_stage/{group}/{stage}") for group in groups for stage in stages]
            reader.sum(known(f"hours_by_service/{what}_{who}"), *cells)
    for giver in GROUPS:
        for to in GROUPS:
            reader.read(known(f"flows/{giver}/{to}"), figures[f"hours_{LETTERS[giver]}{LETTERS[to]}"], audience)


def _read_parts(reader: Reader, figures: dict[str, Any], audience: Audience, prefix: str) -> None:
    total = f"{prefix}total"
    parts = {"mandated_hours", "consultation_hours", "late_hours", "credit_earned_hours"}
    for name in parts:
        reader.sum(total, prefix + name, f"{prefix}rest of {name}")
        reader.read(prefix + name, figures[name], audience)
    reader.sum(f"{prefix}person_hours_received", total, f"{prefix}more for classes")
    reader.read(f"{prefix}person_hours_received", figures["person_hours_received"], audience)
    for name in ("credit_spent_hours", "credit_moved_hours"):
        reader.sum(f"{prefix}person_hours_received", prefix + name, f"{prefix}rest of {name}")
        reader.read(prefix + name, figures[name], audience)
    voice = [f"{prefix}hours_by_stage/users/{stage}" for stage in STAGES if stage != "delivery"]
    reader.sum(f"{prefix}voice", *voice)
    reader.read(f"{prefix}voice", figures["voice_hours"], audience)
    trust = ("confirmed_by_both", "entered_by_coordinator", "confirmed_by_neither")
    reader.sum(total, *(prefix + name for name in trust))
    if audience != Audience.BOARD:
        # The public's shares are of rounded hours, and follow from them; check_shares() sees to it.
        return
    users = f"{prefix}by/users"
    to_known = [f"{prefix}flows/users/{group}" for group in ("users", "professionals", "neighbourhood")]
    reader.sum(f"{prefix}known", *to_known)
    for name in trust:
        reader.ratio(prefix + name, total, figures[name])
    reader.ratio(f"{prefix}known", total, figures["hidden_resource_share"])
    reader.ratio(f"{prefix}flows/users/users", users, figures["peer_share"])
    reader.ratio(
        f"{prefix}flows/users/professionals", f"{prefix}flows/professionals/users", figures["user_professional_ratio"]
    )
    reader.sum(f"{prefix}community", users, f"{prefix}by/neighbourhood")
    reader.ratio(f"{prefix}community", f"{prefix}by/professionals", figures["leverage"])
    reader.sum(f"{prefix}dividend", f"{prefix}flows/users/neighbourhood", f"{prefix}flows/professionals/neighbourhood")
    reader.ratio(f"{prefix}dividend", total, figures["neighbourhood_dividend"])
    reader.ratio(f"{prefix}voice", f"{prefix}hours_by_stage/users/delivery", figures["voice_and_action"])
    reader.ratio(f"{prefix}credit_spent_hours", f"{prefix}credit_earned_hours", figures["spend_ratio"])
    reader.ratio(f"{prefix}by/not_stated", total, figures["not_stated_share"])


def cells_of(tables: HoursTables) -> dict[str, float]:
    """Return {a cell as the reader calls it: its true hours}, of the tables alone."""
    names = {
        "flows": "flows",
        "payment": "hours_by_payment",
        "stage": "hours_by_stage",
        "service": "hours_by_service",
    }
    found = {}
    for name, cell in tables.cells.items():
        table, _, rest = name.partition("/")
        if table in names and "/" in rest:
            found[f"{names[table]}/{rest}"] = float(cell.minutes) / 60
        elif table in ("by", "to", "month"):
            found[name] = float(cell.minutes) / 60
        elif table == "service_row":
            found[f"row/{rest}"] = float(cell.minutes) / 60
    return found


def is_pinned(bounds: tuple[float, float], true: float) -> bool:
    """Return whether the bounds tell the true hours to within ten per cent."""
    low, high = bounds
    assert low <= true + 1e-3, (bounds, true)
    assert high >= true - 1e-3, (bounds, true)
    return low > 0.9 * true + 1e-3 and high < 1.1 * true - 1e-3


def hidden_in(figures: dict[str, Any], true: dict[str, float]) -> list[str]:
    """Return the cells that hold some hours and are not shown."""
    hidden = []
    for table, by in (
        ("flows", "by"),
        ("hours_by_payment", "by"),
        ("hours_by_stage", "by"),
        ("hours_by_service", "row"),
    ):
        shown = figures[table]
        for place, row in enumerate(shown["rows"]):
            if shown["row_totals"][place] is None:
                hidden.append(f"{by}/{row}")
            for column, value in zip(shown["columns"], shown["cells"][place], strict=True):
                if value is None:
                    hidden.append(f"{table}/{row}/{column}")
    return sorted({name for name in hidden if true.get(name)})


def attack(seed: int) -> Counter[str]:
    """Attack one invented bank as each outside reader. Returns how much was shown, hidden and found out."""
    hours = random_hours(random.Random(seed))
    result: Counter[str] = Counter()
    true = cells_of(HoursTables(hours))
    # Somebody on the board reads what the public reads, too.
    of_both = Reader()
    for audience in OUTSIDE:
        figures = published(hours, random.Random(seed), audience)
        reader = Reader()
        for one in (reader, of_both):
            read_hours(one, figures, audience)
        hidden = hidden_in(figures, true)
        bounds = reader.bounds_of(hidden)
        result["hidden"] += len(hidden)
        result["shown"] += sum(bool(hours) for hours in true.values()) - len(hidden)
        result["found out"] += sum(is_pinned(bounds[name], true[name]) for name in hidden)
        result["people found out"] += attack_counts(figures, audience, result)
        check_shares(figures)
        if audience == Audience.BOARD:
            from_the_board = hidden
    bounds = of_both.bounds_of(from_the_board)
    result["found out"] += sum(is_pinned(bounds[name], true[name]) for name in from_the_board)
    result["banks"] = 1
    return result


def attack_counts(figures: dict[str, Any], audience: Audience, result: Counter[str]) -> int:
    """Return how many counts shown as fewer than the threshold, or not at all, can only be one number."""
    reader = Reader()
    bands = [band["people"] for band in figures["give_receive_histogram"]]
    sums = {
        "active_members": [
            ("new_members", "returning_members", "reactivated_members"),
            ("two_way_people", "give_only_people", "receive_only_people"),
            ("users_active", "others"),
            ("people_in_several_capacities", "in one"),
        ],
        "active_before": [("returning_members", "lapsed_members")],
        "users_active": [("users_giving", "not giving")],
        "receiver_to_giver_people": [("receiver_to_giver_converted", "not converted")],
        "two_way_people": [tuple(f"band {place}" for place in range(1, 6))],
        "receive_only_people": [("band 0",)],
        "give_only_people": [("band 6",)],
    }
    for total, groups in sums.items():
        for parts in groups:
            reader.sum(total, *parts)
    values = {name: figures[name] for name in reader.low if name in figures}
    values |= {f"band {place}": people for place, people in enumerate(bands)}
    for name, value in values.items():
        reader.read(name, value, audience)
    few = [name for name, value in values.items() if isinstance(value, str)]
    result["few people"] += len(few)
    found = reader.bounds_of(few)
    return sum(np.floor(high + 1e-6) - np.ceil(low - 1e-6) < 1 for low, high in found.values())


def check_shares(figures: dict[str, Any]) -> None:
    """See that what is said of shares says no more than the hours that are shown."""
    hours = {
        "hidden_resource_share": ("hours_given",),
        "leverage": ("hours_by_users", "hours_by_neighbourhood", "hours_by_professionals"),
        "user_professional_ratio": ("hours_up", "hours_pu"),
        "user_professional_reciprocity": ("hours_up", "hours_pu"),
        "peer_share": ("hours_uu", "hours_by_users"),
        "neighbourhood_dividend": ("hours_un", "hours_pn", "hours_given"),
        "spend_ratio": ("credit_spent_hours", "credit_earned_hours"),
        "voice_and_action": ("voice_hours", "action_hours"),
    }
    for share, of in hours.items():
        if any(figures[name] is None for name in of):
            assert figures[share] is None, (share, of)
    if figures["leverage"] is not None:
        users, neighbours, professionals = (figures[name] for name in hours["leverage"])
        assert abs(figures["leverage"] - (users + neighbours) / professionals) < 1e-5
    if figures["user_professional_ratio"] is not None:
        assert abs(figures["user_professional_ratio"] - figures["hours_up"] / figures["hours_pu"]) < 1e-5


def attack_releases(seed: int) -> Counter[str]:
    """Attack two releases of one bank, the first five months and then all six, by what lies between them."""
    hours = random_hours(random.Random(seed))
    first, both = Period(START, dt.date(2026, 6, 1)), Period(START, END)
    releases = [first, both]
    hours_in = {span: [one for one in hours if span.start <= one.day < span.end] for span in spans_of(releases)}
    june = HoursTables(hours_in[Period(first.end, END)])
    result: Counter[str] = Counter(releases=1)
    for audience in OUTSIDE:
        reader = Reader()
        shown = shown_in_turn(hours_in, releases, audience)
        for number, release in enumerate(releases):
            own = [one for one in hours if release.start <= one.day < release.end]
            tables = HoursTables(own)
            figures = {
                name: value.value
                for name, value in hours_figures(
                    counted(own, random.Random(seed), release.start, release.end), tables, shown[number]
                ).items()
            }
            read_hours(reader, figures, audience, prefix=f"{number}|")
        for name in [name.removeprefix("1|") for name in reader.low if name.startswith("1|")]:
            if f"0|{name}" in reader.low and not name.startswith("month/"):
                reader.sum(f"1|{name}", f"0|{name}", f"june|{name}")
            elif name.startswith(("flows", "hours_by", "by/", "to/", "row/")):
                reader.sum(f"1|{name}", f"june|{name}")
        sensitive = {one.name for one in system_of(june, audience).quantities.values() if one.is_sensitive}
        true = cells_of(june)
        own_names = {name: reader_name for name, reader_name in _own_names(june).items() if name in sensitive}
        bounds = reader.bounds_of([f"june|{name}" for name in own_names.values() if f"june|{name}" in reader.low])
        result["between"] += len(bounds)
        result["found between"] += sum(
            is_pinned(found, true[name.removeprefix("june|")]) for name, found in bounds.items()
        )
        result["shown again"] += len(shown[1].values)
    return result


def _own_names(tables: HoursTables) -> dict[str, str]:
    names = {"payment": "hours_by_payment", "stage": "hours_by_stage", "service": "hours_by_service"}
    found = {}
    for name in tables.cells:
        table, _, rest = name.partition("/")
        if table in ("flows", "by", "to"):
            found[name] = name
        elif table in names and "/" in rest:
            found[name] = f"{names[table]}/{rest}"
        elif table == "service_row":
            found[name] = f"row/{rest}"
    return found


def main(banks: int) -> int:
    """Attack so many banks, and every fifth of them by two releases. Returns how much was found out."""
    result: Counter[str] = Counter()
    for seed in range(banks):
        result += attack(seed)
        if seed % 5 == 0:
            result += attack_releases(seed)
    for name, count in result.items():
        sys.stdout.write(f"{name}: {count:,}\n")
    found = result["found out"] + result["people found out"] + result["found between"]
    sys.stdout.write(f"found out in all: {found}\n")
    return found


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])) > 0)
