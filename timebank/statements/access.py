"""Which statement somebody may read, and how it is shown to them."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort

from timebank import clock
from timebank.ledger import queries as ledger
from timebank.ledger.models import Account
from timebank.ledger.months import Month
from timebank.members import queries as members
from timebank.members.models import Helper
from timebank.members.permissions import Permission, current_membership, may
from timebank.organisations import queries as organisations
from timebank.statements import queries
from timebank.statements.build import Statement


@dataclass(frozen=True)
class Found:
    """An account whose statements somebody may read, and as whom.

    As whoever answers for it, as whoever looks after its holder, or, with neither, as somebody who may see them all.
    """

    account: Account
    is_answered_for: bool
    is_looked_after: bool

    @property
    def is_for_them(self) -> bool:
        """Whether its statements are meant for whoever reads."""
        return self.is_answered_for or self.is_looked_after


@dataclass(frozen=True)
class Reading:
    """A statement that somebody reads: whether it is their own, and whether its holder wants words for a minus.

    Whoever looks after its holder reads it as the holder does, but what it leads to is not theirs to open.
    """

    found: Found
    statement: Statement
    is_own: bool
    hides_sign: bool

    @property
    def account(self) -> Account:
        """Whose statement it is."""
        return self.found.account


def reading(reference: str, written_month: str) -> Reading:
    """Return the statement at an address, for whoever is signed in. What they may not read does not exist."""
    membership, account_found = current_membership(), found(reference)
    account = account_found.account
    month = month_written(account, written_month)
    in_full = may(membership, Permission.SEE_STATEMENTS)
    is_own = account.id == membership.account_id
    return Reading(
        found=account_found,
        statement=queries.statement_of(membership.bank, account, month, viewer=membership, in_full=in_full),
        is_own=is_own,
        # Whoever keeps everybody's hours has to see which way a balance goes.
        hides_sign=queries.hides_sign(account) and (is_own or not in_full),
    )


def found(reference: str) -> Found:
    """Return the account if the member answers for it, looks after its holder, or may see every statement.

    Else it does not exist.
    """
    membership = current_membership()
    account = ledger.account_with_reference(membership.bank_id, reference)
    if account is None:
        abort(404)
    is_answered_for = account.id in organisations.accounts_answered_by(membership)
    if is_answered_for or may(membership, Permission.SEE_STATEMENTS):
        return Found(account, is_answered_for=is_answered_for, is_looked_after=False)
    if account.id not in [helper.helped.account_id for helper in looked_after()]:
        abort(404)
    return Found(account, is_answered_for=False, is_looked_after=True)


def looked_after() -> list[Helper]:
    """Return those whose membership is looked after, today, by whoever is signed in."""
    membership = current_membership()
    return members.looked_after_by(membership, today=membership.bank.day_of(clock.now()))


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
