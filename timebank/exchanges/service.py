"""The life of an exchange. Every change of status is made here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from flask_babel import lazy_gettext as _l

from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.audit.service import helper_of
from timebank.banks.models import Bank
from timebank.columns import new_reference
from timebank.errors import RuleBroken
from timebank.exchanges import queries, words
from timebank.exchanges.dealing import check_other_side, is_between_a_helper_and_the_helped
from timebank.exchanges.draft import ExchangeDraft, PartyDraft, broken_rules, checked_thanks
from timebank.exchanges.models import LONGEST_MESSAGE, Answer, AnsweredBy, Exchange, ExchangeStep, Party, Status, Step
from timebank.exchanges.refusals import (
    AlreadyDecided,
    MessageNeeded,
    MessageTooLong,
    NoLongerOpen,
    NotApproved,
    NotConfirmed,
    NotYours,
    NotYoursToWithdraw,
    OwnExchange,
    ReasonNeeded,
    StillQueried,
)
from timebank.exchanges.transfers import transfers_of
from timebank.exchanges.waivers import not_cleared_for, require_clearance, waive_as_drafted
from timebank.extensions import db
from timebank.ledger import queries as ledger_queries
from timebank.ledger import service as ledger
from timebank.ledger.models import TransferKind
from timebank.members import queries as member_queries
from timebank.members.models import Capacity, Membership
from timebank.organisations import queries as organisation_queries


def log_exchange(
    bank: Bank, draft: ExchangeDraft, *, logged_by: Membership, at: dt.datetime, any_day: bool = False
) -> Exchange:
    """Return a new exchange, logged. Whoever logged it has confirmed it for every account they answer for.

    A coordinator may enter `any_day` in the past. Raises the first of the rules in draft.py that it breaks.
    """
    for broken in broken_rules(draft, bank, today=bank.day_of(at), day_limit=not any_day, own=logged_by):
        raise broken
    own = organisation_queries.accounts_answered_by(logged_by)
    exchange = new_exchange(bank, draft, logged_by=logged_by, at=at)
    db.session.add(exchange)
    _step(exchange, Step.LOGGED, by=logged_by, at=at, action=Action.EXCHANGE_LOGGED)
    if any_day:
        waive_as_drafted(exchange, draft, by=logged_by, at=at)
    for party, party_draft in zip(exchange.parties, draft.parties, strict=True):
        if party.account_id in own:
            _answer(party, Answer.CONFIRMED, how=AnsweredBy.PARTY, by=logged_by, at=at)
        elif not party_draft.holder.answers_for_itself:
            # Nobody can be asked but the coordinator, whose approval is the confirmation.
            _answer(party, Answer.CONFIRMED, how=AnsweredBy.COORDINATOR, by=None, at=at)
    _move_on(bank, exchange, at=at)
    return exchange


def new_exchange(bank: Bank, draft: ExchangeDraft, *, logged_by: Membership | None, at: dt.datetime) -> Exchange:
    """Return an exchange made of the draft, not yet added to the session."""
    return Exchange(
        bank_id=bank.id,
        reference=new_reference(),
        activity=draft.activity,
        service_area=draft.activity.service_area if draft.service_area is None else draft.service_area,
        stage=draft.stage,
        book=draft.book,
        happened_on=draft.happened_on,
        minutes=draft.minutes,
        note=draft.note,
        paid=draft.paid,
        mandated=draft.mandated,
        consultation=draft.consultation,
        status=Status.LOGGED,
        logged_by_id=logged_by.id if logged_by else None,
        logged_at=at,
        parties=[_new_party(bank, party) for party in draft.parties],
    )


def _new_party(bank: Bank, party: PartyDraft) -> Party:
    return Party(
        bank_id=bank.id,
        account_id=party.holder.account_id,
        side=party.side,
        capacity=party.capacity,
        answer=Answer.WAITING,
    )


def confirm_exchange(
    bank: Bank,
    exchange: Exchange,
    *,
    confirmed_by: Membership,
    at: dt.datetime,
    message: str = "",
    capacities: dict[int, Capacity] | None = None,
    thanks: str = "",
) -> Exchange:
    """Confirm for every account that the member answers for; `capacities` corrects theirs, by account id.

    `thanks` is kept for those among them that received. Confirming again changes nothing. Raises NotYours,
    NoLongerOpen, BothSides, MessageTooLong or ThanksTooLong.
    """
    message, thanks = _short_enough(message), checked_thanks(thanks)
    exchange = queries.locked(bank, exchange)
    parties = _own_parties(exchange, confirmed_by)
    if all(party.answer == Answer.CONFIRMED for party in parties):
        return exchange
    _require_open(exchange)
    check_other_side(exchange, parties, confirmed_by)
    for party in parties:
        if capacities and party.account_id in capacities:
            party.capacity = capacities[party.account_id]
        party.say_thanks(thanks)
        _answer(party, Answer.CONFIRMED, how=AnsweredBy.PARTY, by=confirmed_by, at=at)
    _step(exchange, Step.CONFIRMED, by=confirmed_by, at=at, message=message, action=Action.EXCHANGE_CONFIRMED)
    if not _is_disputed(exchange):
        exchange.status = Status.LOGGED
    _move_on(bank, exchange, at=at)
    return exchange


def confirm_for_others(
    bank: Bank, exchange: Exchange, *, confirmed_by: Membership, message: str, at: dt.datetime
) -> Exchange:
    """Record that a coordinator asked everybody who has not confirmed, by telephone or on paper, and they did.

    Raises NoLongerOpen, OwnExchange or MessageNeeded (how they were asked).
    """
    message = checked_message(message)
    exchange = queries.locked(bank, exchange)
    _require_open(exchange)
    _require_another(bank, exchange, confirmed_by)
    for party in exchange.parties:
        if party.answer != Answer.CONFIRMED:
            _answer(party, Answer.CONFIRMED, how=AnsweredBy.COORDINATOR, by=confirmed_by, at=at)
    _step(exchange, Step.CONFIRMED_FOR, by=confirmed_by, at=at, message=message, action=Action.EXCHANGE_CONFIRMED)
    exchange.status, exchange.is_held = Status.LOGGED, False
    _move_on(bank, exchange, at=at)
    return exchange


def query_exchange(
    bank: Bank, exchange: Exchange, *, queried_by: Membership, message: str, at: dt.datetime, as_coordinator: bool
) -> Exchange:
    """Ask a question about an exchange, which holds it until it is settled. Asking the same at once again does nothing.

    Raises MessageNeeded, NotYours or NoLongerOpen.
    """
    message = checked_message(message)
    exchange = queries.locked(bank, exchange)
    _require_open(exchange)
    if queries.is_said_again(exchange, Step.QUERIED, by=queried_by, message=message):
        return exchange
    if as_coordinator:
        exchange.is_held = True
    else:
        for party in _own_parties(exchange, queried_by):
            _answer(party, Answer.QUERIED, how=AnsweredBy.PARTY, by=queried_by, at=at)
    exchange.status = Status.QUERIED
    _step(exchange, Step.QUERIED, by=queried_by, at=at, message=message, action=Action.EXCHANGE_QUERIED)
    return exchange


def deny_exchange(bank: Bank, exchange: Exchange, *, denied_by: Membership, message: str, at: dt.datetime) -> Exchange:
    """Say that it never happened; a coordinator settles it. Raises NotYours, NoLongerOpen or MessageTooLong."""
    message = _short_enough(message)
    exchange = queries.locked(bank, exchange)
    _require_open(exchange)
    if queries.is_said_again(exchange, Step.DENIED, by=denied_by, message=message):
        return exchange
    for party in _own_parties(exchange, denied_by):
        _answer(party, Answer.DENIED, how=AnsweredBy.PARTY, by=denied_by, at=at)
    exchange.status = Status.QUERIED
    _step(exchange, Step.DENIED, by=denied_by, at=at, message=message, action=Action.EXCHANGE_DENIED)
    return exchange


def answer_query(
    bank: Bank, exchange: Exchange, *, answered_by: Membership, message: str, at: dt.datetime, as_coordinator: bool
) -> Exchange:
    """Answer a question. A coordinator's own question is settled by it; a party's stays until they confirm.

    Raises MessageNeeded, NotYours or NoLongerOpen.
    """
    message = checked_message(message)
    exchange = queries.locked(bank, exchange)
    _require_open(exchange)
    if queries.is_said_again(exchange, Step.ANSWERED, by=answered_by, message=message):
        return exchange
    if not as_coordinator:
        _own_parties(exchange, answered_by)
    exchange.is_held = False
    _step(exchange, Step.ANSWERED, by=answered_by, at=at, message=message, action=Action.EXCHANGE_ANSWERED)
    if exchange.status == Status.QUERIED and not _is_disputed(exchange):
        exchange.status = Status.LOGGED
        _move_on(bank, exchange, at=at)
    return exchange


def withdraw_exchange(bank: Bank, exchange: Exchange, *, withdrawn_by: Membership, at: dt.datetime) -> Exchange:
    """Take back an open exchange that one logged oneself. Again changes nothing.

    Raises NotYoursToWithdraw or NoLongerOpen.
    """
    exchange = queries.locked(bank, exchange)
    if exchange.logged_by_id != withdrawn_by.id:
        raise NotYoursToWithdraw()
    if exchange.status == Status.WITHDRAWN:
        return exchange
    _require_open(exchange)
    exchange.status = Status.WITHDRAWN
    _step(exchange, Step.WITHDRAWN, by=withdrawn_by, at=at, action=Action.EXCHANGE_WITHDRAWN)
    return exchange


def approve_exchange(
    bank: Bank, exchange: Exchange, *, approved_by: Membership, at: dt.datetime, message: str = "", waiver: str = ""
) -> Exchange:
    """Approve an exchange and post it to the ledger, once however often it is asked.

    Where somebody was not cleared for it, `waiver` says why it is approved all the same. Raises AlreadyDecided,
    NotConfirmed, StillQueried, OwnExchange, ClearanceMissing, WaiverTooLong, MessageTooLong, or what posting raises.
    """
    message = _short_enough(message)
    exchange = queries.locked(bank, exchange)
    _require_undecided(exchange)
    if exchange.status == Status.QUERIED:
        raise StillQueried()
    if exchange.status != Status.CONFIRMED:
        raise NotConfirmed()
    _require_another(bank, exchange, approved_by)
    require_clearance(bank, exchange, waiver=waiver, by=approved_by, at=at)
    _approve(bank, exchange, by=approved_by, at=at, message=message)
    return exchange


def decline_exchange(
    bank: Bank, exchange: Exchange, *, declined_by: Membership, message: str, at: dt.datetime
) -> Exchange:
    """Decline an exchange, with the reason that those who took part will read.

    Raises ReasonNeeded, MessageTooLong, AlreadyDecided or OwnExchange.
    """
    message = checked_message(message, needed=ReasonNeeded)
    exchange = queries.locked(bank, exchange)
    _require_undecided(exchange)
    _require_another(bank, exchange, declined_by)
    exchange.status = Status.DECLINED
    exchange.decided_by_id, exchange.decided_at = declined_by.id, at
    _step(exchange, Step.DECLINED, by=declined_by, at=at, message=message, action=Action.EXCHANGE_DECLINED)
    return exchange


def reverse_exchange(
    bank: Bank, exchange: Exchange, *, reversed_by: Membership, message: str, at: dt.datetime
) -> Exchange:
    """Post the opposite of an approved exchange, in full and once, with the reason that both sides will read.

    Raises ReasonNeeded, MessageTooLong, NotApproved, OwnExchange or ledger.AlreadyReversed.
    """
    message = checked_message(message, needed=ReasonNeeded)
    exchange = queries.locked(bank, exchange)
    if exchange.status == Status.REVERSED:
        raise ledger.AlreadyReversed()
    if exchange.status != Status.APPROVED:
        raise NotApproved()
    _require_another(bank, exchange, reversed_by)
    ledger.reverse_transfers(bank.id, exchange.reference, reversed_on=bank.day_of(at), posted_at=at)
    exchange.status = Status.REVERSED
    _step(exchange, Step.REVERSED, by=reversed_by, at=at, message=message, action=Action.EXCHANGE_REVERSED)
    return exchange


def settle_by_rule(bank: Bank, *, at: dt.datetime) -> tuple[int, int]:
    """Confirm what the bank's rule confirms by itself, and let expire what nobody confirmed for too long.

    Returns how many were confirmed and how many expired. Safe to run at any time, as often as one likes.
    """
    confirmed = expired = 0
    if bank.confirms_itself_after_days is not None:
        until = at - dt.timedelta(days=bank.confirms_itself_after_days)
        for exchange in queries.waiting_since(bank, until):
            confirmed += _confirm_by_rule(bank, exchange, at=at)
    if bank.expires_after_days is not None:
        for exchange in queries.waiting_since(bank, at - dt.timedelta(days=bank.expires_after_days)):
            exchange.status = Status.EXPIRED
            _step(exchange, Step.EXPIRED, by=None, at=at, action=Action.EXCHANGE_EXPIRED)
            expired += 1
    return confirmed, expired


def _confirm_by_rule(bank: Bank, exchange: Exchange, *, at: dt.datetime) -> bool:
    if is_between_a_helper_and_the_helped(exchange):
        return False
    try:
        with db.session.begin_nested():
            for party in exchange.parties:
                if party.answer == Answer.WAITING:
                    _answer(party, Answer.CONFIRMED, how=AnsweredBy.RULE, by=None, at=at)
            _step(exchange, Step.CONFIRMED_BY_RULE, by=None, at=at, action=Action.EXCHANGE_CONFIRMED)
            _move_on(bank, exchange, at=at)
    except RuleBroken:
        # Where hours are posted without a coordinator, one that the ledger refuses must not hold up the others.
        return False
    return True


def _move_on(bank: Bank, exchange: Exchange, *, at: dt.datetime) -> None:
    """Take an open exchange as far as the bank's rules let it go without a coordinator."""
    everybody_confirmed = all(party.answer == Answer.CONFIRMED for party in exchange.parties)
    if exchange.status == Status.LOGGED and (everybody_confirmed or not bank.confirmation_needed):
        exchange.status = Status.CONFIRMED
        if not bank.approval_needed and _somebody_else_answers(exchange) and not not_cleared_for(bank, exchange):
            _approve(bank, exchange, by=None, at=at)
    db.session.flush()


