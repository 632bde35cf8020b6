"""Time banks and what can be done in them."""

from __future__ import annotations

import datetime as dt
import secrets
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from timebank.columns import NOTHING_WRITTEN, Id, Moment, Reference, one_of
from timebank.extensions import Model
from timebank.hours import MINUTES_IN_AN_HOUR
from timebank.ledger.models import Book

LONGEST_NAME = 120
LONGEST_CONTACT = 200
LONGEST_AGREEMENT = 8000
LONGEST_REASON_FOR_CHECK = 500
LONGEST_INVOLVEMENTS = 80


class Stage(StrEnum):
    """The four stages of a public service in which people can take part (Loeffler & Bovaird)."""

    COMMISSIONING = "commissioning"
    DESIGN = "design"
    DELIVERY = "delivery"
    ASSESSMENT = "assessment"


class Involvement(StrEnum):
    """What an activity involves: where it happens, and what somebody is trusted with in it."""

    GROUP = "group"
    PUBLIC_PLACE = "public_place"
    HOME_VISIT = "home_visit"
    DRIVES = "drives"
    HANDLES_MONEY = "handles_money"


# For these a member is cleared first. In a group, or in a public place, there are others.
NEEDS_CLEARANCE = (Involvement.HOME_VISIT, Involvement.DRIVES, Involvement.HANDLES_MONEY)
# Somebody who is active with limits takes part in these only.
AMONG_OTHERS = frozenset({Involvement.GROUP, Involvement.PUBLIC_PLACE})


class Bank(Model):
    """One time bank: a community with its own members, rules and ledger."""

    __tablename__ = "bank"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    time_zone: Mapped[str] = mapped_column(default="Europe/London")
    language: Mapped[str] = mapped_column(default="en")
    created_at: Mapped[Moment]

    rounding_minutes: Mapped[int] = mapped_column(default=1)
    oldest_day_days: Mapped[int] = mapped_column(default=90)
    longest_exchange_minutes: Mapped[int] = mapped_column(default=24 * MINUTES_IN_AN_HOUR)
    confirmation_needed: Mapped[bool] = mapped_column(default=True)
    approval_needed: Mapped[bool] = mapped_column(default=True)
    confirms_itself_after_days: Mapped[int | None]
    expires_after_days: Mapped[int | None] = mapped_column(default=90)
    low_balance_minutes: Mapped[int] = mapped_column(default=-25 * MINUTES_IN_AN_HOUR)
    high_balance_minutes: Mapped[int] = mapped_column(default=25 * MINUTES_IN_AN_HOUR)
    floor_minutes: Mapped[int | None]
    opening_credit_minutes: Mapped[int] = mapped_column(default=0)
    # Whom members can ask, in words: a name, a telephone number, and when.
    help_contact: Mapped[str] = mapped_column(String(LONGEST_CONTACT), default="")
    # What the privacy page says, in words: who is responsible for what is kept, whom to ask, and where to complain.
    responsible: Mapped[str] = mapped_column(String(LONGEST_CONTACT), default="", server_default=NOTHING_WRITTEN)
    privacy_contact: Mapped[str] = mapped_column(String(LONGEST_CONTACT), default="", server_default=NOTHING_WRITTEN)
    complaints_to: Mapped[str] = mapped_column(String(LONGEST_CONTACT), default="", server_default=NOTHING_WRITTEN)
    # Whether everybody may read what was released of its evidence.
    publishes_evidence: Mapped[bool] = mapped_column(default=False, server_default=false())
    # The day of the next month on which a month closes by itself, and how many days before people are reminded.
    closes_itself_on_day: Mapped[int | None]
    reminds_before_days: Mapped[int | None]
    # Whether anybody may ask on a public page to join, for how many days an enquiry that came to nothing is kept, and
    # the agreement that newcomers are asked for, with the day since when it says so.
    takes_enquiries: Mapped[bool] = mapped_column(default=False, server_default=false())
    enquiries_kept_days: Mapped[int] = mapped_column(default=180, server_default=text("180"))
    agreement: Mapped[str] = mapped_column(Text, default="", server_default=NOTHING_WRITTEN)
    agreement_changed_on: Mapped[dt.date | None]
    # Known to nobody outside: with it the bank tells the statements that it issued from all others.
    proof_key: Mapped[str] = mapped_column(
        String(64), default=lambda: secrets.token_hex(32), server_default=NOTHING_WRITTEN
    )

    @property
    def zone(self) -> ZoneInfo:
        """The bank's own time zone."""
        return ZoneInfo(self.time_zone)

    def day_of(self, moment: dt.datetime) -> dt.date:
        """Return the day that the moment falls on in the bank's own time zone."""
        return moment.astimezone(self.zone).date()


class Activity(Model):
    """A kind of help, with the service area, book and stage that an exchange of it has unless somebody says else."""

    __tablename__ = "activity"
    __table_args__ = (
        UniqueConstraint("bank_id", "name"),
        one_of("default_book", Book),
        one_of("default_stage", Stage),
    )

    id: Mapped[Id]
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    reference: Mapped[Reference]
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    service_area: Mapped[str] = mapped_column(String(LONGEST_NAME), default="")
    default_book: Mapped[str] = mapped_column(default=Book.CREDIT)
    default_stage: Mapped[str] = mapped_column(default=Stage.DELIVERY)
    offered: Mapped[bool] = mapped_column(default=True)
    # The involvements, with a space between each two.
    involves: Mapped[str] = mapped_column(String(LONGEST_INVOLVEMENTS), default="", server_default=NOTHING_WRITTEN)
    # Why whoever does this is eligible for a DBS check, where they are.
    check_reason: Mapped[str] = mapped_column(
        String(LONGEST_REASON_FOR_CHECK), default="", server_default=NOTHING_WRITTEN
    )

    @property
    def involvements(self) -> tuple[Involvement, ...]:
        """What it involves, in the order in which they are listed. Nothing is said of most activities."""
        said = (self.involves or "").split()
        return tuple(each for each in Involvement if each.value in said)

    @property
    def needs_clearance(self) -> tuple[Involvement, ...]:
        """What whoever gives this help is cleared for first."""
        return tuple(each for each in self.involvements if each in NEEDS_CLEARANCE)

    @property
    def is_among_others(self) -> bool:
        """Whether it happens in a group or in a public place, so that somebody with limits can take part."""
        return not AMONG_OTHERS.isdisjoint(self.involvements)
