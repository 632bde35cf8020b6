"""What each role may do, and the decorator with which every view says what it needs."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any, cast

from flask import abort, g
from flask_login import current_user
from werkzeug.wrappers import Response

from timebank.extensions import login_manager
from timebank.members.models import Membership, Role

View = Callable[..., Any]


class Permission(StrEnum):
    """Something that a signed-in member may be allowed to do."""

    OWN_HOURS = "see and confirm one's own hours and statements"
    LOG_HOURS = "log hours given or received"
    DONATE_HOURS = "donate one's own hours"
    FIND_PEOPLE = "find the people of the bank by name"
    APPROVE_HOURS = "see, approve, query, decline and reverse all exchanges of the bank"
    SEE_STATEMENTS = "see every statement of the bank"
    CLOSE_MONTHS = "look through a month, close it, and issue and send its statements"
    KEEP_MEMBERS = "see and keep the bank's members and organisations"
    GRANT_HOURS = "grant hours from the community account"
    SET_RULES = "set the bank's rules and activities, and members' roles"
    REPORT_CONCERNS = "report that one is worried about somebody"
    READ_CONCERNS = "read the concerns that are for oneself to read, and write down what was done"
    READ_AUDIT = "read and download who did what in the bank, and when"
    SEE_EVIDENCE = "read the bank's evidence"
    RELEASE_EVIDENCE = "release figures of the bank's evidence to outside readers"
    ERASE_PEOPLE = "erase all that the bank knows about a person who asks for it"


_MEMBER = frozenset(
    {
        Permission.OWN_HOURS,
        Permission.LOG_HOURS,
        Permission.DONATE_HOURS,
        Permission.FIND_PEOPLE,
        Permission.REPORT_CONCERNS,
    }
)
_COORDINATOR = _MEMBER | {
    Permission.APPROVE_HOURS,
    Permission.SEE_STATEMENTS,
    Permission.CLOSE_MONTHS,
    Permission.KEEP_MEMBERS,
    Permission.GRANT_HOURS,
    Permission.SEE_EVIDENCE,
    Permission.RELEASE_EVIDENCE,
}
ALLOWED: dict[Role, frozenset[Permission]] = {
    Role.MEMBER: _MEMBER,
    Role.COORDINATOR: _COORDINATOR,
    Role.ADMINISTRATOR: _COORDINATOR
    | {Permission.SET_RULES, Permission.READ_AUDIT, Permission.READ_CONCERNS, Permission.ERASE_PEOPLE},
}


def may(membership: Membership, permission: Permission) -> bool:
    """Return whether the member's role allows this, or being a safeguarding lead. Who left or is paused may nothing."""
    if not membership.takes_part:
        return False
    if permission == Permission.READ_CONCERNS and membership.is_safeguarding_lead:
        return True
    return permission in ALLOWED[Role(membership.role)]


def current_membership() -> Membership:
    """Return the membership of whoever is signed in. Only for views that declare a permission."""
    return cast(Membership, g.membership)


def requires(permission: Permission) -> Callable[[View], View]:
    """Declare what a view needs. Whoever is not signed in is asked to; whoever lacks the permission gets 403."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Response | str | tuple[str, int]:
            membership = getattr(current_user, "membership", None)
            if membership is None:
                return cast(Response, login_manager.unauthorized())
            if not may(membership, permission):
                abort(403)
            g.membership = membership
            return cast("Response | str | tuple[str, int]", view(*args, **kwargs))

        guarded.declared_permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate
