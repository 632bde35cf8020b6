"""Minutes, and what people type and read for them.

Everywhere else time is a whole number of minutes. This is the one module that turns "1½", "1:30", "1h 30m" or
"90 min" into minutes, and minutes back into words and figures.
"""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from timebank.errors import RuleBroken

MINUTES_IN_AN_HOUR = 60

# Nothing that anybody logs or grants at once is longer, and the ledger's columns hold it with ease.
LONGEST_TIME_MINUTES = 10_000 * MINUTES_IN_AN_HOUR

# A typed length beyond this is a slip of the finger, and Python would happily multiply it out.
LONGEST_TEXT = 40


class NotATime(RuleBroken):
    """What was typed cannot be read as a length of time."""

    field = "time"
    message = _l("Enter how long, like 1.5, 1:30 or 90 min")


class CommaInTime(NotATime):
    """A comma could separate hours or thousands, so it is never guessed at."""

    message = _l("Use a full stop instead of a comma, like 1.5, or write it as 1:30")


class NoTime(NotATime):
    """An exchange of no time at all cannot be written in the ledger."""

    message = _l("The time must be more than 0 minutes")


class TooMuchTime(NotATime):
    """Nobody gives this much at once, so it is a slip of the finger."""

    message = _l("This is more time than can be recorded at once. Check the number you typed")


class TwoMeanings(NotATime):
    """Many people write 1:30 as 1.30, and others mean one hour and three tenths, so it is asked and never guessed."""

    message = _l("Type %(clock)s if you mean %(as_clock)s, or %(minutes)s min if you mean %(as_decimal)s")


_FRACTIONS = {
    "¼": "1/4",
    "½": "1/2",
    "¾": "3/4",
    "⅓": "1/3",
    "⅔": "2/3",
    "⅛": "1/8",
    "⅜": "3/8",
    "⅝": "5/8",
    "⅞": "7/8",
    "⅕": "1/5",
    "⅖": "2/5",
    "⅗": "3/5",
    "⅘": "4/5",
    "⅙": "1/6",
    "⅚": "5/6",
}

_AMOUNT = r"(?P<amount>\d+\.\d+|\.\d+|\d+\s+\d+/\d+|\d+/\d+|\d+)"
_HOUR_WORDS = r"(?:h|hr|hrs|hour|hours|awr)\.?"
_MINUTE_WORDS = r"(?:m|min|mins|minute|minutes|munud)\.?"

_CLOCK = re.compile(r"(?P<hours>\d+):(?P<minutes>[0-5]\d)(?:\s*" + _HOUR_WORDS + r")?")
_MINUTES_ALONE = re.compile(_AMOUNT + r"\s*" + _MINUTE_WORDS)
_HOURS_ALONE = re.compile(_AMOUNT + r"(?:\s*" + _HOUR_WORDS + r")?")
_HOURS_AND_MINUTES = re.compile(
    r"(?P<hours>\d+)\s*" + _HOUR_WORDS + r"\s*(?:and\s+)?(?P<minutes>\d+)(?:\s*" + _MINUTE_WORDS + r")?"
)


def parse_minutes(text: str) -> int:
    """Return the whole minutes that a person means by `text`.

    A bare number is hours, as on a paper slip. A part of a minute is rounded to the nearest minute, halves up.
    Raises NotATime, or a kind of it, with a message that says what to type instead.
    """
    tidy = _tidy(text)
    if "," in tidy:
        raise CommaInTime()
    if tidy.startswith("-"):
        raise NoTime()
    minutes = _read(tidy)
    if minutes is None:
        raise NotATime()
    if minutes < 1:
        raise NoTime()
    if minutes > LONGEST_TIME_MINUTES:
        raise TooMuchTime()
    return minutes


_LIKE_A_CLOCK = re.compile(r"(?P<hours>\d+)\.(?P<minutes>[0-5]\d)(?:\s*" + _HOUR_WORDS + r")?")

