"""Forget a person, while the ledger still adds up and everybody else's statements stay what they were."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, update

from timebank.audit import service as audit
from timebank.audit.models import Action, AuditRecord
from timebank.banks import queries as banks
from timebank.banks.service import IN_WORDS
from timebank.errors import RuleBroken
from timebank.exchanges.models import Exchange, ExchangeStep, Party
from timebank.extensions import db
from timebank.gifts import service as gifts
from timebank.gifts.models import Gift
from timebank.joining.queries import enquiry_of
from timebank.joining.service import forget
from timebank.ledger import queries as ledger_queries
from timebank.mail.models import OutgoingMail
from timebank.members import queries as members
from timebank.members import service as membership
from timebank.members.models import Capacity, Clearance, DbsCheck, Helper, Membership, Person, Profile, Role
from timebank.privacy import queries
from timebank.privacy.models import Erasure
from timebank.privacy.naming import without, words_that_name
from timebank.privacy.records import Erased
from timebank.sign_in.models import EmailedLink, RecoveryCode, SecondFactor, Session
from timebank.statements.models import IssuedStatement, StatementChoice
from timebank.stories.models import Story
from timebank.web.languages import LOCALES


class AlreadyErased(RuleBroken):
    """Nothing is known any more of somebody who was erased."""

    message = _l("This person was erased already")


class OwnErasure(RuleBroken):
    """Whoever erases has to see that it was done."""

    message = _l("Another administrator has to do this for you")


class NumberDiffers(RuleBroken):
    """Erasing cannot be taken back, so whoever erases says who is meant."""

    field = "number"
    message = _l("This is not the number of this member. Check who is to be erased")


def check_is_meant(member: Membership, number: str) -> None:
    """Raise NumberDiffers unless the number is this member's."""
    if number.strip() != member.number:
        raise NumberDiffers()


def erase(member: Membership, *, gives_balance: bool, erased_by: Membership | None, at: dt.datetime) -> Erasure:
    """Take away all that the bank knows about a member, and end their membership if it goes on.

    Where `gives_balance`, what they have goes to the community account; else it stays where it is. Exchanges, entries
    and seals stay. Raises AlreadyErased, OwnErasure, LastAdministrator or what posting a donation raises.
    """
    bank = member.bank
    banks.lock_bank(bank)
    db.session.refresh(member)
    if member.erased_at is not None:
        raise AlreadyErased()
    if erased_by is not None and erased_by.id == member.id:
        raise OwnErasure()
    if gives_balance:
        pot = ledger_queries.community_account(member.bank_id)
        gifts.give_balance(member, to_account_id=pot.id, recorded_by=None, at=at)
    membership.leave(member, recorded_by=erased_by, at=at)
    _empty_what_they_wrote(member)
    _take_the_name_out_of_what_others_wrote(member)
    _delete_what_is_only_theirs(member)
    _forget_the_person(member)
    _empty_the_membership(member, at=at)
    erasure = Erasure(
        bank_id=bank.id,
        membership_id=member.id,
        reference=member.reference,
        gave_balance=gives_balance,
        erased_at=at,
        erased_by_id=erased_by.id if erased_by else None,
    )
    db.session.add(erasure)
    audit.record(
        Action.MEMBER_ERASED,
        bank_id=bank.id,
        by=erased_by.id if erased_by else None,
        on_what="member",
        reference=member.reference,
        at=at,
    )
    db.session.flush()
    return erasure


def replay(listed: Iterable[Erased], *, at: dt.datetime) -> int:
    """Erase again whom an older backup brought back, and return how many that were.

    Whoever is erased already, or is not here under the same number and reference, is left as they are.
    """
    done = 0
    for each in listed:
        member = queries.membership_to_erase(each.bank_code, each.membership_id, each.reference)
        if member is not None and member.erased_at is None:
            # Back then they may have been the only administrator. Whoever restores can add another.
            member.role = Role.MEMBER
            erase(member, gives_balance=each.gave_balance, erased_by=None, at=at)
            done += 1
    return done


