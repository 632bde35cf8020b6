"""How numbers of evidence are said, the same on a page, in a picture and in a document."""

from __future__ import annotations

from typing import Any

from babel.numbers import format_decimal, format_percent
from flask_babel import get_locale
from flask_babel import gettext as _

from timebank.hours import MINUTES_IN_AN_HOUR, in_figures


def hours(value: Any) -> str:
    """Return hours in figures, to the minute, like 12:30; words where they are withheld."""
    if isinstance(value, str):
        return value
    if value is None:
        return _("not shown")
    return in_figures(round(value * MINUTES_IN_AN_HOUR))


def percent(value: Any) -> str:
    """Return a share as a percentage; words where it is not there."""
    return _("not shown") if value is None else format_percent(value, locale=get_locale(), format="#,##0%")


def number(value: Any) -> str:
    """Return a number to two places; words where it is not there."""
    if isinstance(value, str):
        return value
    return _("not shown") if value is None else format_decimal(value, locale=get_locale(), format="#,##0.##")


def figure(value: Any, unit: str) -> str:
    """Return the value of a figure of this unit, as people read it."""
    if unit == "share":
        return percent(value)
    if unit == "hours":
        return hours(value)
    return number(value)


def group(name: str) -> str:
    """Return what a group of people is called."""
    return {
        "users": _("Service users"),
        "professionals": _("Professionals"),
        "neighbourhood": _("Neighbourhood"),
        "not_stated": _("Not stated"),
    }[name]


def side(name: str | None) -> str:
    """Return who plans or delivers, in words."""
    return {
        "professionals": _("professionals alone"),
        "together": _("together"),
        "community": _("users and community alone"),
        "not_recorded": _("not recorded"),
        None: _("not shown"),
    }[name]
