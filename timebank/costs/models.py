"""What was spent on running a bank."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from timebank.columns import Id, Moment, Reference, one_of
from timebank.extensions import Model

LONGEST_LABEL = 120
LONGEST_ASSUMPTION = 500
# Ten billion pounds: nobody means more, and it is far from what a column can hold.
MOST_PENCE = 10**12


class CostKind(StrEnum):
    """Whether it comes again."""

    ONE_OFF = "one_off"
    RUNNING = "running"


class Cost(Model):
    """Money of the bank over some days, with what was assumed in working it out. It is of no person and no exchange.

    It is never changed: whoever was wrong removes it and enters it anew, and releases made before still have it.
    """

    __tablename__ = "cost"
    __table_args__ = (
        one_of("kind", CostKind),
        CheckConstraint(f"pence BETWEEN 1 AND {MOST_PENCE}", name="pence"),
        CheckConstraint("starts_on <= last_day", name="days"),
    )

    id: Mapped[Id]
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), index=True)
    reference: Mapped[Reference]
    label: Mapped[str] = mapped_column(String(LONGEST_LABEL))
    pence: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(20))
    starts_on: Mapped[dt.date]
    last_day: Mapped[dt.date]
    assumption: Mapped[str] = mapped_column(String(LONGEST_ASSUMPTION))
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    entered_at: Mapped[Moment]
    removed_at: Mapped[Moment | None]
