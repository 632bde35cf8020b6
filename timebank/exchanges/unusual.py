"""What a coordinator should look at twice before approving, and why."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from flask_babel import gettext, ngettext

from timebank.banks.models import Bank
from timebank.exchanges import queries
from timebank.exchanges.models import Exchange
from timebank.exchanges.queries import PairHistory
from timebank.exchanges.uncleared import help_in, needs_waiver, uncleared
from timebank.hours import MINUTES_IN_AN_HOUR, in_words
from timebank.ledger import queries as ledger_queries
from timebank.ledger.models import AccountKind, Book
from timebank.organisations.queries import Holder, holders_of

UNUSUALLY_LONG_MINUTES = 8 * MINUTES_IN_AN_HOUR
OFTEN_DAYS = 30
OFTEN_TIMES = 6


@dataclass(frozen=True)
class Case:
    """An exchange with everything that is needed to decide on it."""

    exchange: Exchange
    givers: list[Holder]
    receivers: list[Holder]
    credit_minutes: dict[int, int]
    pair: PairHistory | None
    twins: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    # Who was not cleared for it, each in a sentence.
    uncleared: list[str] = field(default_factory=list)
    # Whether it is approved only by saying why.
    needs_waiver: bool = False


def cases_of(bank: Bank, exchanges: Sequence[Exchange], *, today: dt.date) -> list[Case]:
    """Return each exchange with its people, balances, earlier exchanges of the pair, and what is unusual about it.

    It asks the database the same few questions however many exchanges there are.
    """
    if not exchanges:
        return []
    account_ids = {party.account_id for exchange in exchanges for party in exchange.parties}
    holders = holders_of(bank, account_ids)
    balances = ledger_queries.balances_of(account_ids)
    histories = queries.pair_histories(bank, exchanges, since=today - dt.timedelta(days=OFTEN_DAYS))
    twins = _twins(bank, exchanges)
    not_cleared = uncleared([help_in(exchange, holders) for exchange in exchanges])
    cases = []
    for exchange, found in zip(exchanges, not_cleared, strict=True):
        case = Case(
            exchange=exchange,
            givers=[holders[party.account_id] for party in exchange.givers],
            receivers=[holders[party.account_id] for party in exchange.receivers],
            credit_minutes={party.account_id: balances[party.account_id][Book.CREDIT] for party in exchange.parties},
            pair=histories.get(exchange.id),
            twins=sorted(twins.get(exchange.reference, ())),
            uncleared=[each.text for each in found] if exchange.is_open or exchange.waived_at is not None else [],
            needs_waiver=exchange.is_open and needs_waiver(exchange, found),
        )
        case.reasons.extend(_reasons(bank, case, today))
        cases.append(case)
    return cases


def _reasons(bank: Bank, case: Case, today: dt.date) -> list[str]:
    exchange, reasons = case.exchange, list(case.uncleared)
    if exchange.happened_on > today:
        reasons.append(gettext("The day is in the future"))
    if exchange.minutes > UNUSUALLY_LONG_MINUTES:
        reasons.append(gettext("Longer than %(hours)s", hours=in_words(UNUSUALLY_LONG_MINUTES)))
    if case.twins:
        reasons.append(gettext("Looks like another one: same people, same day, same time"))
    if case.pair is not None and case.pair.lately >= OFTEN_TIMES:
        reasons.append(
            ngettext(
                "These two had %(num)s approved exchange in the last %(days)s days",
                "These two had %(num)s approved exchanges in the last %(days)s days",
                case.pair.lately,
                days=OFTEN_DAYS,
            )
        )
    if exchange.book == Book.CREDIT and exchange.is_open:
        reasons.extend(_balance_reasons(bank, case))
    if any(holder.is_closed for holder in (*case.givers, *case.receivers)):
        reasons.append(gettext("One of the accounts is closed"))
    return reasons


def _balance_reasons(bank: Bank, case: Case) -> list[str]:
    reasons = []
    minutes = case.exchange.minutes
    for giver in case.givers:
        after = case.credit_minutes[giver.account_id] + minutes
        if giver.kind == AccountKind.MEMBER and after > bank.high_balance_minutes:
            reasons.append(
                gettext(
                    "%(name)s would have more than %(hours)s to use",
                    name=giver.full_name,
                    hours=in_words(bank.high_balance_minutes),
                )
            )
    for receiver in case.receivers:
        after = case.credit_minutes[receiver.account_id] - minutes * len(case.givers)
        if receiver.kind == AccountKind.MEMBER and after < bank.low_balance_minutes:
            reasons.append(
                gettext(
                    "%(name)s would have received over %(hours)s more than given",
                    name=receiver.full_name,
                    hours=in_words(bank.low_balance_minutes),
                )
            )
    return reasons


def _twins(bank: Bank, exchanges: Sequence[Exchange]) -> dict[str, set[str]]:
    """Return {reference: the references of others that look the same}."""
    seen: dict[tuple[dt.date, int, int, int], set[str]] = defaultdict(set)
    for reference, day, minutes, giver, receiver in queries.lookalikes(bank, exchanges):
        seen[day, minutes, giver, receiver].add(reference)
    found: dict[str, set[str]] = defaultdict(set)
    for references in seen.values():
        for reference in references:
            found[reference] |= references - {reference}
    return found
