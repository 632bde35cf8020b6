"""People and their memberships of banks."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from timebank.banks.models import LONGEST_NAME, LONGEST_REASON_FOR_CHECK, Activity, Bank, Involvement
from timebank.columns import NOTHING_WRITTEN, BigId, Id, Moment, Reference, one_of
from timebank.extensions import Model
from timebank.ledger.models import Account

LONGEST_EMAIL = 254
LONGEST_ADDRESS = 300
LONGEST_POSTCODE = 12
LONGEST_PAUSE_REASON = 500
LONGEST_AREA = 80
LONGEST_ABOUT = 1000

# What people put in front of a name that is no name.
TITLES = frozenset(
    {"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "rev", "revd", "sir", "dame", "lady", "lord"}
)


class Capacity(StrEnum):
    """The role a person acts in, in one exchange."""

    SERVICE_USER = "service_user"
    CARER = "carer"
    NEIGHBOUR = "neighbour"
    PROFESSIONAL = "professional"
    NOT_STATED = "not_stated"


class Role(StrEnum):
    """What a member may do: a name for a set of permissions (permissions.py), and none is more or less than another."""

    MEMBER = "member"
    BOARD_READER = "board_reader"
    DEPUTY = "deputy"
    COORDINATOR = "coordinator"
    ADMINISTRATOR = "administrator"
    SYSTEM_ADMINISTRATOR = "system_administrator"


# These give and receive no hours: they read figures, or look after the installation.
WITHOUT_HOURS = frozenset({Role.BOARD_READER, Role.SYSTEM_ADMINISTRATOR})
# Whose details and sign-in an administrator alone changes, or else whoever keeps members could take over from them.
KEPT_BY_ADMINISTRATORS = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR})


class Standing(StrEnum):
    """Where a membership stands."""

    LIMITED = "active with limits"
    ACTIVE = "active"
    PAUSED = "paused"
    LEFT = "left"
    DIED = "died"


class Person(Model):
    """Somebody who can sign in: a password, and nothing else. What a bank knows about them is in their membership."""

    __tablename__ = "person"

    id: Mapped[Id]
    password_hash: Mapped[str | None]
    # Goes up when every session of this person must end.
    sign_in_version: Mapped[int] = mapped_column(default=1)


class Membership(Model):
    """A person's membership of one bank: name, account, capacity and role there."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("bank_id", "number"),
        UniqueConstraint("bank_id", "person_id"),
        UniqueConstraint("bank_id", "email"),
        one_of("capacity", Capacity),
        one_of("role", Role),
        Index("ix_membership_bank_id_search_name", "bank_id", "search_name"),
        Index("ix_membership_email", "email"),
    )

    id: Mapped[Id]
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), unique=True)
    reference: Mapped[Reference]
    number: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    # The name folded to one case, for searching: databases disagree about letters beyond ASCII. Members search only
    # what they may see of each other's names.
    search_name: Mapped[str] = mapped_column(String(3 * LONGEST_NAME))
    search_short_name: Mapped[str] = mapped_column(String(3 * LONGEST_NAME))
    email: Mapped[str | None] = mapped_column(String(LONGEST_EMAIL))
    phone: Mapped[str] = mapped_column(String(40), default="")
    # Where letters go: the lines of the address as they are written, and the postcode, by which letters are sorted.
    address: Mapped[str] = mapped_column(String(LONGEST_ADDRESS), default="", server_default=NOTHING_WRITTEN)
    postcode: Mapped[str] = mapped_column(String(LONGEST_POSTCODE), default="", server_default=NOTHING_WRITTEN)
    capacity: Mapped[str] = mapped_column(default=Capacity.NOT_STATED)
    role: Mapped[str] = mapped_column(default=Role.MEMBER)
    joined_on: Mapped[dt.date]
    left_at: Mapped[Moment | None]
    # Whether they read the concerns that are reported, whatever their role.
    is_safeguarding_lead: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Whether other members see the whole name instead of the first name and an initial, as the member chose.
    shows_full_name: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Since when somebody is kept from taking part, who saw to it, and why, which only coordinators see.
    paused_at: Mapped[Moment | None]
    paused_by_id: Mapped[int | None] = mapped_column(BigId)
    paused_reason: Mapped[str] = mapped_column(String(LONGEST_PAUSE_REASON), default="", server_default=NOTHING_WRITTEN)
    # Since when somebody takes part only among others, until more is known of them.
    limited_at: Mapped[Moment | None]
    # The day on which somebody died. Their membership has ended then, and nothing is sent to them any more.
    died_on: Mapped[dt.date | None]
    # When all that was known about the person was taken away, for good.
    erased_at: Mapped[Moment | None]
    # A digest of the spreadsheet row that brought this member, so that the same file changes nothing again.
    loaded_hash: Mapped[str | None]

    bank: Mapped[Bank] = relationship()
    person: Mapped[Person] = relationship(lazy="joined")
    account: Mapped[Account] = relationship()

    def rename(self, name: str) -> None:
        """Give the member this name, and keep what is searched in step with it."""
        self.name = name
        self.search_name, self.search_short_name = name.casefold(), self.short_name.casefold()

    @property
    def short_name(self) -> str:
        """The name that other members see: the first name and the initial of the last, unless the member chose more.

        A pseudonym is seen in full.
        """
        if self.erased_at is not None or self.shows_full_name:
            return self.name
        first, *rest = self._words_of_name
        return f"{first} {rest[-1][0]}." if rest else first

    @property
    def first_name(self) -> str:
        """The first of the names, without a title."""
        return self._words_of_name[0]

    @property
    def _words_of_name(self) -> list[str]:
        words = self.name.split()
        return words[1:] if len(words) > 2 and words[0].casefold().removesuffix(".") in TITLES else words

    @property
    def is_online(self) -> bool:
        """Whether the person can sign in and answer for themselves."""
        return self.person.password_hash is not None

    @property
    def takes_part(self) -> bool:
        """Whether the member has neither left nor is paused."""
        return self.left_at is None and self.paused_at is None

    @property
    def standing(self) -> Standing:
        """Where the membership stands, from the facts with their dates: it is kept nowhere else."""
        if self.died_on is not None:
            return Standing.DIED
        if self.left_at is not None:
            return Standing.LEFT
        if self.paused_at is not None:
            return Standing.PAUSED
        return Standing.ACTIVE if self.limited_at is None else Standing.LIMITED

    @property
    def has_hours(self) -> bool:
        """Whether the member gives and receives hours, as everybody does but those who are here for figures alone."""
        return self.role not in WITHOUT_HOURS


