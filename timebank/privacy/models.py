"""Who was erased, by number and reference."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from timebank.columns import Id, Moment, Reference
from timebank.extensions import Model


class Erasure(Model):
    """One membership that was erased, so that it can be erased again after an older backup is restored.

    `reference` is the membership's, `gave_balance` says that what the account held went to the community account.
    There is nothing in it from which anybody would know who it was.
    """

    __tablename__ = "erasure"

    id: Mapped[Id]
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    reference: Mapped[Reference]
    gave_balance: Mapped[bool]
    erased_at: Mapped[Moment]
    erased_by_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"))
