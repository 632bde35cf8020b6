"""Gifts of hours, with the words that the ledger does not hold."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from timebank.columns import Id, Moment, Reference, one_of
from timebank.extensions import Model

LONGEST_REASON = 500


class GiftKind(StrEnum):
    """A donation is a member's own hours; a grant is the community's, given by a coordinator."""

    DONATION = "donation"
    GRANT = "grant"


class Gift(Model):
    """Credit hours given from one account to another, without help in return, and why."""

    __tablename__ = "gift"
    __table_args__ = (one_of("kind", GiftKind),)

    id: Mapped[Id]
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), index=True)
    reference: Mapped[Reference]
    kind: Mapped[str]
    from_account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    to_account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    minutes: Mapped[int]
    reason: Mapped[str] = mapped_column(String(LONGEST_REASON), default="")
    given_on: Mapped[dt.date]
    given_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    given_at: Mapped[Moment]
    reversed_at: Mapped[Moment | None]
    reversed_by_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"))
    reversal_reason: Mapped[str | None] = mapped_column(String(LONGEST_REASON))
