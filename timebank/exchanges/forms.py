"""The forms with which hours are logged, answered, and decided on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import FieldList, HiddenField, SelectChoice

from timebank.banks import queries as banks
from timebank.banks import words as bank_words
from timebank.banks.models import Bank, Stage
from timebank.errors import RuleBroken
from timebank.exchanges.draft import (
    MOST_PARTIES,
    ExchangeDraft,
    PartyDraft,
    broken_rules,
)
from timebank.exchanges.models import (
    LONGEST_MESSAGE,
    LONGEST_NOTE,
    LONGEST_THANKS,
    LONGEST_WAIVER,
    Answer,
    Exchange,
    Side,
    Status,
)
from timebank.hours import in_words, round_minutes
from timebank.ledger.models import Book
from timebank.members import words as member_words
from timebank.members.models import Capacity, Membership
from timebank.organisations.find import LONGEST_SEARCH, NobodyNamed, find_account, find_label
from timebank.organisations.queries import holders_of
from timebank.web.forms import (
    AtMost,
    ChoiceField,
    DayField,
    DurationField,
    Form,
    KeyedForm,
    Needed,
    RadiosField,
    TextField,
    TickField,
    WordsField,
)

AS_USUAL = ""
EVERYTHING = "all"

# In the order in which a coordinator needs them.
STATUS_CHOICES = (
    Status.CONFIRMED,
    Status.LOGGED,
    Status.QUERIED,
    Status.APPROVED,
    Status.DECLINED,
    Status.WITHDRAWN,
    Status.EXPIRED,
    Status.REVERSED,
)


def capacity_choices() -> list[tuple[str, str]]:
    """Return the capacities as choices."""
    return [(capacity.value, member_words.of_capacity(capacity)) for capacity in Capacity]


class PeopleField(FieldList):
    """Several boxes, in each of which somebody is named."""

    def __init__(self, label: Any, **options: Any) -> None:
        box = TextField(label, validators=[AtMost(LONGEST_SEARCH)])
        super().__init__(box, label, min_entries=1, max_entries=MOST_PARTIES, **options)

    def _extract_indices(self, prefix: str, formdata: Any) -> Iterator[int]:
        # Only the numbers that our own pages give to boxes, whatever else somebody sends.
        names = {f"{prefix}{self._separator}{number}": number for number in range(MOST_PARTIES)}
        return (names[name] for name in formdata if name in names)

    @property
    def errors(self) -> list[str]:
        """What is wrong with any of the boxes. Names are looked up after validating, so it is asked, not kept."""
        return [text for box in self.entries for text in box.errors]

    @errors.setter
    def errors(self, _errors: object) -> None:
        """Keep nothing: each box has its own."""

    @property
    def first_id(self) -> str:
        """The id of the first box with an error, where the error summary leads."""
        return next((box.id for box in self.entries if box.errors), self.entries[0].id)

    @property
    def names(self) -> Iterator[TextField]:
        """The boxes that something was typed in."""
        return (box for box in self.entries if box.data)

    def accounts(self, bank: Bank, *, in_full: bool) -> list[int]:
        """Return the accounts that were named, putting what is wrong beside each box that names nobody."""
        found = []
        for box in self.names:
            try:
                found.append(find_account(bank, box.data, in_full=in_full))
            except RuleBroken as broken:
                box.errors = [broken.text]
        if not found and not any(box.errors for box in self.entries):
            self.entries[0].errors = [NobodyNamed().text]
        return found

    def fill(self, labels: list[str]) -> None:
        """Show these names, each in a box."""
        self.entries[0].data = labels[0]
        for label in labels[1:]:
            self.append_entry(label)

    def add_box(self) -> None:
        """Add an empty box, as long as there may be one more."""
        if len(self.entries) < MOST_PARTIES:
            self.append_entry("")


class ExchangeForm(KeyedForm):
    """What every way of logging hours asks."""

    activity = ChoiceField(_l("What was it?"), validators=[Needed(_l("Choose what it was"))])
    happened_on = DayField(_l("When was it?"), validators=[Needed(_l("Enter the day it happened"))])
    time = DurationField(
        _l("How long did it take?"),
        description=_l("In hours and minutes. For example 1.5, 1½, 1:30, 1h 30m or 90 min"),
        validators=[Needed(_l("Enter how long, like 1.5, 1:30 or 90 min"))],
    )
    note = WordsField(
        _l("Anything to add? (optional)"),
        description=_l("Everybody who took part and the coordinator can read it"),
        validators=[AtMost(LONGEST_NOTE)],
    )
    stage = ChoiceField(_l("Which part of a service was it?"))

    def prepare(self, bank: Bank, *, today: dt.date, only_among_others: bool = False) -> None:
        """Fill in the bank's own choices, if asked only those in groups and public places, and on a new page today."""
        activities = [
            activity
            for activity in banks.activities_of(bank, only_offered=True)
            if activity.is_among_others or not only_among_others
        ]
        self.activity.offer(
            [
                (AS_USUAL, gettext("Choose from the list")),
                *((activity.reference, activity.name) for activity in activities),
            ]
        )
        self.stage.offer(
            [
                (AS_USUAL, gettext("As usual for this activity")),
                *((stage.value, bank_words.of_stage(stage)) for stage in Stage),
            ]
        )
        self.with_new_key()
        if not self.is_submitted():
            self.happened_on.data = today

    def parties(self, bank: Bank, logged_by: Membership) -> list[PartyDraft]:
        """Return who took part, or show what is wrong with who was named."""
        raise NotImplementedError

    def is_paid(self) -> bool:
        """Whether these were paid working hours."""
        return False

    def book(self, default: str) -> Book:
        """Return the book to post in. Nobody is debited credit for a paid hour of a service they are entitled to."""
        return Book.RECORD if self.is_paid() else Book(default)

    def draft(self, bank: Bank, *, logged_by: Membership, today: dt.date, any_day: bool) -> ExchangeDraft | None:
        """Return what was typed as an exchange, or None when something is wrong with it and shown in the form."""
        is_valid = self.validate()
        parties = self.parties(bank, logged_by)
        if not is_valid or self.errors or self.time.minutes is None or self.happened_on.data is None:
            return None
        activity = banks.activity_with_reference(bank, self.activity.data)
        draft = ExchangeDraft(
            parties=tuple(parties),
            activity=activity,
            happened_on=self.happened_on.data,
            minutes=round_minutes(self.time.minutes, to=bank.rounding_minutes),
            stage=Stage(self.stage.data or activity.default_stage),
            book=self.book(activity.default_book),
            note=self.note.data or "",
            paid=self.is_paid(),
            mandated=self.is_ticked("mandated"),
            consultation=self.is_ticked("consultation"),
            waiver=self.waived(),
        )
        return draft if self._keeps_the_rules(draft, bank, logged_by, today, any_day=any_day) else None

    def waived(self) -> str:
        """Why it is recorded though somebody is not cleared for it: only coordinators may say so."""
        return ""

    def is_ticked(self, name: str) -> bool:
        """Return whether the form has this tick box, which only a coordinator's has, and it is ticked."""
        return name in self._fields and bool(self._fields[name].data)

    def _keeps_the_rules(
        self, draft: ExchangeDraft, bank: Bank, logged_by: Membership, today: dt.date, *, any_day: bool
    ) -> bool:
        keeps = True
        for broken in broken_rules(draft, bank, today=today, day_limit=not any_day, own=logged_by):
            keeps = False
            self.show_broken(broken)
        return keeps

    def show_broken(self, broken: RuleBroken) -> None:
        """Show a broken rule beside what it is about."""
        if broken.field == "with_whom":
            self.show_about_people(broken)
        else:
            self.show(broken, otherwise="activity")

    def show_about_people(self, broken: RuleBroken) -> None:
        """Show a broken rule about who took part."""
        raise NotImplementedError

    def rounded_from(self, bank: Bank) -> str | None:
        """Return the time that was typed, in words, when the bank's rounding changes it."""
        minutes = self.time.minutes
        if minutes is None or round_minutes(minutes, to=bank.rounding_minutes) == minutes:
            return None
        return in_words(minutes)