def _somebody_else_answers(exchange: Exchange) -> bool:
    """Return whether somebody besides whoever logged it can be asked about each side.

    Where nobody can, as for the community account, a coordinator looks at it even in a bank that needs no approval, or
    anybody could log hours for themselves.
    """
    if any(party.answered_how == AnsweredBy.COORDINATOR and party.answered_by_id is None for party in exchange.parties):
        return False
    if is_between_a_helper_and_the_helped(exchange):
        return False
    logged_by = member_queries.membership_with_id(exchange.logged_by_id) if exchange.logged_by_id else None
    own = organisation_queries.accounts_answered_by(logged_by) if logged_by else []
    return any(party.account_id not in own for party in exchange.parties)


def _approve(bank: Bank, exchange: Exchange, *, by: Membership | None, at: dt.datetime, message: str = "") -> None:
    post_exchanges(bank, [exchange], kind=TransferKind.EXCHANGE, at=at)
    exchange.status = Status.APPROVED
    exchange.decided_by_id, exchange.decided_at = (by.id if by else None), at
    _step(exchange, Step.APPROVED, by=by, at=at, message=message, action=Action.EXCHANGE_APPROVED)


def post_exchanges(bank: Bank, exchanges: Sequence[Exchange], *, kind: TransferKind, at: dt.datetime) -> None:
    """Post these exchanges to the ledger. Raises what ledger.post_transfers() raises."""
    has_classes = any(len(exchange.receivers) > 1 for exchange in exchanges)
    community_account_id = ledger_queries.community_account(bank.id).id if has_classes else None
    drafts = [
        draft
        for exchange in exchanges
        for draft in transfers_of(exchange, community_account_id=community_account_id, kind=kind)
    ]
    ledger.post_transfers(bank.id, drafts, posted_at=at)


