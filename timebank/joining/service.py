"""Take an enquiry, write down what was done about it, and let it become a membership or end."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from flask_babel import lazy_gettext as _l
from sqlalchemy import CursorResult, delete

from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.audit.service import FROM_OUTSIDE, Origin, origin
from timebank.banks.models import LONGEST_NAME, Bank
from timebank.columns import new_reference
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.joining import queries
from timebank.joining.models import (
    LONGEST_ANSWER,
    LONGEST_MESSAGE,
    LONGEST_NOTES,
    LONGEST_PHONE,
    REFERENCES_NEEDED,
    Enquiry,
    Referee,
)
from timebank.mail.service import queue_mail
from timebank.members import clearing
from timebank.members import service as members
from timebank.members.models import Capacity, Membership
from timebank.sign_in.links import hash_of, secret_of

KIND = "reference asked for"
VALID_DAYS = 21
# A mail a day at most: whoever is asked is nobody's member.
MOST_LINKS = 5


class EnquirersNameNeeded(RuleBroken):
    """Whoever wants to join is called something."""

    field = "name"
    message = _l("Enter a name of up to %(longest)s characters")


class WayBackNeeded(RuleBroken):
    """Somebody who cannot be reached cannot be answered."""

    field = "phone"
    message = _l("Enter a telephone number or an email address, so that we can answer")


class WordsTooLong(RuleBroken):
    """What is written is read by somebody."""

    message = _l("Use %(longest)s characters or fewer")


class EnquiryEnded(RuleBroken):
    """What has become a membership, or has ended, is not gone on with."""

    message = _l("This enquiry is a membership already, or has ended. Nothing was changed")


class StepInTheFuture(RuleBroken):
    """What is written down has happened."""

    message = _l("The day must be today or in the past")


class NotReadyWithoutLimits(RuleBroken):
    """Until the bank knows somebody, they take part where others are."""

    field = "limits"
    message = _l("Something is still missing: %(missing)s. Until then they can take part with limits")


class RefereeHasNoAddress(RuleBroken):
    """A link goes to an address."""

    message = _l("There is no email address. Telephone, and write down what is said")


class AskedOftenEnough(RuleBroken):
    """Nobody is pressed for an answer."""

    message = _l("A link was sent %(times)s times already. Telephone, and write down what is said")


class AnsweredAlready(RuleBroken):
    """What somebody said about another stays as they said it."""

    message = _l("This was answered already, and cannot be changed. Thank you")


class LinkIsOver(RuleBroken):
    """A link works once, and for a few weeks, so that what is found later in a mailbox opens nothing."""

    status = 404
    message = _l(
        "This link was used already, or is more than %(days)s days old. If you still want to answer, telephone"
    )


class AnswerNeeded(RuleBroken):
    """It is read by the coordinators, who have nothing but these words."""

    field = "answer"
    message = _l("Enter what you can say, in up to %(longest)s characters")


def enquire(
    bank: Bank, *, name: str, email: str, phone: str, message: str, entered_by: Membership | None, at: dt.datetime
) -> Enquiry:
    """Keep that somebody wants to join. Whether they are known already makes no difference, nor is it told.

    Raises EnquirersNameNeeded, members.EmailUnfit, WayBackNeeded or WordsTooLong.
    """
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise EnquirersNameNeeded(longest=LONGEST_NAME)
    email, phone = members.checked_email(email), " ".join(phone.split())
    if not email and not phone:
        raise WayBackNeeded()
    enquiry = Enquiry(
        bank_id=bank.id,
        reference=new_reference(),
        name=name,
        email=email,
        phone=_short(phone, "phone", LONGEST_PHONE),
        message=_short(message, "message", LONGEST_MESSAGE),
        enquired_at=at,
        touched_at=at,
        entered_by_id=entered_by.id if entered_by else None,
    )
    db.session.add(enquiry)
    db.session.flush()
    _record(Action.ENQUIRY_MADE, enquiry, by=entered_by, at=at)
    return enquiry


def keep_interview(enquiry: Enquiry, *, on: dt.date, notes: str, kept_by: Membership, at: dt.datetime) -> None:
    """Keep when somebody was interviewed, and what was noted. Raises EnquiryEnded, StepInTheFuture or WordsTooLong."""
    _require_open(enquiry)
    notes = _short(notes, "notes", LONGEST_NOTES)
    enquiry.interviewed_on = _past(enquiry, "interviewed_on", on, at)
    enquiry.interviewed_by_id, enquiry.notes = kept_by.id, notes
    _touch(enquiry, Action.INTERVIEW_KEPT, by=kept_by, at=at)


def keep_steps(
    enquiry: Enquiry, *, orientation_on: dt.date | None, agreed_on: dt.date | None, kept_by: Membership, at: dt.datetime
) -> None:
    """Keep when somebody was shown around, and when they agreed to what the bank asks newcomers to agree to.

    Raises EnquiryEnded or StepInTheFuture.
    """
    _require_open(enquiry)
    enquiry.orientation_on = _past(enquiry, "orientation_on", orientation_on, at)
    if agreed_on != enquiry.agreed_on:
        # To what was asked for then: it may have been changed since.
        enquiry.agreement_of_on = enquiry.bank.agreement_changed_on if agreed_on else None
    enquiry.agreed_on = _past(enquiry, "agreed_on", agreed_on, at)
    _touch(enquiry, Action.ENQUIRY_CHANGED, by=kept_by, at=at)


def add_referee(
    enquiry: Enquiry, *, name: str, email: str, phone: str, added_by: Membership, at: dt.datetime
) -> Referee:
    """Return somebody who can be asked about whoever wants to join.

    Raises EnquiryEnded, EnquirersNameNeeded, members.EmailUnfit, WayBackNeeded or WordsTooLong.
    """
    _require_open(enquiry)
    name, email, phone = " ".join(name.split()), members.checked_email(email), " ".join(phone.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise EnquirersNameNeeded(longest=LONGEST_NAME)
    if not email and not phone:
        raise WayBackNeeded()
    referee = Referee(
        bank_id=enquiry.bank_id,
        enquiry=enquiry,
        reference=new_reference(),
        name=name,
        email=email,
        phone=_short(phone, "phone", LONGEST_PHONE),
        named_at=at,
    )
    db.session.add(referee)
    _touch(enquiry, Action.ENQUIRY_CHANGED, by=added_by, at=at)
    return referee


def ask_referee(referee: Referee, *, asked_by: Membership, at: dt.datetime) -> None:
    """Let a link be mailed to a referee; the one before it works no more.

    Raises EnquiryEnded, AnsweredAlready, RefereeHasNoAddress or AskedOftenEnough.
    """
    enquiry = referee.enquiry
    _require_open(enquiry)
    if referee.answered_at is not None:
        raise AnsweredAlready()
    if not referee.email:
        raise RefereeHasNoAddress()
    if referee.links >= MOST_LINKS:
        raise AskedOftenEnough(times=MOST_LINKS)
    referee.links, referee.asked_at = (referee.links or 0) + 1, at
    referee.secret_hash = hash_of(secret_for(referee))
    about = f"{referee.reference}:{referee.links}"
    queue_mail(enquiry.bank, asked_by, kind=KIND, about=about, key=f"{KIND}:{about}", at=at)
    _touch(enquiry, Action.REFEREE_ASKED, by=asked_by, at=at)


def secret_for(referee: Referee) -> str:
    """Return the secret part of the referee's last link, which is kept nowhere."""
    return secret_of(f"referee {referee.links}", referee.reference)