# Two figures behind the point that people write for a half, quarters and thirds, and for nothing.
_SURELY_DECIMAL = frozenset({"00", "25", "33", "34", "50"})


def parse_typed_minutes(text: str) -> int:
    """Return what parse_minutes() returns, for what somebody types now and can be asked about.

    Raises what it raises, and TwoMeanings for what looks like a clock and like a decimal fraction, such as 1.30.
    """
    minutes = parse_minutes(text)
    match = _LIKE_A_CLOCK.fullmatch(_tidy(text))
    if match is None or match["minutes"] in _SURELY_DECIMAL:
        return minutes
    as_clock = int(match["hours"]) * MINUTES_IN_AN_HOUR + int(match["minutes"])
    raise TwoMeanings(clock=typed(as_clock), as_clock=in_words(as_clock), minutes=minutes, as_decimal=in_words(minutes))


def _tidy(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise NotATime()
    for sign, written_out in _FRACTIONS.items():
        # The space keeps "1½" from becoming eleven halves.
        text = text.replace(sign, f" {written_out}")
    if any(unicodedata.category(sign) == "No" for sign in text):
        # A raised or circled digit would become a plain one below: "1²" is not twelve hours.
        raise NotATime()
    text = unicodedata.normalize("NFKC", text).replace("⁄", "/").replace("−", "-").replace("–", "-")
    return " ".join(text.casefold().split())


def _read(text: str) -> int | None:
    if match := _CLOCK.fullmatch(text):
        return int(match["hours"]) * MINUTES_IN_AN_HOUR + int(match["minutes"])
    if match := _MINUTES_ALONE.fullmatch(text):
        return _nearest(_amount(match["amount"]))
    if match := _HOURS_ALONE.fullmatch(text):
        return _nearest(_amount(match["amount"]) * MINUTES_IN_AN_HOUR)
    if match := _HOURS_AND_MINUTES.fullmatch(text):
        return int(match["hours"]) * MINUTES_IN_AN_HOUR + int(match["minutes"])
    return None


def _amount(text: str) -> Fraction:
    try:
        return sum((Fraction(part) for part in text.split()), Fraction(0))
    except ZeroDivisionError:
        raise NotATime() from None


def _nearest(amount: Fraction) -> int:
    return int(amount + Fraction(1, 2))


def round_minutes(minutes: int, *, to: int) -> int:
    """Return `minutes` rounded to the bank's step of `to` minutes, halves up, and never down to nothing."""
    return max(to, (2 * minutes + to) // (2 * to) * to)


def in_words(minutes: int) -> str:
    """Return the size of `minutes` in words, without a sign: "1 hour 30 minutes"."""
    hours, rest = divmod(abs(minutes), MINUTES_IN_AN_HOUR)
    words = []
    if hours:
        words.append(ngettext("%(count)s hour", "%(count)s hours", hours, count=f"{hours:,}"))
    if rest or not hours:
        words.append(ngettext("%(num)s minute", "%(num)s minutes", rest))
    return " ".join(words)


def in_figures(minutes: int) -> str:
    """Return signed `minutes` as hours and minutes in figures: "1:30", with a true minus sign when below zero."""
    hours, rest = divmod(abs(minutes), MINUTES_IN_AN_HOUR)
    sign = "−" if minutes < 0 else ""
    return f"{sign}{hours}:{rest:02d}"


def typed(minutes: int) -> str:
    """Return `minutes` as a person would type them, so that parse_minutes() reads the same number back."""
    hours, rest = divmod(minutes, MINUTES_IN_AN_HOUR)
    return f"{hours}:{rest:02d}"


def balance_in_words(minutes: int) -> str:
    """Return a sentence for a credit balance that thanks nobody and shames nobody."""
    if minutes > 0:
        return gettext("You have %(hours)s to use", hours=in_words(minutes))
    if minutes < 0:
        return gettext("You have used %(hours)s more than came in", hours=in_words(minutes))
    return gettext("Your hours are even: as much came in as you used")
