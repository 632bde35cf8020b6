"""Let people in, and out."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, update

from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.members import queries
from timebank.members.models import Helper, Membership, Person
from timebank.sign_in import queries as sign_ins
from timebank.sign_in.devices import Device
from timebank.sign_in.models import RecoveryCode, SecondFactor, Session
from timebank.sign_in.passwords import hash_again, hash_is_dated, hash_password, password_matches
from timebank.sign_in.queries import Limits

# As many as nobody guesses.
BYTES_OF_A_SESSION_ID = 32


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
        person.password_hash = hash_again(password)
    return queries.memberships_of(person)


def _made_one(people: list[Person]) -> Person:
    """Return the first of these, with the memberships of all of them."""
    first, *others = people
    for other in others:
        first.sign_in_version = max(first.sign_in_version, other.sign_in_version) + 1
        for membership in queries.every_membership_of(other):
            membership.person = first
        db.session.flush()
        _keep_second_factor(first, other)
        db.session.delete(other)
    db.session.flush()
    return first


def _keep_second_factor(first: Person, other: Person) -> None:
    """Let the first be asked for the other's codes, unless there are codes of their own."""
    has_own = sign_ins.second_factor_of(first) is not None
    for table in (RecoveryCode, SecondFactor):
        of_other = table.person_id == other.id
        if has_own:
            db.session.execute(delete(table).where(of_other))
        else:
            db.session.execute(update(table).where(of_other).values(person_id=first.id))


def record_sign_in(membership: Membership, *, at: dt.datetime) -> None:
    """Write down that a member signed in to a bank."""
    record(Action.SIGNED_IN, membership, at=at)


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


def hash_of_id(session_id: str) -> str:
    """Return the digest under which a session is kept. What is drawn by lot needs no slower one."""
    return hashlib.sha256(session_id.encode()).hexdigest()


def begin_session(
    membership: Membership, *, device: Device, limits: Limits, with_second_factor: bool = False, at: dt.datetime
) -> str:
    """Begin a session for the member, and return its id, which is for the cookie alone.

    What is left of the member's sessions from so long ago that they must have ended is dropped.
    """
    must_have_ended = delete(Session).where(
        Session.membership_id == membership.id, Session.begun_at <= at - limits.longest
    )
    db.session.execute(must_have_ended)
    session_id = secrets.token_urlsafe(BYTES_OF_A_SESSION_ID)
    begun = Session(
        bank_id=membership.bank_id,
        membership=membership,
        id_hash=hash_of_id(session_id),
        sign_in_version=membership.person.sign_in_version,
        browser=device.browser,
        system=device.system,
        with_second_factor=with_second_factor,
        begun_at=at,
        last_seen_at=at,
    )
    db.session.add(begun)
    db.session.flush()
    return session_id


def note_last_seen(session_id: int, *, at: dt.datetime) -> None:
    """Write down that a session is in use."""
    seen = update(Session).where(Session.id == session_id, Session.last_seen_at < at).values(last_seen_at=at)
    db.session.execute(seen.execution_options(synchronize_session=False))


def end_session(session: Session, *, at: dt.datetime) -> None:
    """End one session: its cookie is worth nothing from now on."""
    session.ended_at = session.ended_at or at
    db.session.flush()


def end_sessions(ended: list[Session], *, by: Membership, at: dt.datetime) -> None:
    """End sessions that somebody looked through, and write down how many."""
    for session in ended:
        end_session(session, at=at)
    record(Action.SESSIONS_ENDED, by, at=at, count=len(ended))


class CannotAct(RuleBroken):
    """Acting for somebody has a last day, and ends when either of the two is paused or leaves."""

    status = 403
    message = _l("You cannot act for this person, or can no longer")


def begin_acting(session: Session, helper: Helper, *, at: dt.datetime) -> None:
    """Let what is done in this session be done for whom the helper looks after, until they go back.

    Raises CannotAct.
    """
    today = helper.helped.bank.day_of(at)
    if queries.acting_helper(helper.id, helper_of=session.membership_id, today=today) is None:
        raise CannotAct()
    session.acting_by_id = helper.id
    _record_acting(Action.ACTING_BEGUN, session, helped=helper.helped, at=at)


def end_acting(session: Session, *, at: dt.datetime) -> None:
    """Let the session be the member's own again. Again changes nothing."""
    helper = queries.helper_with_id(session.acting_by_id) if session.acting_by_id is not None else None
    session.acting_by_id = None
    if helper is not None:
        _record_acting(Action.ACTING_ENDED, session, helped=helper.helped, at=at)


def _record_acting(action: Action, session: Session, *, helped: Membership, at: dt.datetime) -> None:
    audit.record(
        action,
        bank_id=session.bank_id,
        by=session.membership_id,
        on_what="member",
        reference=helped.reference,
        at=at,
    )
    db.session.flush()


def end_everything() -> None:
    """End every session of everybody, and make every link worth nothing that was handed over or mailed."""
    raised = update(Person).values(sign_in_version=Person.sign_in_version + 1)
    db.session.execute(raised.execution_options(synchronize_session=False))


def record_sign_out(membership: Membership, session: Session, *, at: dt.datetime) -> None:
    """End the session that a member signs out of, and write it down. Those on other devices go on."""
    end_session(session, at=at)
    record(Action.SIGNED_OUT, membership, at=at)


class PasswordWrong(RuleBroken):
    """Only whoever knows the password may change it, or do what a screen left open must not allow."""

    field = "until_now"
    message = _l("This is not your password. Check it and try again")


def check_password(person: Person, password: str) -> None:
    """Let nobody go on who does not know the person's password, so that a screen left open is not enough.

    Raises PasswordWrong.
    """
    if not password_matches(password, person.password_hash):
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
        record(Action.PASSWORD_SET, membership, at=at)


def record(action: Action, membership: Membership, *, at: dt.datetime, **details: Any) -> None:
    """Write down what a member did about their own sign-in."""
    audit.record(
        action,
        bank_id=membership.bank_id,
        by=membership.id,
        on_what="member",
        reference=membership.reference,
        at=at,
        **details,
    )
    db.session.flush()
