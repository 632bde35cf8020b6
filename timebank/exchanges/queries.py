"""What can be asked about exchanges."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from sqlalchemy import Row, Select, and_, case, func, or_, select, union
from sqlalchemy.orm import aliased

from timebank.banks.models import Bank
from timebank.errors import NotFound
from timebank.exchanges.models import (
    OPEN,
    Answer,
    Exchange,
    ExchangeStep,
    Party,
    Side,
    Status,
    Step,
)
from timebank.extensions import db
from timebank.ledger.models import Account
from timebank.ledger.months import Month
from timebank.members.models import Membership
from timebank.members.permissions import Permission, roles_that_may
from timebank.members.queries import TAKES_PART
from timebank.organisations.models import Organisation

# The exchanges that each transaction has locked, and read after it had. A savepoint's are not noted: they may be let go
# before the transaction ends.
_locked_in: WeakKeyDictionary[object, set[int]] = WeakKeyDictionary()


def exchange_with_reference(bank: Bank, reference: str, *, for_update: bool = False) -> Exchange:
    """Return the bank's exchange of that reference, if asked as it is now and with its row locked. Raises NotFound."""
    query = select(Exchange).where(Exchange.bank_id == bank.id, Exchange.reference == reference)
    if for_update:
        query = query.with_for_update(of=Exchange).execution_options(populate_existing=True)
    exchange = db.session.scalar(query)
    if exchange is None:
        raise NotFound()
    begun = db.session().get_transaction()
    if for_update and begun is not None and not db.session().in_nested_transaction():
        _locked_in.setdefault(begun, set()).add(exchange.id)
    return exchange


def locked(bank: Bank, exchange: Exchange) -> Exchange:
    """Return the exchange as it is now, with its row locked, so that whoever acts next waits for this transaction.

    Where this transaction locked it before, nobody can have changed it since, and nothing is asked.
    """
    begun = db.session().get_transaction()
    if begun is not None and exchange.id in _locked_in.get(begun, ()):
        return exchange
    return exchange_with_reference(bank, exchange.reference, for_update=True)


def waiting_since(bank: Bank, until: dt.datetime) -> list[Exchange]:
    """Return the exchanges logged up to then that nobody has confirmed, queried or settled, and lock them."""
    return list(
        db.session.scalars(
            select(Exchange)
            .where(Exchange.bank_id == bank.id, Exchange.status == Status.LOGGED, Exchange.logged_at <= until)
            .order_by(Exchange.id)
            .with_for_update(of=Exchange, skip_locked=True)
        )
    )


def steps_of(exchange: Exchange) -> Sequence[ExchangeStep]:
    """Return what happened to the exchange, oldest first."""
    return db.session.scalars(
        select(ExchangeStep).where(ExchangeStep.exchange_id == exchange.id).order_by(ExchangeStep.id)
    ).all()


def is_said_again(exchange: Exchange, step: Step, *, by: Membership, message: str) -> bool:
    """Return whether the last thing that happened to the exchange is that this member said the very same."""
    last = last_step(exchange)
    return last is not None and (last.step, last.by_id, last.message) == (step, by.id, message)


def last_step(exchange: Exchange) -> ExchangeStep | None:
    """Return the last thing that happened to the exchange."""
    return db.session.scalars(
        select(ExchangeStep).where(ExchangeStep.exchange_id == exchange.id).order_by(ExchangeStep.id.desc()).limit(1)
    ).first()


def with_parties_among(bank: Bank, account_ids: list[int]) -> Select[Exchange]:
    """Return the query for the bank's exchanges in which any of the accounts took part."""
    took_part = select(Party.exchange_id).where(Party.account_id.in_(account_ids))
    return select(Exchange).where(Exchange.bank_id == bank.id, Exchange.id.in_(took_part))


def exchanges_of(bank: Bank, account_ids: list[int], *, offset: int, limit: int) -> list[Exchange]:
    """Return one page of the exchanges of these accounts, newest first."""
    query = with_parties_among(bank, account_ids).order_by(Exchange.happened_on.desc(), Exchange.id.desc())
    return list(db.session.scalars(query.offset(offset).limit(limit)))


def count_exchanges_of(bank: Bank, account_ids: list[int]) -> int:
    """Return in how many of the bank's exchanges the accounts took part."""
    query = with_parties_among(bank, account_ids)
    return db.session.scalars(select(func.count()).select_from(query.subquery())).one()


def exchanges_waiting_for(bank: Bank, account_ids: list[int]) -> list[Exchange]:
    """Return the open exchanges that these accounts have yet to confirm, oldest first."""
    waiting = select(Party.exchange_id).where(Party.account_id.in_(account_ids), Party.answer == Answer.WAITING)
    return list(
        db.session.scalars(
            select(Exchange)
            .where(Exchange.bank_id == bank.id, Exchange.status.in_(OPEN), Exchange.id.in_(waiting))
            .order_by(Exchange.happened_on, Exchange.id)
        )
    )