class LogForm(ExchangeForm):
    """A member logs hours that they gave or received."""

    side = RadiosField(
        _l("Did you give help or receive it?"),
        choose=_l("Choose whether you gave help or received it"),
        choices=[
            SelectChoice(Side.GIVER.value, _l("I gave help")),
            SelectChoice(Side.RECEIVER.value, _l("I received help")),
        ],
    )
    with_whom = PeopleField(_l("With whom?"))
    capacity = ChoiceField(
        _l("In this, you were acting as a"),
        description=_l("Other members never see this. It helps to show what people who use services give"),
    )
    paid = TickField(_l("This was part of my paid work"))

    def prepare_for(self, bank: Bank, membership: Membership, *, today: dt.date) -> None:
        """Fill in what the bank offers to this member, and the member's own usual capacity."""
        self.prepare(bank, today=today, only_among_others=membership.limited_at is not None)
        self.capacity.offer(capacity_choices())
        if not self.is_submitted():
            self.capacity.data = membership.capacity

    def begin_with(self, exchange: Exchange, member: Membership) -> None:
        """Fill in what an exchange of the member's says, to log it again with changes."""
        own = exchange.party_of([member.account_id])
        if own is None:
            return
        others = [party.account_id for party in exchange.parties if party.side != own.side]
        holders = holders_of(member.bank, others)
        self.side.data, self.capacity.data = own.side, own.capacity
        self.with_whom.fill([find_label(holders[account_id], in_full=False) for account_id in others])
        self.activity.data, self.happened_on.data = exchange.activity.reference, exchange.happened_on
        self.time.fill(exchange.minutes)
        self.note.data, self.paid.data, self.stage.data = exchange.note, exchange.paid, exchange.stage

    def is_paid(self) -> bool:
        """Whether the member says that this was part of their paid work. Only a professional has any here."""
        return bool(self.paid.data) and self.side.data == Side.GIVER and self.capacity.data == Capacity.PROFESSIONAL

    def parties(self, bank: Bank, logged_by: Membership) -> list[PartyDraft]:
        """Return the member on their side and those they named on the other."""
        ids = self.with_whom.accounts(bank, in_full=False)
        if self.side.errors or self.capacity.errors:
            return []
        holders = holders_of(bank, [logged_by.account_id, *ids])
        own, other = Side(self.side.data), Side.RECEIVER if self.side.data == Side.GIVER else Side.GIVER
        return [
            PartyDraft(holders[logged_by.account_id], own, Capacity(self.capacity.data)),
            *(PartyDraft(holders[id_], other, holders[id_].usual_capacity) for id_ in ids),
        ]

    def show_about_people(self, broken: RuleBroken) -> None:
        """Show a broken rule about who took part beside the first name."""
        self.with_whom.entries[0].errors = [broken.text]


