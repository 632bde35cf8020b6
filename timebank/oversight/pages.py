"""Records of the audit in words, with a link to what each is of. However many there are, the questions are as many."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import url_for
from flask_babel import gettext

from timebank.audit.models import Action, AuditRecord
from timebank.audit.service import FROM_OUTSIDE
from timebank.banks.models import Activity, Bank
from timebank.exchanges.models import Exchange
from timebank.gifts.models import Gift
from timebank.hours import in_words
from timebank.ledger.models import Account
from timebank.ledger.months import Month
from timebank.mail.models import OutgoingMail
from timebank.members.models import Membership
from timebank.organisations.models import Organisation
from timebank.organisations.names import Viewer
from timebank.organisations.queries import Holder, holders_of
from timebank.oversight import queries, words
from timebank.statements.models import IssuedStatement
from timebank.web.setup import day, month

# Whoever reads the audit reads full names, and is nobody in particular: their own name is a name as well.
READER = Viewer(member=None, in_full=True)

# What records are of that are not of mail, which is called by its kind: packages may send new kinds.
NO_MAIL = frozenset(
    {
        "activity",
        "bank",
        "concern",
        "cost",
        "database",
        "enquiry",
        "exchange",
        "gift",
        "month",
        "organisation",
        "sign-in",
        "statement",
        "story",
    }
).union(queries.OF_A_MEMBER)


@dataclass(frozen=True)
class ShownRecord:
    """A record as a page shows it, with names as they are today."""

    record: AuditRecord
    who: str
    who_number: str
    name: str
    sentence: str
    changes: list[str]
    href: str | None


@dataclass
class _Known:
    """What records are of, by what the records call it."""

    by_id: dict[int, Membership] = field(default_factory=dict)
    members: dict[str, Membership] = field(default_factory=dict)
    exchanges: dict[str, Exchange] = field(default_factory=dict)
    gifts: dict[str, Gift] = field(default_factory=dict)
    activities: dict[str, Activity] = field(default_factory=dict)
    organisations: dict[str, Organisation] = field(default_factory=dict)
    statements: dict[str, tuple[IssuedStatement, Account]] = field(default_factory=dict)
    mail: dict[str, OutgoingMail] = field(default_factory=dict)
    holders: dict[int, Holder] = field(default_factory=dict)


def show_records(bank: Bank, records: Sequence[AuditRecord]) -> list[ShownRecord]:
    """Return the records in words."""
    known = _known(bank, records)
    return [_show(record, known) for record in records]


def name_of(written: str) -> str:
    """Return what an administrator chooses for this kind of act."""
    return str(words.NAMES[Action(written)]) if written in list(Action) else written


def _known(bank: Bank, records: Sequence[AuditRecord]) -> _Known:
    of: dict[str, set[str]] = defaultdict(set)
    for record in records:
        of[record.on_what].add(record.reference)
    helpers = {record.details[part] for record in records for part in ("helper", "for") if part in record.details}
    members = queries.members_of_records(
        bank,
        {record.membership_id for record in records if record.membership_id},
        {reference for kind in queries.OF_A_MEMBER for reference in of[kind]} | helpers,
    )
    mailed = set().union(*(of[kind] for kind in of if kind not in NO_MAIL))
    known = _Known(
        by_id={member.id: member for member in members},
        members={member.reference: member for member in members},
        exchanges={each.reference: each for each in queries.exchanges_of_records(bank, of["exchange"])},
        gifts={each.reference: each for each in queries.gifts_of_records(bank, of["gift"])},
        activities={each.reference: each for each in queries.activities_of_records(bank, of["activity"])},
        organisations={each.reference: each for each in queries.organisations_of_records(bank, of["organisation"])},
        statements={each[0].reference: each for each in queries.statements_of_records(bank, of["statement"])},
        mail={each.reference: each for each in queries.mail_of_records(bank, mailed | of["statement"])},
    )
    accounts = {party.account_id for exchange in known.exchanges.values() for party in exchange.parties}
    accounts |= {id_ for gift in known.gifts.values() for id_ in (gift.from_account_id, gift.to_account_id)}
    accounts |= {account.id for _issued, account in known.statements.values()}
    known.holders = holders_of(bank, accounts)
    return known


def _show(record: AuditRecord, known: _Known) -> ShownRecord:
    by = known.by_id.get(record.membership_id or 0)
    who = by.name if by is not None else _nobody(record)
    if "for" in record.details:
        helped = known.members.get(record.details["for"])
        who = gettext("%(helper)s for %(helped)s", helper=who, helped=helped.name if helped else gettext("somebody"))
    if record.action not in list(Action):
        return ShownRecord(record, who, by.number if by else "", record.action, record.action, [], None)
    action = Action(record.action)
    changes = words.of_changes(action, record.details)
    gaps = defaultdict(lambda: gettext("(no longer there)"), _gaps(record, known))
    gaps |= {"who": who, "changes": "; ".join(changes)}
    return ShownRecord(
        record=record,
        who=who,
        who_number=by.number if by is not None else "",
        name=str(words.NAMES[action]),
        sentence=str(words.SENTENCES[action]) % gaps,
        changes=changes,
        href=_href(record, known),
    )


def _nobody(record: AuditRecord) -> str:
    """Return who it was where it was no member: a command, or the bank's own rules."""
    if record.membership_id is not None:
        return gettext("Somebody who is not known any more")
    if record.came_from == FROM_OUTSIDE:
        return gettext("Somebody who is not a member")
    if " by " in record.came_from:
        return gettext("A command")
    return gettext("The bank’s rules")


