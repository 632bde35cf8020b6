"""Links with which somebody sets their first password, handed over by the coordinator."""

from __future__ import annotations

from flask import current_app
from flask_babel import lazy_gettext as _l
from itsdangerous import BadData, URLSafeTimedSerializer

from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.members import queries
from timebank.members.models import Membership, Person

SALT = "first password"
VALID_DAYS = 7
SECONDS_IN_A_DAY = 24 * 60 * 60


class LinkNoLongerGood(RuleBroken):
    """A link works once, and for a few days, because whoever finds it later could sign in with it."""

    message = _l("This link was used already, or is more than %(days)s days old. Ask your coordinator for a new one")


class AddressNeeded(RuleBroken):
    """People sign in with an email address."""

    message = _l("Add an email address first: people sign in with it")


class SignsInAlready(RuleBroken):
    """A link for somebody who has a password would let whoever holds it in as them."""

    message = _l("This person can sign in already, or belongs to another time bank too, so no link can be made here")


def invite(member: Membership) -> str:
    """Return the signed part of a link with which the member sets a first password, once.

    Raises AddressNeeded or SignsInAlready.
    """
    person = member.person
    if person.email is None:
        raise AddressNeeded()
    if person.password_hash is not None or len(queries.every_membership_of(person)) > 1 or member.left_at:
        raise SignsInAlready()
    return str(_serializer().dumps([person.id, person.sign_in_version, person.email]))


def invited(signed: str) -> Person:
    """Return the person that a link was made for. Raises LinkNoLongerGood."""
    try:
        person_id, version, email = _serializer().loads(signed, max_age=VALID_DAYS * SECONDS_IN_A_DAY)
    except (BadData, ValueError, TypeError):
        raise LinkNoLongerGood(days=VALID_DAYS) from None
    person = db.session.get(Person, person_id, with_for_update=True)
    # Setting a password raises the version, so the link is spent; changing the address makes it void too.
    if person is None or (person.sign_in_version, person.email) != (version, email):
        raise LinkNoLongerGood(days=VALID_DAYS)
    return person


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt=SALT)
