"""Add organisations and say who answers for them."""

from __future__ import annotations

import datetime as dt

from flask_babel import lazy_gettext as _l

from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.banks.models import LONGEST_NAME, Bank
from timebank.columns import new_reference
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.ledger import service as ledger
from timebank.ledger.models import AccountKind
from timebank.members import service as members
from timebank.members.models import Membership
from timebank.organisations import queries
from timebank.organisations.models import Organisation


class OrganisationNameNeeded(RuleBroken):
    """An organisation is called something."""

    field = "name"
    message = _l("Enter a name of up to %(longest)s characters")


class OrganisationNameTaken(RuleBroken):
    """Two organisations of one name could not be told apart."""

    field = "name"
    message = _l("There is already an organisation with this name")


class ContactIsNoMember(RuleBroken):
    """Only a member can answer for an organisation, for only a member can sign in."""

    field = "contact"
    message = _l("Choose a member of this time bank")


def add_organisation(
    bank: Bank, *, name: str, contact: Membership | None, added_by: Membership, at: dt.datetime
) -> Organisation:
    """Return a new organisation with an account of its own. Raises OrganisationNameNeeded or OrganisationNameTaken."""
    name = _free_name(bank, name)
    account = ledger.open_account(
        bank.id,
        number=members.next_number(bank),
        kind=AccountKind.ORGANISATION,
        opened_at=at,
        floor_minutes=bank.floor_minutes,
    )
    organisation = Organisation(
        bank_id=bank.id, account_id=account.id, contact=contact, reference=new_reference(), name=name, added_at=at
    )
    db.session.add(organisation)
    db.session.flush()
    _record(Action.ORGANISATION_ADDED, organisation, by=added_by, at=at)
    return organisation


def change_organisation(
    bank: Bank,
    organisation: Organisation,
    *,
    name: str,
    contact: Membership | None,
    changed_by: Membership,
    at: dt.datetime,
) -> None:
    """Change its name or who answers for it. Raises OrganisationNameNeeded or OrganisationNameTaken."""
    organisation.name = _free_name(bank, name, besides=organisation)
    organisation.contact = contact
    db.session.flush()
    _record(Action.ORGANISATION_CHANGED, organisation, by=changed_by, at=at)


def _free_name(bank: Bank, name: str, *, besides: Organisation | None = None) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise OrganisationNameNeeded(longest=LONGEST_NAME)
    taken = queries.organisation_named(bank, name)
    if taken is not None and taken is not besides:
        raise OrganisationNameTaken()
    return name


def _record(action: Action, organisation: Organisation, *, by: Membership, at: dt.datetime) -> None:
    audit.record(
        action,
        bank_id=organisation.bank_id,
        by=by.id,
        on_what="organisation",
        reference=organisation.reference,
        at=at,
    )