def _gaps(record: AuditRecord, known: _Known) -> dict[str, Any]:
    """Return what stands in the gaps of the sentence."""
    details = record.details
    gaps: dict[str, Any] = {"fields": words.of_fields(details), "how": words.of_choice(details)}
    if "helper" in details and details["helper"] in known.members:
        gaps["helper"] = known.members[details["helper"]].name
    counted = [details[name] for name in ("members", "exchanges", "statements") if name in details]
    if counted:
        gaps["count"] = f"{counted[0]:,}"
    if "period" in details:
        gaps["period"] = details["period"]
    if "made_at" in details:
        gaps["made_at"] = details["made_at"]
    if record.on_what == "month":
        gaps["month"] = month(Month.parse(record.reference))
    return gaps | _gaps_of_what(record.reference, known)


def _gaps_of_what(reference: str, known: _Known) -> dict[str, str]:
    if reference in known.members:
        return {"member": known.members[reference].name}
    if reference in known.mail:
        return {"member": known.mail[reference].membership.name}
    if reference in known.exchanges:
        return _gaps_of_exchange(known.exchanges[reference], known.holders)
    if reference in known.gifts:
        gift = known.gifts[reference]
        return {
            "hours": in_words(gift.minutes),
            "giver": READER.name(known.holders[gift.from_account_id]),
            "receiver": READER.name(known.holders[gift.to_account_id]),
        }
    if reference in known.statements:
        issued, account = known.statements[reference]
        return {"member": READER.name(known.holders[account.id]), "month": month(issued.month)}
    named = known.activities.get(reference) or known.organisations.get(reference)
    return {"name": named.name} if named is not None else {}


def _gaps_of_exchange(exchange: Exchange, holders: dict[int, Holder]) -> dict[str, str]:
    return {
        "hours": in_words(exchange.minutes),
        "givers": READER.names([holders[party.account_id] for party in exchange.givers]),
        "receivers": READER.names([holders[party.account_id] for party in exchange.receivers]),
        "day": day(exchange.happened_on),
    }


def _href(record: AuditRecord, known: _Known) -> str | None:
    """Return the address of what the record is of, where it has a page."""
    reference = record.reference
    if reference in known.members:
        return url_for("members.member", reference=reference)
    if reference in known.mail:
        return url_for("members.member", reference=known.mail[reference].membership.reference)
    if reference in known.exchanges:
        return url_for("approvals.decide", reference=reference)
    if reference in known.gifts:
        return url_for("gifts.gift", reference=reference)
    if reference in known.activities:
        return url_for("banks.change_activity", reference=reference)
    if reference in known.organisations:
        return url_for("organisations.change", reference=reference)
    if reference in known.statements:
        issued, account = known.statements[reference]
        return url_for("statements.statement", reference=account.reference, written_month=str(issued.month))
    if record.on_what == "month":
        return url_for("months.month", written_month=reference)
    return url_for("banks.rules") if record.on_what == "bank" else None


def when(bank: Bank, moment: dt.datetime) -> str:
    """Return the moment in the bank's own time, as spreadsheets sort it."""
    return moment.astimezone(bank.zone).isoformat(sep=" ", timespec="seconds")