def _take_the_name_out_of_what_others_wrote(member: Membership) -> None:
    """Take out the whole name and the addresses wherever they are, and each word of the name in what is their own."""
    first_line = member.address.splitlines()[:1]
    everywhere = [each for each in (member.name, member.email, member.phone, *first_line) if each]
    for column in queries.WRITTEN:
        _rewrite(queries.written_with(member.bank_id, column, everywhere), column.key, everywhere)
    among_them = [*everywhere, member.postcode, *words_that_name(member.name)]
    gifts_between = queries.gifts_of(member)
    between: tuple[tuple[Sequence[Any], str], ...] = (
        (queries.exchanges_of(member), "note"),
        (queries.exchanges_of(member), "waiver"),
        (queries.steps_of(member), "message"),
        (queries.parties_with(member), "thanks"),
        (gifts_between, "reason"),
        (gifts_between, "reversal_reason"),
        (queries.statements_of(member), "reason"),
    )
    for rows, words in between:
        _rewrite(rows, words, among_them)
    for words in sorted(IN_WORDS):
        setattr(member.bank, words, without(getattr(member.bank, words), everywhere))
    db.session.flush()


def _rewrite(rows: Iterable[Any], column: str, named: Collection[str]) -> None:
    for row in rows:
        text = getattr(row, column)
        if text and (left := without(text, named)) != text:
            setattr(row, column, left)


def _empty_what_they_wrote(member: Membership) -> None:
    for column, is_theirs in (
        (Exchange.note, Exchange.logged_by_id == member.id),
        (Exchange.waiver, Exchange.waived_by_id == member.id),
        (Exchange.waiver, Exchange.id.in_(queries.ids_given_by(member))),
        (ExchangeStep.message, ExchangeStep.by_id == member.id),
        (Party.thanks, (Party.account_id == member.account_id) | (Party.answered_by_id == member.id)),
        (Gift.reason, Gift.given_by_id == member.id),
        (Gift.reversal_reason, Gift.reversed_by_id == member.id),
        (IssuedStatement.reason, IssuedStatement.issued_by_id == member.id),
    ):
        emptied = update(column.class_).where(is_theirs, column != "").values({column.key: ""})
        db.session.execute(emptied.execution_options(synchronize_session=False))
    db.session.expire_all()


def _delete_what_is_only_theirs(member: Membership) -> None:
    for table, is_theirs in (
        (OutgoingMail, OutgoingMail.membership_id == member.id),
        (Profile, Profile.membership_id == member.id),
        (StatementChoice, StatementChoice.membership_id == member.id),
        (Helper, (Helper.helped_id == member.id) | (Helper.helper_id == member.id)),
        (Clearance, Clearance.membership_id == member.id),
        (DbsCheck, DbsCheck.membership_id == member.id),
        (Story, Story.told_by_id == member.id),
        (Session, Session.membership_id == member.id),
        (EmailedLink, EmailedLink.membership_id == member.id),
    ):
        db.session.execute(delete(table).where(is_theirs))
    came_by = enquiry_of(member)
    if came_by is not None:
        forget([came_by.id])
    for organisation in queries.organisations_of(member):
        organisation.contact_id = None
    # From where they acted is about them; what they did is about the bank.
    theirs = update(AuditRecord).where(AuditRecord.membership_id == member.id, AuditRecord.came_from != "")
    db.session.execute(theirs.values(came_from="").execution_options(synchronize_session=False))
    db.session.flush()


def _forget_the_person(member: Membership) -> None:
    """Take the password away, or leave it to the person's memberships of other banks and part from them."""
    person = member.person
    if len(members.every_membership_of(person)) > 1:
        member.person = Person()
        person.sign_in_version += 1
    else:
        person.password_hash = None
        person.sign_in_version += 1
        for table in (SecondFactor, RecoveryCode):
            db.session.execute(delete(table).where(table.person_id == person.id))
    db.session.flush()


def _empty_the_membership(member: Membership, *, at: dt.datetime) -> None:
    with force_locale(LOCALES.get(member.bank.language, member.bank.language)):
        member.rename(gettext("A former member (%(number)s)", number=member.number))
    member.limited_at = member.died_on = None
    member.paused_reason, member.is_safeguarding_lead, member.shows_full_name = "", False, False
    member.email, member.phone, member.address, member.postcode = None, "", "", ""
    member.capacity, member.role, member.loaded_hash, member.erased_at = Capacity.NOT_STATED, Role.MEMBER, None, at
    db.session.flush()
