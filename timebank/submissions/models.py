"""What was sent under which key, and what came of it."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from timebank.columns import Moment
from timebank.extensions import Model


class Submission(Model):
    """A form that was accepted: its key, a digest of what it said, and the reference of what it made."""

    __tablename__ = "submission"

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    result: Mapped[str | None]
    at: Mapped[Moment]
