"""What became of a month's statements: how each account gets its own, whether it arrived, and whether it was read."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from timebank.banks.models import Bank
from timebank.extensions import db
from timebank.ledger.models import Account, AccountKind
from timebank.ledger.months import Month
from timebank.mail.models import MailState, OutgoingMail
from timebank.mail.queries import mails_about
from timebank.members.models import Membership
from timebank.organisations.models import Organisation
from timebank.statements.models import How, IssuedStatement, StatementChoice
from timebank.statements.readers import how_of, is_latest
from timebank.statements.sending import KIND

UNDELIVERED = (MailState.FAILED, MailState.BOUNCED, MailState.DROPPED)


class Wanted(StrEnum):
    """Which of a month's statements a coordinator wants to see."""

    EVERY = "every"
    UNREAD = "unread"
    UNDELIVERED = "undelivered"
    PAPER = "paper"


@dataclass(frozen=True)
class Delivery:
    """One account's statement, and what became of it.

    `how` is None where nobody gets it: the bank's own accounts, and organisations that nobody answers for. `mails` are
    those to the member and whoever looks after them, with their state, problem and when they were sent.
    """

    statement: IssuedStatement
    account: Account
    name: str
    how: How | None
    mails: tuple[OutgoingMail, ...]

    @property
    def problem(self) -> str:
        """Why the first mail that did not arrive did not, or nothing."""
        return next((mail.problem for mail in self.mails if mail.state in UNDELIVERED), "")

    @property
    def sent_at(self) -> dt.datetime | None:
        """When the last of its mail was taken by a server."""
        return max((mail.sent_at for mail in self.mails if mail.sent_at is not None), default=None)

    @property
    def read_at(self) -> dt.datetime | None:
        """When it was first opened by whom it is for."""
        return self.statement.read_at


class _Parts:
    """The tables that are asked together, and what the filters say about them."""

    def __init__(self, bank: Bank, month: Month) -> None:
        self.bank, self.month = bank, month
        self.person, self.own = aliased(Membership), aliased(Membership)
        is_nobodys = self.person.id.is_(None)
        self.how = case((is_nobodys, None), else_=how_of(self.person, StatementChoice.how))
        self.name = func.coalesce(self.own.name, Organisation.name, "")

    def query(self, *columns: Any) -> Select[*tuple[Any, ...]]:
        """Return the query for these of the month's statements, without those that were issued again."""
        return (
            select(*columns)
            .select_from(IssuedStatement)
            .join(Account, Account.id == IssuedStatement.account_id)
            .outerjoin(self.own, self.own.account_id == Account.id)
            .outerjoin(Organisation, Organisation.account_id == Account.id)
            .outerjoin(
                self.person,
                and_(
                    # One comparison for both, or a database would compare everybody with everybody.
                    self.person.id == func.coalesce(self.own.id, Organisation.contact_id),
                    or_(self.own.id.is_not(None), self.person.left_at.is_(None)),
                ),
            )
            .outerjoin(StatementChoice, StatementChoice.membership_id == self.person.id)
            .where(
                IssuedStatement.bank_id == self.bank.id,
                IssuedStatement.last_day == self.month.last_day,
                is_latest(),
                Account.kind != AccountKind.OPENING,
            )
        )

    def only(self, wanted: Wanted) -> ColumnElement[bool]:
        """Return the condition for what is wanted."""
        undelivered = (
            select(OutgoingMail.id)
            .where(
                OutgoingMail.kind == KIND,
                OutgoingMail.about == IssuedStatement.reference,
                OutgoingMail.state.in_(UNDELIVERED),
            )
            .correlate(IssuedStatement)
            .exists()
        )
        return {
            Wanted.EVERY: IssuedStatement.id.is_not(None),
            # Nobody is expected to open what belongs to nobody.
            Wanted.UNREAD: IssuedStatement.read_at.is_(None) & self.person.id.is_not(None),
            Wanted.UNDELIVERED: undelivered,
            Wanted.PAPER: self.how == How.PAPER.value,
        }[wanted]


def deliveries(bank: Bank, month: Month, wanted: Wanted, *, offset: int, limit: int) -> list[Delivery]:
    """Return one page of what became of the month's statements, in order of the accounts' numbers."""
    parts = _Parts(bank, month)
    query = parts.query(IssuedStatement, Account, parts.name, parts.how).where(parts.only(wanted))
    query = query.order_by(Account.number, Account.id).offset(offset).limit(limit)
    rows = db.session.execute(query).all()
    mails = mails_about(bank, KIND, [statement.reference for statement, *_rest in rows])
    return [
        Delivery(
            statement=statement,
            account=account,
            name=name,
            how=How(how) if how is not None else None,
            mails=tuple(mails.get(statement.reference, ())),
        )
        for statement, account, name, how in rows
    ]


def count_deliveries(bank: Bank, month: Month) -> dict[Wanted, int]:
    """Return how many of the month's statements there are of each kind that can be wanted."""
    parts = _Parts(bank, month)
    counts = [func.coalesce(func.sum(case((parts.only(wanted), 1), else_=0)), 0) for wanted in Wanted]
    row = db.session.execute(parts.query(*counts)).one()
    return dict(zip(Wanted, map(int, row), strict=True))
