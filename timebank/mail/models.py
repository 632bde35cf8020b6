"""Mail that waits to be sent, and what became of it."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from timebank.columns import Id, Moment, Reference, one_of
from timebank.extensions import Model
from timebank.members.models import Membership

LONGEST_PROBLEM = 300


class MailState(StrEnum):
    """What became of a piece of mail."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    BOUNCED = "bounced"
    DROPPED = "dropped"


class OutgoingMail(Model):
    """One piece of mail to one member. Its words are made when it is sent, so that none lie about here.

    `kind` says what makes the words, `about` is the reference of what they are about. `key` is unique in the bank: the
    same mail is never queued twice.
    """

    __tablename__ = "outgoing_mail"
    __table_args__ = (
        UniqueConstraint("bank_id", "key"),
        one_of("state", MailState),
        Index("ix_outgoing_mail_state_next_attempt_at", "state", "next_attempt_at"),
        Index("ix_outgoing_mail_kind_about", "kind", "about"),
    )

    id: Mapped[Id]
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    reference: Mapped[Reference]
    key: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(40))
    about: Mapped[str] = mapped_column(String(120), default="")
    state: Mapped[str] = mapped_column(default=MailState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[Moment]
    problem: Mapped[str] = mapped_column(String(LONGEST_PROBLEM), default="")
    created_at: Mapped[Moment]
    sent_at: Mapped[Moment | None]

    membership: Mapped[Membership] = relationship()
