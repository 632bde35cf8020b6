"""The demonstration bank as journeys see it: where it is served, and what there is to look at in it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from tests.journeys.server import Running
from tests.make import enter_cost, let_sign_in, make_member
from timebank import clock
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.concerns.service import report_concern
from timebank.demonstration.build import SIGN_INS, build_demonstration
from timebank.demonstration.story import NO_LONGER_CLEARED
from timebank.evidence.pages import SECTIONS
from timebank.evidence.periods import releasable
from timebank.evidence.release_queries import releases_of
from timebank.evidence.service import release_evidence
from timebank.exchanges import queries as exchanges
from timebank.exchanges.models import Exchange, Status
from timebank.exchanges.queries import QueueFilter
from timebank.extensions import db
from timebank.gifts import queries as gifts
from timebank.joining import queries as joining_queries
from timebank.joining import service as joining
from timebank.ledger import queries as ledger
from timebank.ledger.months import Month
from timebank.members import profiles
from timebank.members import queries as members
from timebank.members.models import Membership, Role
from timebank.members.permissions import Permission, may
from timebank.organisations import queries as organisations
from timebank.sign_in import links
from timebank.sign_in.invitations import invite
from timebank.sign_in.models import Purpose

# The values for the parts of an address that are not fixed, for each endpoint that has such parts.
Places = dict[str, list[dict[str, Any]]]

SOMEBODY_OFFLINE = "Doris Hambly"
# They give and receive no hours. The password is that of tests.
FOR_FIGURES = {"board@example.org": Role.BOARD_READER, "system@example.org": Role.SYSTEM_ADMINISTRATOR}


@dataclass(frozen=True)
class Demonstration:
    """The demonstration bank, its server, and the places that each of those who sign in can go to."""

    server: Running
    places: dict[str, Places]


def make_places() -> dict[str, Places]:
    """Make the demonstration bank, and return the places for each address that signs in, and for "" who does not."""
    bank = build_demonstration(now=clock.now(), tick=lambda _months: None)
    offline = members.members_matching(bank, SOMEBODY_OFFLINE, limit=1)[0]
    offline.email = "doris@example.org"
    db.session.flush()
    [coordinator] = members.memberships_with_email("coordinator@example.org")
    concern = report_concern(offline, what="She is afraid.", about="", concerned=None, at=clock.now())
    signed = [{"signed": invite(offline, made_by=coordinator)}]
    # Behind a link that nobody got is the same page.
    places: dict[str, Places] = {
        "": {
            "sign_in.first_password": signed,
            "reset.choose": [{"secret": secret_of_a_reset(coordinator)}],
            "unsubscribe.stop": [{"reference": offline.reference}],
            "references.give": [{"secret": secret_of_a_referee(bank, coordinator)}],
        }
    }
    bank.publishes_evidence = True
    today = bank.day_of(clock.now())
    period = releasable(first=today.replace(year=today.year - 1), today=today)[0]
    days = {"starts_on": period.start, "last_day": period.last.last_day}
    enter_cost(bank, **days, entered_by=coordinator)
    release = release_evidence(bank, period, released_by=coordinator, at=clock.now())
    places[""] |= {
        "releases.published": [{"code": bank.code}],
        "releases.published_release": [{"code": bank.code, "reference": release.reference}],
    }
    places[""] |= {endpoint: [{"code": bank.code}] for endpoint in ("references.join", "references.received")}
    shown = profiles.Choices(area="Near the park", offers="Jam", is_listed=True, shows_area=True, shows_offers=True)
    profiles.choose(offline, shown, at=clock.now())
    for email, role in FOR_FIGURES.items():
        let_sign_in(make_member(bank, name="Kit Ames", email=email, role=role, at=clock.now()))
    for email in (*SIGN_INS, *FOR_FIGURES):
        [membership] = members.memberships_with_email(email)
        places[email] = _places_of_member(bank, membership)
        places[email]["profiles.person"] = [{"reference": offline.reference}]
        if may(membership, Permission.APPROVE_HOURS):
            places[email] |= _places_of_coordinator(bank, offline)
        if may(membership, Permission.READ_CONCERNS):
            places[email] |= {"concerns.concern": [{"reference": concern.reference}]}
        if may(membership, Permission.ERASE_PEOPLE):
            places[email] |= {"privacy.erase": [{"reference": offline.reference}]}
    db.session.commit()
    return places


def secret_of_a_reset(member: Membership) -> str:
    """Return the secret part of a link to a new password, as it would be mailed."""
    link = links.make_link(member, purpose=Purpose.PASSWORD_RESET, email=member.email or "", at=clock.now())
    return links.secret_of(Purpose.PASSWORD_RESET, link.reference)


def secret_of_a_referee(bank: Bank, coordinator: Membership) -> str:
    """Return the secret part of a link to somebody who was asked about somebody who wants to join."""
    [referee] = [each for enquiry in joining_queries.enquiries_of(bank) for each in enquiry.referees if each.email]
    joining.ask_referee(referee, asked_by=coordinator, at=clock.now())
    return joining.secret_for(referee)


def secret_of_a_new_address(member: Membership) -> str:
    """Return the secret part of a link that confirms another address, as it would be mailed."""
    link = links.make_link(
        member,
        purpose=Purpose.EMAIL_CHANGE,
        email=f"new-{member.email}",
        until_now=member.email,
        at=clock.now(),
    )
    return links.secret_of(Purpose.EMAIL_CHANGE, link.reference)


def _places_of_member(bank: Bank, membership: Membership) -> Places:
    accounts = organisations.accounts_answered_by(membership)
    own = _one_of_each_status(exchanges.exchanges_of(bank, accounts, offset=0, limit=1000))
    account, this_month = membership.account, Month.of(bank.day_of(clock.now()))
    return {
        "exchanges.exchange": own,
        "exchanges.logged": own[:2],
        # Opened like this, the first two lead back to the exchange.
        "exchanges.answer": own[:1],
        "exchanges.reply": own[:1],
        "exchanges.withdraw": _open_and_logged_by(bank, membership),
        "email_change.confirm": [{"secret": secret_of_a_new_address(membership)}],
        "gifts.gift": [
            {"reference": gift.reference} for gift in gifts.latest_gifts(bank, account_ids=accounts, limit=1)
        ],
        "statements.latest": [{"reference": account.reference}],
        "statements.statement": [
            {"reference": account.reference, "written_month": str(this_month.plus(months))} for months in (-1, 0)
        ],
    }


def _places_of_coordinator(bank: Bank, offline: Membership) -> Places:
    every = [
        exchange
        for status in Status
        for exchange in exchanges.queue_page(bank, QueueFilter(status=status), offset=0, limit=1)
    ]
    community = ledger.community_account(bank.id)
    online = members.members_matching(bank, "Jean Morris", limit=1)[0]
    organisation = organisations.organisations_matching(bank, "Surgery", limit=1)[0]
    last_month = Month.of(bank.day_of(clock.now())).plus(-1)
    [release] = releases_of(bank)
    return {
        "approvals.decide": [{"reference": exchange.reference} for exchange in every],
        "banks.change_activity": [{"reference": banks.activities_of(bank)[0].reference}],
        "releases.release": [{"reference": release.reference}],
        "evidence.in_depth": [{"section": section} for section in SECTIONS],
        "evidence.figure": [{"name": "hours_un"}, {"name": "flows"}, {"name": "days_to_match_median"}],
        "gifts.gift": [
            {"reference": gift.reference} for gift in gifts.latest_gifts(bank, account_ids=[community.id], limit=2)
        ],
        "members.change": [{"reference": offline.reference}],
        "months.again": [{"reference": online.account.reference, "written_month": str(last_month.plus(-1))}],
        "sending.statements_of": [{"written_month": str(last_month.plus(-1))}],
        "months.month": [{"written_month": str(last_month.plus(months))} for months in (-1, 0, 1)],
        "helpers.of_member": [{"reference": online.reference}, {"reference": offline.reference}],
        **_places_of_joining(bank, offline),
        "pausing.pause": [{"reference": offline.reference}],
        "members.leave": [{"reference": offline.reference}],
        "stories.of_member": [{"reference": offline.reference}],
        "members.member": [{"reference": online.reference}, {"reference": offline.reference}],
        "statement_choices.of_member": [{"reference": online.reference}, {"reference": offline.reference}],
        "organisations.change": [{"reference": organisation.reference}],
        "statements.statement": [{"reference": community.reference, "written_month": str(last_month)}],
    }


def _places_of_joining(bank: Bank, offline: Membership) -> Places:
    enquiries = joining_queries.enquiries_of(bank)
    every = [{"reference": enquiry.reference} for enquiry in enquiries]
    [of] = [enquiry for enquiry in enquiries if enquiry.referees]
    cleared = members.members_matching(bank, NO_LONGER_CLEARED, limit=1)[0]
    return {
        "joining.enquiry": every,
        **{f"joining.{page}": every[:1] for page in ("notes", "referees", "take_in", "end")},
        "joining.telephone": [{"reference": of.reference, "referee": each.reference} for each in of.referees],
        "joining.died": [{"reference": offline.reference}],
        "clearing.clearances": [{"reference": cleared.reference}, {"reference": offline.reference}],
        "clearing.checks": [{"reference": offline.reference}],
    }


def _open_and_logged_by(bank: Bank, membership: Membership) -> list[dict[str, Any]]:
    found = exchanges.exchanges_of(bank, [membership.account_id], offset=0, limit=1000)
    mine = [exchange for exchange in found if exchange.is_open and exchange.logged_by_id == membership.id]
    return [{"reference": exchange.reference} for exchange in mine[:1]]


def _one_of_each_status(found: list[Exchange]) -> list[dict[str, Any]]:
    by_status: dict[str, list[str]] = defaultdict(list)
    for exchange in found:
        by_status[exchange.status].append(exchange.reference)
    return [{"reference": references[0]} for references in by_status.values()]
