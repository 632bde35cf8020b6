"""Another address to sign in with, once its owner has shown that mail to it arrives."""

from __future__ import annotations

import datetime as dt

from flask_babel import lazy_gettext as _l

from timebank.audit.models import Action
from timebank.errors import NotFound, RuleBroken
from timebank.extensions import db
from timebank.mail.service import queue_mail
from timebank.members import queries as members
from timebank.members import service as membership_service
from timebank.members.models import Membership
from timebank.sign_in import links, queries, service
from timebank.sign_in.models import EmailedLink, Purpose

VALID_HOURS = 24
# What the address until now is told, in a piece of mail of its own.
NOTICE = "email change notice"


class AddressToSignInWith(RuleBroken):
    """People sign in with an email address, so it can be changed and not taken away."""

    field = "email"
    message = _l("Enter the new email address, like name@example.org")


class ChangeLinkNoLongerGood(RuleBroken):
    """A link works once, and for a day."""

    message = _l("This link was used already, or is too old. Ask for the change again under “My details”")


def ask_for_change(member: Membership, *, email: str, at: dt.datetime) -> None:
    """Queue a link to the new address, and a notice to the old. Raises EmailUnfit or AddressToSignInWith.

    Whether somebody else has the address is not said: then no link goes to it.
    """
    email = membership_service.checked_email(email)
    if not email or email == member.email:
        raise AddressToSignInWith()
    link = links.make_link(member, purpose=Purpose.EMAIL_CHANGE, email=email, until_now=member.email, at=at)
    kinds = (NOTICE,) if _is_taken(member, email) else (Purpose.EMAIL_CHANGE, NOTICE)
    for kind in kinds:
        queue_mail(member.bank, member, kind=kind, about=link.reference, key=f"{kind}:{link.reference}", at=at)
    service.record(Action.EMAIL_CHANGE_ASKED, member, at=at)


def _changed_with(member: Membership) -> list[Membership]:
    """Return the person's memberships in which they have the same address as in this one."""
    return [each for each in members.memberships_of(member.person) if each.email == member.email]


def _is_taken(member: Membership, email: str) -> bool:
    return any(members.member_with_email(each.bank, email) is not None for each in _changed_with(member))


def is_good(link: EmailedLink, *, at: dt.datetime) -> bool:
    """Return whether the link still changes an address."""
    member = link.membership
    return (
        link.used_at is None
        and at - link.made_at < dt.timedelta(hours=VALID_HOURS)
        and member.left_at is None
        and member.email == link.until_now
        and not _is_taken(member, link.email)
    )


def asked_with(secret: str, *, by: Membership, at: dt.datetime) -> EmailedLink:
    """Return the link that somebody followed who is signed in. Raises NotFound or ChangeLinkNoLongerGood.

    It must be their own: whoever a mistyped address belongs to must not take over by following the link.
    """
    link = queries.link_with_hash(Purpose.EMAIL_CHANGE, links.hash_of(secret))
    if link is not None and link.membership.person_id != by.person_id:
        raise NotFound()
    if link is None or not is_good(link, at=at):
        raise ChangeLinkNoLongerGood()
    return link


def change_email(link: EmailedLink, *, at: dt.datetime) -> None:
    """Let the person sign in with the new address, in every bank that knew them by the old one; ends their sessions.

    Raises EmailTaken.
    """
    for member in _changed_with(link.membership):
        membership_service.change_email(member, link.email, changed_by=member, at=at)
    link.used_at = at
    db.session.flush()