def referee_behind(secret: str, *, at: dt.datetime) -> Referee:
    """Return the referee whose link this is, as long as it works. Raises LinkIsOver."""
    referee = queries.referee_with_hash(hash_of(secret))
    if referee is None or not is_good(referee, at=at):
        raise LinkIsOver(days=VALID_DAYS)
    return referee


def has_answered(secret: str) -> bool:
    """Return whether whoever this link was mailed to has answered, so that the same form sent twice says thank you."""
    referee = queries.referee_with_hash(hash_of(secret))
    return referee is not None and referee.answered_at is not None and referee.taken_by_id is None


def is_good(referee: Referee, *, at: dt.datetime) -> bool:
    """Return whether the referee's last link works: not answered, not too old, and the answer still of use."""
    return (
        referee.answered_at is None
        and referee.asked_at is not None
        and at - referee.asked_at < dt.timedelta(days=VALID_DAYS)
        and referee.enquiry.is_open
    )


def answer(referee: Referee, *, answer: str, in_confidence: bool, taken_by: Membership | None, at: dt.datetime) -> None:
    """Keep what a referee says: themselves, or on the telephone to `taken_by`. It is not changed any more.

    Raises EnquiryEnded, AnsweredAlready or AnswerNeeded.
    """
    _require_open(referee.enquiry)
    if referee.answered_at is not None:
        raise AnsweredAlready()
    answer = answer.strip()
    if not 1 <= len(answer) <= LONGEST_ANSWER:
        raise AnswerNeeded(longest=f"{LONGEST_ANSWER:,}")
    referee.answer, referee.in_confidence, referee.answered_at = answer, in_confidence, at
    referee.taken_by_id = taken_by.id if taken_by else None
    _touch(referee.enquiry, Action.REFERENCE_GIVEN, by=taken_by, at=at)