class Helper(Model):
    """Somebody who looks after another member's membership: a partner, a daughter, a support worker.

    They read the other's statements until `until_on`, or until somebody ends it. Where they `may_act`, they also log,
    confirm and query hours in the other's place; that always has a last day.
    """

    __tablename__ = "helper"
    __table_args__ = (
        CheckConstraint("helped_id <> helper_id", name="two_people"),
        CheckConstraint("may_act = false OR until_on IS NOT NULL", name="acting_ends"),
    )

    id: Mapped[Id]
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    helped_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    helper_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    reference: Mapped[Reference]
    until_on: Mapped[dt.date | None]
    may_act: Mapped[bool] = mapped_column(default=False, server_default=false())
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"))
    added_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]

    helped: Mapped[Membership] = relationship(foreign_keys=[helped_id])
    helper: Mapped[Membership] = relationship(foreign_keys=[helper_id])


class Clearance(Model):
    """What a member is trusted with, from one day until another, or until somebody ends it."""

    __tablename__ = "clearance"
    __table_args__ = (
        one_of("involvement", Involvement),
        CheckConstraint("until_on IS NULL OR until_on >= cleared_on", name="order"),
    )

    id: Mapped[Id]
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    reference: Mapped[Reference]
    involvement: Mapped[str]
    cleared_on: Mapped[dt.date]
    until_on: Mapped[dt.date | None]
    cleared_by_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"))
    cleared_at: Mapped[Moment]
    ended_on: Mapped[dt.date | None]

    def covers(self, day: dt.date) -> bool:
        """Return whether the member was cleared on that day. The day on which it was ended is not in it any more."""
        return (
            self.cleared_on <= day
            and (self.until_on is None or day <= self.until_on)
            and (self.ended_on is None or day < self.ended_on)
        )


class DbsCheck(Model):
    """A DBS check that was made because an activity makes somebody eligible: why, when, and how long it counts.

    What the certificate says is not kept, and not its number.
    """

    __tablename__ = "dbs_check"

    id: Mapped[Id]
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    reference: Mapped[Reference]
    why: Mapped[str] = mapped_column(String(LONGEST_REASON_FOR_CHECK))
    checked_on: Mapped[dt.date]
    until_on: Mapped[dt.date]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"))
    recorded_at: Mapped[Moment]

    activity: Mapped[Activity] = relationship()


class Profile(Model):
    """What a member tells the others about themselves, and which of it they let them see. Without one, nothing.

    `search_words` is what is shown, folded to one case, so that nobody finds what they may not read.
    """

    __tablename__ = "profile"

    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), primary_key=True, autoincrement=False)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), index=True)
    area: Mapped[str] = mapped_column(String(LONGEST_AREA), default="")
    about: Mapped[str] = mapped_column(Text, default="")
    offers: Mapped[str] = mapped_column(Text, default="")
    is_listed: Mapped[bool] = mapped_column(default=False)
    shows_phone: Mapped[bool] = mapped_column(default=False)
    shows_email: Mapped[bool] = mapped_column(default=False)
    shows_area: Mapped[bool] = mapped_column(default=False)
    shows_about: Mapped[bool] = mapped_column(default=False)
    shows_offers: Mapped[bool] = mapped_column(default=False)
    search_words: Mapped[str] = mapped_column(Text, default="")
    changed_at: Mapped[Moment]

    membership: Mapped[Membership] = relationship()
