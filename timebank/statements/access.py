"""Which statement somebody may read, and how it is shown to them."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort

from timebank import clock
from timebank.ledger import queries as ledger
from timebank.ledger.models import Account
from timebank.ledger.months import Month
from timebank.members.permissions import Permission, current_membership, may
from timebank.organisations import queries as organisations
from timebank.statements import queries
from timebank.statements.build import Statement


@dataclass(frozen=True)
class Reading:
    """A statement that somebody reads: whether it is their own, and whether its holder wants words for a minus."""

    account: Account
    statement: Statement
    is_own: bool
    hides_sign: bool


def reading(reference: str, written_month: str) -> Reading:
    """Return the statement at an address, for whoever is signed in. What they may not read does not exist."""
    membership, account = current_membership(), visible(reference)
    month = month_written(account, written_month)
    in_full = may(membership, Permission.SEE_STATEMENTS)
    is_own = account.id == membership.account_id
    return Reading(
        account=account,
        statement=queries.statement_of(membership.bank, account, month, viewer=membership, in_full=in_full),
        is_own=is_own,
        # Whoever keeps everybody's hours has to see which way a balance goes.
        hides_sign=queries.hides_sign(account) and (is_own or not in_full),
    )


def visible(reference: str) -> Account:
    """Return the account if the member answers for it, or may see every statement; else it does not exist."""
    membership = current_membership()
    account = ledger.account_with_reference(membership.bank_id, reference)
    if account is None:
        abort(404)
    sees_every_one = may(membership, Permission.SEE_STATEMENTS)
    if not sees_every_one and account.id not in organisations.accounts_answered_by(membership):
        abort(404)
    return account


def month_written(account: Account, written_month: str) -> Month:
    """Return the month that stands in an address. What is no month, or has not begun, does not exist."""
    try:
        month = Month.parse(written_month)
    except ValueError:
        abort(404)
    if month > Month.of(current_membership().bank.day_of(clock.now())):
        # There is nothing to state of a month that has not begun, unless an entry says that it has.
        days = ledger.first_and_last_day(account.id)
        if days is None or month > Month.of(days[1]):
            abort(404)
    return month
