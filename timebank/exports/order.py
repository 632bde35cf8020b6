"""The order that makes a file valid wherever a program looks at its assertions."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import Any

from sqlalchemy import Row

from timebank.exports import queries

Written = Callable[[Row[Any]], str]


def in_order(bank_id: int, *, transfer: Written, snapshot: Written) -> Iterator[str]:
    """Yield every transfer as written by the day it counts, and each snapshot after the transfers of its day.

    What was posted late counts in a later month than it happened in, and stands there, after the snapshots of its own.
    """
    transfers = (((row.effective_on, 0), transfer(row)) for row in queries.every_transfer(bank_id))
    snapshots = (((row.last_day, 1), snapshot(row)) for row in queries.every_snapshot(bank_id))
    for _when, text in heapq.merge(transfers, snapshots, key=itemgetter(0)):
        yield text
