"""Who can do what in a bank, and why: each role in sentences, who holds it, and who made them so."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from timebank.audit.models import Action, AuditRecord
from timebank.banks.models import Bank
from timebank.members import queries as members
from timebank.members import words as member_words
from timebank.members.models import Membership, Role
from timebank.members.permissions import ALLOWED, Permission
from timebank.oversight import queries
from timebank.web.setup import moment

# What people read for each permission: a whole sentence, so that nobody has to guess what is meant by a word.
SENTENCES: dict[Permission, Any] = {
    Permission.SIGNED_IN: _l("Sign in and out, and change to another time bank that they belong to."),
    Permission.OWN_DETAILS: _l(
        "See and correct their own details, and how they sign in; tell a story, and take it back."
    ),
    Permission.OWN_HOURS: _l("See their own hours and statements, and confirm or question hours they took part in."),
    Permission.LOG_HOURS: _l("Log hours that they gave or received."),
    Permission.DONATE_HOURS: _l("Donate their own hours."),
    Permission.FIND_PEOPLE: _l("Find members, and see of each what that member chose to show."),
    Permission.LOG_FOR_OTHERS: _l("Enter hours for others, and find members by their full names for it."),
    Permission.APPROVE_HOURS: _l(
        "See all exchanges, and approve, question or decline those they have no part in, where somebody else can."
    ),
    Permission.REVERSE_HOURS: _l("Reverse exchanges that were approved."),
    Permission.SEE_STATEMENTS: _l("See everybody’s statements."),
    Permission.CLOSE_MONTHS: _l("Close months, and issue and send the statements."),
    Permission.TAKE_ENQUIRIES: _l("Read who wants to join, interview notes and references, and take people in."),
    Permission.KEEP_MEMBERS: _l(
        "See and keep members’ details, addresses too, and organisations; pause somebody; write down a member’s story"
        " on their word."
    ),
    Permission.GRANT_HOURS: _l("Grant hours from the community account."),
    Permission.SET_RULES: _l("Set the rules and activities, and who has which role; enter what the time bank costs."),
    Permission.REPORT_CONCERNS: _l("Report a concern about somebody’s safety."),
    Permission.READ_CONCERNS: _l("Read concerns, while there is no safeguarding lead or it is about the only one."),
    Permission.READ_AUDIT: _l("Read and download who did what, and when."),
    Permission.ERASE_PEOPLE: _l("Erase all that is known about somebody who asks for it."),
    Permission.SEE_EVIDENCE: _l("Read figures about the time bank as a whole, with no names and no exchanges."),
    Permission.RELEASE_EVIDENCE: _l(
        "Read the stories that members tell and put them beside the figures; release figures of a quarter or a year to"
        " outside readers, frozen."
    ),
    Permission.KEEP_BANKS: _l("Make time banks, count what is in each, and see whether the installation is well."),
}


@dataclass(frozen=True)
class ShownHolder:
    """A member who holds a role, and how that came about."""

    member: Membership
    why: str


@dataclass(frozen=True)
class ShownRole:
    """A role: what it is called, what it lets do, and who holds it. Of ordinary members only how many there are."""

    role: Role
    name: str
    sentences: list[str]
    count: int
    holders: list[ShownHolder] = field(default_factory=list)


def show_roles(bank: Bank) -> list[ShownRole]:
    """Return every role, with who holds it and since when, as the audit tells."""
    special = [role for role in Role if role != Role.MEMBER]
    holders: dict[str, list[Membership]] = defaultdict(list)
    for member in members.members_with_roles(bank, special):
        holders[member.role].append(member)
    people = [member for held in holders.values() for member in held]
    why = reasons(bank, people, (Action.MEMBER_ROLE_CHANGED, Action.MEMBER_JOINED))
    return [
        ShownRole(
            role=role,
            name=member_words.of_role(role),
            sentences=[str(SENTENCES[permission]) for permission in Permission if permission in ALLOWED[role]],
            count=len(holders[role]) if role in special else members.count_with_roles(bank, [role]),
            holders=[ShownHolder(member, why[member.reference]) for member in holders[role]],
        )
        for role in Role
    ]


def show_leads(bank: Bank) -> list[ShownHolder]:
    """Return the safeguarding leads, and who made them so."""
    leads = members.safeguarding_leads(bank)
    why = reasons(bank, leads, (Action.SAFEGUARDING_LEAD_SET,))
    return [ShownHolder(lead, why[lead.reference]) for lead in leads]


def reasons(bank: Bank, people: list[Membership], actions: tuple[Action, ...]) -> dict[str, str]:
    """Return {member's reference: who did the last of these acts to them, and when}."""
    last: dict[str, AuditRecord] = {}
    # Joining says why somebody holds a role only where no change of it came later.
    for record in queries.records_about(bank, [member.reference for member in people], actions):
        last[record.reference] = record
    acted = {record.membership_id for record in last.values() if record.membership_id is not None}
    names = {member.id: member.name for member in queries.members_of_records(bank, acted, [])}
    return {member.reference: _why(last.get(member.reference), names) for member in people}


def _why(record: AuditRecord | None, names: dict[int, str]) -> str:
    if record is None:
        return gettext("It is not known since when")
    when = moment(record.at)
    if record.membership_id is None:
        return gettext("By a command, on %(when)s", when=when)
    name = names.get(record.membership_id, gettext("somebody who is not known any more"))
    return gettext("By %(name)s, on %(when)s", name=name, when=when)
