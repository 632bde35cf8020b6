"""Enquiries of people who want to join, and the referees who were asked about them."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from timebank.banks.models import LONGEST_NAME, Bank
from timebank.columns import Id, Moment, Reference
from timebank.extensions import Model
from timebank.members.models import LONGEST_EMAIL, Membership

LONGEST_MESSAGE = 2000
LONGEST_NOTES = 8000
LONGEST_ANSWER = 4000
LONGEST_PHONE = 40
# How many people are asked about somebody who wants to join.
REFERENCES_NEEDED = 2


class Step(StrEnum):
    """How far somebody has come who wants to join."""

    ENQUIRED = "enquired"
    INTERVIEWED = "interviewed"
    REFERENCES = "references"
    JOINED = "joined"
    ENDED = "ended"


class Enquiry(Model):
    """Somebody who wants to join: what they wrote, and each thing that was done, with its day.

    How far they have come is read from these days. Once they are a member, it stays as how that came about.
    """

    __tablename__ = "enquiry"

    id: Mapped[Id]
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), index=True)
    reference: Mapped[Reference]
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    email: Mapped[str] = mapped_column(String(LONGEST_EMAIL), default="")
    phone: Mapped[str] = mapped_column(String(LONGEST_PHONE), default="")
    message: Mapped[str] = mapped_column(Text, default="")
    enquired_at: Mapped[Moment]
    # Who entered it from paper or a telephone call; nobody did what came by the public page.
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"))
    interviewed_on: Mapped[dt.date | None]
    interviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"))
    notes: Mapped[str] = mapped_column(Text, default="")
    orientation_on: Mapped[dt.date | None]
    # When they agreed to the bank's agreement, and since when it said what they agreed to.
    agreed_on: Mapped[dt.date | None]
    agreement_of_on: Mapped[dt.date | None]
    # When anything was last done about it: from then on it counts how long it is kept.
    touched_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]
    membership_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"), index=True)

    bank: Mapped[Bank] = relationship()
    membership: Mapped[Membership | None] = relationship(foreign_keys=[membership_id])
    referees: Mapped[list[Referee]] = relationship(order_by="Referee.id", back_populates="enquiry")

    @property
    def step(self) -> Step:
        """How far it has come, from the facts with their days."""
        if self.membership_id is not None:
            return Step.JOINED
        if self.ended_at is not None:
            return Step.ENDED
        if self.has_references:
            return Step.REFERENCES
        return Step.ENQUIRED if self.interviewed_on is None else Step.INTERVIEWED

    @property
    def is_open(self) -> bool:
        """Whether it is neither a membership yet nor ended."""
        return self.step not in (Step.JOINED, Step.ENDED)

    @property
    def has_references(self) -> bool:
        """Whether as many people have answered as are asked."""
        return sum(referee.answered_at is not None for referee in self.referees) >= REFERENCES_NEEDED


class Referee(Model):
    """Somebody who was asked about somebody who wants to join, and what they said, in confidence unless they said not.

    They answer through a link that is mailed to them, of which only the digest of its secret part is kept, or on the
    telephone, where a coordinator writes it down.
    """

    __tablename__ = "referee"

    id: Mapped[Id]
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    enquiry_id: Mapped[int] = mapped_column(ForeignKey("enquiry.id"), index=True)
    reference: Mapped[Reference]
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    email: Mapped[str] = mapped_column(String(LONGEST_EMAIL), default="")
    phone: Mapped[str] = mapped_column(String(LONGEST_PHONE), default="")
    named_at: Mapped[Moment]
    # How often a link was made: each makes those before it worth nothing.
    links: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[Moment | None]
    secret_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    answered_at: Mapped[Moment | None]
    answer: Mapped[str] = mapped_column(Text, default="")
    in_confidence: Mapped[bool] = mapped_column(default=True)
    # Who wrote it down on the telephone.
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"))

    enquiry: Mapped[Enquiry] = relationship(back_populates="referees")