def queried_and_logged_by(bank: Bank, membership: Membership) -> list[Exchange]:
    """Return the exchanges that the member logged and somebody has asked a question about."""
    return list(
        db.session.scalars(
            select(Exchange)
            .where(
                Exchange.bank_id == bank.id,
                Exchange.logged_by_id == membership.id,
                Exchange.status == Status.QUERIED,
            )
            .order_by(Exchange.happened_on, Exchange.id)
        )
    )


def count_waiting_for_others(bank: Bank, membership: Membership) -> int:
    """Return how many exchanges that the member logged wait for somebody else to confirm."""
    query = select(func.count(Exchange.id)).where(
        Exchange.bank_id == bank.id, Exchange.status == Status.LOGGED, Exchange.logged_by_id == membership.id
    )
    return db.session.scalars(query).one()


@dataclass(frozen=True)
class QueueFilter:
    """Which exchanges a coordinator wants to see."""

    status: Status | None = Status.CONFIRMED
    activity_id: int | None = None
    words: str = ""


def _queue(bank: Bank, wanted: QueueFilter) -> Select[Exchange]:
    query = select(Exchange).where(Exchange.bank_id == bank.id)
    if wanted.status is not None:
        query = query.where(Exchange.status == wanted.status)
    if wanted.activity_id is not None:
        query = query.where(Exchange.activity_id == wanted.activity_id)
    for word in wanted.words.split():
        query = query.where(or_(Exchange.id.in_(_exchanges_of_anybody_called(word)), Exchange.external_id == word))
    return query


def _exchanges_of_anybody_called(word: str) -> Select[int]:
    return (
        select(Party.exchange_id)
        .join(Account, Account.id == Party.account_id)
        .outerjoin(Membership, Membership.account_id == Party.account_id)
        .outerjoin(Organisation, Organisation.account_id == Party.account_id)
        .where(
            or_(
                Membership.search_name.contains(word.casefold(), autoescape=True),
                func.lower(Organisation.name).contains(word.lower(), autoescape=True),
                func.lower(Account.number) == word.lower(),
            )
        )
    )


def queue_page(bank: Bank, wanted: QueueFilter, *, offset: int, limit: int) -> list[Exchange]:
    """Return one page of the exchanges that the coordinator wants to see; open ones oldest first, others newest."""
    query = _queue(bank, wanted)
    if wanted.status in OPEN:
        query = query.order_by(Exchange.happened_on, Exchange.id)
    else:
        query = query.order_by(Exchange.happened_on.desc(), Exchange.id.desc())
    return list(db.session.scalars(query.offset(offset).limit(limit)))


def count_queue(bank: Bank, wanted: QueueFilter) -> int:
    """Return how many exchanges the coordinator wants to see."""
    return db.session.scalars(select(func.count()).select_from(_queue(bank, wanted).subquery())).one()


def count_by_status(bank: Bank) -> dict[Status, int]:
    """Return how many exchanges of the bank are in each status."""
    rows = db.session.execute(
        select(Exchange.status, func.count()).where(Exchange.bank_id == bank.id).group_by(Exchange.status)
    )
    counts = {Status(status): count for status, count in rows}
    return {status: counts.get(status, 0) for status in Status}


def exchanges_with_references(bank: Bank, references: Iterable[str]) -> list[Exchange]:
    """Return those of the exchanges that the bank has, oldest first."""
    query = select(Exchange).where(Exchange.bank_id == bank.id, Exchange.reference.in_(set(references)))
    return list(db.session.scalars(query.order_by(Exchange.happened_on, Exchange.id)))


@dataclass(frozen=True)
class PairHistory:
    """How often two accounts helped each other before, either way, in exchanges that were approved."""

    approved: int
    lately: int
    last_on: dt.date


def pair_histories(bank: Bank, exchanges: Sequence[Exchange], *, since: dt.date) -> dict[int, PairHistory]:
    """Return {exchange id: what there was between its two before it}; `lately` counts the days from `since` on.

    Only for exchanges between one and one; where there was nothing before, there is no answer.
    """
    ids = [exchange.id for exchange in exchanges if len(exchange.parties) == 2]
    mine, other = aliased(Party), aliased(Party)
    my_part, their_part = aliased(Party), aliased(Party)
    earlier = aliased(Exchange)
    rows = db.session.execute(
        select(
            Exchange.id,
            func.count(),
            func.sum(case((earlier.happened_on >= since, 1), else_=0)),
            func.max(earlier.happened_on),
        )
        .join(mine, and_(mine.exchange_id == Exchange.id, mine.side == Side.GIVER))
        .join(other, and_(other.exchange_id == Exchange.id, other.side == Side.RECEIVER))
        .join(my_part, my_part.account_id == mine.account_id)
        .join(
            their_part,
            and_(
                their_part.exchange_id == my_part.exchange_id,
                their_part.account_id == other.account_id,
                their_part.side != my_part.side,
            ),
        )
        .join(earlier, earlier.id == my_part.exchange_id)
        .where(
            Exchange.id.in_(ids),
            earlier.bank_id == bank.id,
            earlier.status == Status.APPROVED,
            or_(
                earlier.happened_on < Exchange.happened_on,
                and_(earlier.happened_on == Exchange.happened_on, earlier.id < Exchange.id),
            ),
        )
        .group_by(Exchange.id)
    )
    return {id_: PairHistory(approved, lately, last_on) for id_, approved, lately, last_on in rows}


