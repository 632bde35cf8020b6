"""Hours for tests, in a line each: "U1 P1 3" is three hours that user 1 gave to professional 1."""

from __future__ import annotations

import datetime as dt
import random
from fractions import Fraction

from timebank.evidence.given import Confirmed, Hours

CAPACITIES = {"U": "service_user", "P": "professional", "N": "neighbour", "X": "not_stated"}
START, END = dt.date(2026, 1, 1), dt.date(2026, 7, 1)

# The scheme of the list of measures, whose figures are known.
SCHEME = "U1 P1 3, P1 U1 5, U1 U2 2, U2 U1 1, U2 N1 4, U3 U1 2, P1 U3 3"


def person(name: str) -> int:
    """Return the account of U1, P1 and so on."""
    return "UPNX".index(name[0]) * 1000 + int(name[1:])


def given(line: str, **details) -> Hours:
    """Return the hours of one line."""
    giver, receiver, hours = line.split()
    minutes = int(Fraction(hours) * 60)
    return Hours(
        giver=person(giver),
        receiver=person(receiver),
        giver_capacity=CAPACITIES[giver[0]],
        receiver_capacity=CAPACITIES[receiver[0]],
        minutes=minutes,
        received_minutes=minutes,
        **({"day": START} | details),
    )


def scheme(lines: str, **details) -> list[Hours]:
    """Return the hours of several lines."""
    return [given(line.strip(), **details) for line in lines.split(",")]


def random_hours(chance: random.Random) -> list[Hours]:
    """Return the hours of an invented bank: some services small, and perhaps a sole professional."""
    people = {
        "U": chance.randint(3, 40),
        "P": chance.choice((1, 1, 2, 3, 8, 20)),
        "N": chance.choice((0, 2, 12, 25)),
        "X": chance.choice((0, 0, 1, 6)),
    }
    names = [f"{group}{number}" for group, count in people.items() for number in range(1, count + 1)]
    services = [f"Service {number}" for number in range(chance.randint(1, 4))]
    pairs_of = {"U": "service_user", "P": "professional", "N": "neighbour", "X": "not_stated"}
    hours = []
    for _time in range(chance.choice((15, 60, 200, 600))):
        giver, receiver = chance.sample(names, 2)
        if chance.random() < 0.2:
            giver = "P1" if receiver != "P1" else giver
        learners = chance.choice((1, 1, 1, 1, 5))
        minutes = chance.choice((15, 30, 60, 60, 90, 240))
        # The later services are seldom used.
        service = services[min(int(chance.expovariate(1.2)), len(services) - 1)]
        hours.append(
            Hours(
                giver=person(giver),
                receiver=person(receiver),
                giver_capacity=pairs_of[giver[0]],
                receiver_capacity=pairs_of[receiver[0]],
                minutes=Fraction(minutes, learners),
                received_minutes=minutes,
                day=START.replace(month=chance.randint(1, 6)),
                service=service,
                stage=chance.choice(("delivery",) * 6 + ("design", "commissioning", "assessment")),
                is_credit=chance.random() < 0.8,
                paid=giver[0] == "P" and chance.random() < 0.7,
                mandated=chance.random() < 0.05,
                consultation=chance.random() < 0.05,
                late=chance.random() < 0.1,
                confirmed=chance.choice(list(Confirmed)),
            )
        )
    return hours
