"""The forms for a bank's rules and activities."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms.validators import ValidationError

from timebank.banks import words
from timebank.banks.models import (
    LONGEST_AGREEMENT,
    LONGEST_CONTACT,
    LONGEST_NAME,
    LONGEST_REASON_FOR_CHECK,
    Activity,
    Bank,
    Involvement,
    Stage,
)
from timebank.errors import RuleBroken
from timebank.hours import MINUTES_IN_AN_HOUR, parse_minutes, typed
from timebank.ledger.models import Book
from timebank.web.forms import (
    AtMost,
    ChoiceField,
    DurationField,
    Form,
    KeyedForm,
    Needed,
    RadiosField,
    TextField,
    TickField,
    WordsField,
)
from timebank.web.languages import LANGUAGES

ROUNDINGS = (1, 5, 15)
MOST_DAYS = 3650
# Every month has this day.
LAST_CLOSING_DAY = 28


class DaysField(TextField):
    """A number of days, or nothing for "off" where that is allowed."""

    def __init__(
        self, label: Any, *, least: int, most: int = MOST_DAYS, may_be_off: bool = False, **options: Any
    ) -> None:
        super().__init__(label, **options)
        self.least, self.most, self.may_be_off = least, most, may_be_off
        self.days: int | None = None

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        """Read the number."""
        text = str(self.data or "").strip()
        if not text and self.may_be_off:
            self.days = None
            return
        if not (text.isascii() and text.isdecimal() and len(text) < 6 and self.least <= int(text) <= self.most):
            raise ValidationError(
                gettext("Enter a number of days from %(least)s to %(most)s", least=self.least, most=self.most)
            )
        self.days = int(text)


class SignedHoursField(TextField):
    """Hours that may be below nothing, typed as people do, with a minus in front."""

    minutes: int | None = None

    def __init__(self, label: Any, *, may_be_empty: bool = False, may_be_nothing: bool = True, **options: Any) -> None:
        super().__init__(label, **options)
        self.may_be_empty, self.may_be_nothing = may_be_empty, may_be_nothing

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        """Read the hours."""
        text = str(self.data or "").strip().replace("−", "-").replace("–", "-")
        if not text and self.may_be_empty:
            self.minutes = None
            return
        size = text.removeprefix("-").strip()
        if size in ("0", "0:00") and self.may_be_nothing:
            self.minutes = 0
            return
        try:
            minutes = parse_minutes(size)
        except RuleBroken as broken:
            raise ValidationError(broken.text) from None
        self.minutes = -minutes if text.startswith("-") else minutes

    def fill(self, minutes: int | None) -> None:
        """Show these minutes in the box."""
        self.data = "" if minutes is None else ("−" if minutes < 0 else "") + typed(abs(minutes))


class RulesForm(Form):
    """How the bank works."""

    name = TextField(_l("Name of the time bank"), validators=[Needed(_l("Enter a name")), AtMost(LONGEST_NAME)])
    help_contact = TextField(
        _l("Whom can members ask for help? (optional)"),
        description=_l("It is shown on every page. For example: Ann Jones, 01632 960000, weekdays 9 to 5"),
        validators=[AtMost(LONGEST_CONTACT)],
    )
    responsible = TextField(
        _l("Who is responsible for what is kept about people? (optional)"),
        description=_l("The organisation with its address, as the privacy page names it"),
        validators=[AtMost(LONGEST_CONTACT)],
    )
    privacy_contact = TextField(
        _l("Whom can people ask about privacy? (optional)"),
        description=_l("For example the data protection officer, with a telephone number or an address"),
        validators=[AtMost(LONGEST_CONTACT)],
    )
    complaints_to = TextField(
        _l("To which regulator can people complain? (optional)"),
        description=_l("For example: Information Commissioner’s Office, 0303 123 1113, ico.org.uk"),
        validators=[AtMost(LONGEST_CONTACT)],
    )
    time_zone = ChoiceField(_l("Time zone"), description=_l("Days and months begin and end in this zone"))
    language = ChoiceField(_l("Language"))
    rounding_minutes = RadiosField(_l("Round time to"), coerce=int)
    oldest_day_days = DaysField(
        _l("How many days back may members log?"),
        least=0,
        description=_l("Coordinators may enter any day in the past"),
    )
    longest_exchange_minutes = DurationField(_l("Longest exchange"), description=_l("For example 12 or 7:30"))
    confirmation_needed = TickField(_l("Everybody who took part must confirm"))
    confirms_itself_after_days = DaysField(
        _l("Confirm by itself after how many days? (optional)"),
        least=1,
        may_be_off=True,
        description=_l("Leave it empty to wait until everybody has answered. Members are told beforehand"),
    )
    expires_after_days = DaysField(
        _l("Let unconfirmed hours expire after how many days? (optional)"), least=1, may_be_off=True
    )
    approval_needed = TickField(_l("A coordinator must approve"))
    publishes_evidence = TickField(
        _l("Everybody may read the evidence that was released"),
        description=_l("On a page without signing in. Only whole quarters and years, and nothing that few are behind"),
    )
    closes_itself_on_day = DaysField(
        _l("Close each month by itself on which day of the next? (optional)"),
        least=1,
        most=LAST_CLOSING_DAY,
        may_be_off=True,
        description=_l("For example 5. Leave it empty if a coordinator closes it by hand"),
    )
    reminds_before_days = DaysField(
        _l("Remind people how many days before a month is closed? (optional)"),
        least=1,
        most=LAST_CLOSING_DAY,
        may_be_off=True,
        description=_l("By email, of hours that nobody has confirmed or approved yet"),
    )
    low_balance_minutes = SignedHoursField(
        _l("Tell the coordinator when somebody would go below"),
        description=_l("In hours, for example −25. Nothing is refused, and members are not told"),
    )
    high_balance_minutes = SignedHoursField(
        _l("Tell the coordinator when somebody would go above"), description=_l("In hours, for example 25")
    )
    floor_minutes = SignedHoursField(
        _l("Refuse to go below (optional)"),
        may_be_empty=True,
        description=_l("In hours, for example −40. Leave it empty, as most time banks do, to refuse nobody"),
    )
    opening_credit_minutes = SignedHoursField(
        _l("Hours that every new member begins with"), description=_l("In hours, for example 2. 0 for none")
    )

    takes_enquiries = TickField(
        _l("Anybody can ask on a public page to join"),
        description=_l(
            "Its address is /join/ and the code of the time bank. Coordinators find what is sent under People"
        ),
    )
    agreement = WordsField(
        _l("What do newcomers agree to? (optional)"),
        description=_l("The code of this time bank: how people treat each other. The day of the last change is kept"),
        validators=[AtMost(LONGEST_AGREEMENT)],
    )
    enquiries_kept_days = DaysField(_l("For how many days is an enquiry kept that came to nothing?"), least=1)

    def prepare(self, bank: Bank) -> None:
        """Fill in the choices, and on a new page the bank's rules."""
        self.time_zone.offer([(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())])
        self.language.offer(list(LANGUAGES.items()))
        self.rounding_minutes.offer(
            [
                (1, gettext("1 minute")),
                *((step, gettext("%(step)s minutes", step=step)) for step in ROUNDINGS[1:]),
            ]
        )
        if self.is_submitted():
            return
        self.longest_exchange_minutes.fill(bank.longest_exchange_minutes)
        for field in self._hours_fields:
            field.fill(getattr(bank, field.name))
        for days in self._days_fields:
            value = getattr(bank, days.name)
            days.data = "" if value is None else str(value)

    @property
    def _hours_fields(self) -> tuple[SignedHoursField, ...]:
        return (self.low_balance_minutes, self.high_balance_minutes, self.floor_minutes, self.opening_credit_minutes)

    @property
    def _days_fields(self) -> tuple[DaysField, ...]:
        return (
            self.oldest_day_days,
            self.confirms_itself_after_days,
            self.expires_after_days,
            self.closes_itself_on_day,
            self.reminds_before_days,
            self.enquiries_kept_days,
        )

    def validate_longest_exchange_minutes(self, field: DurationField) -> None:
        """Refuse a limit beyond a week."""
        if field.minutes is not None and field.minutes > 7 * 24 * MINUTES_IN_AN_HOUR:
            raise ValidationError(gettext("Enter a week or less"))

    def validate_opening_credit_minutes(self, field: SignedHoursField) -> None:
        """Refuse to begin with a debt."""
        if str(field.data or "").strip().startswith(("-", "−", "–")):
            raise ValidationError(gettext("Enter 0 or more"))

    def rules(self) -> dict[str, Any]:
        """Return what was entered, by the names of the bank's rules."""
        return {
            "name": self.name.data,
            "help_contact": self.help_contact.data,
            "responsible": self.responsible.data,
            "privacy_contact": self.privacy_contact.data,
            "complaints_to": self.complaints_to.data,
            "takes_enquiries": bool(self.takes_enquiries.data),
            "agreement": self.agreement.data,
            "time_zone": self.time_zone.data,
            "language": self.language.data,
            "rounding_minutes": self.rounding_minutes.data,
            "longest_exchange_minutes": self.longest_exchange_minutes.minutes,
            "confirmation_needed": bool(self.confirmation_needed.data),
            "publishes_evidence": bool(self.publishes_evidence.data),
            "approval_needed": bool(self.approval_needed.data),
            **{field.name: field.days for field in self._days_fields},
            **{field.name: field.minutes for field in self._hours_fields},
        }


