"""What the doctor says of one thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is. With something fatal, people's data or hours are at risk, or nobody can work."""

    OK = "OK"
    WARNING = "warning"
    FATAL = "fatal"


@dataclass(frozen=True)
class Finding:
    """What was looked at, what was found, and one sentence on what to do about it, where there is something to do."""

    level: Level
    about: str
    says: str
    do: str = ""


def ok(about: str, says: str) -> Finding:
    """Return that nothing need be done."""
    return Finding(Level.OK, about, says)


def warning(about: str, says: str, do: str) -> Finding:
    """Return that something should be done soon."""
    return Finding(Level.WARNING, about, says, do)


def fatal(about: str, says: str, do: str) -> Finding:
    """Return that something must be done now."""
    return Finding(Level.FATAL, about, says, do)
