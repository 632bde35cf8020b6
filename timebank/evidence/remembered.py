"""Figures that were computed before, as long as nothing has changed that they come from.

Each process remembers some for itself. What a figure comes from is posted in the ledger, so that a bank's last
transfer, how many entries there are, and how many members, tell whether it would come out the same.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

MOST_REMEMBERED = 100

Something = TypeVar("Something")

_of_databases: WeakKeyDictionary[Engine, OrderedDict[Hashable, object]] = WeakKeyDictionary()
_one_at_a_time = threading.Lock()


def remembered(database: Engine, key: Hashable, make: Callable[[], Something]) -> Something:
    """Return what was made for this key, or make it now. Those that nobody asked for in a while are forgotten."""
    with _one_at_a_time:
        known = _of_databases.setdefault(database, OrderedDict())
        if key in known:
            known.move_to_end(key)
            return known[key]  # type: ignore[return-value]
    made = make()
    with _one_at_a_time:
        known[key] = made
        while len(known) > MOST_REMEMBERED:
            known.popitem(last=False)
    return made
