"""Statements that were issued, and how each member wants theirs."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from timebank.columns import BigId, Id, Moment, Reference, one_of
from timebank.extensions import Model
from timebank.ledger.months import Month
from timebank.members.models import Membership

LONGEST_REASON = 500
LONGEST_MESSAGE = 1000


class How(StrEnum):
    """How a member gets their statement. It is always online too."""

    EMAIL_WITH_PDF = "email_with_pdf"
    EMAIL = "email"
    PAPER = "paper"
    ONLINE = "online"


BY_EMAIL = (How.EMAIL_WITH_PDF, How.EMAIL)


class IssuedStatement(Model):
    """An account's statement of a closed month as it was issued, so that it can be told from any other.

    `number` is 1, and one more each time that it is issued again. `digest` is of its figures (see `figures.py`), `code`
    is printed on it. What it was issued with the database never changes. It holds no names: those are beside it.
    """

    __tablename__ = "issued_statement"
    __table_args__ = (
        UniqueConstraint("bank_id", "last_day", "account_id", "number"),
        UniqueConstraint("code"),
        CheckConstraint("number >= 1", name="number"),
        ForeignKeyConstraint(["account_id", "bank_id"], ["account.id", "account.bank_id"]),
        ForeignKeyConstraint(["bank_id", "last_day"], ["closed_month.bank_id", "closed_month.last_day"]),
    )

    id: Mapped[Id]
    bank_id: Mapped[int] = mapped_column(BigId)
    account_id: Mapped[int] = mapped_column(BigId, index=True)
    last_day: Mapped[dt.date]
    number: Mapped[int]
    reference: Mapped[Reference]
    code: Mapped[str] = mapped_column(String(16))
    digest: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[Moment]
    issued_by_id: Mapped[int | None] = mapped_column(BigId)
    reason: Mapped[str] = mapped_column(String(LONGEST_REASON), default="")
    read_at: Mapped[Moment | None]

    @property
    def month(self) -> Month:
        """The month that it states."""
        return Month.of(self.last_day)


class StatementChoice(Model):
    """How a member wants their statements. Who has chosen nothing gets them by email, or on paper without an address.

    `reference` stands in the link with which mail is stopped, and says nothing about anybody.
    """

    __tablename__ = "statement_choice"
    __table_args__ = (one_of("how", How),)

    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    how: Mapped[str]
    large_print: Mapped[bool] = mapped_column(default=False)
    hides_sign: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str | None]
    reference: Mapped[Reference]
    chosen_at: Mapped[Moment]

    membership: Mapped[Membership] = relationship()


class MonthClosing(Model):
    """One month of one bank on its way: prepared, closed, its statements issued one account after another.

    `message` is what the coordinator says on its statements. `issued_through_id` is the last account whose statement is
    issued, where a closing that was interrupted goes on.
    """

    __tablename__ = "month_closing"

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    last_day: Mapped[dt.date] = mapped_column(primary_key=True)
    message: Mapped[str] = mapped_column(String(LONGEST_MESSAGE), default="")
    reminded_at: Mapped[Moment | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"))
    closed_at: Mapped[Moment | None]
    issued_through_id: Mapped[int] = mapped_column(BigId, default=0)
    statements: Mapped[int] = mapped_column(default=0)
    issued_at: Mapped[Moment | None]

    @property
    def month(self) -> Month:
        """The month that is closed."""
        return Month.of(self.last_day)
