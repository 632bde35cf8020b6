"""What is asked of the ledger and the exchanges for evidence: what is posted counts, not what is claimed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from sqlalchemy import Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from timebank.banks.models import Bank
from timebank.evidence.circulation import Credit
from timebank.evidence.given import Confirmed, Hours
from timebank.evidence.lapse import Life
from timebank.exchanges.models import Answer, AnsweredBy, Exchange, Party, Side, Status
from timebank.extensions import db
from timebank.ledger.models import Account, AccountKind, Balance, Book, Entry, Transfer, TransferKind
from timebank.members.models import Capacity, Membership

_ROWS_AT_ONCE = 2000
_PEOPLE_AT_ONCE = 200
_RECEIVING_AS_ONE_WHO_USES_IT = (Side.RECEIVER, Capacity.SERVICE_USER)
_FOR_HELP = (TransferKind.EXCHANGE, TransferKind.HISTORY)

_Giver, _Receiver = aliased(Party, name="giving"), aliased(Party, name="receiving")
_Reversal = aliased(Transfer, name="reversal")


def hours_given(bank: Bank, *, start: dt.date, end: dt.date) -> Iterator[Hours]:
    """Yield the hours of the days from `start` up to, and without, `end`, added up by all that sets them apart.

    Each is of one giver, one receiver and one month. A class of five for one hour is five of them, each with a fifth
    of the giver's hour and a whole hour received.
    """
    kinds = kinds_of_accounts(bank)
    people = {account_id for account_id, kind in kinds.items() if kind == AccountKind.MEMBER}
    # The community account is the neighbourhood, whatever was written down for it.
    pots = {account_id: Capacity.NEIGHBOUR.value for account_id, kind in kinds.items() if kind == AccountKind.COMMUNITY}
    rows = db.session.execute(_grouped(bank, start, end), execution_options={"yield_per": _ROWS_AT_ONCE})
    for giver, receiver, gave_as, received_as, year, month, *kind, late, confirmed, learners, minutes in rows:
        service, stage, book, paid, mandated, consultation = kind
        yield Hours(
            giver=giver,
            receiver=receiver,
            giver_capacity=pots.get(giver, gave_as),
            receiver_capacity=pots.get(receiver, received_as),
            minutes=int(minutes) if learners == 1 else Fraction(int(minutes), learners),
            received_minutes=int(minutes),
            day=dt.date(int(year), int(month), 1),
            service=service,
            stage=stage,
            is_credit=book == Book.CREDIT,
            paid=paid,
            mandated=mandated,
            consultation=consultation,
            late=bool(late),
            confirmed=_CONFIRMED[confirmed],
            giver_is_person=giver in people,
            receiver_is_person=receiver in people,
        )


_CONFIRMED = (Confirmed.BY_BOTH, Confirmed.BY_COORDINATOR, Confirmed.BY_NEITHER)


def _grouped(bank: Bank, start: dt.date, end: dt.date) -> Select[Any]:
    """Return the query for minutes by giver, receiver, month and everything else that a measure asks about."""
    learners = (
        select(Party.exchange_id, func.count().label("learners"))
        .where(Party.bank_id == bank.id, Party.side == Side.RECEIVER)
        .group_by(Party.exchange_id)
        .having(func.count() > 1)
        .subquery()
    )
    size = func.coalesce(learners.c.learners, 1)
    by = (
        _Giver.account_id.label("giver"),
        _Receiver.account_id.label("receiver"),
        _Giver.capacity.label("giver_capacity"),
        _Receiver.capacity.label("receiver_capacity"),
        func.extract("year", Exchange.happened_on).label("year"),
        func.extract("month", Exchange.happened_on).label("month"),
        Exchange.service_area,
        Exchange.stage,
        Exchange.book,
        Exchange.paid,
        Exchange.mandated,
        Exchange.consultation,
        case((Transfer.effective_on > Transfer.happened_on, 1), else_=0).label("late"),
        _how_confirmed().label("confirmed"),
        size.label("learners"),
    )
    return (
        _posted(bank, select(*by, func.sum(Transfer.minutes).label("minutes")))
        .outerjoin(learners, learners.c.exchange_id == Exchange.id)
        .where(
            # In a class only one learner's hour goes to the giver; the others' go to the community account.
            or_(Transfer.to_account_id == _Giver.account_id, size > 1),
            Exchange.happened_on >= start,
            Exchange.happened_on < end,
        )
        .group_by(*by)
        .order_by(_Giver.account_id, _Receiver.account_id)
    )


def _posted(bank: Bank, query: Any) -> Select[Any]:
    """Return the query over what was posted for exchanges and not reversed: giver, receiver, exchange, transfer."""
    return (
        query.select_from(Exchange)
        .join(_Giver, and_(_Giver.exchange_id == Exchange.id, _Giver.side == Side.GIVER))
        .join(_Receiver, and_(_Receiver.exchange_id == Exchange.id, _Receiver.side == Side.RECEIVER))
        .join(
            Transfer,
            and_(
                Transfer.bank_id == Exchange.bank_id,
                Transfer.linked_by == Exchange.reference,
                Transfer.from_account_id == _Receiver.account_id,
                Transfer.kind.in_(_FOR_HELP),
            ),
        )
        .where(
            Exchange.bank_id == bank.id,
            Exchange.status == Status.APPROVED,
            ~exists().where(_Reversal.reverses_id == Transfer.id),
        )
    )


def _how_confirmed() -> Any:
    """Return 0 where both said so themselves, 1 where a coordinator said so for one of them, 2 where one did not."""
    answers = (_Giver, _Receiver)
    said = and_(*(party.answer == Answer.CONFIRMED for party in answers))
    by_rule = or_(*(party.answered_how == AnsweredBy.RULE for party in answers))
    by_coordinator = or_(*(party.answered_how == AnsweredBy.COORDINATOR for party in answers))
    return case((~said, 2), (by_rule, 2), (by_coordinator, 1), else_=0)


def state_of(bank: Bank) -> tuple[object, ...]:
    """Return what changes whenever something is posted in the bank, or somebody joins: its figures follow from these.

    What somebody took part as, and how it was confirmed, stands when it is posted.
    """
    last = db.session.execute(
        select(Transfer.id, Transfer.key).where(Transfer.bank_id == bank.id).order_by(Transfer.id.desc()).limit(1)
    ).first()
    entries = select(func.sum(Balance.entries)).where(Balance.bank_id == bank.id).scalar_subquery()
    members = select(func.count()).where(Membership.bank_id == bank.id).scalar_subquery()
    return (*(last or ()), *db.session.execute(select(entries, members)).one())


def kinds_of_accounts(bank: Bank) -> dict[int, str]:
    """Return {account id: kind} of every account of the bank."""
    rows = db.session.execute(select(Account.id, Account.kind).where(Account.bank_id == bank.id))
    return {row.id: row.kind for row in rows}


def lives(bank: Bank, *, start: dt.date, end: dt.date) -> list[Life]:
    """Return when each member of the bank took part, up to and without `end`."""
    before = start - (end - start)
    day = Exchange.happened_on
    query = (
        _taking_part(
            bank,
            end,
            select(
                Party.account_id,
                Party.side,
                Party.capacity,
                func.min(day).label("first_on"),
                func.max(case((day >= start, 1), else_=0)).label("now"),
                func.max(case((and_(day >= before, day < start), 1), else_=0)).label("just_before"),
            ),
        )
    ).group_by(Party.account_id, Party.side, Party.capacity)
    parts: dict[int, list[Any]] = {}
    for row in db.session.execute(query):
        parts.setdefault(row.account_id, []).append(row)
    began = _began_by_receiving(bank, parts, start=start, end=end)
    joined = db.session.execute(
        select(Membership.account_id, Membership.joined_on).where(Membership.bank_id == bank.id)
    )
    return [
        _life(parts[account_id], joined_on, start, began=account_id in began)
        for account_id, joined_on in sorted(joined.all())
        if account_id in parts
    ]


def _taking_part(bank: Bank, end: dt.date, query: Any) -> Any:
    """Return the query over everybody's part in every approved exchange up to and without that day."""
    return (
        query.select_from(Exchange)
        .join(Party, Party.exchange_id == Exchange.id)
        .where(Exchange.bank_id == bank.id, Exchange.status == Status.APPROVED, Exchange.happened_on < end)
    )


