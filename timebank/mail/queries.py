"""What can be asked about mail."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import Row, func, select

from timebank.banks.models import Bank
from timebank.errors import NotFound
from timebank.extensions import db
from timebank.mail.models import MailState, OutgoingMail

# In these a piece of mail has yet to go: it waits, or somebody began to send it and it is not known how that ended.
ON_ITS_WAY = (MailState.SENDING, MailState.WAITING)


def mail_with_id(mail_id: int) -> OutgoingMail | None:
    """Return the mail of that id."""
    return db.session.get(OutgoingMail, mail_id)


def mail_with_key(bank: Bank, key: str) -> OutgoingMail | None:
    """Return the bank's mail that was queued under this key."""
    return db.session.scalar(select(OutgoingMail).where(OutgoingMail.bank_id == bank.id, OutgoingMail.key == key))


def mail_with_reference(bank: Bank, reference: str, *, for_update: bool = False) -> OutgoingMail:
    """Return the bank's mail of that reference, if asked with its row locked. Raises NotFound."""
    query = select(OutgoingMail).where(OutgoingMail.bank_id == bank.id, OutgoingMail.reference == reference)
    if for_update:
        query = query.with_for_update(of=OutgoingMail).execution_options(populate_existing=True)
    mail = db.session.scalar(query)
    if mail is None:
        raise NotFound()
    return mail


def any_mail_with_reference(reference: str) -> OutgoingMail | None:
    """Return the mail of that reference, of whichever bank, and lock it."""
    query = select(OutgoingMail).where(OutgoingMail.reference == reference)
    return db.session.scalar(query.with_for_update(of=OutgoingMail))


def next_due(at: dt.datetime) -> OutgoingMail | None:
    """Return the mail that has been due for longest and that nobody else is just taking, with its row locked."""
    for state in ON_ITS_WAY:
        # One state at a time, so that the index has the order, and thousands that wait are not sorted for each one.
        mail = db.session.scalars(
            select(OutgoingMail)
            .where(OutgoingMail.state == state, OutgoingMail.next_attempt_at <= at)
            .order_by(OutgoingMail.next_attempt_at)
            .limit(1)
            .with_for_update(of=OutgoingMail, skip_locked=True)
        ).first()
        if mail is not None:
            return mail
    return None


def count_due(at: dt.datetime) -> int:
    """Return how many pieces of mail are due to be sent."""
    query = select(func.count(OutgoingMail.id)).where(
        OutgoingMail.state.in_(ON_ITS_WAY), OutgoingMail.next_attempt_at <= at
    )
    return db.session.scalars(query).one()


def is_any_due(at: dt.datetime) -> bool:
    """Return whether there is anything to send."""
    query = select(OutgoingMail.id).where(OutgoingMail.state.in_(ON_ITS_WAY), OutgoingMail.next_attempt_at <= at)
    return db.session.scalars(query.limit(1)).first() is not None


def counts_by_kind(bank: Bank) -> dict[str, dict[MailState, int]]:
    """Return {kind: {state: how many}} for the bank's mail."""
    counts: dict[str, dict[MailState, int]] = defaultdict(dict)
    rows = db.session.execute(
        select(OutgoingMail.kind, OutgoingMail.state, func.count())
        .where(OutgoingMail.bank_id == bank.id)
        .group_by(OutgoingMail.kind, OutgoingMail.state)
        .order_by(OutgoingMail.kind)
    )
    for kind, state, count in rows:
        counts[kind][MailState(state)] = count
    return dict(counts)


def problems_of(bank: Bank) -> Sequence[Row[str, str, str, int]]:
    """Return (kind, state, problem, how many pieces of mail have it) of the bank, the most frequent first."""
    query = (
        select(OutgoingMail.kind, OutgoingMail.state, OutgoingMail.problem, func.count())
        .where(OutgoingMail.bank_id == bank.id, OutgoingMail.problem != "", OutgoingMail.state != MailState.SENT)
        .group_by(OutgoingMail.kind, OutgoingMail.state, OutgoingMail.problem)
        .order_by(func.count().desc(), OutgoingMail.problem)
    )
    return db.session.execute(query.limit(20)).all()


def mails_about(bank: Bank, kind: str, abouts: Iterable[str]) -> dict[str, list[OutgoingMail]]:
    """Return {what it is about: its pieces of mail, in the order in which they were queued}."""
    found: dict[str, list[OutgoingMail]] = defaultdict(list)
    query = select(OutgoingMail).where(
        OutgoingMail.kind == kind, OutgoingMail.about.in_(set(abouts)), OutgoingMail.bank_id == bank.id
    )
    for mail in db.session.scalars(query.order_by(OutgoingMail.id)):
        found[mail.about].append(mail)
    return dict(found)
