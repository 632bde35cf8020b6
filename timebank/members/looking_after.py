"""Somebody who looks after another's membership: reads their statements and, where that was agreed, acts for them."""

from __future__ import annotations

import datetime as dt

from flask_babel import lazy_gettext as _l

from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.banks import queries as banks
from timebank.columns import new_reference
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.members import queries
from timebank.members.models import Helper, Membership

LONGEST_ACTING_DAYS = 366


class HelperIsNoMember(RuleBroken):
    """Only a member can sign in, and so read anything."""

    field = "who"
    message = _l("Choose a member of this time bank")


class HelperIsThemselves(RuleBroken):
    """Everybody reads their own statements anyway."""

    field = "who"
    message = _l("Choose somebody else: everybody reads their own statements")


class AlreadyHelps(RuleBroken):
    """Two ends of the same help would leave it unclear which one counts."""

    field = "who"
    message = _l("%(name)s already looks after this membership. To change until when, end it first")


class UntilNeeded(RuleBroken):
    """Acting in somebody's name is lent and not given away; whoever wants it to go on says so again."""

    field = "until_on"
    message = _l("Enter the last day, at most a year from now: acting for somebody always ends")


class WordNeeded(RuleBroken):
    """Who acts for somebody is that person's own choice, and nobody else's."""

    field = "on_their_word"
    message = _l("Ask the person first, and tick that they want this")


class OwnAppointment(RuleBroken):
    """Whoever keeps the members must not help themselves to acting in a member's name."""

    status = 403
    message = _l("You cannot let yourself act for somebody. Another coordinator has to do this, or the person")


class UntilInThePast(RuleBroken):
    """What has ended need not begin."""

    field = "until_on"
    message = _l("The last day must be today or later, or leave it empty")


def add_helper(
    helped: Membership,
    helper: Membership,
    *,
    until_on: dt.date | None,
    added_by: Membership,
    at: dt.datetime,
    may_act: bool = False,
    on_their_word: bool = False,
) -> Helper:
    """Let a member read the statements of another until that day has passed, or until somebody ends it.

    Where they `may_act`, they log, confirm and query hours in the other's place, too: the helped member says so, or a
    coordinator on their word. The same again changes nothing. Raises HelperIsNoMember, HelperIsThemselves,
    AlreadyHelps, UntilInThePast, UntilNeeded, WordNeeded or OwnAppointment.
    """
    if helper.id == helped.id:
        raise HelperIsThemselves()
    if may_act:
        _check_may_let_act(helped, helper, until_on=until_on, added_by=added_by, on_their_word=on_their_word, at=at)
    banks.lock_bank(helped.bank)
    if helper.bank_id != helped.bank_id or not (helper.takes_part and helper.has_hours) or helped.left_at is not None:
        raise HelperIsNoMember()
    today = helped.bank.day_of(at)
    if until_on is not None and until_on < today:
        raise UntilInThePast()
    for there in queries.helpers_of([helped.id], today=today).get(helped.id, []):
        if there.helper_id == helper.id and (there.until_on, there.may_act) == (until_on, may_act):
            return there
        if there.helper_id == helper.id:
            raise AlreadyHelps(name=helper.name)
    added = Helper(
        bank_id=helped.bank_id,
        helped=helped,
        helper=helper,
        reference=new_reference(),
        until_on=until_on,
        may_act=may_act,
        added_by_id=added_by.id,
        added_at=at,
    )
    db.session.add(added)
    db.session.flush()
    _record(Action.HELPER_ADDED, added, by=added_by, at=at)
    return added


def _check_may_let_act(
    helped: Membership,
    helper: Membership,
    *,
    until_on: dt.date | None,
    added_by: Membership,
    on_their_word: bool,
    at: dt.datetime,
) -> None:
    if until_on is None or until_on > helped.bank.day_of(at) + dt.timedelta(days=LONGEST_ACTING_DAYS):
        raise UntilNeeded()
    if added_by.id == helped.id:
        return
    if added_by.id == helper.id:
        raise OwnAppointment()
    if not on_their_word:
        raise WordNeeded()


def end_helper(helper: Helper, *, ended_by: Membership | None, at: dt.datetime) -> None:
    """Let nobody read anything by this any more. Again changes nothing."""
    banks.lock_bank(helper.helped.bank)
    db.session.refresh(helper, ["ended_at"])
    if helper.ended_at is not None:
        return
    helper.ended_at = at
    db.session.flush()
    _record(Action.HELPER_ENDED, helper, by=ended_by, at=at)


def end_every_one(member: Membership, *, ended_by: Membership | None, at: dt.datetime) -> None:
    """End all that the member looks after, and that others look after for them, so that none comes back with them."""
    for helper in queries.every_helper_with(member):
        end_helper(helper, ended_by=ended_by, at=at)


def _record(action: Action, helper: Helper, *, by: Membership | None, at: dt.datetime) -> None:
    audit.record(
        action,
        bank_id=helper.bank_id,
        by=by.id if by else None,
        on_what="member",
        reference=helper.helped.reference,
        at=at,
        helper=helper.helper.reference,
        **({"may_act": True} if helper.may_act else {}),
    )
