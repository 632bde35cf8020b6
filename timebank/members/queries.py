"""What can be asked about people and memberships."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Row, Select, and_, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from timebank.banks.models import Bank
from timebank.errors import NotFound
from timebank.extensions import db
from timebank.ledger.models import Balance, Book
from timebank.members.models import Membership, Person, Role


def membership_with_id(membership_id: int) -> Membership | None:
    """Return the membership of that id, in whichever bank."""
    return db.session.get(Membership, membership_id)


def memberships_of(person: Person) -> list[Membership]:
    """Return the person's memberships that are open, in order of the banks' names."""
    return list(
        db.session.scalars(
            select(Membership)
            .join(Bank)
            .where(Membership.person_id == person.id, Membership.left_at.is_(None))
            .order_by(Bank.name)
        )
    )


def every_membership_of(person: Person) -> list[Membership]:
    """Return all memberships of the person, those that ended too."""
    return list(db.session.scalars(select(Membership).where(Membership.person_id == person.id)))


def person_with_email(email: str) -> Person | None:
    """Return the person who signs in with this address."""
    return db.session.scalar(select(Person).where(Person.email == tidy_email(email)))


def people_with_emails(emails: Iterable[str]) -> dict[str, Person]:
    """Return {email: person} for those of the addresses that somebody signs in with."""
    return {
        person.email: person
        for person in db.session.scalars(select(Person).where(Person.email.in_(set(emails))))
        if person.email
    }


def tidy_email(email: str) -> str:
    """Return the address as it is kept: addresses that differ in case alone belong to one person."""
    return email.strip().lower()


def member_with_reference(bank: Bank, reference: str) -> Membership:
    """Return the bank's member of that reference. Raises NotFound."""
    query = select(Membership).where(Membership.bank_id == bank.id, Membership.reference == reference)
    member = db.session.scalar(query)
    if member is None:
        raise NotFound()
    return member


def member_with_number(bank: Bank, number: str) -> Membership | None:
    """Return the bank's member of that number, if there is one."""
    return db.session.scalar(select(Membership).where(Membership.bank_id == bank.id, Membership.number == number))


def loaded_hashes(bank: Bank, numbers: Iterable[str]) -> dict[str, str | None]:
    """Return {number: digest of the row that brought the member} for those of the numbers that are members'."""
    rows = db.session.execute(
        select(Membership.number, Membership.loaded_hash).where(
            Membership.bank_id == bank.id, Membership.number.in_(set(numbers))
        )
    )
    return {number: loaded_hash for number, loaded_hash in rows}  # noqa: C416


def member_of_account(account_id: int) -> Membership | None:
    """Return the member whose account this is, if it is a member's."""
    return db.session.scalar(select(Membership).where(Membership.account_id == account_id))


def members_of_accounts(account_ids: Iterable[int]) -> list[Membership]:
    """Return the members whose accounts are among these."""
    return list(db.session.scalars(select(Membership).where(Membership.account_id.in_(set(account_ids)))))


def members_with_ids(ids: Iterable[int]) -> dict[int, Membership]:
    """Return {id: membership} for these memberships."""
    rows = db.session.scalars(select(Membership).where(Membership.id.in_(set(ids))))
    return {member.id: member for member in rows}


def members_named(bank: Bank, words: str) -> Select[Membership]:
    """Return the query for the bank's members who match all of the words, in order of name.

    A word with a full stop is the beginning of a name, too: members know each other as "Jean M."
    """
    query = select(Membership).where(Membership.bank_id == bank.id)
    for word in words.casefold().split():
        ways = [Membership.search_name.contains(word, autoescape=True), func.lower(Membership.number) == word]
        if len(word) > 1 and word.endswith("."):
            ways.append(Membership.search_name.contains(f" {word[:-1]}", autoescape=True))
        query = query.where(or_(*ways))
    return query.order_by(Membership.search_name, Membership.number)


def members_matching(bank: Bank, words: str, *, limit: int) -> list[Membership]:
    """Return up to `limit` open members of the bank whose name or number matches what was typed."""
    return list(db.session.scalars(members_named(bank, words).where(Membership.left_at.is_(None)).limit(limit)))


def count_members(bank: Bank, words: str) -> int:
    """Return how many members of the bank match what was typed, those who left too."""
    query = members_named(bank, words).order_by(None)
    return db.session.scalars(select(func.count()).select_from(query.subquery())).one()


def members_with_balances(bank: Bank, words: str, *, offset: int, limit: int) -> Sequence[Row[Membership, int, int]]:
    """Return (member, credit minutes, record minutes) for one page of the members who match."""
    credit, record = aliased(Balance), aliased(Balance)
    query = (
        members_named(bank, words)
        .add_columns(credit.minutes, record.minutes)
        .join(credit, and_(credit.account_id == Membership.account_id, credit.book == Book.CREDIT))
        .join(record, and_(record.account_id == Membership.account_id, record.book == Book.RECORD))
        .options(joinedload(Membership.account))
    )
    return db.session.execute(query.offset(offset).limit(limit)).all()


def count_with_role(bank: Bank, role: Role) -> int:
    """Return how many open members have a role that includes this one."""
    including = list(Role)[list(Role).index(role) :]
    query = select(func.count(Membership.id)).where(
        Membership.bank_id == bank.id, Membership.left_at.is_(None), Membership.role.in_(including)
    )
    return db.session.scalars(query).one()
