"""Stories of members, with what each of them agreed to."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from timebank.banks.models import LONGEST_NAME
from timebank.columns import Id, Moment, Reference, one_of
from timebank.extensions import Model
from timebank.members.models import Membership

LONGEST_STORY = 600


class Readers(StrEnum):
    """To whom a member agreed that their story is shown."""

    BOARD = "board"
    EVERYBODY = "everybody"


class Story(Model):
    """What a member told of the time bank. Its words are never changed: who wants other words takes it back.

    `told_as` is the first name with which it is shown, as it was when they agreed; nothing where they want none. Of
    a story that was taken back, neither words nor name are kept.
    """

    __tablename__ = "story"
    __table_args__ = (one_of("shown_to", Readers),)

    id: Mapped[Id]
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), index=True)
    reference: Mapped[Reference]
    told_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    # Whoever wrote it down: the member, or a coordinator on their word.
    written_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    words: Mapped[str] = mapped_column(Text)
    shown_to: Mapped[str] = mapped_column(String(20))
    told_as: Mapped[str] = mapped_column(String(LONGEST_NAME), default="")
    consented_on: Mapped[dt.date]
    told_at: Mapped[Moment]
    # Since when it stands beside the figures: when somebody has looked whether it names anybody else.
    shown_at: Mapped[Moment | None]
    taken_back_at: Mapped[Moment | None]

    told_by: Mapped[Membership] = relationship(foreign_keys=[told_by_id])
