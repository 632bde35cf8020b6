"""What time it is."""

from __future__ import annotations

import datetime as dt


def now() -> dt.datetime:
    """Return this moment, in UTC. Views and commands ask; services are told."""
    return dt.datetime.now(dt.UTC)
