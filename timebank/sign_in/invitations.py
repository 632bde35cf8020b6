"""Links with which somebody sets their first password, or a new one, handed over by the coordinator."""

from __future__ import annotations

from flask import current_app
from flask_babel import lazy_gettext as _l
from itsdangerous import BadData, URLSafeTimedSerializer

from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.members import queries
from timebank.members.models import Membership
from timebank.members.service import is_kept_by

SALT = "first password"
VALID_DAYS = 7
SECONDS_IN_A_DAY = 24 * 60 * 60


class LinkNoLongerGood(RuleBroken):
    """A link works once, and for a few days, because whoever finds it later could sign in with it."""

    message = _l("This link was used already, or is more than %(days)s days old. Ask your coordinator for a new one")


class AddressNeeded(RuleBroken):
    """People sign in with an email address."""

    message = _l("Add an email address first: people sign in with it")


class NotYoursToInvite(RuleBroken):
    """With a link one can sign in as somebody, so it is never made for more than one may do oneself."""

    status = 403
    message = _l("Only an administrator can make a link for a coordinator or an administrator")


class BelongsElsewhereToo(RuleBroken):
    """With a link one could sign in to the person's other time bank as well."""

    message = _l("This person belongs to another time bank too, so no link can be made here")


class NoLongerAMember(RuleBroken):
    """Whoever left cannot sign in."""

    message = _l("This person is no longer a member. Make them a member again first")


class IsPaused(RuleBroken):
    """Whoever is paused cannot sign in."""

    message = _l("This person is paused. End the pause first")


def check_invitation(member: Membership, *, made_by: Membership) -> None:
    """Raise what stands in the way of a link.

    That is AddressNeeded, NoLongerAMember, IsPaused, BelongsElsewhereToo or NotYoursToInvite.
    """
    if member.email is None:
        raise AddressNeeded()
    if member.left_at is not None:
        raise NoLongerAMember()
    if member.paused_at is not None:
        raise IsPaused()
    if len(queries.every_membership_of(member.person)) > 1:
        raise BelongsElsewhereToo()
    if not is_kept_by(member, made_by):
        raise NotYoursToInvite()


def invite(member: Membership, *, made_by: Membership) -> str:
    """Return the signed part of a link with which the member sets a first or a new password, once.

    Raises what check_invitation() raises.
    """
    check_invitation(member, made_by=made_by)
    return str(_serializer().dumps([member.id, member.person.sign_in_version, member.email]))


def invited(signed: str) -> Membership:
    """Return the member that a link was made for, and lock their sign-in. Raises LinkNoLongerGood."""
    try:
        member_id, version, email = _serializer().loads(signed, max_age=VALID_DAYS * SECONDS_IN_A_DAY)
    except (BadData, ValueError, TypeError):
        raise LinkNoLongerGood(days=VALID_DAYS) from None
    member = queries.membership_with_id(member_id)
    if member is None or not member.takes_part or len(queries.every_membership_of(member.person)) > 1:
        raise LinkNoLongerGood(days=VALID_DAYS)
    db.session.refresh(member.person, with_for_update=True)
    # Setting a password raises the version, so the link is spent; changing the address makes it void too.
    if (member.person.sign_in_version, member.email) != (version, email):
        raise LinkNoLongerGood(days=VALID_DAYS)
    return member


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt=SALT)
