"""Report a concern, read it, and write down what was done."""

from __future__ import annotations

import datetime as dt

from flask_babel import lazy_gettext as _l

from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.audit.service import Origin, origin
from timebank.banks import queries as banks
from timebank.columns import new_reference
from timebank.concerns import queries
from timebank.concerns.models import LONGEST_ABOUT, LONGEST_CONCERN, Concern, ConcernNote
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.mail.service import queue_mail
from timebank.members.models import Membership

# Not what the audit calls a concern itself.
KIND = "concern notice"


class ConcernNeeded(RuleBroken):
    """Whoever reads it has nothing but these words."""

    field = "what"
    message = _l("Enter what you are worried about, in up to %(longest)s characters")


class AboutTooLong(RuleBroken):
    """It is a name, and not what happened."""

    field = "about"
    message = _l("Use %(longest)s characters or fewer")


class NobodyReadsIt(RuleBroken):
    """The person concerned never reads it, so there has to be somebody else."""

    field = "whom"
    message = _l(
        "Nobody else in this time bank could read this. Tell somebody outside: your local council’s safeguarding team "
        "or the police"
    )


def report_concern(
    reported_by: Membership, *, what: str, about: str, concerned: Membership | None, at: dt.datetime
) -> Concern:
    """Keep a concern, and let its readers know that there is one, but not what it is.

    Raises ConcernNeeded, AboutTooLong or NobodyReadsIt.
    """
    what, about, bank = _checked(what), about.strip(), reported_by.bank
    if len(about) > LONGEST_ABOUT:
        raise AboutTooLong(longest=LONGEST_ABOUT)
    readers = queries.readers_of(bank, concerned_id=concerned.id if concerned else None)
    if not readers:
        raise NobodyReadsIt()
    concern = Concern(
        bank_id=bank.id,
        reference=new_reference(),
        what=what,
        about=about,
        concerned=concerned,
        reported_by=reported_by,
        reported_at=at,
    )
    db.session.add(concern)
    db.session.flush()
    for reader in readers:
        key = f"{KIND}:{concern.reference}:{reader.id}"
        queue_mail(bank, reader, kind=KIND, about=concern.reference, key=key, at=at)
    _record_report(concern, at=at)
    return concern


def _record_report(concern: Concern, *, at: dt.datetime) -> None:
    """Write down that there is a concern, but not by whom nor from where: whom it is about may read the audit."""
    before = origin.set(Origin(came_from="kept with the concern"))
    try:
        _record(Action.CONCERN_REPORTED, concern, by=None, at=at)
    finally:
        origin.reset(before)


def record_listing(reader: Membership, *, at: dt.datetime) -> None:
    """Write down that somebody looked at the list of concerns."""
    audit.record(
        Action.CONCERNS_LISTED, bank_id=reader.bank_id, by=reader.id, on_what="bank", reference=reader.bank.code, at=at
    )


def record_reading(concern: Concern, *, reader: Membership, at: dt.datetime) -> None:
    """Write down that somebody read a concern and its notes."""
    _record(Action.CONCERN_READ, concern, by=reader, at=at)


def add_note(concern: Concern, *, what: str, is_settled: bool, by: Membership, at: dt.datetime) -> ConcernNote:
    """Write down what was done about the concern, and whether it is settled with that. Raises ConcernNeeded."""
    note = ConcernNote(bank_id=concern.bank_id, concern_id=concern.id, what=_checked(what), by=by, at=at)
    db.session.add(note)
    concern.settled_at = at if is_settled else None
    db.session.flush()
    _record(Action.CONCERN_NOTED, concern, by=by, at=at)
    return note


def set_lead(member: Membership, *, is_lead: bool, set_by: Membership, at: dt.datetime) -> None:
    """Let a member read concerns as a safeguarding lead, or no longer. Again changes nothing."""
    banks.lock_bank(member.bank)
    db.session.refresh(member)
    if member.is_safeguarding_lead == is_lead:
        return
    member.is_safeguarding_lead = is_lead
    db.session.flush()
    audit.record(
        Action.SAFEGUARDING_LEAD_SET if is_lead else Action.SAFEGUARDING_LEAD_ENDED,
        bank_id=member.bank_id,
        by=set_by.id,
        on_what="member",
        reference=member.reference,
        at=at,
    )


def _checked(what: str) -> str:
    what = what.strip()
    if not 1 <= len(what) <= LONGEST_CONCERN:
        raise ConcernNeeded(longest=f"{LONGEST_CONCERN:,}")
    return what


def _record(action: Action, concern: Concern, *, by: Membership | None, at: dt.datetime) -> None:
    audit.record(
        action,
        bank_id=concern.bank_id,
        by=by.id if by else None,
        on_what="concern",
        reference=concern.reference,
        at=at,
    )
