"""Set up a bank and its rules."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from typing import Any
from zoneinfo import available_timezones

from flask_babel import lazy_gettext as _l

from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.banks import queries
from timebank.banks.models import (
    LONGEST_AGREEMENT,
    LONGEST_NAME,
    LONGEST_REASON_FOR_CHECK,
    Activity,
    Bank,
    Involvement,
    Stage,
)
from timebank.columns import new_reference
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.ledger import service as ledger
from timebank.ledger.models import AccountKind, Book

COMMUNITY_NUMBER = "community"
OPENING_NUMBER = "opening"

_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,19}", re.ASCII)

# The rules that an administrator sets, by the name of their column.
RULES = (
    "name",
    "time_zone",
    "language",
    "rounding_minutes",
    "oldest_day_days",
    "longest_exchange_minutes",
    "confirmation_needed",
    "approval_needed",
    "confirms_itself_after_days",
    "expires_after_days",
    "low_balance_minutes",
    "high_balance_minutes",
    "floor_minutes",
    "opening_credit_minutes",
    "help_contact",
    "closes_itself_on_day",
    "reminds_before_days",
    "responsible",
    "privacy_contact",
    "complaints_to",
    "publishes_evidence",
    "takes_enquiries",
    "enquiries_kept_days",
    "agreement",
)
# Of these the audit says that they were changed, and not from what to what: they name people.
IN_WORDS = frozenset({"help_contact", "responsible", "privacy_contact", "complaints_to", "agreement"})


class BankCodeTaken(RuleBroken):
    """Two banks cannot have the same code."""

    field = "code"
    message = _l("There is already a time bank with this code. Choose another")


class BankCodeUnfit(RuleBroken):
    """A code is typed in commands and printed on statements, so it is kept short and plain."""

    field = "code"
    message = _l("A code has 1 to 20 letters, digits and hyphens, like ELMS or NORTH-2")


class TimeZoneUnknown(RuleBroken):
    """A bank's days begin and end in a time zone that the machine knows."""

    field = "time_zone"
    message = _l("Choose a time zone such as Europe/London")


class NameNeeded(RuleBroken):
    """Everything that people choose from has a name, short enough to read."""

    field = "name"
    message = _l("Enter a name of up to %(longest)s characters")


class AgreementTooLong(RuleBroken):
    """What people agree to is read by them first."""

    field = "agreement"
    message = _l("Use %(longest)s characters or fewer")


class ActivityNameTaken(RuleBroken):
    """Two activities of one name could not be told apart when logging hours."""

    field = "name"
    message = _l("There is already an activity with this name")


def create_bank(
    *, code: str, name: str, time_zone: str, at: dt.datetime, language: str = "en", made_by: int | None = None
) -> Bank:
    """Return a new, empty bank with its community account and its opening account. `made_by` is None for a command.

    Raises BankCodeUnfit, BankCodeTaken, NameNeeded or TimeZoneUnknown.
    """
    code = code.strip().upper()
    if not _CODE.fullmatch(code):
        raise BankCodeUnfit()
    if queries.bank_with_code(code):
        raise BankCodeTaken()
    _check_zone(time_zone)
    bank = Bank(code=code, name=_name(name), time_zone=time_zone, language=language, created_at=at)
    db.session.add(bank)
    db.session.flush()
    for number, kind in ((COMMUNITY_NUMBER, AccountKind.COMMUNITY), (OPENING_NUMBER, AccountKind.OPENING)):
        ledger.open_account(bank.id, number=number, kind=kind, opened_at=at)
    audit.record(Action.BANK_CREATED, bank_id=bank.id, by=made_by, on_what="bank", reference=bank.code, at=at)
    return bank


def change_rules(bank: Bank, *, changed_by: int, at: dt.datetime, **rules: Any) -> None:
    """Set the bank's rules, named as in RULES. A hard floor holds for members and organisations from now on.

    Raises NameNeeded, AgreementTooLong or TimeZoneUnknown.
    """
    if len(rules.get("agreement") or "") > LONGEST_AGREEMENT:
        raise AgreementTooLong(longest=f"{LONGEST_AGREEMENT:,}")
    rules["name"] = _name(rules["name"])
    _check_zone(rules["time_zone"])
    changes = {}
    for rule in RULES:
        if rule in rules and getattr(bank, rule) != rules[rule]:
            changes[rule] = [] if rule in IN_WORDS else [getattr(bank, rule), rules[rule]]
            setattr(bank, rule, rules[rule])
    if "agreement" in changes:
        bank.agreement_changed_on = bank.day_of(at)
    if "floor_minutes" in changes:
        holders = (AccountKind.MEMBER, AccountKind.ORGANISATION)
        ledger.set_floor(bank.id, floor_minutes=bank.floor_minutes, kinds=holders)
    if changes:
        audit.record(
            Action.BANK_RULES_CHANGED,
            bank_id=bank.id,
            by=changed_by,
            on_what="bank",
            reference=bank.code,
            at=at,
            changes=changes,
        )
    db.session.flush()


def add_activity(
    bank: Bank,
    *,
    name: str,
    service_area: str = "",
    default_book: Book = Book.CREDIT,
    default_stage: Stage = Stage.DELIVERY,
    involvements: Collection[Involvement] = (),
    check_reason: str = "",
    added_by: int | None,
    at: dt.datetime,
) -> Activity:
    """Return a new activity of the bank. `check_reason` says why whoever does it is eligible for a DBS check, if so.

    Raises NameNeeded or ActivityNameTaken.
    """
    activity = Activity(
        bank_id=bank.id,
        reference=new_reference(),
        name=_free_activity_name(bank, name),
        service_area=service_area.strip()[:LONGEST_NAME],
        default_book=default_book,
        default_stage=default_stage,
        offered=True,
        involves=_involves(involvements),
        check_reason=check_reason.strip()[:LONGEST_REASON_FOR_CHECK],
    )
    db.session.add(activity)
    db.session.flush()
    audit.record(
        Action.ACTIVITY_ADDED, bank_id=bank.id, by=added_by, on_what="activity", reference=activity.reference, at=at
    )
    return activity


def change_activity(
    bank: Bank,
    activity: Activity,
    *,
    name: str,
    service_area: str,
    default_book: Book,
    default_stage: Stage,
    offered: bool,
    involvements: Collection[Involvement] = (),
    check_reason: str = "",
    changed_by: int,
    at: dt.datetime,
) -> None:
    """Change what new exchanges of the activity begin with. Exchanges that are there keep what they have.

    Raises NameNeeded or ActivityNameTaken.
    """
    activity.name = _free_activity_name(bank, name, besides=activity)
    activity.service_area = service_area.strip()[:LONGEST_NAME]
    activity.default_book = default_book
    activity.default_stage = default_stage
    activity.offered = offered
    activity.involves = _involves(involvements)
    activity.check_reason = check_reason.strip()[:LONGEST_REASON_FOR_CHECK]
    db.session.flush()
    audit.record(
        Action.ACTIVITY_CHANGED, bank_id=bank.id, by=changed_by, on_what="activity", reference=activity.reference, at=at
    )


def _involves(involvements: Collection[Involvement]) -> str:
    return " ".join(each.value for each in Involvement if each in involvements)


def _free_activity_name(bank: Bank, name: str, *, besides: Activity | None = None) -> str:
    name = _name(name)
    taken = queries.activity_named(bank, name)
    if taken is not None and taken is not besides:
        raise ActivityNameTaken()
    return name


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise NameNeeded(longest=LONGEST_NAME)
    return name


def _check_zone(time_zone: str) -> None:
    if time_zone not in available_timezones():
        raise TimeZoneUnknown()
