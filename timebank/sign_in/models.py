"""What keeps somebody signed in, and what lets them in again when they have forgotten how."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from timebank.columns import BigId, Id, Moment, Reference, one_of
from timebank.extensions import Model
from timebank.members.models import LONGEST_EMAIL, Membership

LONGEST_DEVICE_WORD = 20


class Session(Model):
    """One sign-in to one bank on one device, until it is ended, left alone for long, or grows old.

    Whose it is stands in the membership. What the cookie holds is not kept, only its digest, so that nobody is signed
    in with what they read here.
    """

    __tablename__ = "session"

    id: Mapped[Id]
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    reference: Mapped[Reference]
    id_hash: Mapped[str] = mapped_column(String(64), unique=True)
    # The person's, when it was begun: whatever raises that one ends all of their sessions, also one just beginning.
    sign_in_version: Mapped[int]
    # In words such as Firefox and Windows; the browser's own long name for itself would tell people apart.
    browser: Mapped[str] = mapped_column(String(LONGEST_DEVICE_WORD))
    system: Mapped[str] = mapped_column(String(LONGEST_DEVICE_WORD))
    with_second_factor: Mapped[bool]
    # By which helper's right the person acts for somebody else just now. The row may be gone: then they no longer do.
    acting_by_id: Mapped[int | None] = mapped_column(BigId)
    begun_at: Mapped[Moment]
    last_seen_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]

    membership: Mapped[Membership] = relationship()


class Purpose(StrEnum):
    """What a link in a mail is for."""

    PASSWORD_RESET = "password reset"  # noqa: S105  (The name of a purpose.)
    EMAIL_CHANGE = "email change"


class EmailedLink(Model):
    """A link that is mailed to a member, and works once, for a while.

    Only the digest of its secret part is kept. That part itself is derived from the reference with the installation's
    own key (links.py), when the mail is written, so whoever reads this table can use none of them.
    """

    __tablename__ = "emailed_link"
    __table_args__ = (one_of("purpose", Purpose),)

    id: Mapped[Id]
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    reference: Mapped[Reference]
    purpose: Mapped[str]
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    # A new password, or another address, makes every link from before worth nothing.
    sign_in_version: Mapped[int]
    # Where it goes to; and the member's address until now, where it is for another.
    email: Mapped[str] = mapped_column(String(LONGEST_EMAIL))
    until_now: Mapped[str | None] = mapped_column(String(LONGEST_EMAIL))
    made_at: Mapped[Moment]
    used_at: Mapped[Moment | None]

    membership: Mapped[Membership] = relationship()


class SecondFactor(Model):
    """The app that makes a person's codes. The secret that it shares with us is derived from the seed."""

    __tablename__ = "second_factor"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)
    seed: Mapped[str] = mapped_column(String(64))
    # The last step of time of which a code was taken: neither it nor one from before is taken again.
    last_step: Mapped[int] = mapped_column(BigId)
    set_up_at: Mapped[Moment]


class RecoveryCode(Model):
    """One of ten codes, each of which stands in for the app once. Only its digest is kept."""

    __tablename__ = "recovery_code"

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    used_at: Mapped[Moment | None]