def _life(parts: list[Any], joined_on: dt.date, start: dt.date, *, began: bool) -> Life:
    gave, received = (
        min((row.first_on for row in parts if row.side == side), default=None) for side in (Side.GIVER, Side.RECEIVER)
    )
    return Life(
        first_gave_on=gave,
        first_received_on=received,
        was_active_just_before=any(row.just_before for row in parts),
        was_ever_active_before=any(row.first_on < start for row in parts),
        is_active=any(row.now for row in parts),
        began_by_receiving_as_one_who_uses_it=began,
        joined_on=joined_on,
    )


def _began_by_receiving(bank: Bank, parts: dict[int, list[Any]], *, start: dt.date, end: dt.date) -> set[int]:
    """Return the accounts whose first exchange lies in the period and was receiving, as somebody who uses the service.

    Of several exchanges on one day the one that was logged first is the first.
    """
    began, unsure = set(), []
    for account_id, rows in parts.items():
        first_on = min(row.first_on for row in rows)
        first = [row for row in rows if row.first_on == first_on]
        if first_on < start:
            continue
        if len(first) > 1:
            unsure.append((account_id, first_on))
        elif (first[0].side, first[0].capacity) == _RECEIVING_AS_ONE_WHO_USES_IT:
            began.add(account_id)
    for begin in range(0, len(unsure), _PEOPLE_AT_ONCE):
        some = dict(unsure[begin : begin + _PEOPLE_AT_ONCE])
        query = _taking_part(
            bank, end, select(Party.account_id, Exchange.happened_on, Party.side, Party.capacity)
        ).where(Party.account_id.in_(some), Exchange.happened_on.in_(set(some.values())))
        seen: dict[int, bool] = {}
        for account_id, day, side, capacity in db.session.execute(query.order_by(Exchange.id)):
            if some[account_id] == day:
                seen.setdefault(account_id, (side, capacity) == _RECEIVING_AS_ONE_WHO_USES_IT)
        began |= {account_id for account_id, is_so in seen.items() if is_so}
    return began


