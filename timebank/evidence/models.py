"""Figures that were released to outside readers, frozen as they were."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from timebank.banks.models import Bank
from timebank.columns import NOTHING_WRITTEN, Id, Moment, Reference
from timebank.extensions import Model


class EvidenceRelease(Model):
    """The figures of one period as everybody may see them. A period is released once and never changed after that.

    `figures` is the file that was made then, `head` the head of the bank's chain of seals at that moment. `stories`
    and `costs` are the references of the stories that stood beside them and of what the bank cost, with spaces between:
    what a teller takes back is not here, so that it need not be taken from here either.
    """

    __tablename__ = "evidence_release"
    __table_args__ = (UniqueConstraint("bank_id", "starts_on", "last_day"),)

    id: Mapped[Id]
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    reference: Mapped[Reference]
    # How the period is written: 2026, 2026-Q3.
    period: Mapped[str] = mapped_column(String(20))
    starts_on: Mapped[dt.date]
    last_day: Mapped[dt.date]
    figures: Mapped[str] = mapped_column(Text)
    head: Mapped[str] = mapped_column(String(100))
    stories: Mapped[str] = mapped_column(Text, default="", server_default=NOTHING_WRITTEN)
    costs: Mapped[str] = mapped_column(Text, default="", server_default=NOTHING_WRITTEN)
    made_at: Mapped[Moment]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))

    bank: Mapped[Bank] = relationship()
