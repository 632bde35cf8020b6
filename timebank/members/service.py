"""Bring people into a bank, and keep what it knows about them right."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email
from flask_babel import lazy_gettext as _l

from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.banks import queries as banks
from timebank.banks.models import LONGEST_NAME, Bank
from timebank.columns import new_reference
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.ledger import queries as ledger_queries
from timebank.ledger import service as ledger
from timebank.ledger.models import AccountKind, Book, TransferKind
from timebank.members import looking_after, queries
from timebank.members.addresses import checked_address, checked_postcode
from timebank.members.models import (
    KEPT_BY_ADMINISTRATORS,
    WITHOUT_HOURS,
    Capacity,
    Membership,
    Person,
    Role,
)

LONGEST_NUMBER = 40
LONGEST_PHONE = 40
DIGITS_IN_A_NUMBER = 4


class MemberNameNeeded(RuleBroken):
    """A member is called something."""

    field = "name"
    message = _l("Enter a name of up to %(longest)s characters")


class EmailUnfit(RuleBroken):
    """An email address is used to sign in, so it must be one."""

    field = "email"
    message = _l("Enter an email address like name@example.org, or leave it empty")


class EmailTaken(RuleBroken):
    """One person has one membership in a bank."""

    field = "email"
    message = _l("Somebody in this time bank already uses this email address")


class NotYoursToChange(RuleBroken):
    """Whoever keeps the members must not take over from those who set the rules."""

    status = 403
    message = _l("You cannot do this for somebody with this role. Ask an administrator")


class NumberTaken(RuleBroken):
    """Two accounts of one bank cannot have the same number."""

    field = "number"
    message = _l("This number is already used in this time bank")


class NumberUnfit(RuleBroken):
    """A number is printed and typed, so it is kept short and plain."""

    field = "number"
    message = _l("Enter a number of up to %(longest)s letters, digits, hyphens or dots")


class PhoneUnfit(RuleBroken):
    """A telephone number is short."""

    field = "phone"
    message = _l("Enter a telephone number of up to %(longest)s characters")


class JoinedInTheFuture(RuleBroken):
    """Somebody has joined, or will; only the first is a member."""

    field = "joined_on"
    message = _l("The day of joining cannot be in the future")


class ErasedForGood(RuleBroken):
    """Of somebody who was erased nothing is known any more, and nothing is kept again."""

    message = _l("This person was erased. If they come back, add them as a new member")


class LastAdministrator(RuleBroken):
    """A bank without an administrator could not be set right by anybody."""

    field = "role"
    message = _l("This is the only administrator. Make somebody else an administrator first")


@dataclass(frozen=True)
class Newcomer:
    """What is known about somebody who joins, checked and tidied."""

    number: str
    name: str
    email: str
    phone: str
    capacity: Capacity
    joined_on: dt.date
    role: Role = Role.MEMBER
    address: str = ""
    postcode: str = ""
    loaded_hash: str | None = None


def checked_newcomer(
    bank: Bank,
    *,
    number: str,
    name: str,
    email: str,
    phone: str,
    capacity: Capacity,
    joined_on: dt.date,
    today: dt.date,
    role: Role = Role.MEMBER,
    address: str = "",
    postcode: str = "",
    loaded_hash: str | None = None,
) -> Newcomer:
    """Return a newcomer who may join the bank.

    Raises MemberNameNeeded, EmailUnfit, EmailTaken, NumberTaken, NumberUnfit, PhoneUnfit, JoinedInTheFuture,
    AddressUnfit or PostcodeUnfit.
    """
    if joined_on > today:
        raise JoinedInTheFuture()
    email = checked_email(email)
    if email and queries.member_with_email(bank, email) is not None:
        raise EmailTaken()
    number = checked_number(number)
    if ledger_queries.account_with_number(bank.id, number) is not None:
        raise NumberTaken()
    return Newcomer(
        number=number,
        name=_tidy_name(name),
        email=email,
        phone=_tidy_phone(phone),
        capacity=capacity,
        joined_on=joined_on,
        role=role,
        address=checked_address(address),
        postcode=checked_postcode(postcode),
        loaded_hash=loaded_hash,
    )


def add_member(
    bank: Bank,
    *,
    name: str,
    email: str = "",
    phone: str = "",
    capacity: Capacity = Capacity.NOT_STATED,
    role: Role = Role.MEMBER,
    number: str = "",
    address: str = "",
    postcode: str = "",
    joined_on: dt.date,
    added_by: Membership | None,
    at: dt.datetime,
) -> Membership:
    """Return a new member of the bank, with an account and the bank's opening credit.

    Without a number, the next free one is given. Raises what checked_newcomer() raises.
    """
    _lock(bank)
    newcomer = checked_newcomer(
        bank,
        number=number.strip() or next_number(bank),
        name=name,
        email=email,
        phone=phone,
        capacity=capacity,
        role=role,
        address=address,
        postcode=postcode,
        joined_on=joined_on,
        today=bank.day_of(at),
    )
    member = add_newcomers(bank, [newcomer], at=at)[0]
    if bank.opening_credit_minutes and role not in WITHOUT_HOURS:
        _give_opening_credit(bank, member, at=at)
    audit.record(
        Action.MEMBER_JOINED,
        bank_id=bank.id,
        by=added_by.id if added_by else None,
        on_what="member",
        reference=member.reference,
        at=at,
    )
    return member


def add_newcomers(bank: Bank, newcomers: Sequence[Newcomer], *, at: dt.datetime) -> list[Membership]:
    """Return the newcomers as members, each with an account and nothing in it."""
    accounts = ledger.open_accounts(
        bank.id,
        numbers=[newcomer.number for newcomer in newcomers],
        kind=AccountKind.MEMBER,
        opened_at=at,
        floor_minutes=bank.floor_minutes,
    )
    members = []
    for newcomer, account in zip(newcomers, accounts, strict=True):
        member = Membership(
            bank_id=bank.id,
            # Somebody of their own in every bank: an address alone does not show that two are the same.
            person=Person(),
            account_id=account.id,
            reference=new_reference(),
            number=newcomer.number,
            email=newcomer.email or None,
            phone=newcomer.phone,
            capacity=newcomer.capacity,
            role=newcomer.role,
            address=newcomer.address,
            postcode=newcomer.postcode,
            joined_on=newcomer.joined_on,
            loaded_hash=newcomer.loaded_hash,
        )
        member.rename(newcomer.name)
        members.append(member)
    db.session.add_all(members)
    db.session.flush()
    return members


def _give_opening_credit(bank: Bank, member: Membership, *, at: dt.datetime) -> None:
    draft = ledger.TransferDraft(
        from_account_id=ledger_queries.opening_account(bank.id).id,
        to_account_id=member.account_id,
        minutes=bank.opening_credit_minutes,
        book=Book.CREDIT,
        kind=TransferKind.OPENING,
        happened_on=member.joined_on,
        key=f"opening:{member.reference}",
        linked_by=f"opening:{member.reference}",
    )
    ledger.post_transfers(bank.id, [draft], posted_at=at)


_CHANGED_BY_HAND = ("name", "phone", "capacity", "email", "address", "postcode")


def change_member(
    member: Membership,
    *,
    name: str,
    phone: str,
    email: str | None = None,
    address: str | None = None,
    postcode: str | None = None,
    capacity: Capacity,
    changed_by: Membership,
    at: dt.datetime,
) -> None:
    """Correct what the bank knows about a member; an email, address or postcode of None stays as it is.

    Raises MemberNameNeeded, EmailUnfit, EmailTaken, PhoneUnfit, AddressUnfit, PostcodeUnfit, NotYoursToChange or
    ErasedForGood.
    """
    _check_may_keep(member, by=changed_by)
    _check_is_known(member)
    before = {field: getattr(member, field) for field in _CHANGED_BY_HAND}
    member.rename(_tidy_name(name))
    member.phone = _tidy_phone(phone)
    member.capacity = capacity
    if address is not None:
        member.address = checked_address(address)
    if postcode is not None:
        member.postcode = checked_postcode(postcode)
    if email is not None:
        _change_email(member, checked_email(email))
    db.session.flush()
    changed = [field for field, old in before.items() if old != getattr(member, field)]
    if changed:
        audit.record(
            Action.MEMBER_CHANGED,
            bank_id=member.bank_id,
            by=changed_by.id,
            on_what="member",
            reference=member.reference,
            at=at,
            fields=changed,
        )


def change_email(member: Membership, email: str, *, changed_by: Membership, at: dt.datetime) -> None:
    """Let the member sign in with this address, once they have signed in again. Raises EmailUnfit or EmailTaken."""
    _lock(member.bank)
    _change_email(member, checked_email(email))
    db.session.flush()
    audit.record(
        Action.MEMBER_CHANGED,
        bank_id=member.bank_id,
        by=changed_by.id,
        on_what="member",
        reference=member.reference,
        at=at,
        fields=["email"],
    )


def may_keep(member: Membership, *, by: Membership) -> bool:
    """Return whether somebody who keeps the members may change this one, end their membership, or open it again."""
    return by.id == member.id or is_kept_by(member, by)


def is_kept_by(member: Membership, by: Membership) -> bool:
    """Return whether a member who keeps the members keeps this one: never somebody who may more than they."""
    if member.role == Role.SYSTEM_ADMINISTRATOR:
        return False
    return member.role not in KEPT_BY_ADMINISTRATORS or by.role == Role.ADMINISTRATOR


def _check_is_known(member: Membership) -> None:
    if member.erased_at is not None:
        raise ErasedForGood()


def _check_may_keep(member: Membership, *, by: Membership) -> None:
    if not may_keep(member, by=by):
        raise NotYoursToChange()


def _change_email(member: Membership, email: str) -> None:
    if email == (member.email or ""):
        return
    if email and queries.member_with_email(member.bank, email) is not None:
        raise EmailTaken()
    member.email = email or None
    # A new address is a new way in: whoever is signed in with the old one signs in again.
    member.person.sign_in_version += 1


def change_role(member: Membership, role: Role, *, changed_by: Membership | None, at: dt.datetime) -> None:
    """Let a member do more, or less, for the bank, once they have signed in again.

    Who looks after the whole installation is named by a command alone (`changed_by` None). Raises LastAdministrator,
    ErasedForGood or NotYoursToChange.
    """
    _lock(member.bank)
    db.session.refresh(member)
    _check_is_known(member)
    if changed_by is not None and Role.SYSTEM_ADMINISTRATOR in (role, member.role):
        raise NotYoursToChange()
    if role == member.role:
        return
    if member.role == Role.ADMINISTRATOR and _is_last_administrator(member):
        raise LastAdministrator()
    before, member.role = member.role, role
    # What was begun with other powers is not gone on with.
    member.person.sign_in_version += 1
    db.session.flush()
    audit.record(
        Action.MEMBER_ROLE_CHANGED,
        bank_id=member.bank_id,
        by=changed_by.id if changed_by else None,
        on_what="member",
        reference=member.reference,
        at=at,
        role=[before, role.value],
    )


def leave(member: Membership, *, recorded_by: Membership | None, at: dt.datetime) -> None:
    """End a membership: the account is closed, its entries stay, and the person can no longer sign in to this bank.

    `recorded_by` is None for a command or a rule. Raises LastAdministrator or NotYoursToChange. Somebody who left
    already stays as they are.
    """
    if recorded_by is not None:
        _check_may_keep(member, by=recorded_by)
    _lock(member.bank)
    db.session.refresh(member)
    if member.left_at is not None:
        return
    if member.role == Role.ADMINISTRATOR and _is_last_administrator(member):
        raise LastAdministrator()
    member.left_at = at
    # A session that is still open must not come to life again when the member returns.
    member.person.sign_in_version += 1
    ledger.close_account(member.account, closed_at=at)
    looking_after.end_every_one(member, ended_by=recorded_by, at=at)
    audit.record(
        Action.MEMBER_LEFT,
        bank_id=member.bank_id,
        by=recorded_by.id if recorded_by else None,
        on_what="member",
        reference=member.reference,
        at=at,
    )


def come_back(member: Membership, *, recorded_by: Membership, at: dt.datetime) -> None:
    """Open the membership of somebody who left, with the account and the hours they had.

    Raises NotYoursToChange or ErasedForGood.
    """
    _check_may_keep(member, by=recorded_by)
    _check_is_known(member)
    if member.left_at is None:
        return
    # If it was recorded that they had died, that was a mistake.
    member.left_at = member.died_on = None
    ledger.open_account_again(member.account)
    audit.record(
        Action.MEMBER_RETURNED,
        bank_id=member.bank_id,
        by=recorded_by.id,
        on_what="member",
        reference=member.reference,
        at=at,
    )


def _lock(bank: Bank) -> None:
    """Let whoever else adds or changes members of the bank wait, so that two do not decide on the same facts."""
    banks.lock_bank(bank)


def _is_last_administrator(member: Membership) -> bool:
    return queries.count_with_roles(member.bank, [Role.ADMINISTRATOR]) <= 1


def checked_email(email: str) -> str:
    """Return the address as it is kept, or "" for none. Raises EmailUnfit."""
    email = queries.tidy_email(email)
    if not email:
        return ""
    try:
        validate_email(email, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise EmailUnfit() from None
    return email


def next_number(bank: Bank) -> str:
    """Return the next free account number of the bank, such as 0042."""
    return str(ledger_queries.highest_number(bank.id) + 1).zfill(DIGITS_IN_A_NUMBER)


def checked_number(number: str) -> str:
    """Return the number without surrounding space. Raises NumberUnfit."""
    number = number.strip()
    fits = all(unicodedata.category(sign) in ("Lu", "Ll", "Lo", "Nd") or sign in "-./_" for sign in number)
    if not 1 <= len(number) <= LONGEST_NUMBER or not fits:
        raise NumberUnfit(longest=LONGEST_NUMBER)
    return number


# Signs that turn the direction of what is written around them, or that nobody sees. The two joiners are letters' own.
_UNSEEN = frozenset(
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


def _tidy_name(name: str) -> str:
    name = " ".join("".join(sign for sign in name if sign not in _UNSEEN).split())
    is_seen = any(unicodedata.category(sign)[0] in "LNS" for sign in name)
    if not 1 <= len(name) <= LONGEST_NAME or not is_seen:
        raise MemberNameNeeded(longest=LONGEST_NAME)
    return name


def _tidy_phone(phone: str) -> str:
    phone = " ".join(phone.split())
    if len(phone) > LONGEST_PHONE:
        raise PhoneUnfit(longest=LONGEST_PHONE)
    return phone
