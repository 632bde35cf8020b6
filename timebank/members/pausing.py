"""Pause a person at once, when something has to be looked into, and end it again."""

from __future__ import annotations

import datetime as dt

from flask_babel import lazy_gettext as _l

from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.banks import queries as banks
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.members import queries
from timebank.members.models import LONGEST_PAUSE_REASON, Membership, Role
from timebank.members.service import LastAdministrator, NotYoursToChange, may_keep


class PausingOneself(RuleBroken):
    """Whoever is paused could not end it."""

    status = 403
    message = _l("You cannot pause yourself. Ask another coordinator")


class PauseReasonNeeded(RuleBroken):
    """Whoever looks at it later, or ends it, has to know why."""

    field = "reason"
    message = _l("Enter a reason of up to %(longest)s characters. Only coordinators see it")


class NoLongerThere(RuleBroken):
    """Whoever left can do nothing anyway."""

    message = _l("This person is no longer a member")


def may_pause(member: Membership, *, by: Membership) -> bool:
    """Return whether this coordinator may pause the member, and end it."""
    return by.id != member.id and may_keep(member, by=by)


def pause(member: Membership, *, reason: str, paused_by: Membership, at: dt.datetime) -> None:
    """Pause a member: no signing in, every session ends, nobody finds them or logs hours with them, no mail.

    What is theirs stays as it is. Again changes nothing. Raises PausingOneself, NotYoursToChange, PauseReasonNeeded,
    NoLongerThere or LastAdministrator.
    """
    _check_may(member, paused_by)
    reason = reason.strip()
    if not 1 <= len(reason) <= LONGEST_PAUSE_REASON:
        raise PauseReasonNeeded(longest=LONGEST_PAUSE_REASON)
    banks.lock_bank(member.bank)
    db.session.refresh(member)
    if member.left_at is not None:
        raise NoLongerThere()
    if member.paused_at is not None:
        return
    if member.role == Role.ADMINISTRATOR and queries.count_with_roles(member.bank, [Role.ADMINISTRATOR]) <= 1:
        raise LastAdministrator()
    member.paused_at, member.paused_by_id, member.paused_reason = at, paused_by.id, reason
    # A session that is still open must not come to life again when the pause ends.
    member.person.sign_in_version += 1
    db.session.flush()
    _record(Action.MEMBER_PAUSED, member, by=paused_by, at=at)


def end_pause(member: Membership, *, ended_by: Membership, at: dt.datetime) -> None:
    """End the pause; why it was is forgotten. Again changes nothing. Raises PausingOneself or NotYoursToChange."""
    _check_may(member, ended_by)
    banks.lock_bank(member.bank)
    db.session.refresh(member)
    if member.paused_at is None:
        return
    member.paused_at, member.paused_by_id, member.paused_reason = None, None, ""
    db.session.flush()
    _record(Action.MEMBER_PAUSE_ENDED, member, by=ended_by, at=at)


def _check_may(member: Membership, by: Membership) -> None:
    if by.id == member.id:
        raise PausingOneself()
    if not may_pause(member, by=by):
        raise NotYoursToChange()


def _record(action: Action, member: Membership, *, by: Membership, at: dt.datetime) -> None:
    audit.record(action, bank_id=member.bank_id, by=by.id, on_what="member", reference=member.reference, at=at)