class LogForOthersForm(ExchangeForm):
    """A coordinator enters a paper slip, or a phone call, for others."""

    givers = PeopleField(_l("Who gave help?"))
    receivers = PeopleField(_l("Who received help?"))
    giver_capacity = ChoiceField(_l("Those who gave were acting as"))
    receiver_capacity = ChoiceField(_l("Those who received were acting as"))
    book_choice = ChoiceField(_l("Which book?"))
    paid = TickField(_l("Paid working hours"))
    mandated = TickField(_l("Ordered by a court or another authority"))
    consultation = TickField(_l("Consultation only"))
    confirmed = TickField(_l("Everybody who took part has confirmed this on paper or by telephone"))
    waiver = WordsField(
        _l("Why is this recorded all the same?"),
        description=_l("Somebody was not cleared for it. Only coordinators see what you write"),
        validators=[AtMost(LONGEST_WAIVER)],
    )

    def prepare_for(self, bank: Bank, *, today: dt.date) -> None:
        """Fill in the bank's choices."""
        self.prepare(bank, today=today)
        usual = (AS_USUAL, gettext("As usual for each person"))
        self.giver_capacity.offer([usual, *capacity_choices()])
        self.receiver_capacity.offer([usual, *capacity_choices()])
        self.book_choice.offer(
            [
                (AS_USUAL, gettext("As usual for this activity")),
                *((book.value, bank_words.of_book(book)) for book in Book),
            ]
        )

    def waived(self) -> str:
        """Why it is recorded though somebody is not cleared for it."""
        return self.waiver.data or ""

    def is_paid(self) -> bool:
        """Whether these were paid working hours."""
        return bool(self.paid.data)

    def book(self, default: str) -> Book:
        """Return the book that was chosen, else the usual one. Paid hours are recorded, whatever was chosen."""
        return super().book(self.book_choice.data or default)

    def parties(self, bank: Bank, logged_by: Membership) -> list[PartyDraft]:
        """Return those who were named on each side."""
        sides = {
            Side.GIVER: self.givers.accounts(bank, in_full=True),
            Side.RECEIVER: self.receivers.accounts(bank, in_full=True),
        }
        if self.giver_capacity.errors or self.receiver_capacity.errors:
            return []
        chosen = {Side.GIVER: self.giver_capacity.data, Side.RECEIVER: self.receiver_capacity.data}
        holders = holders_of(bank, [id_ for ids in sides.values() for id_ in ids])
        return [
            PartyDraft(holders[id_], side, Capacity(chosen[side]) if chosen[side] else holders[id_].usual_capacity)
            for side, ids in sides.items()
            for id_ in ids
        ]

    def show_about_people(self, broken: RuleBroken) -> None:
        """Show a broken rule about who took part beside the first name."""
        self.receivers.entries[0].errors = [broken.text]


