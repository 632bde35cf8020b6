"""A person with a mark of its own in every field, a neighbour with others, and what is between them and a third."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from tests import make
from timebank.audit.service import Origin, origin
from timebank.banks.models import Bank, Involvement
from timebank.exchanges import service as exchanges
from timebank.exchanges.models import Exchange
from timebank.extensions import db
from timebank.gifts import service as gifts
from timebank.joining import service as joining
from timebank.joining.models import Enquiry
from timebank.ledger.months import Month
from timebank.mail.models import MailState
from timebank.mail.service import queue_mail
from timebank.members import clearing, looking_after, profiles
from timebank.members.models import Capacity, Membership
from timebank.statements import choices
from timebank.statements.choices import Choice
from timebank.statements.issue import issue_again
from timebank.statements.models import How

MARCH = Month(2026, 3)
LATER = make.AT + dt.timedelta(days=40)

FIRST_NAME, LAST_NAME = "Zelda", "Quillonmark"
ORIGIN, NEIGHBOURS_ORIGIN = "198.51.100.17", "198.51.100.99"
ELSEWHERE = "application"

# What the person is, and what they wrote.
DETAILS = {LAST_NAME, "zelda-mark@example.org", "07700 900117", "Ownaddress Cottage", "QU1 7LL", "5adedbeefmark"}
WRITTEN = {
    "note-by-her",
    "withdrawn-note-by-her",
    "question-by-her",
    "thanks-by-her",
    "gift-reason-by-her",
    "note-by-her-for-the-surgery",
    "enquiry-by-her",
    "area-by-her",
    "about-by-her",
    "offers-by-her",
    "story-by-her",
    "story-of-her-by-ruth",
}
MAIL_PROBLEM = "problem-with-mail-to-her"

# What others wrote about something between them and the person, which both see.
WRITTEN_TO = {
    "note-by-ned-for-her",
    "answer-by-ned",
    "thanks-by-ned-to-her",
    "reason-of-ruth-for-declining",
    "grant-reason-of-ruth",
    "reason-of-ruth-for-issuing-again",
    "interview-notes-of-ruth",
    "answer-of-her-referee",
    "waiver-of-ruth-for-her",
    "why-she-is-eligible",
}

# What a referee said of her in confidence: not handed over, and forgotten with her.
IN_CONFIDENCE = "said-of-her-in-confidence"
# What goes with her though others wrote it: it is about nobody else.
ABOUT_HER = {
    *("interview-notes-of-ruth", "answer-of-her-referee", "waiver-of-ruth-for-her"),
    *("referee-one-mark@example.org", "Refereemark", IN_CONFIDENCE, "why-she-is-eligible"),
}

# Where others name the person: in what is between them, and in what is between others.
NAMED_BETWEEN = "named-between: with Zelda, whose number is 07700 900117"
NAMED_ELSEWHERE = "named-elsewhere: zelda quillonmark told us"

# What is the neighbour's alone, or between the neighbour and somebody else.
PRIVATE = {
    "Foxglovemark",
    "ned-mark@example.org",
    "07700 900999",
    "Nedaddress Villas",
    "NE9 9DD",
    "ed00beefmark",
    "private-note-by-ned",
    "private-thanks-to-ned",
    "private-gift-reason-of-ned",
    "private-problem-with-mail-to-ned",
    "private-interview-notes-about-ned",
    "private-waiver-for-ned",
    "private-area-by-ned",
    "private-about-by-ned",
    "private-offers-by-ned",
    "private-story-by-ned",
    NEIGHBOURS_ORIGIN,
}


@dataclass
class Scene:
    """The people, and what is between them."""

    bank: Bank
    person: Membership
    neighbour: Membership
    third: Membership
    coordinator: Membership
    exchanges: list[Exchange] = field(default_factory=list)


def build_scene() -> Scene:
    bank = make.make_bank(code="ELM", opening_credit_minutes=600)
    person = make.make_member(
        bank,
        name=f"{FIRST_NAME} {LAST_NAME}",
        email="zelda-mark@example.org",
        phone="07700 900117",
        address="Ownaddress Cottage\nMill Lane",
        postcode="QU1 7LL",
        capacity=Capacity.SERVICE_USER,
    )
    neighbour = make.make_member(
        bank,
        name="Ned Foxglovemark",
        email="ned-mark@example.org",
        phone="07700 900999",
        address="Nedaddress Villas",
        postcode="NE9 9DD",
        capacity=Capacity.CARER,
    )
    person.loaded_hash, neighbour.loaded_hash = "5adedbeefmark", "ed00beefmark"
    third = make.make_member(bank, name="Tess Thirdmark")
    for member, written in ((person, "{}-by-her"), (neighbour, "private-{}-by-ned")):
        told = {name: written.format(name) for name in ("area", "about", "offers")}
        shown = dict.fromkeys(("shows_phone", "shows_email", "shows_area", "shows_about", "shows_offers"), True)
        if member is neighbour:
            told["about"] += f" {NAMED_ELSEWHERE}"
        profiles.choose(member, profiles.Choices(**told, **shown, is_listed=True), at=make.AT)
    scene = Scene(bank, person, neighbour, third, make.make_coordinator(bank, name="Ruth Adeyemi"))
    for member, story, written_by in (
        (person, "story-by-her", person),
        (person, "story-of-her-by-ruth", scene.coordinator),
        (neighbour, f"private-story-by-ned {NAMED_ELSEWHERE}", neighbour),
    ):
        make.tell_story(member, words=story, written_by=written_by)
    _between_them(scene)
    _between_the_neighbour_and_a_third(scene)
    _joining(scene)
    _statements_and_mail(scene)
    db.session.commit()
    return scene


def acting_from(address: str) -> None:
    origin.set(Origin(came_from=address))


def _between_them(scene: Scene) -> None:
    bank, person, neighbour, ruth = scene.bank, scene.person, scene.neighbour, scene.coordinator
    make.make_activity(bank)
    acting_from(ORIGIN)
    given = make.log_exchange(bank, giver=person, receiver=neighbour, note="note-by-her")
    acting_from(NEIGHBOURS_ORIGIN)
    exchanges.confirm_exchange(bank, given, confirmed_by=neighbour, thanks="thanks-by-ned-to-her", at=make.AT)
    acting_from(ELSEWHERE)
    exchanges.approve_exchange(bank, given, approved_by=ruth, at=make.AT)
    acting_from(NEIGHBOURS_ORIGIN)
    received = make.log_exchange(bank, giver=neighbour, receiver=person, note="note-by-ned-for-her", minutes=45)
    acting_from(ORIGIN)
    exchanges.query_exchange(
        bank, received, queried_by=person, message="question-by-her", at=make.AT, as_coordinator=False
    )
    acting_from(NEIGHBOURS_ORIGIN)
    exchanges.answer_query(
        bank,
        received,
        answered_by=neighbour,
        message=f"answer-by-ned {NAMED_BETWEEN}",
        at=make.AT,
        as_coordinator=False,
    )
    acting_from(ORIGIN)
    exchanges.confirm_exchange(bank, received, confirmed_by=person, thanks="thanks-by-her", at=make.AT)
    acting_from(ELSEWHERE)
    exchanges.approve_exchange(bank, received, approved_by=ruth, at=make.AT)
    acting_from(ORIGIN)
    withdrawn = make.log_exchange(bank, giver=person, receiver=neighbour, note="withdrawn-note-by-her", minutes=7)
    exchanges.withdraw_exchange(bank, withdrawn, withdrawn_by=person, at=make.AT)
    declined = make.log_exchange(bank, giver=person, receiver=neighbour, minutes=8)
    acting_from(ELSEWHERE)
    exchanges.decline_exchange(bank, declined, declined_by=ruth, message="reason-of-ruth-for-declining", at=make.AT)
    acting_from(ELSEWHERE)
    surgery = make.make_organisation(bank, name="Elm Surgery", contact=person, added_by=ruth)
    acting_from(ORIGIN)
    of_surgery = make.log_exchange(
        bank, giver=surgery, receiver=scene.third, logged_by=person, note="note-by-her-for-the-surgery"
    )
    gifts.donate_hours(
        bank,
        giver=person,
        to_account_id=neighbour.account_id,
        minutes=30,
        reason="gift-reason-by-her",
        at=make.AT,
    )
    acting_from(ELSEWHERE)
    gifts.grant_hours(
        bank,
        granted_by=ruth,
        to_account_id=person.account_id,
        minutes=15,
        reason="grant-reason-of-ruth",
        at=make.AT,
    )
    acting_from(ORIGIN)
    choices.choose(person, Choice(How.PAPER, large_print=True), chosen_by=person, at=make.AT)
    acting_from(ELSEWHERE)
    looking_after.add_helper(person, neighbour, until_on=None, added_by=ruth, at=make.AT)
    scene.exchanges = [given, received, withdrawn, declined, of_surgery]


def _between_the_neighbour_and_a_third(scene: Scene) -> None:
    bank, neighbour, third = scene.bank, scene.neighbour, scene.third
    acting_from(NEIGHBOURS_ORIGIN)
    exchange = make.log_exchange(bank, giver=neighbour, receiver=third, note=f"private-note-by-ned {NAMED_ELSEWHERE}")
    acting_from(ELSEWHERE)
    exchanges.confirm_exchange(bank, exchange, confirmed_by=third, thanks="private-thanks-to-ned", at=make.AT)
    exchanges.approve_exchange(bank, exchange, approved_by=scene.coordinator, at=make.AT)
    acting_from(NEIGHBOURS_ORIGIN)
    gifts.donate_hours(
        bank,
        giver=neighbour,
        to_account_id=third.account_id,
        minutes=30,
        reason="private-gift-reason-of-ned",
        at=make.AT,
    )


def _joining(scene: Scene) -> None:
    """How each of the two came, what they are cleared for, and one hour each that counts without clearance."""
    bank, ruth = scene.bank, scene.coordinator
    acting_from(ELSEWHERE)
    for member, wrote, noted in (
        (scene.person, "enquiry-by-her", "interview-notes-of-ruth"),
        (scene.neighbour, "", "private-interview-notes-about-ned"),
    ):
        enquiry = joining.enquire(
            bank, name=member.name, email="", phone=member.phone, message=wrote, entered_by=ruth, at=make.AT
        )
        joining.keep_interview(enquiry, on=make.TODAY, notes=noted, kept_by=ruth, at=make.AT)
        if member is scene.person:
            _ask_referees(enquiry, ruth)
        enquiry.membership = member
    joining.enquire(bank, name="Never Joined", email="", phone="1", message="", entered_by=None, at=make.AT)
    today, eligible = make.TODAY, "why-she-is-eligible"
    visit = make.make_activity(bank, name="Visit", involvements=[Involvement.HOME_VISIT], check_reason=eligible)
    drives = Involvement.DRIVES
    clearing.clear(scene.person, involvement=drives, cleared_on=today, until_on=None, cleared_by=ruth, at=make.AT)
    clearing.record_check(scene.person, visit, checked_on=today, until_on=today, recorded_by=ruth, at=make.AT)
    visit.check_reason = ""
    for giver, waiver in ((scene.person, "waiver-of-ruth-for-her"), (scene.neighbour, "private-waiver-for-ned")):
        make.log_exchange(
            bank, giver=giver, receiver=scene.third, activity=visit, logged_by=ruth, any_day=True, waiver=waiver
        )


def _ask_referees(enquiry: Enquiry, ruth: Membership) -> None:
    for answer, email, in_confidence in (
        ("answer-of-her-referee", "referee-one-mark@example.org", False),
        (IN_CONFIDENCE, "referee-two@example.org", True),
    ):
        referee = joining.add_referee(
            enquiry, name="Rory Refereemark", email=email, phone="", added_by=ruth, at=make.AT
        )
        joining.answer(referee, answer=answer, in_confidence=in_confidence, taken_by=ruth, at=make.AT)


def _statements_and_mail(scene: Scene) -> None:
    bank = scene.bank
    acting_from(ELSEWHERE)
    make.close_and_issue(bank, MARCH, at=LATER)
    for member, problem in (
        (scene.person, MAIL_PROBLEM),
        (scene.neighbour, "private-problem-with-mail-to-ned"),
    ):
        issued = issue_again(
            bank,
            member.account,
            MARCH,
            reason="reason-of-ruth-for-issuing-again",
            issued_by=scene.coordinator,
            at=LATER,
        )
        mail = queue_mail(
            bank, member, kind="statement", about=issued.reference, key=f"statement:{member.id}", at=LATER
        )
        assert mail is not None
        mail.state, mail.problem = MailState.FAILED, problem
