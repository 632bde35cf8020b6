"""What is known about somebody, one fact at a time, for people to read and for programs to work on."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import format_datetime, gettext

from timebank.web.setup import day


@dataclass(frozen=True)
class Fact:
    """One thing that is known: its key and value for programs, its label and words for people."""

    key: str
    label: str
    value: Any
    words: str


@dataclass(frozen=True)
class Part:
    """Facts of one kind, in records of one shape."""

    key: str
    title: str
    records: tuple[tuple[Fact, ...], ...]

    @property
    def values(self) -> list[dict[str, Any]]:
        """The records for programs."""
        return [{fact.key: fact.value for fact in record} for record in self.records]


class Facts:
    """Makes facts of whatever the tables hold, with moments in the bank's own time zone for people."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def __call__(self, key: str, label: str, value: Any, *, words: str | None = None) -> Fact:
        """Return the fact; its words are made of its value unless they are given."""
        kept = value.isoformat() if isinstance(value, dt.date) else value
        return Fact(key, label, kept, self._words(value) if words is None else words)

    def _words(self, value: Any) -> str:
        if value is None or value == "":
            return "–"
        if isinstance(value, bool):
            return gettext("Yes") if value else gettext("No")
        if isinstance(value, dt.datetime):
            return self.moment(value)
        if isinstance(value, dt.date):
            return day(value)
        return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)

    def moment(self, value: dt.datetime) -> str:
        """Return the moment as people of the bank write it."""
        return str(format_datetime(value.astimezone(self._zone), "d MMMM yyyy, HH:mm", rebase=False))
