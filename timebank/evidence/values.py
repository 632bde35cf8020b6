"""What became of a figure: a number, nothing because it is not defined, or nothing because it is withheld."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from timebank.evidence.audience import Audience
from timebank.evidence.exact import PLACES, number


@dataclass(frozen=True)
class Value:
    """A value for reading, and whether something of it is withheld."""

    value: Any
    is_withheld: bool = False
    reason: str = ""


WITHHELD = Value(None, is_withheld=True)
UNDEFINED = Value(None)


def exactly(exact: int | Fraction | None, audience: Audience = Audience.COORDINATOR) -> Value:
    """Return a number for reading; outside readers get no more places than they need."""
    places = {Audience.COORDINATOR: PLACES, Audience.BOARD: 3, Audience.PUBLIC: 2}[audience]
    return Value(number(exact, places=places))


def at_most_one(exact: Fraction | None) -> Fraction | None:
    """Return a share of rounded hours, which may come out as a little more than all of them, as all of them."""
    return None if exact is None else min(exact, Fraction(1))
