"""Exchanges, who took part in them, and what happened to them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from timebank.banks.models import LONGEST_NAME, Activity, Stage
from timebank.columns import NOTHING_WRITTEN, BigId, Id, Moment, Reference, one_of
from timebank.extensions import Model
from timebank.ledger.models import Book
from timebank.members.models import Capacity

LONGEST_NOTE = 2000
LONGEST_MESSAGE = 1000
LONGEST_THANKS = 500
LONGEST_WAIVER = 500


class Status(StrEnum):
    """Where an exchange is in its life."""

    LOGGED = "logged"
    CONFIRMED = "confirmed"
    QUERIED = "queried"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    REVERSED = "reversed"


# In these an exchange can still go either way; the others are the end of it, but that an approved one may be reversed.
OPEN = (Status.LOGGED, Status.CONFIRMED, Status.QUERIED)


class Side(StrEnum):
    """Which side of the help somebody was on."""

    GIVER = "giver"
    RECEIVER = "receiver"


class Answer(StrEnum):
    """What a party said about an exchange that somebody logged."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    QUERIED = "queried"
    DENIED = "denied"


class AnsweredBy(StrEnum):
    """How an answer came about: by the party, by a coordinator for them, or by the bank's rule."""

    PARTY = "party"
    COORDINATOR = "coordinator"
    RULE = "rule"


class Step(StrEnum):
    """Something that happened to an exchange."""

    LOGGED = "logged"
    CONFIRMED = "confirmed"
    CONFIRMED_FOR = "confirmed for"
    CONFIRMED_BY_RULE = "confirmed by rule"
    QUERIED = "queried"
    DENIED = "denied"
    ANSWERED = "answered"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    REVERSED = "reversed"


class Exchange(Model):
    """Help given: what, when, how long for each who took part, and where it is in its life."""

    __tablename__ = "exchange"
    __table_args__ = (
        UniqueConstraint("bank_id", "external_id"),
        one_of("status", Status),
        one_of("book", Book),
        one_of("stage", Stage),
        CheckConstraint("minutes >= 1", name="minutes"),
        # The queue is read by status, oldest first.
        Index("ix_exchange_queue", "bank_id", "status", "happened_on", "id"),
    )

    id: Mapped[Id]
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    reference: Mapped[Reference]
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    service_area: Mapped[str] = mapped_column(String(LONGEST_NAME))
    stage: Mapped[str]
    book: Mapped[str]
    happened_on: Mapped[dt.date]
    minutes: Mapped[int]
    note: Mapped[str] = mapped_column(Text, default="")
    paid: Mapped[bool] = mapped_column(default=False)
    mandated: Mapped[bool] = mapped_column(default=False)
    consultation: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str]
    # Whether a coordinator asked something that nobody has answered yet, whatever those who took part say.
    is_held: Mapped[bool] = mapped_column(default=False)
    logged_by_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"))
    logged_at: Mapped[Moment]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"))
    decided_at: Mapped[Moment | None]
    # Why a coordinator let it count though somebody was not cleared for it, who, and when. Only coordinators see it.
    waiver: Mapped[str] = mapped_column(Text, default="", server_default=NOTHING_WRITTEN)
    waived_by_id: Mapped[int | None] = mapped_column(BigId)
    waived_at: Mapped[Moment | None]
    # The bank's own number for it, and a digest of its row, where it came from a spreadsheet.
    external_id: Mapped[str | None] = mapped_column(String(LONGEST_NAME))
    loaded_hash: Mapped[str | None]

    activity: Mapped[Activity] = relationship(lazy="joined")
    parties: Mapped[list[Party]] = relationship(
        back_populates="exchange", order_by="Party.id", lazy="selectin", cascade="save-update, merge"
    )

    @property
    def givers(self) -> list[Party]:
        """Those who gave help."""
        return [party for party in self.parties if party.side == Side.GIVER]

    @property
    def receivers(self) -> list[Party]:
        """Those who received help."""
        return [party for party in self.parties if party.side == Side.RECEIVER]

    @property
    def is_open(self) -> bool:
        """Whether it can still be confirmed, queried, approved, declined or withdrawn."""
        return self.status in OPEN

    def party_of(self, account_ids: Collection[int]) -> Party | None:
        """Return the first party whose account is among these."""
        return next((party for party in self.parties if party.account_id in account_ids), None)


class Party(Model):
    """One account's part in an exchange: on which side, in which capacity, and what was said about it."""

    __tablename__ = "party"
    __table_args__ = (
        UniqueConstraint("exchange_id", "account_id"),
        one_of("side", Side),
        one_of("capacity", Capacity),
        one_of("answer", Answer),
        one_of("answered_how", AnsweredBy),
        Index("ix_party_account_id_answer", "account_id", "answer"),
    )

    id: Mapped[Id]
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    side: Mapped[str]
    capacity: Mapped[str]
    answer: Mapped[str] = mapped_column(default=Answer.WAITING)
    answered_how: Mapped[str | None]
    answered_at: Mapped[Moment | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"))
    # The helper who answered in the place of whoever answered.
    answered_through_id: Mapped[int | None] = mapped_column(BigId)
    # What the one who received says to those who gave.
    thanks: Mapped[str] = mapped_column(String(LONGEST_THANKS), default="", server_default=NOTHING_WRITTEN)

    exchange: Mapped[Exchange] = relationship(back_populates="parties")

    def say_thanks(self, words: str) -> None:
        """Keep what is said to those who gave. Whoever gave has nobody to thank for it."""
        self.thanks = words if self.side == Side.RECEIVER else ""


class ExchangeStep(Model):
    """One thing that happened to an exchange, with the words that somebody said about it."""

    __tablename__ = "exchange_step"
    __table_args__ = (one_of("step", Step),)

    id: Mapped[Id]
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.id"), index=True)
    step: Mapped[str]
    at: Mapped[Moment]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"))
    # The helper who did it in their place.
    through_id: Mapped[int | None] = mapped_column(BigId)
    message: Mapped[str] = mapped_column(Text, default="")

    exchange: Mapped[Exchange] = relationship()
