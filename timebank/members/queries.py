"""What can be asked about people and memberships."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import Row, Select, and_, case, func, or_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from timebank.banks.models import Bank
from timebank.errors import NotFound
from timebank.extensions import db
from timebank.ledger.models import Balance, Book
from timebank.members.models import WITHOUT_HOURS, Clearance, DbsCheck, Helper, Membership, Person, Profile, Role

# Where more have one name, the first of them are enough to ask which is meant.
MOST_OF_ONE_NAME = 8


# Who has neither left nor is paused.
TAKES_PART = and_(Membership.left_at.is_(None), Membership.paused_at.is_(None))
# And gives and receives hours, so that others look for them.
HAS_HOURS = and_(TAKES_PART, Membership.role.not_in(WITHOUT_HOURS))


def membership_with_id(membership_id: int) -> Membership | None:
    """Return the membership of that id, in whichever bank."""
    return db.session.get(Membership, membership_id)


def membership_with_bank(membership_id: int) -> Membership | None:
    """Return the membership of that id together with its bank, as each request begins."""
    return db.session.get(Membership, membership_id, options=[joinedload(Membership.bank)])


def memberships_of(person: Person) -> list[Membership]:
    """Return the person's memberships that are open and not paused, in order of the banks' names."""
    return list(
        db.session.scalars(
            select(Membership)
            .join(Bank)
            .where(Membership.person_id == person.id, TAKES_PART)
            .order_by(Bank.name, Membership.id)
        )
    )


def every_membership_of(person: Person) -> list[Membership]:
    """Return all memberships of the person, those that ended too."""
    return list(db.session.scalars(select(Membership).where(Membership.person_id == person.id)))


def memberships_with_email(email: str) -> list[Membership]:
    """Return the memberships of any bank, neither ended nor paused, that somebody signs in to with this address."""
    query = select(Membership).where(Membership.email == tidy_email(email), TAKES_PART)
    return list(db.session.scalars(query.order_by(Membership.id)))


def member_with_email(bank: Bank, email: str) -> Membership | None:
    """Return the bank's member of that address, one who left too."""
    query = select(Membership).where(Membership.bank_id == bank.id, Membership.email == tidy_email(email))
    return db.session.scalar(query)


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


def members_with_ids(ids: Iterable[int]) -> dict[int, Membership]:
    """Return {id: membership} for these memberships."""
    rows = db.session.scalars(select(Membership).where(Membership.id.in_(set(ids))))
    return {member.id: member for member in rows}


def members_named(bank: Bank, words: str, *, in_full: bool = True) -> Select[Membership]:
    """Return the query for the bank's members who match all of the words, in order of name.

    Names are searched `in_full`, or only what members see of them. A word with a full stop is the beginning of a
    name, too: members know each other as "Jean M."
    """
    name = Membership.search_name if in_full else Membership.search_short_name
    query = select(Membership).where(Membership.bank_id == bank.id)
    for word in words.casefold().split():
        ways = [name.contains(word, autoescape=True), func.lower(Membership.number) == word]
        if len(word) > 1 and word.endswith("."):
            ways.append(name.contains(f" {word[:-1]}", autoescape=True))
        query = query.where(or_(*ways))
    return query.order_by(Membership.search_name, Membership.number)


def members_matching(bank: Bank, words: str, *, limit: int, in_full: bool = True) -> list[Membership]:
    """Return up to `limit` members of the bank who take part, and whose name or number matches what was typed.

    Those of whom a name begins with the first word come before those in whose names it only occurs.
    """
    name = Membership.search_name if in_full else Membership.search_short_name
    first = next(iter(words.casefold().split()), "").removesuffix(".")
    begins = or_(name.startswith(first, autoescape=True), name.contains(f" {first}", autoescape=True))
    query = members_named(bank, words, in_full=in_full).where(HAS_HOURS)
    query = query.order_by(None).order_by(case((begins, 0), else_=1), name, Membership.number)
    return list(db.session.scalars(query.limit(limit)))


