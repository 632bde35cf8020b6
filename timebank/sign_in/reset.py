"""A new password for whoever has forgotten theirs, by a link that is mailed."""

from __future__ import annotations

import datetime as dt

from flask_babel import lazy_gettext as _l

from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.mail.service import queue_mail
from timebank.members import queries as members
from timebank.members.models import Membership, Person
from timebank.sign_in import links, queries, service
from timebank.sign_in.models import EmailedLink, Purpose

VALID_HOURS = 2


class ResetLinkNoLongerGood(RuleBroken):
    """A link works once, and not for long, because whoever finds it later could sign in with it."""

    message = _l("This link was used already, or is more than %(hours)s hours old. Ask for a new one")


def ask_for_reset(email: str, *, at: dt.datetime) -> None:
    """Queue a link to a new password for whoever signs in with this address. For nobody, that is all written down."""
    email = members.tidy_email(email)
    people = {member.person: member for member in members.memberships_with_email(email)}
    found = [member for person, member in people.items() if _may_be_reset(person, email)]
    for member in found:
        link = links.make_link(member, purpose=Purpose.PASSWORD_RESET, email=email, at=at)
        queue_mail(
            member.bank,
            member,
            kind=Purpose.PASSWORD_RESET,
            about=link.reference,
            key=f"{Purpose.PASSWORD_RESET}:{link.reference}",
            at=at,
        )
        _record(member, at=at)
    if not found:
        _record(None, at=at)
    db.session.flush()


def _may_be_reset(person: Person, email: str) -> bool:
    """Return whether a mail to this address may let somebody in as the person.

    Somebody who never had a password begins with their coordinator. With several banks, all of them must know the
    person by this address: or one bank could write an address of its own to somebody, and be let in to the others.
    """
    if person.password_hash is None:
        return False
    return all(member.email == email for member in members.memberships_of(person))


def asked_with(secret: str, *, at: dt.datetime) -> EmailedLink:
    """Return the link that somebody followed, and lock their sign-in. Raises ResetLinkNoLongerGood."""
    link = queries.link_with_hash(Purpose.PASSWORD_RESET, links.hash_of(secret))
    if link is None or not is_good(link, at=at):
        raise ResetLinkNoLongerGood(hours=VALID_HOURS)
    db.session.refresh(link.membership.person, with_for_update=True)
    db.session.refresh(link)
    # Of two who follow it at once, the second finds it used.
    if not is_good(link, at=at):
        raise ResetLinkNoLongerGood(hours=VALID_HOURS)
    return link


def is_good(link: EmailedLink, *, at: dt.datetime) -> bool:
    """Return whether the link still lets somebody in."""
    member = link.membership
    return (
        link.used_at is None
        and at - link.made_at < dt.timedelta(hours=VALID_HOURS)
        and member.left_at is None
        and member.email == link.email
        and member.person.sign_in_version == link.sign_in_version
        and _may_be_reset(member.person, link.email)
    )


def reset_password(link: EmailedLink, password: str, *, at: dt.datetime) -> None:
    """Set the password of whoever the link was mailed to, once, and end all of their sessions. Raises PasswordUnfit."""
    service.set_password(link.membership.person, password, at=at)
    link.used_at = at
    db.session.flush()


def _record(member: Membership | None, *, at: dt.datetime) -> None:
    # A digest would still name the address to whoever guesses it, so one that nobody has is not written down.
    audit.record(
        Action.PASSWORD_RESET_ASKED,
        bank_id=member.bank_id if member else None,
        by=None,
        on_what="member" if member else "sign-in",
        reference=member.reference if member else "",
        at=at,
    )
