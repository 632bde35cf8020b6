"""The exchanges behind a figure, for those who may see every exchange of the bank."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from sqlalchemy import Select, exists, func, select

from timebank.banks.models import Bank
from timebank.evidence.given import GROUP_OF
from timebank.exchanges.models import Exchange, Party, Side, Status
from timebank.extensions import db


def exchanges_behind(
    bank: Bank, *, start: dt.date, end: dt.date, only: Mapping[str, str], offset: int, limit: int
) -> list[Exchange]:
    """Return the approved exchanges of these days that a figure counts, newest first; for `only` see _narrowed()."""
    query = _narrowed(bank, start, end, only)
    newest = query.order_by(Exchange.happened_on.desc(), Exchange.id.desc()).offset(offset).limit(limit)
    return list(db.session.scalars(newest))


def count_behind(bank: Bank, *, start: dt.date, end: dt.date, only: Mapping[str, str]) -> int:
    """Return how many there are."""
    found = _narrowed(bank, start, end, only).subquery()
    return int(db.session.scalar(select(func.count()).select_from(found)) or 0)


def first_day(bank: Bank) -> dt.date | None:
    """Return the day of the earliest approved exchange of the bank."""
    return db.session.scalar(
        select(func.min(Exchange.happened_on)).where(Exchange.bank_id == bank.id, Exchange.status == Status.APPROVED)
    )


def _narrowed(bank: Bank, start: dt.date, end: dt.date, only: Mapping[str, str]) -> Select[Exchange]:
    """Return the query, narrowed by the groups of "giver" and "receiver", by a flag, and by the stage."""
    query = select(Exchange).where(
        Exchange.bank_id == bank.id,
        Exchange.status == (Status.REVERSED if only.get("status") == "reversed" else Status.APPROVED),
        Exchange.happened_on >= start,
        Exchange.happened_on < end,
    )
    for what, side in (("giver", Side.GIVER), ("receiver", Side.RECEIVER)):
        if what in only:
            capacities = [capacity for capacity, group in GROUP_OF.items() if group == only[what]]
            query = query.where(
                exists().where(Party.exchange_id == Exchange.id, Party.side == side, Party.capacity.in_(capacities))
            )
    for flag in ("paid", "mandated", "consultation"):
        if flag in only:
            query = query.where(getattr(Exchange, flag).is_(True))
    if "stage" in only:
        query = query.where(Exchange.stage.in_(only["stage"].split()))
    return query