class AnswerForm(KeyedForm):
    """Somebody who took part says whether it is right."""

    answer = RadiosField(
        _l("Is this right?"),
        choose=_l("Choose whether this is right"),
        choices=[
            SelectChoice(Answer.CONFIRMED.value, _l("Yes, this is right")),
            SelectChoice(Answer.QUERIED.value, _l("I have a question about it")),
            SelectChoice(Answer.DENIED.value, _l("No, this did not happen")),
        ],
    )
    message = WordsField(
        _l("Your question, or a message"),
        description=_l("Needed for a question. Everybody who took part and the coordinator can read it"),
        validators=[AtMost(LONGEST_MESSAGE)],
    )
    thanks = WordsField(
        _l("Say thank you (optional)"),
        description=_l("The person who helped will see it on their statement"),
        validators=[AtMost(LONGEST_THANKS)],
    )
    capacity = ChoiceField(
        _l("In this, you were acting as a"),
        description=_l("Other members never see this. It helps to show what people who use services give"),
    )

    def prepare_for(self, capacity: Capacity) -> None:
        """Fill in the choices, with the capacity that was assumed."""
        self.capacity.offer(capacity_choices())
        if not self.is_submitted():
            self.capacity.data = capacity.value


class MessageForm(KeyedForm):
    """A message about an exchange that is queried."""

    message = WordsField(
        _l("Your answer"),
        description=_l("Everybody who took part and the coordinator can read it"),
        validators=[Needed(_l("Enter your answer")), AtMost(LONGEST_MESSAGE)],
    )


class DecideForm(KeyedForm):
    """What a coordinator does with one exchange."""

    decision = HiddenField()
    message = WordsField(
        _l("Message or reason"),
        description=_l("Everybody who took part can read it. Needed for everything but approving"),
        validators=[AtMost(LONGEST_MESSAGE)],
    )
    waiver = WordsField(
        _l("Why is this approved all the same?"),
        description=_l("Only coordinators see what you write"),
        validators=[AtMost(LONGEST_WAIVER)],
    )


class QueueForm(Form):
    """Which exchanges a coordinator wants to see. It is asked with GET, so that the answer has an address."""

    class Meta:
        """No secret is needed to look."""

        csrf = False

    status = ChoiceField(_l("Show"))
    activity = ChoiceField(_l("Activity"))
    words = TextField(_l("Name or number"))

    def prepare(self, bank: Bank, labels: dict[str, str]) -> None:
        """Fill in the choices."""
        self.status.offer([*labels.items()])
        self.activity.offer(
            [
                (AS_USUAL, gettext("All activities")),
                *((activity.reference, activity.name) for activity in banks.activities_of(bank)),
            ]
        )


class ApproveForm(Form):
    """The ticked exchanges of the queue."""