class ActivityForm(KeyedForm):
    """A kind of help, and what an exchange of it begins with."""

    name = TextField(_l("Name"), validators=[Needed(_l("Enter a name")), AtMost(LONGEST_NAME)])
    service_area = TextField(
        _l("Service area (optional)"),
        description=_l("For example health, education, housing or policing"),
        validators=[AtMost(LONGEST_NAME)],
    )
    default_book = RadiosField(_l("Which book are its hours in?"))
    default_stage = ChoiceField(_l("Which part of a service is it usually?"))
    offered = TickField(_l("Members can choose it"))
    group = TickField(_l("In a group only"))
    public_place = TickField(_l("In a public place"))
    home_visit = TickField(_l("In somebody’s home"))
    drives = TickField(_l("Driving somebody"))
    handles_money = TickField(_l("Handling somebody’s money"))
    check_reason = TextField(
        _l("Why is whoever does this eligible for a DBS check? (optional)"),
        description=_l(
            "Leave it empty unless the law makes them eligible, as it rarely does: nobody else is asked for one"
        ),
        validators=[AtMost(LONGEST_REASON_FOR_CHECK)],
    )

    def tick_involvements(self, activity: Activity) -> None:
        """Show on a new page what the activity involves."""
        if not self.is_submitted():
            for involvement in activity.involvements:
                self._fields[involvement.value].data = True

    @property
    def involvements(self) -> list[Involvement]:
        """What was ticked."""
        return [each for each in Involvement if self._fields[each.value].data]

    def prepare(self) -> None:
        """Fill in the choices."""
        self.default_book.offer([(book.value, words.of_book(book)) for book in Book])
        self.default_stage.offer([(stage.value, words.of_stage(stage)) for stage in Stage])