def is_logged(
    bank: Bank, *, happened_on: dt.date, minutes: int, giver_ids: Iterable[int], receiver_ids: Iterable[int]
) -> bool:
    """Return whether help of that day and time, from one of these accounts to one of those, is logged already."""
    giver, receiver = aliased(Party), aliased(Party)
    query = (
        select(Exchange.id)
        .join(giver, and_(giver.exchange_id == Exchange.id, giver.side == Side.GIVER))
        .join(receiver, and_(receiver.exchange_id == Exchange.id, receiver.side == Side.RECEIVER))
        .where(
            Exchange.bank_id == bank.id,
            Exchange.status.in_((*OPEN, Status.APPROVED)),
            Exchange.happened_on == happened_on,
            Exchange.minutes == minutes,
            giver.account_id.in_(set(giver_ids)),
            receiver.account_id.in_(set(receiver_ids)),
        )
    )
    return db.session.scalars(query.limit(1)).first() is not None


def lookalikes(bank: Bank, exchanges: Sequence[Exchange]) -> Sequence[Row[str, dt.date, int, int, int]]:
    """Return (reference, day, minutes, giver account, receiver account) of exchanges on the same days, between the
    same accounts, that were not declined, withdrawn, expired or reversed: the duplicates of these are among them.
    """
    giver, receiver = aliased(Party), aliased(Party)
    account_ids = {party.account_id for exchange in exchanges for party in exchange.parties}
    return db.session.execute(
        select(Exchange.reference, Exchange.happened_on, Exchange.minutes, giver.account_id, receiver.account_id)
        .select_from(Exchange)
        .join(giver, and_(giver.exchange_id == Exchange.id, giver.side == Side.GIVER))
        .join(receiver, and_(receiver.exchange_id == Exchange.id, receiver.side == Side.RECEIVER))
        .where(
            Exchange.bank_id == bank.id,
            Exchange.status.in_((*OPEN, Status.APPROVED)),
            Exchange.happened_on.in_({exchange.happened_on for exchange in exchanges}),
            giver.account_id.in_(account_ids),
            receiver.account_id.in_(account_ids),
        )
    ).all()


def _waiting_in(bank: Bank, month: Month) -> Select[int]:
    """Return the query for the accounts that have yet to confirm something of the month."""
    return (
        select(Party.account_id)
        .join(Exchange, Exchange.id == Party.exchange_id)
        .where(
            Exchange.bank_id == bank.id,
            Exchange.status.in_(OPEN),
            Exchange.happened_on.between(month.first_day, month.last_day),
            Party.answer == Answer.WAITING,
        )
    )


def members_who_can_confirm(bank: Bank, month: Month) -> list[int]:
    """Return the ids of the members, neither gone nor paused, for whom something of the month waits to be confirmed."""
    waiting = _waiting_in(bank, month)
    answering = union(
        select(Membership.id).where(Membership.bank_id == bank.id, Membership.account_id.in_(waiting)),
        select(Organisation.contact_id).where(Organisation.bank_id == bank.id, Organisation.account_id.in_(waiting)),
    ).subquery()
    query = select(Membership.id).where(Membership.id.in_(select(answering)), TAKES_PART)
    return list(db.session.scalars(query.order_by(Membership.id)))


def count_to_confirm(bank: Bank, account_ids: list[int], month: Month) -> int:
    """Return how many exchanges of the month these accounts have yet to confirm."""
    waiting = _waiting_in(bank, month).with_only_columns(func.count(func.distinct(Party.exchange_id)))
    return db.session.scalars(waiting.where(Party.account_id.in_(account_ids))).one()


def count_confirmed(bank: Bank, month: Month) -> int:
    """Return how many exchanges of the month are confirmed and wait to be approved."""
    query = select(func.count(Exchange.id)).where(
        Exchange.bank_id == bank.id,
        Exchange.status == Status.CONFIRMED,
        Exchange.happened_on.between(month.first_day, month.last_day),
    )
    return db.session.scalars(query).one()


def members_who_can_approve(bank: Bank) -> list[int]:
    """Return the ids of the members, neither gone nor paused, whose role lets them approve hours."""
    roles = roles_that_may(Permission.APPROVE_HOURS)
    query = select(Membership.id).where(Membership.bank_id == bank.id, TAKES_PART, Membership.role.in_(roles))
    return list(db.session.scalars(query.order_by(Membership.id)))
