"""What each role may do, and the decorator with which every view says what it needs.

A role is a set of permissions and nothing else. Most hold another one's and more, but a board reader sees figures and
no hours, and a system administrator sees banks and nobody in them. So nothing asks whether a role is more than another.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any, cast

from flask import abort, g
from flask_login import current_user
from werkzeug.wrappers import Response

from timebank.extensions import login_manager
from timebank.members.acting import (
    ActingEnded,
    OnlyAsOneself,
    helped_membership,
    is_acting,
)
from timebank.members.models import Membership, Role

View = Callable[..., Any]


class Permission(StrEnum):
    """Something that a signed-in member may be allowed to do. What people read for it is in `pages.py`."""

    SIGNED_IN = "be signed in, change to another of one's own banks, and sign out"
    OWN_DETAILS = "see and keep one's own details and how one signs in"
    OWN_HOURS = "see and confirm one's own hours and statements"
    LOG_HOURS = "log hours given or received"
    DONATE_HOURS = "donate one's own hours"
    FIND_PEOPLE = "find the people of the bank by name"
    LOG_FOR_OTHERS = "enter hours for others, and find everybody by their full name for that"
    APPROVE_HOURS = "see, approve, query and decline all exchanges of the bank"
    REVERSE_HOURS = "reverse exchanges that were approved"
    SEE_STATEMENTS = "see every statement of the bank"
    CLOSE_MONTHS = "look through a month, close it, and issue and send its statements"
    TAKE_ENQUIRIES = "read who wants to join, interview notes and references, and take people in"
    KEEP_MEMBERS = "see and keep the bank's members and organisations"
    GRANT_HOURS = "grant hours from the community account"
    SET_RULES = "set the bank's rules and activities, and members' roles"
    REPORT_CONCERNS = "report that one is worried about somebody"
    READ_CONCERNS = "read the concerns that are for oneself to read, and write down what was done"
    READ_AUDIT = "read and download who did what in the bank, and when"
    RELEASE_EVIDENCE = "release figures of the bank's evidence to outside readers"
    ERASE_PEOPLE = "erase all that the bank knows about a person who asks for it"
    SEE_EVIDENCE = "read the bank's evidence"
    KEEP_BANKS = "make banks, count what is in each, and see whether the installation is well"


_ANYBODY = frozenset({Permission.SIGNED_IN, Permission.OWN_DETAILS})
_MEMBER = _ANYBODY | {
    Permission.OWN_HOURS,
    Permission.LOG_HOURS,
    Permission.DONATE_HOURS,
    Permission.FIND_PEOPLE,
    Permission.REPORT_CONCERNS,
}
_DEPUTY = _MEMBER | {Permission.LOG_FOR_OTHERS, Permission.APPROVE_HOURS}
_COORDINATOR = _DEPUTY | {
    Permission.REVERSE_HOURS,
    Permission.SEE_STATEMENTS,
    Permission.CLOSE_MONTHS,
    Permission.TAKE_ENQUIRIES,
    Permission.KEEP_MEMBERS,
    Permission.GRANT_HOURS,
    Permission.SEE_EVIDENCE,
    Permission.RELEASE_EVIDENCE,
}
ALLOWED: dict[Role, frozenset[Permission]] = {
    Role.MEMBER: _MEMBER,
    Role.BOARD_READER: _ANYBODY | {Permission.SEE_EVIDENCE, Permission.REPORT_CONCERNS},
    Role.DEPUTY: _DEPUTY,
    Role.COORDINATOR: _COORDINATOR,
    Role.ADMINISTRATOR: _COORDINATOR
    | {Permission.SET_RULES, Permission.READ_AUDIT, Permission.READ_CONCERNS, Permission.ERASE_PEOPLE},
    Role.SYSTEM_ADMINISTRATOR: _ANYBODY | {Permission.KEEP_BANKS},
}

# What a helper may do in the name of whoever they act for; and what stays their own meanwhile.
WHILE_ACTING = frozenset({Permission.OWN_HOURS, Permission.LOG_HOURS, Permission.FIND_PEOPLE})
AS_ONESELF = frozenset({Permission.SIGNED_IN, Permission.REPORT_CONCERNS})


def roles_that_may(permission: Permission) -> list[Role]:
    """Return the roles that include this permission."""
    return [role for role, permissions in ALLOWED.items() if permission in permissions]


def may(membership: Membership, permission: Permission) -> bool:
    """Return whether the member's role allows this, or being a safeguarding lead. Who left or is paused may nothing.

    While a helper acts for the member, it is what a helper may, whatever the member's own role allows.
    """
    helped = helped_membership()
    if helped is not None and helped.id == membership.id and permission not in WHILE_ACTING:
        return False
    if not membership.takes_part:
        return False
    if permission == Permission.READ_CONCERNS and membership.is_safeguarding_lead:
        return True
    return permission in ALLOWED[Role(membership.role)]


def may_now(permission: Permission) -> bool:
    """Return whether whoever is signed in may do this just now: fewer things while they act for somebody."""
    membership = getattr(current_user, "membership", None)
    if membership is None or not may(membership, permission):
        return False
    return not is_acting() or permission in WHILE_ACTING | AS_ONESELF


def current_membership() -> Membership:
    """Return the membership in whose name the page is asked for: one's own, or of whoever one acts for.

    Only for views that declare a permission.
    """
    return cast(Membership, g.membership)


def requires(permission: Permission) -> Callable[[View], View]:
    """Declare what a view needs. Whoever is not signed in is asked to; whoever lacks the permission gets 403.

    Whoever acts for somebody does it in that member's name, and only what a helper may. Where they no longer may act,
    nothing is done at all: not in the other's name, nor by mistake in their own. Raises OnlyAsOneself or ActingEnded.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Response | str | tuple[str, int]:
            membership = getattr(current_user, "membership", None)
            if membership is None:
                return cast(Response, login_manager.unauthorized())
            if not may(membership, permission):
                abort(403)
            if is_acting() and permission not in AS_ONESELF:
                if permission not in WHILE_ACTING:
                    raise OnlyAsOneself()
                helped = helped_membership()
                if helped is None or not may(helped, permission):
                    raise ActingEnded()
                membership = helped
            g.membership = membership
            return cast("Response | str | tuple[str, int]", view(*args, **kwargs))

        guarded.declared_permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate
