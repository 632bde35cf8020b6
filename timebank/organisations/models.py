"""Organisations that give and receive hours as people do."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from timebank.banks.models import LONGEST_NAME
from timebank.columns import Id, Moment, Reference
from timebank.extensions import Model
from timebank.ledger.models import Account
from timebank.members.models import Membership


class Organisation(Model):
    """A surgery, a charity, a school: it has an account, and perhaps a member who answers for it."""

    __tablename__ = "organisation"
    __table_args__ = (UniqueConstraint("bank_id", "name"),)

    id: Mapped[Id]
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), unique=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"))
    reference: Mapped[Reference]
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    added_at: Mapped[Moment]

    account: Mapped[Account] = relationship()
    contact: Mapped[Membership | None] = relationship()

    @property
    def answering(self) -> Membership | None:
        """The member who answers for it, unless they left or are paused; then the coordinator does."""
        return self.contact if self.contact is not None and self.contact.takes_part else None
