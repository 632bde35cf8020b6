"""What stands on a statement beside its own entries: the months before, the community account, the message."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, extract, func, or_, select

from timebank.banks.models import Bank
from timebank.banks.service import COMMUNITY_NUMBER
from timebank.exchanges.models import Exchange, Party
from timebank.extensions import db
from timebank.gifts.models import Gift
from timebank.ledger import queries as ledger
from timebank.ledger.models import Account, Book, Entry, Transfer, TransferKind
from timebank.ledger.months import Month
from timebank.statements.build import CommunityLine, HelpInMonth
from timebank.statements.models import MonthClosing

MONTHS_SHOWN = 12
_NEVER_HELP = (TransferKind.DONATION, TransferKind.GRANT, TransferKind.OPENING)


@dataclass(frozen=True)
class ForEverybody:
    """What is the same on every statement of a bank's month. Whoever makes many asks for it once."""

    community: CommunityLine
    message: str


def for_everybody(bank: Bank, month: Month) -> ForEverybody:
    """Return what stands on every statement of the month."""
    return ForEverybody(community=community_line(bank, month), message=message_of(bank, month))


def twelve_months(account: Account, month: Month) -> tuple[HelpInMonth, ...]:
    """Return the help given and received in both books together, for each of the twelve months up to this one.

    What counts as help is what build_book() counts.
    """
    months = [month.plus(-back) for back in reversed(range(MONTHS_SHOWN))]
    is_reversal = Transfer.kind == TransferKind.REVERSAL
    # A reversal goes the other way, and takes off what it reverses.
    is_given = or_(and_(Entry.minutes > 0, ~is_reversal), and_(Entry.minutes < 0, is_reversal))
    in_year, in_month = extract("year", Entry.effective_on), extract("month", Entry.effective_on)
    rows = db.session.execute(
        select(
            in_year,
            in_month,
            func.sum(case((is_given, Entry.minutes), else_=0)),
            func.sum(case((is_given, 0), else_=-Entry.minutes)),
        )
        .join(Transfer, Transfer.id == Entry.transfer_id)
        .outerjoin(Exchange, and_(Exchange.bank_id == Transfer.bank_id, Exchange.reference == Transfer.linked_by))
        .where(_between(account, months[0].first_day, month.last_day), Transfer.kind.not_in(_NEVER_HELP), _is_help())
        .group_by(in_year, in_month)
    )
    found = {Month(int(year), int(number)): (int(given), int(received)) for year, number, given, received in rows}
    return tuple(HelpInMonth(each, *found.get(each, (0, 0))) for each in months)


def _is_help() -> ColumnElement[bool]:
    """Return whether an entry's transfer is help, for those who gave and received it and for nobody else."""
    took_part = select(Party.id).where(Party.exchange_id == Exchange.id, Party.account_id == Entry.account_id)
    is_gift = select(Gift.id).where(Gift.bank_id == Transfer.bank_id, Gift.reference == Transfer.linked_by)
    return or_(and_(Exchange.id.is_(None), ~is_gift.exists()), took_part.exists())


def _between(account: Account, first_day: dt.date, last_day: dt.date) -> ColumnElement[bool]:
    # Every book is named so that the index of statements, whose second column it is, can be used.
    return and_(
        Entry.account_id == account.id,
        Entry.book.in_(list(Book)),
        Entry.effective_on.between(first_day, last_day),
    )


def community_line(bank: Bank, month: Month) -> CommunityLine:
    """Return what came into the community account in the month and went out of it, and what it held at the end."""
    in_month = and_(
        Entry.account_id == Account.id,
        Entry.book == Book.CREDIT,
        Entry.effective_on.between(month.first_day, month.last_day),
    )
    account_id, came_in, went_out = db.session.execute(
        select(
            Account.id,
            func.coalesce(func.sum(case((Entry.minutes > 0, Entry.minutes), else_=0)), 0),
            func.coalesce(func.sum(case((Entry.minutes < 0, -Entry.minutes), else_=0)), 0),
        )
        .outerjoin(Entry, in_month)
        # By its number, of which there is an index: by its kind, every account of the bank would be looked at.
        .where(Account.bank_id == bank.id, Account.number == COMMUNITY_NUMBER)
        .group_by(Account.id)
    ).one()
    return CommunityLine(
        in_minutes=int(came_in),
        out_minutes=int(went_out),
        closing_minutes=ledger.balance_before(account_id, Book.CREDIT, month.plus(1).first_day),
    )


def message_of(bank: Bank, month: Month) -> str:
    """Return what the coordinator says on the statements of the month, or ""."""
    query = select(MonthClosing.message).where(MonthClosing.bank_id == bank.id, MonthClosing.last_day == month.last_day)
    return db.session.scalar(query) or ""
