"""People of the demonstration bank who want to join, and one who began with limits."""

from __future__ import annotations

import datetime as dt

from timebank.banks.models import Bank
from timebank.demonstration import story
from timebank.joining import service as joining
from timebank.members import clearing
from timebank.members.models import Membership


def let_people_join(bank: Bank, *, by: Membership, limited: Membership, at: dt.datetime) -> None:
    """Leave somebody at every step of joining, for whoever looks at the demonstration to take in."""
    clearing.set_limits(limited, limited=True, set_by=by, at=at - dt.timedelta(days=12))
    enquiry = None
    for days, invented in zip((9, 2), story.ENQUIRIES[::-1], strict=True):
        made = joining.enquire(
            bank,
            name=invented.name,
            email=invented.email,
            phone=invented.phone,
            message=invented.message,
            entered_by=by if invented.is_on_paper else None,
            at=at - dt.timedelta(days=days),
        )
        enquiry = enquiry or made
    assert enquiry is not None
    on = bank.day_of(at) - dt.timedelta(days=4)
    joining.keep_interview(enquiry, on=on, notes=story.INTERVIEW, kept_by=by, at=at - dt.timedelta(days=4))
    for name, email, phone in story.REFEREES:
        referee = joining.add_referee(
            enquiry, name=name, email=email, phone=phone, added_by=by, at=at - dt.timedelta(days=4)
        )
        if not email:
            joining.answer(referee, answer=story.ANSWER, in_confidence=False, taken_by=by, at=at - dt.timedelta(days=3))
