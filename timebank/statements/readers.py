"""Who reads which statement, and how they get it: a member and whoever looks after them, an organisation's contact."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, aliased

from timebank.banks.models import Bank
from timebank.extensions import db
from timebank.ledger.models import Account
from timebank.ledger.months import Month
from timebank.members.models import WITHOUT_HOURS, Helper, Membership
from timebank.organisations.models import Organisation
from timebank.statements.models import BY_EMAIL, How, IssuedStatement, StatementChoice


@dataclass(frozen=True)
class Reader:
    """Somebody who gets a statement by mail."""

    statement_reference: str
    membership_id: int


def how_of(person: type[Membership], wanted: InstrumentedAttribute[str]) -> ColumnElement[str]:
    """Return the expression for how a person gets statements; who has chosen nothing gets them by email.

    Without an address, and after leaving, there is only paper. To somebody who has died nothing is sent.
    """
    chosen = func.coalesce(wanted, How.EMAIL_WITH_PDF.value)
    only_paper = or_(person.left_at.is_not(None), and_(person.email.is_(None), chosen.in_(BY_EMAIL)))
    return case((person.died_on.is_not(None), How.ONLINE.value), (only_paper, How.PAPER.value), else_=chosen)


def is_latest() -> ColumnElement[bool]:
    """Return the condition that a statement was not issued again."""
    later = aliased(IssuedStatement)
    return ~(
        select(later.id)
        .where(
            later.bank_id == IssuedStatement.bank_id,
            later.last_day == IssuedStatement.last_day,
            later.account_id == IssuedStatement.account_id,
            later.number > IssuedStatement.number,
        )
        .correlate(IssuedStatement)
        .exists()
    )


def statements_after(bank: Bank, month: Month, after_id: int, *, limit: int) -> list[int]:
    """Return the ids of the next of the month's statements, without those that were issued again."""
    query = select(IssuedStatement.id).where(
        IssuedStatement.bank_id == bank.id,
        IssuedStatement.last_day == month.last_day,
        IssuedStatement.id > after_id,
        is_latest(),
    )
    return list(db.session.scalars(query.order_by(IssuedStatement.id).limit(limit)))


def count_statements(bank: Bank, month: Month) -> int:
    """Return how many statements were issued for the month, without those that were issued again."""
    query = select(func.count(IssuedStatement.id)).where(
        IssuedStatement.bank_id == bank.id, IssuedStatement.last_day == month.last_day, is_latest()
    )
    return db.session.scalars(query).one()


def _readers(bank: Bank, accounts: Select[int] | list[int], *, today: dt.date) -> Subquery:
    """Return the query for (account, membership) of everybody who reads the statements of these accounts."""
    helped = aliased(Membership)
    return union_all(
        select(Membership.account_id.label("account_id"), Membership.id.label("person_id")).where(
            Membership.bank_id == bank.id,
            Membership.account_id.in_(accounts),
            # Who gives and receives no hours has nothing to read each month.
            Membership.role.not_in(WITHOUT_HOURS),
        ),
        select(helped.account_id, Helper.helper_id)
        .join(helped, helped.id == Helper.helped_id)
        .where(
            Helper.bank_id == bank.id,
            helped.account_id.in_(accounts),
            Helper.ended_at.is_(None),
            or_(Helper.until_on.is_(None), Helper.until_on >= today),
            helped.left_at.is_(None),
        ),
        select(Organisation.account_id, Organisation.contact_id).where(
            Organisation.bank_id == bank.id,
            Organisation.account_id.in_(accounts),
            Organisation.contact_id.is_not(None),
        ),
    ).subquery()


