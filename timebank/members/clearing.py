"""Clear members for what an activity involves, let them take part with limits, and keep that a DBS check was made."""

from __future__ import annotations

import datetime as dt

from flask_babel import lazy_gettext as _l

from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.banks import queries as banks
from timebank.banks.models import NEEDS_CLEARANCE, Activity, Involvement
from timebank.columns import new_reference
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.members import queries
from timebank.members.models import Clearance, DbsCheck, Membership, Standing
from timebank.members.service import NotYoursToChange, may_keep


class ClearingOneself(RuleBroken):
    """Whom others trust with something is for others to say."""

    status = 403
    message = _l("You cannot decide this for yourself. Ask another coordinator")


class NothingToClearFor(RuleBroken):
    """In a group or in a public place there are others, so nobody is cleared for that."""

    field = "involvement"
    message = _l("Choose what this person is cleared for")


class UntilBeforeFrom(RuleBroken):
    """What ends before it begins was never so."""

    field = "until_on"
    message = _l("The last day cannot be before the first")


class NobodyEligible(RuleBroken):
    """To ask somebody for a check whom the law does not make eligible is an offence."""

    field = "activity"
    message = _l("Nothing about this activity makes anybody eligible for a DBS check, so none can be asked for")


class CheckInTheFuture(RuleBroken):
    """What is kept is a check that was made."""

    field = "checked_on"
    message = _l("Enter the day on which the certificate was seen: today, or before")


class NotActive(RuleBroken):
    """Limits are for those who take part."""

    message = _l("This person does not take part at the moment, so there is nothing to limit")


def may_clear(member: Membership, *, by: Membership) -> bool:
    """Return whether this coordinator may decide what the member is cleared for."""
    return by.id != member.id and may_keep(member, by=by)


def clear(
    member: Membership,
    *,
    involvement: Involvement,
    cleared_on: dt.date,
    until_on: dt.date | None,
    cleared_by: Membership,
    at: dt.datetime,
) -> Clearance:
    """Return that the member is trusted with this from one day until another, or until somebody ends it.

    What was so before ends with the day on which this begins. Raises ClearingOneself, NotYoursToChange,
    NothingToClearFor or UntilBeforeFrom.
    """
    _check_may(member, cleared_by)
    if involvement not in NEEDS_CLEARANCE:
        raise NothingToClearFor()
    if until_on is not None and until_on < cleared_on:
        raise UntilBeforeFrom()
    banks.lock_bank(member.bank)
    for before in queries.clearances_of([member.id]).get(member.id, []):
        if before.involvement == involvement and before.ended_on is None:
            before.ended_on = cleared_on
    clearance = Clearance(
        bank_id=member.bank_id,
        membership_id=member.id,
        reference=new_reference(),
        involvement=involvement,
        cleared_on=cleared_on,
        until_on=until_on,
        cleared_by_id=cleared_by.id,
        cleared_at=at,
    )
    db.session.add(clearance)
    db.session.flush()
    _record(Action.MEMBER_CLEARED, member, by=cleared_by, at=at, involvement=involvement.value)
    return clearance


def end_clearance(member: Membership, clearance: Clearance, *, ended_by: Membership, at: dt.datetime) -> None:
    """End that the member is trusted with something, from today. Again changes nothing.

    Raises ClearingOneself or NotYoursToChange.
    """
    _check_may(member, ended_by)
    banks.lock_bank(member.bank)
    db.session.refresh(clearance)
    if clearance.ended_on is not None:
        return
    clearance.ended_on = member.bank.day_of(at)
    db.session.flush()
    _record(Action.MEMBER_CLEARANCE_ENDED, member, by=ended_by, at=at, involvement=clearance.involvement)


def record_check(
    member: Membership,
    activity: Activity,
    *,
    checked_on: dt.date,
    until_on: dt.date,
    recorded_by: Membership,
    at: dt.datetime,
) -> DbsCheck:
    """Return that a certificate was seen, why the activity makes the member eligible, and until when it counts.

    Raises ClearingOneself, NotYoursToChange, NobodyEligible, CheckInTheFuture or UntilBeforeFrom.
    """
    _check_may(member, recorded_by)
    if activity.bank_id != member.bank_id or not activity.check_reason:
        raise NobodyEligible()
    if checked_on > member.bank.day_of(at):
        raise CheckInTheFuture()
    if until_on < checked_on:
        raise UntilBeforeFrom()
    check = DbsCheck(
        bank_id=member.bank_id,
        membership_id=member.id,
        activity=activity,
        reference=new_reference(),
        why=activity.check_reason,
        checked_on=checked_on,
        until_on=until_on,
        recorded_by_id=recorded_by.id,
        recorded_at=at,
    )
    db.session.add(check)
    db.session.flush()
    _record(Action.DBS_CHECK_RECORDED, member, by=recorded_by, at=at)
    return check


def set_limits(member: Membership, *, limited: bool, set_by: Membership, at: dt.datetime) -> None:
    """Let a member take part only in groups and public places, or no longer only there. Again changes nothing.

    Raises ClearingOneself, NotYoursToChange or NotActive.
    """
    _check_may(member, set_by)
    banks.lock_bank(member.bank)
    db.session.refresh(member)
    if member.standing not in (Standing.ACTIVE, Standing.LIMITED):
        raise NotActive()
    if (member.limited_at is not None) == limited:
        return
    member.limited_at = at if limited else None
    db.session.flush()
    _record(Action.MEMBER_LIMITED if limited else Action.MEMBER_LIMITS_ENDED, member, by=set_by, at=at)


def _check_may(member: Membership, by: Membership) -> None:
    if by.id == member.id:
        raise ClearingOneself()
    if not may_keep(member, by=by):
        raise NotYoursToChange()


def _record(action: Action, member: Membership, *, by: Membership, at: dt.datetime, **details: str) -> None:
    audit.record(
        action, bank_id=member.bank_id, by=by.id, on_what="member", reference=member.reference, at=at, **details
    )