def _require_open(exchange: Exchange) -> None:
    if not exchange.is_open:
        raise NoLongerOpen()


def _require_undecided(exchange: Exchange) -> None:
    if exchange.is_open:
        return
    last = queries.last_step(exchange)
    by = member_queries.membership_with_id(last.by_id) if last and last.by_id else None
    raise AlreadyDecided(
        status=words.of_status(Status(exchange.status)).lower(),
        who=by.name if by else _l("the bank’s rules"),
    )


def needs_another_coordinator(bank: Bank, exchange: Exchange, *, coordinator: Membership) -> bool:
    """Return whether the coordinator took part, or answers for somebody who did, and another one can decide instead."""
    left = organisation_queries.accounts_left_to_others(bank, coordinator)
    answered = bool(left) and any(party.answered_through_id == coordinator.id for party in exchange.parties)
    return answered or exchange.party_of(left) is not None


def _require_another(bank: Bank, exchange: Exchange, coordinator: Membership) -> None:
    if needs_another_coordinator(bank, exchange, coordinator=coordinator):
        raise OwnExchange()


def _own_parties(exchange: Exchange, membership: Membership) -> list[Party]:
    own = organisation_queries.accounts_answered_by(membership)
    parties = [party for party in exchange.parties if party.account_id in own]
    if not parties:
        raise NotYours()
    return parties