def credit_held(bank: Bank, *, start: dt.date, end: dt.date) -> Credit:
    """Return what every account of the bank holds in credit, by the day that it counts, and how it moves."""
    own = select(Balance.account_id).where(Balance.bank_id == bank.id, Balance.book == Book.CREDIT)
    base = (Entry.account_id.in_(own), Entry.book == Book.CREDIT)
    opening = db.session.execute(
        select(Entry.account_id, func.sum(Entry.minutes))
        .where(*base, Entry.effective_on < start)
        .group_by(Entry.account_id)
    )
    moves = db.session.execute(
        select(Entry.account_id, Entry.effective_on, func.sum(Entry.minutes))
        .where(*base, Entry.effective_on >= start, Entry.effective_on < end)
        .group_by(Entry.account_id, Entry.effective_on)
    )
    return Credit(
        {account_id: int(minutes) for account_id, minutes in opening},
        [(account_id, day, int(minutes)) for account_id, day, minutes in moves],
    )


def count_exchanges(bank: Bank, *, start: dt.date, end: dt.date) -> tuple[int, int]:
    """Return how many exchanges of these days are approved, and how many were and are reversed."""
    rows = db.session.execute(
        select(Exchange.status, func.count().label("exchanges"))
        .where(
            Exchange.bank_id == bank.id,
            Exchange.status.in_((Status.APPROVED, Status.REVERSED)),
            Exchange.happened_on >= start,
            Exchange.happened_on < end,
        )
        .group_by(Exchange.status)
    )
    counts = {row.status: row.exchanges for row in rows}
    return counts.get(Status.APPROVED, 0), counts.get(Status.REVERSED, 0)
