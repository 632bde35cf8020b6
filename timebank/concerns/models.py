"""Concerns that were reported, and what their readers wrote down about them."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from timebank.columns import Id, Moment, Reference
from timebank.extensions import Model
from timebank.members.models import Membership

LONGEST_CONCERN = 4000
LONGEST_ABOUT = 120


class Concern(Model):
    """What somebody is worried about. The person it is about never reads it, whatever their role.

    `about` is whom it is about, as it was typed; `concerned_id` is that member, where it is known which one is meant.
    """

    __tablename__ = "concern"

    id: Mapped[Id]
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), index=True)
    reference: Mapped[Reference]
    what: Mapped[str] = mapped_column(Text)
    about: Mapped[str] = mapped_column(Text, default="")
    concerned_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"))
    reported_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    reported_at: Mapped[Moment]
    settled_at: Mapped[Moment | None]

    concerned: Mapped[Membership | None] = relationship(foreign_keys=[concerned_id])
    reported_by: Mapped[Membership] = relationship(foreign_keys=[reported_by_id])


class ConcernNote(Model):
    """What a reader wrote down: what was done, and what came of it."""

    __tablename__ = "concern_note"

    id: Mapped[Id]
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    concern_id: Mapped[int] = mapped_column(ForeignKey("concern.id"), index=True)
    what: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    at: Mapped[Moment]

    by: Mapped[Membership] = relationship()