def _is_disputed(exchange: Exchange) -> bool:
    return exchange.is_held or any(party.answer in (Answer.QUERIED, Answer.DENIED) for party in exchange.parties)


def _answer(party: Party, answer: Answer, *, how: AnsweredBy, by: Membership | None, at: dt.datetime) -> None:
    party.answer = answer
    party.answered_how = how
    party.answered_at = at
    party.answered_by_id = by.id if by else None
    party.answered_through_id = helper_of(by.id) if by else None


def checked_message(message: str, *, needed: type[MessageNeeded] = MessageNeeded) -> str:
    """Return the message without surrounding space. Raises what is `needed` where there is none, or MessageTooLong."""
    if not message.strip():
        raise needed()
    return _short_enough(message)


def _short_enough(message: str) -> str:
    message = message.strip()
    if len(message) > LONGEST_MESSAGE:
        raise MessageTooLong(longest=f"{LONGEST_MESSAGE:,}")
    return message


def _step(
    exchange: Exchange, step: Step, *, by: Membership | None, at: dt.datetime, action: Action, message: str = ""
) -> None:
    db.session.add(
        ExchangeStep(
            bank_id=exchange.bank_id,
            exchange=exchange,
            step=step,
            at=at,
            by_id=by.id if by else None,
            through_id=helper_of(by.id) if by else None,
            message=message,
        )
    )
    audit.record(
        action,
        bank_id=exchange.bank_id,
        by=by.id if by else None,
        on_what="exchange",
        reference=exchange.reference,
        at=at,
    )