def missing(enquiry: Enquiry) -> list[Any]:
    """Return what is still missing before somebody is taken in without limits, each in words. A DBS check never is."""
    answered = sum(referee.answered_at is not None for referee in enquiry.referees)
    lacking = (
        (enquiry.interviewed_on is None, _l("an interview")),
        (answered < REFERENCES_NEEDED, _l("two references")),
        (enquiry.orientation_on is None, _l("an orientation")),
        (bool(enquiry.bank.agreement) and enquiry.agreed_on is None, _l("their agreement")),
    )
    return [what for is_lacking, what in lacking if is_lacking]


def take_in(enquiry: Enquiry, *, with_limits: bool, taken_in_by: Membership, at: dt.datetime) -> Membership:
    """Return the member that whoever enquired has become; what was written down about it stays with it.

    Raises EnquiryEnded, NotReadyWithoutLimits, or what members.add_member() raises.
    """
    _require_open(enquiry)
    still = missing(enquiry)
    if still and not with_limits:
        raise NotReadyWithoutLimits(missing=", ".join(str(what) for what in still))
    bank = enquiry.bank
    member = members.add_member(
        bank,
        name=enquiry.name,
        email=enquiry.email,
        phone=enquiry.phone,
        capacity=Capacity.NOT_STATED,
        joined_on=bank.day_of(at),
        added_by=taken_in_by,
        at=at,
    )
    if with_limits:
        clearing.set_limits(member, limited=True, set_by=taken_in_by, at=at)
    enquiry.membership = member
    _touch(enquiry, Action.ENQUIRY_TAKEN_IN, by=taken_in_by, at=at)
    return member


def end(enquiry: Enquiry, *, ended_by: Membership, at: dt.datetime) -> None:
    """End an enquiry that comes to nothing; it is kept for as many days as the bank says. Raises EnquiryEnded."""
    _require_open(enquiry)
    enquiry.ended_at = at
    for referee in enquiry.referees:
        referee.secret_hash = None
    _touch(enquiry, Action.ENQUIRY_ENDED, by=ended_by, at=at)


def erase_now(enquiry: Enquiry, *, erased_by: Membership, at: dt.datetime) -> None:
    """Take an enquiry away at once, because whoever enquired asks for it. Raises EnquiryEnded for a membership."""
    if enquiry.membership_id is not None:
        raise EnquiryEnded()
    _record(Action.ENQUIRY_ERASED, enquiry, by=erased_by, at=at)
    forget([enquiry.id])


def forget_what_came_to_nothing(bank: Bank, before: dt.datetime) -> int:
    """Take away the enquiries that came to nothing, about which nothing was done since then. Returns how many."""
    return forget(queries.ids_that_came_to_nothing(bank, before))


def forget(enquiry_ids: list[int]) -> int:
    """Take these enquiries away with their referees, and return how many there were."""
    for table, column in ((Referee, Referee.enquiry_id), (Enquiry, Enquiry.id)):
        result = db.session.execute(delete(table).where(column.in_(enquiry_ids)))
    return int(cast(CursorResult[Any], result).rowcount)


def record_reading(enquiry: Enquiry, *, reader: Membership, at: dt.datetime) -> None:
    """Write down that somebody read the notes of an interview and what referees said."""
    _record(Action.INTERVIEW_READ, enquiry, by=reader, at=at)


def _require_open(enquiry: Enquiry) -> None:
    if not enquiry.is_open:
        raise EnquiryEnded()


def _past(enquiry: Enquiry, field: str, day: dt.date | None, at: dt.datetime) -> dt.date | None:
    if day is not None and day > enquiry.bank.day_of(at):
        broken = StepInTheFuture()
        broken.field = field
        raise broken
    return day


def _short(text: str, field: str, longest: int) -> str:
    text = text.strip()
    if len(text) > longest:
        broken = WordsTooLong(longest=f"{longest:,}")
        broken.field = field
        raise broken
    return text


def _touch(enquiry: Enquiry, action: Action, *, by: Membership | None, at: dt.datetime) -> None:
    enquiry.touched_at = at
    db.session.flush()
    _record(action, enquiry, by=by, at=at)


def _record(action: Action, enquiry: Enquiry, *, by: Membership | None, at: dt.datetime) -> None:
    # From where somebody wrote who is no member is nobody's business: there is nothing that would take it away again.
    before = origin.get()
    token = origin.set(before if by else Origin(FROM_OUTSIDE, before.request_reference))
    try:
        _write_down(action, enquiry, by=by, at=at)
    finally:
        origin.reset(token)


def _write_down(action: Action, enquiry: Enquiry, *, by: Membership | None, at: dt.datetime) -> None:
    audit.record(
        action,
        bank_id=enquiry.bank_id,
        by=by.id if by else None,
        on_what="enquiry",
        reference=enquiry.reference,
        at=at,
    )
