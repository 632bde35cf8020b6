"""Let people in, and out."""

from __future__ import annotations

import datetime as dt

from flask_babel import lazy_gettext as _l

from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.members import queries
from timebank.members.models import Membership, Person
from timebank.sign_in.passwords import hash_is_dated, hash_password, password_matches


class SignInRefused(RuleBroken):
    """Neither the address nor the password is said to be wrong: nobody learns who is a member."""

    field = "email"
    message = _l("The email address or the password is not right. Check both and try again")


def check_sign_in(*, email: str, password: str, at: dt.datetime) -> list[Membership]:
    """Return the open memberships of whoever has this address and password. Raises SignInRefused.

    Somebody who has the same address and password in several banks has shown that they are one, and has one sign-in
    for all of them from then on.
    """
    people = list(dict.fromkeys(member.person for member in queries.memberships_with_email(email)))
    right = [person for person in people if password_matches(password, person.password_hash)]
    if not people:
        password_matches(password, None)
    if not right:
        # A digest would still name the address to whoever guesses it, so a refusal is kept without one.
        audit.record(Action.SIGN_IN_REFUSED, bank_id=None, by=None, on_what="sign-in", reference="", at=at)
        raise SignInRefused()
    person = _made_one(right)
    if person.password_hash is not None and hash_is_dated(person.password_hash):
        person.password_hash = hash_password(password)
    return queries.memberships_of(person)


def _made_one(people: list[Person]) -> Person:
    """Return the first of these, with the memberships of all of them."""
    first, *others = people
    for other in others:
        first.sign_in_version = max(first.sign_in_version, other.sign_in_version) + 1
        for membership in queries.every_membership_of(other):
            membership.person = first
        db.session.flush()
        db.session.delete(other)
    db.session.flush()
    return first


def record_sign_in(membership: Membership, *, at: dt.datetime) -> None:
    """Write down that a member signed in to a bank."""
    _record(Action.SIGNED_IN, membership, at=at)


def record_invitation(member: Membership, *, made_by: Membership, at: dt.datetime) -> None:
    """Write down that a coordinator made a link with which a member sets a first password."""
    audit.record(
        Action.MEMBER_INVITED,
        bank_id=member.bank_id,
        by=made_by.id,
        on_what="member",
        reference=member.reference,
        at=at,
    )


def record_sign_out(membership: Membership, *, at: dt.datetime) -> None:
    """Write down that a member signed out, and end every session of theirs, on this machine and on others."""
    membership.person.sign_in_version += 1
    _record(Action.SIGNED_OUT, membership, at=at)


class PasswordWrong(RuleBroken):
    """Only whoever knows the password may change it, or do what a screen left open must not allow."""

    field = "until_now"
    message = _l("This is not your password. Check it and try again")


def check_password(person: Person, until_now: str) -> None:
    """Raise PasswordWrong unless this is the person's password, as is asked again before what matters most."""
    if not password_matches(until_now, person.password_hash):
        raise PasswordWrong()


def change_password(person: Person, *, until_now: str, password: str, at: dt.datetime) -> None:
    """Set a new password for whoever knows the old one. Raises PasswordWrong or PasswordUnfit."""
    check_password(person, until_now)
    set_password(person, password, at=at)


def set_password(person: Person, password: str, *, at: dt.datetime) -> None:
    """Set the password, and end every session that was begun with the old one. Raises PasswordUnfit."""
    set_password_hash(person, hash_password(password), at=at)


def set_password_hash(person: Person, password_hash: str, *, at: dt.datetime) -> None:
    """Set the hash of a password, which takes as long to make as it should take to guess, where it is made already."""
    person.password_hash = password_hash
    person.sign_in_version += 1
    db.session.flush()
    for membership in queries.memberships_of(person):
        _record(Action.PASSWORD_SET, membership, at=at)


def _record(action: Action, membership: Membership, *, at: dt.datetime) -> None:
    audit.record(
        action,
        bank_id=membership.bank_id,
        by=membership.id,
        on_what="member",
        reference=membership.reference,
        at=at,
    )
    db.session.flush()
