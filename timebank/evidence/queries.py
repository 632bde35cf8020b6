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
from timebank.members.models import Membership

_ROWS_AT_ONCE = 2000
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
    rows = db.session.execute(_grouped(bank, start, end), execution_options={"yield_per": _ROWS_AT_ONCE})
    for row in rows:
        minutes = int(row.minutes)
        yield Hours(
            giver=row.giver,
            receiver=row.receiver,
            giver_capacity=row.giver_capacity,
            receiver_capacity=row.receiver_capacity,
            minutes=minutes if row.learners == 1 else Fraction(minutes, row.learners),
            received_minutes=minutes,
            day=dt.date(int(row.year), int(row.month), 1),
            service=row.service_area,
            stage=row.stage,
            is_credit=row.book == Book.CREDIT,
            paid=row.paid,
            mandated=row.mandated,
            consultation=row.consultation,
            late=bool(row.late),
            confirmed=_CONFIRMED[row.confirmed],
            giver_is_person=row.giver in people,
            receiver_is_person=row.receiver in people,
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


def kinds_of_accounts(bank: Bank) -> dict[int, str]:
    """Return {account id: kind} of every account of the bank."""
    rows = db.session.execute(select(Account.id, Account.kind).where(Account.bank_id == bank.id))
    return {row.id: row.kind for row in rows}


def lives(bank: Bank, *, start: dt.date, end: dt.date) -> list[Life]:
    """Return when each member of the bank took part, up to and without `end`."""
    before = start - (end - start)
    firsts: dict[int, dict[str, Any]] = {}
    for side, party in ((Side.GIVER, _Giver), (Side.RECEIVER, _Receiver)):
        day = Exchange.happened_on
        query = _posted(
            bank,
            select(
                party.account_id,
                func.min(day).label("first_on"),
                func.max(case((day >= start, 1), else_=0)).label("now"),
                func.max(case((and_(day >= before, day < start), 1), else_=0)).label("just_before"),
            ),
        )
        for row in db.session.execute(query.where(day < end).group_by(party.account_id)):
            firsts.setdefault(row.account_id, {})[side] = row
    first_capacity = _first_received(bank, end)
    joined = db.session.execute(
        select(Membership.account_id, Membership.joined_on).where(Membership.bank_id == bank.id)
    )
    return [
        _life(firsts[account_id], joined_on, first_capacity.get(account_id), start)
        for account_id, joined_on in sorted(joined.all())
        if account_id in firsts
    ]


def _life(sides: dict[str, Any], joined_on: dt.date, first: tuple[str, bool] | None, start: dt.date) -> Life:
    gave, received = sides.get(Side.GIVER), sides.get(Side.RECEIVER)
    rows = [row for row in (gave, received) if row is not None]
    return Life(
        first_gave_on=gave.first_on if gave else None,
        first_received_on=received.first_on if received else None,
        was_active_just_before=any(row.just_before for row in rows),
        was_ever_active_before=any(row.first_on < start for row in rows),
        is_active=any(row.now for row in rows),
        began_by_receiving_as_one_who_uses_it=first == ("service_user", True),
        joined_on=joined_on,
    )


def _first_received(bank: Bank, end: dt.date) -> dict[int, tuple[str, bool]]:
    """Return {account: (capacity in its first exchange, whether it received there)}.

    Of several exchanges on one day the one that was logged first is the first.
    """
    mine = aliased(Party, name="mine")
    place = func.row_number().over(partition_by=mine.account_id, order_by=(Exchange.happened_on, Exchange.id))
    ranked = (
        select(mine.account_id, mine.capacity, mine.side, place.label("place"))
        .select_from(Exchange)
        .join(mine, mine.exchange_id == Exchange.id)
        .where(Exchange.bank_id == bank.id, Exchange.status == Status.APPROVED, Exchange.happened_on < end)
        .subquery()
    )
    rows = db.session.execute(select(ranked).where(ranked.c.place == 1))
    return {row.account_id: (row.capacity, row.side == Side.RECEIVER) for row in rows}


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
