"""Everything that a bank holds about one of its members.

Of others it says what the member sees of them on their own pages: the first name and an initial.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from flask_babel import gettext

from timebank.banks import words as bank_words
from timebank.banks.models import Involvement, Stage
from timebank.exchanges import words as exchange_words
from timebank.exchanges.models import Exchange, ExchangeStep, Side, Status, Step
from timebank.gifts.models import Gift
from timebank.hours import in_words
from timebank.joining.queries import enquiry_of
from timebank.ledger import queries as ledger
from timebank.ledger.models import Book
from timebank.members import queries as members
from timebank.members import words as member_words
from timebank.members.models import Capacity, Membership, Role
from timebank.organisations.names import Viewer
from timebank.organisations.queries import Holder, holders_of
from timebank.privacy import queries
from timebank.privacy.facts import Fact, Facts, Part
from timebank.privacy.told import Told
from timebank.statements import words as statement_words
from timebank.statements.models import How
from timebank.statements.queries import choices_kept
from timebank.web.setup import capitalised


def everything_about(member: Membership) -> list[Part]:
    """Return all that the bank holds about the member, part by part."""
    known, told = Known(member), Told(member)
    return [
        known.details(),
        known.balances(),
        known.choice(),
        known.joining(),
        known.clearances(),
        known.checks(),
        told.profile(),
        told.stories(),
        known.helpers(),
        known.organisations(),
        known.exchanges(),
        known.gifts(),
        known.entries(),
        known.statements(),
        known.mail(),
        known.sessions(),
        known.elsewhere(),
        known.audit(),
    ]


class Known:
    """What is known about one member, for themselves to read."""

    def __init__(self, member: Membership) -> None:
        self.member = member
        self.fact = Facts(member.bank.zone)
        self.viewer = Viewer(member, in_full=False)

    def details(self) -> Part:
        """Return what the membership and the sign-in hold."""
        member, fact = self.member, self.fact
        record = (
            fact("bank", gettext("Time bank"), member.bank.name),
            fact("number", gettext("Member number"), member.number),
            fact("name", gettext("Name"), member.name),
            fact("email", gettext("Email address"), member.email),
            fact("phone", gettext("Telephone number"), member.phone),
            fact("address", gettext("Address"), member.address),
            fact("postcode", gettext("Postcode"), member.postcode),
            self._capacity(member.capacity),
            fact("role", gettext("Role"), member.role, words=member_words.of_role(Role(member.role))),
            fact("joined_on", gettext("Joined on"), member.joined_on),
            fact("left_at", gettext("Left on"), member.left_at),
            fact("limited_at", gettext("With limits since"), member.limited_at),
            fact("died_on", gettext("Died on"), member.died_on),
            fact("paused_at", gettext("Paused on"), member.paused_at),
            fact("paused_by_id", gettext("Paused by"), self._by(member.paused_by_id) if member.paused_by_id else ""),
            fact("paused_reason", gettext("Why it is paused"), member.paused_reason),
            fact("shows_full_name", gettext("Others see the whole name"), member.shows_full_name),
            fact("is_safeguarding_lead", gettext("Reads concerns"), member.is_safeguarding_lead),
            fact("has_password", gettext("There is a password"), member.is_online),
            fact(
                "loaded_hash", gettext("Digest of the line of a file that brought the membership"), member.loaded_hash
            ),
            fact("reference", gettext("Reference of the membership"), member.reference),
            fact("account", gettext("Reference of the account"), member.account.reference),
        )
        return Part("details", gettext("Your details"), (record,))

    def balances(self) -> Part:
        """Return what the account holds now."""
        held = ledger.balances_of([self.member.account_id])[self.member.account_id]
        record = (
            self._minutes("credit_minutes", gettext("Credit hours"), held[Book.CREDIT]),
            self._minutes("record_minutes", gettext("Recorded hours"), held[Book.RECORD]),
        )
        return Part("balances", gettext("Your balance"), (record,))

    def choice(self) -> Part:
        """Return how the member chose to get their statements, if they did."""
        fact = self.fact
        records = (
            (
                fact("how", gettext("How"), kept.how, words=statement_words.of_how(How(kept.how))),
                fact("large_print", gettext("In large print"), kept.large_print),
                fact("hides_sign", gettext("Without a minus sign"), kept.hides_sign),
                fact("language", gettext("Language"), kept.language),
                fact("chosen_at", gettext("Chosen on"), kept.chosen_at),
                fact("reference", gettext("Reference"), kept.reference),
            )
            for kept in choices_kept([self.member.id]).values()
        )
        return Part("statement_choice", gettext("How you get your statements"), tuple(records))

    def joining(self) -> Part:
        """Return how the member came, with notes and references, but what a referee said in confidence."""
        fact, enquiry = self.fact, enquiry_of(self.member)
        title = gettext("How you joined")
        if enquiry is None:
            return Part("joining", title, ())
        said = [
            {
                "name": referee.name,
                "answered_at": referee.answered_at.isoformat() if referee.answered_at else None,
                "answer": gettext("(said in confidence)") if referee.in_confidence else referee.answer,
            }
            for referee in enquiry.referees
        ]
        record = (
            fact("name", gettext("Name"), enquiry.name),
            fact("email", gettext("Email address"), enquiry.email),
            fact("phone", gettext("Telephone number"), enquiry.phone),
            fact("message", gettext("What you wrote"), enquiry.message),
            fact("enquired_at", gettext("Enquired on"), enquiry.enquired_at),
            fact("interviewed_on", gettext("Interviewed on"), enquiry.interviewed_on),
            fact("notes", gettext("Notes of the interview"), enquiry.notes),
            fact(
                "referees",
                gettext("Who was asked about you"),
                said,
                words=_lines(f"{each['name']}: {each['answer'] or '–'}" for each in said),
            ),
            fact("orientation_on", gettext("Shown around on"), enquiry.orientation_on),
            fact("agreed_on", gettext("Agreed on"), enquiry.agreed_on),
            fact("agreement_of_on", gettext("To what it said since"), enquiry.agreement_of_on),
            fact("reference", gettext("Reference"), enquiry.reference),
        )
        return Part("joining", title, (record,))

    def clearances(self) -> Part:
        """Return what the member is or was cleared for."""
        fact = self.fact
        records = (
            (
                fact(
                    "involvement",
                    gettext("For what"),
                    each.involvement,
                    words=bank_words.of_involvement(Involvement(each.involvement)),
                ),
                fact("cleared_on", gettext("From"), each.cleared_on),
                fact("until_on", gettext("Until"), each.until_on),
                fact("cleared_by_id", gettext("Cleared by"), self._by(each.cleared_by_id)),
                fact("ended_on", gettext("Ended on"), each.ended_on),
                fact("reference", gettext("Reference"), each.reference),
            )
            for each in members.clearances_of([self.member.id]).get(self.member.id, [])
        )
        return Part("clearances", gettext("What you are cleared for"), tuple(records))

    def checks(self) -> Part:
        """Return which DBS checks of the member were seen."""
        fact = self.fact
        records = (
            (
                fact("activity", gettext("For which activity"), each.activity.name),
                fact("why", gettext("Why you are eligible"), each.why),
                fact("checked_on", gettext("Seen on"), each.checked_on),
                fact("until_on", gettext("Counts until"), each.until_on),
                fact("reference", gettext("Reference"), each.reference),
            )
            for each in members.checks_of([self.member.id]).get(self.member.id, [])
        )
        return Part("checks", gettext("DBS checks"), tuple(records))

    def helpers(self) -> Part:
        """Return who looks after the membership, and whose the member looks after."""
        fact = self.fact
        records = (
            (
                fact("helped", gettext("Who is looked after"), self._person(helper.helped)),
                fact("helper", gettext("Who looks after them"), self._person(helper.helper)),
                fact("may_act", gettext("Logs, confirms and asks in their place"), helper.may_act),
                fact("until_on", gettext("Until"), helper.until_on),
                fact("added_at", gettext("Added on"), helper.added_at),
                fact("ended_at", gettext("Ended on"), helper.ended_at),
                fact("reference", gettext("Reference"), helper.reference),
            )
            for helper in queries.helpers_of(self.member)
        )
        return Part("helpers", gettext("Who reads whose statements"), tuple(records))

    def organisations(self) -> Part:
        """Return what the member answers for."""
        records = (
            (self.fact("organisation", gettext("Organisation"), organisation.name),)
            for organisation in queries.organisations_of(self.member)
        )
        return Part("organisations", gettext("Organisations that you answer for"), tuple(records))

    def exchanges(self) -> Part:
        """Return the member's exchanges with what everybody wrote about them."""
        exchanges, steps = queries.exchanges_of(self.member), defaultdict(list)
        for step in queries.steps_of(self.member):
            steps[step.exchange_id].append(step)
        holders = holders_of(
            self.member.bank, {party.account_id for exchange in exchanges for party in exchange.parties}
        )
        people = members.members_with_ids(step.by_id for each in steps.values() for step in each if step.by_id)
        return Part(
            "exchanges",
            gettext("Help that you gave or received"),
            tuple(self._exchange(exchange, steps[exchange.id], holders, people) for exchange in exchanges),
        )

    def _exchange(
        self,
        exchange: Exchange,
        steps: Iterable[ExchangeStep],
        holders: Mapping[int, Holder],
        people: Mapping[int, Membership],
    ) -> tuple[Fact, ...]:
        fact = self.fact
        own = next(party for party in exchange.parties if party.account_id == self.member.account_id)
        thanks = [
            {"from": self._name(holders[party.account_id]), "words": party.thanks}
            for party in exchange.receivers
            if party.thanks
        ]
        history = [
            {
                "step": step.step,
                "at": step.at.isoformat(),
                "by": self._person(people[step.by_id]) if step.by_id else None,
                "message": step.message,
            }
            for step in steps
        ]
        said = [self._step(step, people) for step in steps]
        return (
            fact("happened_on", gettext("Day"), exchange.happened_on),
            fact("activity", gettext("What it was"), exchange.activity.name),
            self._minutes("minutes", gettext("How long"), exchange.minutes),
            self._names("givers", gettext("Who gave help"), [holders[party.account_id] for party in exchange.givers]),
            self._names(
                "receivers", gettext("Who received help"), [holders[party.account_id] for party in exchange.receivers]
            ),
            self._capacity(own.capacity),
            fact("answer", gettext("Your answer"), own.answer),
            fact("answered_how", gettext("How you answered"), own.answered_how),
            fact("answered_at", gettext("Answered on"), own.answered_at),
            fact("note", gettext("Note"), exchange.note),
            *(
                (fact("waiver", gettext("Why it counts without clearance"), exchange.waiver),)
                if own.side == Side.GIVER
                else ()
            ),
            fact(
                "thanks", gettext("Thanks"), thanks, words=_lines(f"{each['from']}: {each['words']}" for each in thanks)
            ),
            fact("history", gettext("What happened to it"), history, words=_lines(said)),
            *self._classified(exchange),
        )

    def _classified(self, exchange: Exchange) -> tuple[Fact, ...]:
        fact = self.fact
        stage, book = bank_words.of_stage(Stage(exchange.stage)), bank_words.of_book(Book(exchange.book))
        status = exchange_words.of_status(Status(exchange.status))
        return (
            fact("status", gettext("Status"), exchange.status, words=status),
            fact("service_area", gettext("Service area"), exchange.service_area),
            fact("stage", gettext("Stage"), exchange.stage, words=stage),
            fact("book", gettext("Book"), exchange.book, words=book),
            fact("paid", gettext("Paid"), exchange.paid),
            fact("mandated", gettext("Mandated"), exchange.mandated),
            fact("consultation", gettext("Consultation"), exchange.consultation),
            fact("logged_at", gettext("Logged on"), exchange.logged_at),
            fact("decided_at", gettext("Decided on"), exchange.decided_at),
            fact("external_id", gettext("Number in the file that it came from"), exchange.external_id),
            fact("reference", gettext("Reference"), exchange.reference),
        )

    def _step(self, step: ExchangeStep, people: Mapping[int, Membership]) -> str:
        who = self._person(people[step.by_id]) if step.by_id else gettext("The time bank")
        what = f"{self.fact.moment(step.at)} · {who} · {exchange_words.of_step(Step(step.step))}"
        return f"{what}: {step.message}" if step.message else what

    def gifts(self) -> Part:
        """Return the hours that the member gave away or was given."""
        gifts = queries.gifts_of(self.member)
        holders = holders_of(
            self.member.bank, {account for gift in gifts for account in (gift.from_account_id, gift.to_account_id)}
        )
        return Part("gifts", gettext("Gifts of hours"), tuple(self._gift(gift, holders) for gift in gifts))

    def _gift(self, gift: Gift, holders: Mapping[int, Holder]) -> tuple[Fact, ...]:
        fact = self.fact
        return (
            fact("given_on", gettext("Day"), gift.given_on),
            fact("kind", gettext("Kind"), gift.kind),
            self._minutes("minutes", gettext("How long"), gift.minutes),
            self._names("from", gettext("From"), [holders[gift.from_account_id]]),
            self._names("to", gettext("To"), [holders[gift.to_account_id]]),
            fact("reason", gettext("Reason"), gift.reason),
            fact("reversed_at", gettext("Reversed on"), gift.reversed_at),
            fact("reversal_reason", gettext("Why it was reversed"), gift.reversal_reason),
            fact("reference", gettext("Reference"), gift.reference),
        )

    def entries(self) -> Part:
        """Return every entry of the member's account in the ledger."""
        fact = self.fact
        records = (
            (
                fact("book", gettext("Book"), entry.book, words=bank_words.of_book(Book(entry.book))),
                fact("number", gettext("Number"), entry.number),
                fact("happened_on", gettext("Day"), transfer.happened_on),
                fact("effective_on", gettext("Counts on"), entry.effective_on),
                fact("kind", gettext("Kind"), transfer.kind),
                self._minutes("minutes", gettext("Hours"), entry.minutes),
                self._minutes("balance_minutes", gettext("Balance after it"), entry.balance_minutes),
                fact("posted_at", gettext("Written on"), transfer.posted_at),
                fact("linked_by", gettext("Reference"), transfer.linked_by),
            )
            for entry, transfer in queries.entries_of(self.member)
        )
        return Part("entries", gettext("Entries in the ledger"), tuple(records))

    def statements(self) -> Part:
        """Return the statements that were issued, by which each can be checked."""
        fact = self.fact
        records = (
            (
                fact("month", gettext("Month"), str(issued.month)),
                fact("issue", gettext("Issue"), issued.number),
                fact("code", gettext("Code"), issued.code),
                fact("digest", gettext("Digest of its figures"), issued.digest),
                fact("issued_at", gettext("Issued on"), issued.issued_at),
                fact("reason", gettext("Why it was issued again"), issued.reason),
                fact("read_at", gettext("First read on"), issued.read_at),
                fact("reference", gettext("Reference"), issued.reference),
            )
            for issued in queries.statements_of(self.member)
        )
        return Part("statements", gettext("Statements"), tuple(records))

    def mail(self) -> Part:
        """Return what was mailed to the member, or waits to be."""
        fact = self.fact
        records = (
            (
                fact("kind", gettext("Kind"), mail.kind),
                fact("about", gettext("About"), mail.about),
                fact("state", gettext("State"), mail.state),
                fact("problem", gettext("Problem"), mail.problem),
                fact("created_at", gettext("Made on"), mail.created_at),
                fact("sent_at", gettext("Sent on"), mail.sent_at),
                fact("reference", gettext("Reference"), mail.reference),
            )
            for mail in queries.mail_to(self.member)
        )
        return Part("mail", gettext("Mail to you"), tuple(records))

    def sessions(self) -> Part:
        """Return on which devices the member signed in, and when."""
        fact = self.fact
        records = (
            (
                fact("browser", gettext("Browser"), session.browser),
                fact("system", gettext("Device"), session.system),
                fact("begun_at", gettext("Signed in on"), session.begun_at),
                fact("last_seen_at", gettext("Last used on"), session.last_seen_at),
                fact("ended_at", gettext("Signed out on"), session.ended_at),
            )
            for session in queries.sessions_of(self.member)
        )
        return Part("sessions", gettext("Where you signed in"), tuple(records))

    def elsewhere(self) -> Part:
        """Return the member's own words about what is between others, without the others."""
        member = self.member
        said: list[tuple[str, str, str, str]] = []
        for reference, step in queries.steps_elsewhere(member):
            said.append(("exchange", reference, step.step, step.message))
        said.extend(("exchange", each.reference, "note", each.note) for each in queries.notes_elsewhere(member))
        said.extend(
            ("exchange", reference, "thanks", each.thanks) for reference, each in queries.thanks_elsewhere(member)
        )
        for gift in queries.gifts_elsewhere(member):
            if gift.given_by_id == member.id:
                said.append(("gift", gift.reference, "reason", gift.reason))
            if gift.reversed_by_id == member.id:
                said.append(("gift", gift.reference, "reversal reason", gift.reversal_reason or ""))
        said.extend(
            ("statement", each.reference, "reason", each.reason) for each in queries.statements_elsewhere(member)
        )
        fact = self.fact
        records = (
            (
                fact("on_what", gettext("On what"), on_what),
                fact("reference", gettext("Reference"), reference),
                fact("what", gettext("What you did"), what),
                fact("words", gettext("What you wrote"), words),
            )
            for on_what, reference, what, words in said
        )
        return Part("elsewhere", gettext("What you did for the time bank, between others"), tuple(records))

    def audit(self) -> Part:
        """Return what the audit holds. From where somebody else acted is theirs, and not said."""
        fact = self.fact
        records = (
            (
                fact("at", gettext("When"), record.at),
                fact("by", gettext("Who"), self._by(record.membership_id)),
                fact("action", gettext("What"), record.action),
                fact("on_what", gettext("On what"), record.on_what),
                fact("reference", gettext("Reference"), record.reference),
                fact("details", gettext("Details"), record.details),
                *(
                    (fact("came_from", gettext("From where"), record.came_from),)
                    if record.membership_id == self.member.id
                    else ()
                ),
            )
            for record in queries.audit_of(self.member)
        )
        return Part("audit", gettext("What was done, and when"), tuple(records))

    def _by(self, membership_id: int | None) -> str:
        if membership_id == self.member.id:
            return gettext("You")
        return gettext("The time bank") if membership_id is None else gettext("Somebody else")

    def _person(self, member: Membership) -> str:
        return gettext("You") if member.id == self.member.id else member.short_name

    def _name(self, holder: Holder) -> str:
        return capitalised(self.viewer.name(holder))

    def _names(self, key: str, label: str, holders: Iterable[Holder]) -> Fact:
        names = [self._name(holder) for holder in holders]
        return self.fact(key, label, names, words=", ".join(names))

    def _capacity(self, capacity: str) -> Fact:
        label, words = gettext("In which capacity"), member_words.of_capacity(Capacity(capacity))
        return self.fact("capacity", label, capacity, words=words)

    def _minutes(self, key: str, label: str, minutes: int) -> Fact:
        return self.fact(key, label, minutes, words=in_words(minutes))


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(lines) or "–"
