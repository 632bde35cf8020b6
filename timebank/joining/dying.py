"""End a membership because somebody has died: nothing is sent any more, and their hours go where they wished."""

from __future__ import annotations

import datetime as dt

from flask_babel import lazy_gettext as _l

from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.banks import queries as banks
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.gifts import service as gifts
from timebank.mail.service import drop_all_to
from timebank.members import service as members
from timebank.members.models import Membership


class DiedAlready(RuleBroken):
    """It is recorded once."""

    message = _l("This is recorded already. Nothing was changed")


class OwnDeath(RuleBroken):
    """Whoever records it is alive."""

    status = 403
    message = _l("You cannot record this for yourself")


class DayOfDeathInTheFuture(RuleBroken):
    """What is recorded has happened."""

    field = "died_on"
    message = _l("The day must be today or in the past")


def record_death(
    member: Membership, *, died_on: dt.date, to_account_id: int | None, recorded_by: Membership, at: dt.datetime
) -> None:
    """End the membership of somebody who has died, with what they had given to the account that they wished for.

    Without one it stays in their closed account, and so does what they had received beyond what they gave: nobody owes
    it. Mail that waits is not sent. Raises OwnDeath, DiedAlready, DayOfDeathInTheFuture, members.NotYoursToChange,
    members.LastAdministrator, members.ErasedForGood or what posting a gift raises.
    """
    if member.id == recorded_by.id:
        raise OwnDeath()
    banks.lock_bank(member.bank)
    db.session.refresh(member)
    if member.erased_at is not None:
        raise members.ErasedForGood()
    if member.died_on is not None:
        raise DiedAlready()
    if died_on > member.bank.day_of(at):
        raise DayOfDeathInTheFuture()
    if not members.may_keep(member, by=recorded_by):
        raise members.NotYoursToChange()
    if to_account_id is not None:
        gifts.give_balance(member, to_account_id=to_account_id, recorded_by=recorded_by, at=at)
    members.leave(member, recorded_by=recorded_by, at=at)
    member.died_on = died_on
    drop_all_to(member, reason="this person has died")
    db.session.flush()
    audit.record(
        Action.MEMBER_DIED,
        bank_id=member.bank_id,
        by=recorded_by.id,
        on_what="member",
        reference=member.reference,
        at=at,
    )
