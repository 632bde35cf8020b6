"""Queue mail once, and write down what becomes of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from flask_babel import lazy_gettext as _l
from sqlalchemy import CursorResult, Update, update
from sqlalchemy.dialects import postgresql, sqlite

from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.banks.models import Bank
from timebank.columns import new_reference
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.mail import queries
from timebank.mail.models import LONGEST_PROBLEM, MailState, OutgoingMail
from timebank.members.models import Membership

# After each attempt that failed for now, longer: in about five days whoever is ill at the other end is well again.
PAUSES_MINUTES = (1, 5, 15, 60, 3 * 60, 6 * 60, 12 * 60, 24 * 60, 24 * 60, 48 * 60)
MOST_ATTEMPTS = len(PAUSES_MINUTES) + 1

CAN_BE_SENT_AGAIN = (MailState.FAILED, MailState.BOUNCED, MailState.DROPPED)


class NotToBeSentAgain(RuleBroken):
    """What is on its way, or has arrived as far as anybody knows, is not sent once more."""

    message = _l("Only mail that could not be delivered can be sent again")


@dataclass(frozen=True)
class MailDraft:
    """A piece of mail to be queued: to whom, about what, and the key under which it is queued once."""

    membership_id: int
    key: str
    about: str = ""


def queue_mail(
    bank: Bank, membership: Membership, *, kind: str, about: str, key: str, at: dt.datetime
) -> OutgoingMail | None:
    """Queue a piece of mail to a member and return it, or None where one was queued under this key before."""
    draft = MailDraft(membership_id=membership.id, key=key, about=about)
    return queries.mail_with_key(bank, key) if queue_mails(bank, [draft], kind=kind, at=at) else None


def queue_mails(bank: Bank, drafts: Sequence[MailDraft], *, kind: str, at: dt.datetime) -> int:
    """Queue mail to many at once, and return how many were new: a key of the bank is taken once."""
    if not drafts:
        return 0
    rows = [
        {
            "bank_id": bank.id,
            "membership_id": draft.membership_id,
            "reference": new_reference(),
            "key": draft.key,
            "kind": kind,
            "about": draft.about,
            "state": MailState.WAITING,
            "attempts": 0,
            "next_attempt_at": at,
            "problem": "",
            "created_at": at,
        }
        for draft in drafts
    ]
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    mail = OutgoingMail.__table__
    queued = insert(mail).on_conflict_do_nothing(index_elements=["bank_id", "key"])  # type: ignore[arg-type]
    return len(db.session.execute(queued.returning(mail.c.id), rows).all())


@dataclass(frozen=True)
class Claimed:
    """A piece of mail that one worker has taken on until a moment, after which another may take it."""

    id: int
    until: dt.datetime
    attempts: int
    was_sending: bool


def claim_next(*, at: dt.datetime, until: dt.datetime) -> Claimed | None:
    """Take on the mail that has been due for longest, so that no other worker takes it before `until`."""
    mail = queries.next_due(at)
    if mail is None:
        return None
    mail.next_attempt_at = until
    db.session.flush()
    return Claimed(id=mail.id, until=until, attempts=mail.attempts, was_sending=mail.state == MailState.SENDING)


def begin_sending(claimed: Claimed, *, until: dt.datetime) -> Claimed | None:
    """Write down that the mail may arrive from now on. Returns None where it is not this worker's any more.

    Whoever claims later claims until later, so that the moment tells whose it is.
    """
    begun = _still(claimed).values(state=MailState.SENDING, next_attempt_at=until)
    return replace(claimed, until=until) if _count(db.session.execute(begun)) else None


def record_sent(claimed: Claimed, *, at: dt.datetime) -> None:
    """Write down that the server took the mail, whoever else may have thought meanwhile that it was theirs."""
    taken = _on_its_way(claimed).values(state=MailState.SENT, sent_at=at, problem="", attempts=claimed.attempts + 1)
    db.session.execute(taken)


def put_off(claimed: Claimed, *, problem: str, at: dt.datetime) -> bool:
    """Leave the mail for a later attempt, after a pause that grows. Returns False where that was the last."""
    attempts = claimed.attempts + 1
    kept: dict[str, Any] = {"attempts": attempts, "problem": _short(problem)}
    if attempts >= MOST_ATTEMPTS:
        db.session.execute(_still(claimed).values(state=MailState.FAILED, **kept))
        return False
    later = at + dt.timedelta(minutes=PAUSES_MINUTES[attempts - 1])
    db.session.execute(_still(claimed).values(next_attempt_at=later, **kept))
    return True


def record_failed(claimed: Claimed, *, problem: str) -> None:
    """Write down that the mail will not be taken, in the server's words."""
    failed = _still(claimed).values(state=MailState.FAILED, problem=_short(problem), attempts=claimed.attempts + 1)
    db.session.execute(failed)


def drop(claimed: Claimed, *, reason: str) -> None:
    """Write down that there is nothing to send, and why."""
    db.session.execute(_still(claimed).values(state=MailState.DROPPED, problem=_short(reason)))


def drop_all_to(member: Membership, *, reason: str) -> int:
    """Write down that nothing that waits for the member is sent, and why. Returns how many pieces there were."""
    waiting = update(OutgoingMail).where(
        OutgoingMail.membership_id == member.id, OutgoingMail.state == MailState.WAITING
    )
    dropped = waiting.values(state=MailState.DROPPED, problem=_short(reason))
    return _count(db.session.execute(dropped.execution_options(synchronize_session=False)))


def record_bounce(mail: OutgoingMail, *, problem: str, at: dt.datetime) -> bool:
    """Write down that mail came back after it was sent. Returns False, and changes nothing, where it was not sent."""
    if mail.state not in (MailState.SENT, MailState.SENDING):
        return False
    mail.state, mail.problem = MailState.BOUNCED, _short(problem)
    _record(Action.MAIL_BOUNCED, mail, by=None, at=at)
    return True


def send_again(mail: OutgoingMail, *, by: Membership | None, at: dt.datetime) -> None:
    """Let mail that could not be delivered wait to be sent once more. Raises NotToBeSentAgain."""
    db.session.refresh(mail, with_for_update=True)
    if mail.state not in CAN_BE_SENT_AGAIN:
        raise NotToBeSentAgain()
    mail.state, mail.problem, mail.attempts = MailState.WAITING, "", 0
    mail.next_attempt_at, mail.sent_at = at, None
    _record(Action.MAIL_SENT_AGAIN, mail, by=by, at=at)


def _record(action: Action, mail: OutgoingMail, *, by: Membership | None, at: dt.datetime) -> None:
    audit.record(
        action, bank_id=mail.bank_id, by=by.id if by else None, on_what=mail.kind, reference=mail.reference, at=at
    )


def _still(claimed: Claimed) -> Update:
    """Change the mail only while it is this worker's."""
    return _on_its_way(claimed).where(OutgoingMail.next_attempt_at == claimed.until)


def _on_its_way(claimed: Claimed) -> Update:
    on_its_way = update(OutgoingMail).where(OutgoingMail.id == claimed.id, OutgoingMail.state.in_(queries.ON_ITS_WAY))
    return on_its_way.execution_options(synchronize_session=False)


def _count(result: Any) -> int:
    return int(cast(CursorResult[Any], result).rowcount)


def _short(problem: str) -> str:
    return problem if len(problem) <= LONGEST_PROBLEM else problem[: LONGEST_PROBLEM - 1] + "…"