def members_called(bank: Bank, name: str) -> list[Membership]:
    """Return the members of the bank who take part and whose name, in full or as other members see it, is just this."""
    typed = name.casefold()
    query = select(Membership).where(
        Membership.bank_id == bank.id,
        HAS_HOURS,
        or_(Membership.search_name == typed, Membership.search_short_name == typed),
    )
    return list(db.session.scalars(query.order_by(Membership.number).limit(MOST_OF_ONE_NAME)))


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


def helpers_of(membership_ids: Iterable[int], *, today: dt.date) -> dict[int, list[Helper]]:
    """Return {membership's id: who looks after it today} for those of these that somebody looks after."""
    query = _active_helpers(today).where(Helper.helped_id.in_(set(membership_ids)))
    found: dict[int, list[Helper]] = {}
    for helper in db.session.scalars(query):
        found.setdefault(helper.helped_id, []).append(helper)
    return found


def looked_after_by(member: Membership, *, today: dt.date) -> list[Helper]:
    """Return what the member looks after today, for whom they may read."""
    return list(db.session.scalars(_active_helpers(today).where(Helper.helper_id == member.id)))


def _active_helpers(today: dt.date) -> Select[Helper]:
    """Return the query for what counts today: not ended nor past its last day, both members, the helper not paused."""
    helped, helping = aliased(Membership), aliased(Membership)
    return (
        select(Helper)
        .join(helped, Helper.helped_id == helped.id)
        .join(helping, Helper.helper_id == helping.id)
        .where(
            Helper.ended_at.is_(None),
            or_(Helper.until_on.is_(None), Helper.until_on >= today),
            helped.left_at.is_(None),
            helping.left_at.is_(None),
            helping.paused_at.is_(None),
        )
        .order_by(Helper.id)
        .options(
            joinedload(Helper.helped).joinedload(Membership.account),
            joinedload(Helper.helper),
        )
    )


def every_helper_with(member: Membership) -> list[Helper]:
    """Return all that nobody ended, in which the member is one of the two."""
    either = or_(Helper.helped_id == member.id, Helper.helper_id == member.id)
    return list(db.session.scalars(select(Helper).where(either, Helper.ended_at.is_(None)).order_by(Helper.id)))


def helper_with_id(helper_id: int) -> Helper | None:
    """Return the helper of that id, if it is still there."""
    return db.session.get(Helper, helper_id)


def helper_with_reference(bank: Bank, reference: str) -> Helper:
    """Return the bank's helper of that reference. Raises NotFound."""
    helper = db.session.scalar(select(Helper).where(Helper.bank_id == bank.id, Helper.reference == reference))
    if helper is None:
        raise NotFound()
    return helper


def count_with_roles(bank: Bank, roles: Collection[Role]) -> int:
    """Return how many members who take part have one of these roles."""
    query = select(func.count(Membership.id)).where(
        Membership.bank_id == bank.id, TAKES_PART, Membership.role.in_(roles)
    )
    return db.session.scalars(query).one()


def clearances_of(membership_ids: Iterable[int]) -> dict[int, list[Clearance]]:
    """Return {membership's id: what it was ever cleared for, the latest first} for those that were."""
    found: dict[int, list[Clearance]] = {}
    query = select(Clearance).where(Clearance.membership_id.in_(set(membership_ids)))
    for clearance in db.session.scalars(query.order_by(Clearance.cleared_on.desc(), Clearance.id.desc())):
        found.setdefault(clearance.membership_id, []).append(clearance)
    return found


def clearance_with_reference(member: Membership, reference: str) -> Clearance:
    """Return the member's clearance of that reference. Raises NotFound."""
    query = select(Clearance).where(Clearance.membership_id == member.id, Clearance.reference == reference)
    clearance = db.session.scalar(query)
    if clearance is None:
        raise NotFound()
    return clearance


