"""Where exact numbers become numbers for reading. Everything before is whole numbers and fractions."""

from __future__ import annotations

from fractions import Fraction

from timebank.hours import MINUTES_IN_AN_HOUR

# So many places behind the point say all that anybody can use.
PLACES = 6


def number(exact: int | Fraction | None, *, places: int = PLACES) -> int | float | None:
    """Return the number rounded to so many places, halves to even, as a whole number where it is one."""
    if exact is None:
        return None
    rounded = round(Fraction(exact), places)
    return int(rounded) if rounded.denominator == 1 else float(rounded)


def hours(minutes: int | Fraction | None) -> int | float | None:
    """Return minutes as hours."""
    return None if minutes is None else number(Fraction(minutes) / MINUTES_IN_AN_HOUR)


def rounded_to(step: int | Fraction, exact: int | Fraction) -> Fraction:
    """Return the nearest multiple of the step, halves up."""
    step = Fraction(step)
    return (Fraction(exact) / step + Fraction(1, 2)).__floor__() * step
