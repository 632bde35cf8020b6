"""Whose account is whose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask_babel import gettext
from sqlalchemy import Row, and_, func, select, union
from sqlalchemy.orm import aliased, joinedload

from timebank.banks.models import Bank
from timebank.errors import NotFound
from timebank.extensions import db
from timebank.ledger.models import Account, AccountKind, Balance, Book
from timebank.members import queries as members
from timebank.members.models import Capacity, Membership, Role
from timebank.members.permissions import Permission, roles_that_may
from timebank.organisations.models import Organisation


@dataclass(frozen=True)
class Holder:
    """Who an account belongs to: a member, an organisation, or the bank itself."""

    account_id: int
    reference: str
    number: str
    kind: AccountKind
    full_name: str
    short_name: str
    is_closed: bool
    member: Membership | None = None
    organisation: Organisation | None = None

    def name_for(self, viewer: Membership | None, *, in_full: bool) -> str:
        """Return the name that this viewer may see, as it stands inside a sentence.

        That is "you", the name in full, or the first name and an initial.
        """
        if self.member is not None and viewer is not None and viewer.id == self.member.id:
            return gettext("you")
        if self.kind == AccountKind.COMMUNITY:
            return gettext("the community account")
        if self.member is not None and self.member.erased_at is not None:
            return gettext("a former member (%(number)s)", number=self.number)
        return self.full_name if in_full else self.short_name

    @property
    def is_paused(self) -> bool:
        """Whether it is a member's who is paused, so that nothing new may begin with it."""
        return self.member is not None and self.member.paused_at is not None

    @property
    def usual_capacity(self) -> Capacity:
        """In which capacity the account acts unless somebody says else."""
        if self.member is not None:
            return Capacity(self.member.capacity)
        return Capacity.NEIGHBOUR if self.kind == AccountKind.COMMUNITY else Capacity.NOT_STATED

    @property
    def answers_for_itself(self) -> bool:
        """Whether somebody can be asked to confirm. The bank's own accounts are confirmed by the coordinator."""
        return self.answering_id is not None

    @property
    def answering(self) -> Membership | None:
        """The member who may answer for this account."""
        if self.member is not None:
            return self.member
        return self.organisation.answering if self.organisation is not None else None

    @property
    def answering_id(self) -> int | None:
        """The id of the membership that may answer for this account."""
        return self.answering.id if self.answering is not None else None


def holders_of(bank: Bank, account_ids: Iterable[int]) -> dict[int, Holder]:
    """Return {account id: holder} for those of the accounts that the bank has."""
    rows = db.session.execute(
        select(Account, Membership, Organisation)
        .outerjoin(Membership, Membership.account_id == Account.id)
        .outerjoin(Organisation, Organisation.account_id == Account.id)
        .where(Account.bank_id == bank.id, Account.id.in_(set(account_ids)))
        .options(joinedload(Organisation.contact))
    )
    return {account.id: _holder(account, member, organisation) for account, member, organisation in rows}


def _holder(account: Account, member: Membership | None, organisation: Organisation | None) -> Holder:
    if member is not None:
        full_name, short_name = member.name, member.short_name
    elif organisation is not None:
        full_name = short_name = organisation.name
    elif account.kind == AccountKind.COMMUNITY:
        full_name = short_name = gettext("Community account")
    else:
        full_name = short_name = gettext("Opening balances")
    return Holder(
        account_id=account.id,
        reference=account.reference,
        number=account.number,
        kind=AccountKind(account.kind),
        full_name=full_name,
        short_name=short_name,
        is_closed=account.closed_at is not None,
        member=member,
        organisation=organisation,
    )


def organisations_of(bank: Bank) -> Sequence[Row[Organisation, int, int]]:
    """Return (organisation, credit minutes, record minutes) in order of name."""
    credit, record = aliased(Balance), aliased(Balance)
    return db.session.execute(
        select(Organisation, credit.minutes, record.minutes)
        .join(credit, and_(credit.account_id == Organisation.account_id, credit.book == Book.CREDIT))
        .join(record, and_(record.account_id == Organisation.account_id, record.book == Book.RECORD))
        .where(Organisation.bank_id == bank.id)
        .order_by(func.lower(Organisation.name))
        .options(joinedload(Organisation.account), joinedload(Organisation.contact))
    ).all()


def organisation_with_reference(bank: Bank, reference: str) -> Organisation:
    """Return the bank's organisation of that reference. Raises NotFound."""
    query = select(Organisation).where(Organisation.bank_id == bank.id, Organisation.reference == reference)
    organisation = db.session.scalar(query)
    if organisation is None:
        raise NotFound()
    return organisation


def organisation_named(bank: Bank, name: str) -> Organisation | None:
    """Return the bank's organisation of that name, in whatever case it was typed."""
    query = select(Organisation).where(Organisation.bank_id == bank.id, func.lower(Organisation.name) == name.lower())
    return db.session.scalars(query).first()


def organisations_matching(bank: Bank, words: str, *, limit: int) -> list[Organisation]:
    """Return up to `limit` organisations of the bank whose name contains all of the words."""
    query = select(Organisation).where(Organisation.bank_id == bank.id)
    for word in words.split():
        query = query.where(func.lower(Organisation.name).contains(word.lower(), autoescape=True))
    return list(db.session.scalars(query.order_by(Organisation.name).limit(limit)))


def accounts_answered_by(membership: Membership) -> list[int]:
    """Return the ids of the accounts that this member answers for: their own, and organisations' they speak for."""
    spoken_for = select(Organisation.account_id).where(Organisation.contact_id == membership.id)
    return [membership.account_id, *db.session.scalars(spoken_for)]


def accounts_left_to_others(
    bank: Bank, coordinator: Membership, *, permission: Permission = Permission.APPROVE_HOURS
) -> frozenset[int]:
    """Return the ids of the accounts on whose hours this coordinator does not decide, because another one can.

    Those are their own, those of organisations that they answer for, and of members for whom they act as a helper.
    Another one is somebody who has the `permission` too. A deputy decides on none of these, even where nobody else can.
    """
    if members.count_with_roles(bank, roles_that_may(permission)) <= 1 and coordinator.role != Role.DEPUTY:
        return frozenset()
    spoken_for = select(Organisation.account_id).where(Organisation.contact_id == coordinator.id)
    others = db.session.scalars(union(spoken_for, members.acted_for(coordinator)))
    return frozenset([coordinator.account_id, *others])