def readers_by_email(bank: Bank, statement_ids: Sequence[int], *, today: dt.date) -> list[Reader]:
    """Return who gets which of these statements by email, each person once for each statement."""
    accounts = select(IssuedStatement.account_id).where(IssuedStatement.id.in_(statement_ids))
    readers = _readers(bank, accounts, today=today)
    query = (
        select(IssuedStatement.reference, Membership.id)
        .join(readers, readers.c.account_id == IssuedStatement.account_id)
        .join(Membership, Membership.id == readers.c.person_id)
        .outerjoin(StatementChoice, StatementChoice.membership_id == Membership.id)
        .where(
            IssuedStatement.bank_id == bank.id,
            IssuedStatement.id.in_(statement_ids),
            how_of(Membership, StatementChoice.how).in_(BY_EMAIL),
        )
        .distinct()
        .order_by(IssuedStatement.reference, Membership.id)
    )
    return [Reader(reference, person_id) for reference, person_id in db.session.execute(query)]


def is_reader(bank: Bank, account_id: int, membership: Membership, *, today: dt.date) -> bool:
    """Return whether this member gets the account's statements."""
    readers = _readers(bank, [account_id], today=today)
    query = select(readers.c.person_id).where(readers.c.person_id == membership.id)
    return db.session.execute(query.limit(1)).first() is not None


def by_email_among(bank: Bank, membership_ids: Iterable[int]) -> list[int]:
    """Return those of the members who can be written to, and have not stopped it."""
    query = (
        select(Membership.id)
        .outerjoin(StatementChoice, StatementChoice.membership_id == Membership.id)
        .where(
            Membership.bank_id == bank.id,
            Membership.id.in_(set(membership_ids)),
            how_of(Membership, StatementChoice.how).in_(BY_EMAIL),
        )
    )
    return list(db.session.scalars(query.order_by(Membership.id)))


def choice_of_member(membership: Membership) -> StatementChoice | None:
    """Return what the member chose, if anything."""
    return db.session.get(StatementChoice, membership.id)


def choice_with_reference(reference: str, *, for_update: bool) -> StatementChoice | None:
    """Return the choice that a link in a mail leads to, of whichever bank, if asked with its row locked."""
    query = select(StatementChoice).where(StatementChoice.reference == reference)
    return db.session.scalar(query.with_for_update(of=StatementChoice) if for_update else query)


def issued_with_reference(bank: Bank, reference: str) -> IssuedStatement | None:
    """Return the bank's statement of that reference, if it was not issued again."""
    query = select(IssuedStatement).where(
        IssuedStatement.bank_id == bank.id, IssuedStatement.reference == reference, is_latest()
    )
    return db.session.scalar(query)


def on_paper(bank: Bank, month: Month) -> list[tuple[Membership, Account]]:
    """Return everybody who gets a statement of the month on paper, with its account, in the order of the members' ids.

    Those who left get their own too, but no longer that of an organisation for which they answered.
    """
    query = _on_paper(bank, month).add_columns(Account).join(Account, Account.id == IssuedStatement.account_id)
    rows = db.session.execute(query.order_by(Membership.id, Account.number))
    return [(member, account) for member, account in rows]


def count_on_paper(bank: Bank, month: Month) -> int:
    """Return how many people get statements of the month on paper."""
    people = _on_paper(bank, month).with_only_columns(Membership.id).distinct().subquery()
    return db.session.scalars(select(func.count()).select_from(people)).one()


def _on_paper(bank: Bank, month: Month) -> Select[Membership]:
    answering = aliased(Membership)
    held = union_all(
        select(Membership.account_id, Membership.id.label("person_id")).where(
            Membership.bank_id == bank.id, Membership.role.not_in(WITHOUT_HOURS)
        ),
        select(Organisation.account_id, Organisation.contact_id)
        .join(answering, answering.id == Organisation.contact_id)
        .where(Organisation.bank_id == bank.id, answering.left_at.is_(None)),
    ).subquery()
    return (
        select(Membership)
        .join(held, held.c.person_id == Membership.id)
        # What was issued again was issued a first time.
        .join(IssuedStatement, and_(IssuedStatement.account_id == held.c.account_id, IssuedStatement.number == 1))
        .outerjoin(StatementChoice, StatementChoice.membership_id == Membership.id)
        .where(
            IssuedStatement.bank_id == bank.id,
            IssuedStatement.last_day == month.last_day,
            how_of(Membership, StatementChoice.how) == How.PAPER,
        )
    )