def checks_of(membership_ids: Iterable[int]) -> dict[int, list[DbsCheck]]:
    """Return {membership's id: its DBS checks, the latest first} for those that have any."""
    found: dict[int, list[DbsCheck]] = {}
    query = select(DbsCheck).where(DbsCheck.membership_id.in_(set(membership_ids)))
    for check in db.session.scalars(query.order_by(DbsCheck.checked_on.desc(), DbsCheck.id.desc())):
        found.setdefault(check.membership_id, []).append(check)
    return found


def members_with_roles(bank: Bank, roles: Collection[Role]) -> list[Membership]:
    """Return the members who take part and have one of these roles, in order of name."""
    query = select(Membership).where(Membership.bank_id == bank.id, TAKES_PART, Membership.role.in_(roles))
    return list(db.session.scalars(query.order_by(Membership.search_name, Membership.number)))


def safeguarding_leads(bank: Bank) -> list[Membership]:
    """Return the members who take part and read the concerns that are reported, in order of name."""
    query = select(Membership).where(Membership.bank_id == bank.id, TAKES_PART, Membership.is_safeguarding_lead)
    return list(db.session.scalars(query.order_by(Membership.search_name, Membership.number)))


def helpers_in(bank: Bank, *, today: dt.date) -> list[Helper]:
    """Return who looks after whose membership in the bank today."""
    return list(db.session.scalars(_active_helpers(today).where(Helper.bank_id == bank.id)))


def acting_helper(helper_id: int, *, helper_of: int, today: dt.date) -> Helper | None:
    """Return the helper of that id, if it lets the membership `helper_of` act for somebody today."""
    query = _active_helpers(today).where(Helper.id == helper_id, Helper.helper_id == helper_of, Helper.may_act)
    found = db.session.scalar(query.options(joinedload(Helper.helped).joinedload(Membership.bank)))
    return found if found is not None and found.helped.takes_part else None


def acted_for(member: Membership) -> Select[int]:
    """Return the query for the accounts of those for whom the member may act, or might until a last day that passed."""
    query = select(Membership.account_id).join(Helper, Helper.helped_id == Membership.id)
    return query.where(Helper.helper_id == member.id, Helper.may_act, Helper.ended_at.is_(None))


def accounts_acted_for(member: Membership) -> list[int]:
    """Return the ids of the accounts of those for whom the member may act, or might until the last day had passed."""
    return list(db.session.scalars(acted_for(member)))


def profile_of(member: Membership) -> Profile | None:
    """Return what the member tells about themselves, if they ever did."""
    return db.session.get(Profile, member.id)


def _listed(bank: Bank, words: str) -> Select[Profile]:
    """Return the query for the profiles of those who want to be found and match all of the words, by what they show."""
    query = select(Profile).join(Profile.membership)
    query = query.where(Profile.bank_id == bank.id, Profile.is_listed, HAS_HOURS)
    for word in words.casefold().split():
        query = query.where(
            or_(
                Membership.search_short_name.contains(word, autoescape=True),
                Profile.search_words.contains(word, autoescape=True),
            )
        )
    return query


def count_listed(bank: Bank, words: str) -> int:
    """Return how many members of the directory match what was typed."""
    return db.session.scalars(_listed(bank, words).with_only_columns(func.count(Profile.membership_id))).one()


def listed_members(bank: Bank, words: str, *, offset: int, limit: int) -> list[Profile]:
    """Return one page of the directory's members who match, with their memberships, in order of the name they show."""
    query = _listed(bank, words).order_by(Membership.search_short_name, Membership.id)
    query = query.options(contains_eager(Profile.membership))
    return list(db.session.scalars(query.offset(offset).limit(limit)))


def listed_member(bank: Bank, reference: str) -> Profile:
    """Return the profile of the directory's member of that reference. Raises NotFound."""
    query = _listed(bank, "").where(Membership.reference == reference).options(contains_eager(Profile.membership))
    profile = db.session.scalar(query)
    if profile is None:
        raise NotFound()
    return profile
