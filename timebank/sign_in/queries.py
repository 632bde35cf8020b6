"""What can be asked about sessions and links."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import contains_eager, joinedload

from timebank.errors import NotFound
from timebank.extensions import db
from timebank.members.models import Membership, Person
from timebank.sign_in.models import EmailedLink, Purpose, RecoveryCode, SecondFactor, Session


@dataclass(frozen=True)
class Limits:
    """After how long a session ends by itself: unused, and however much it is used."""

    unused: dt.timedelta
    longest: dt.timedelta


def session_with_hash(id_hash: str) -> Session | None:
    """Return the session of that digest with its member and their bank, as each request begins, in one question."""
    query = (
        select(Session)
        .where(Session.id_hash == id_hash)
        .options(joinedload(Session.membership).joinedload(Membership.bank))
    )
    return db.session.scalar(query)


def is_open(session: Session, *, limits: Limits, at: dt.datetime) -> bool:
    """Return whether whoever has the session is signed in."""
    member = session.membership
    return (
        session.ended_at is None
        and member.takes_part
        and session.sign_in_version == member.person.sign_in_version
        and at - session.last_seen_at < limits.unused
        and at - session.begun_at < limits.longest
    )


def open_sessions_of(person: Person, *, limits: Limits, at: dt.datetime) -> list[Session]:
    """Return the sessions in which the person is signed in, in any of their banks, the one used last first."""
    query = _open_sessions_of(person, limits, at).order_by(Session.last_seen_at.desc(), Session.id.desc())
    return list(db.session.scalars(query))


def open_session_with_reference(person: Person, reference: str, *, limits: Limits, at: dt.datetime) -> Session:
    """Return the person's own open session of that reference. Raises NotFound."""
    session = db.session.scalar(_open_sessions_of(person, limits, at).where(Session.reference == reference))
    if session is None:
        raise NotFound()
    return session


def _open_sessions_of(person: Person, limits: Limits, at: dt.datetime) -> Select[Session]:
    return (
        select(Session)
        .join(Session.membership)
        .options(contains_eager(Session.membership).joinedload(Membership.bank))
        .where(
            Membership.person_id == person.id,
            Membership.left_at.is_(None),
            Session.ended_at.is_(None),
            Session.sign_in_version == person.sign_in_version,
            Session.last_seen_at > at - limits.unused,
            Session.begun_at > at - limits.longest,
        )
    )


def link_with_hash(purpose: Purpose, secret_hash: str) -> EmailedLink | None:
    """Return the link for this purpose whose secret part has that digest, used or not."""
    query = select(EmailedLink).where(EmailedLink.secret_hash == secret_hash, EmailedLink.purpose == purpose)
    return db.session.scalar(query.options(joinedload(EmailedLink.membership).joinedload(Membership.bank)))


def link_with_reference(membership: Membership, reference: str) -> EmailedLink | None:
    """Return the member's link of that reference."""
    query = select(EmailedLink).where(EmailedLink.reference == reference, EmailedLink.membership_id == membership.id)
    return db.session.scalar(query)


def second_factor_of(person: Person) -> SecondFactor | None:
    """Return what makes the person's codes, if they are asked for any."""
    return db.session.get(SecondFactor, person.id, populate_existing=True)


def count_recovery_codes_of(person: Person) -> int:
    """Return how many of the person's recovery codes were not used."""
    left = select(func.count(RecoveryCode.id)).where(
        RecoveryCode.person_id == person.id, RecoveryCode.used_at.is_(None)
    )
    return db.session.scalars(left).one()
