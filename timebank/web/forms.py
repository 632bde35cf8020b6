"""Form fields that keep what was typed and say beside the field what to do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from babel.dates import get_month_names
from flask import request
from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from govuk_frontend_wtf.wtforms_widgets import (
    GovCharacterCount,
    GovCheckboxInput,
    GovDateInput,
    GovPasswordInput,
    GovRadioInput,
    GovSelect,
    GovSubmitInput,
    GovTextInput,
)
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    SubmitField,
)
from wtforms import TextAreaField as PlainTextArea
from wtforms.validators import ValidationError

from timebank.errors import RuleBroken
from timebank.hours import parse_typed_minutes, typed
from timebank.ledger.months import FIRST_YEAR as EARLIEST_YEAR
from timebank.submissions.service import new_key

CHOOSE = _l("Choose one from the list")


def sent_again(*, also_the_step: bool = False) -> list[tuple[str, str]]:
    """Return what was typed, for the page on which it is checked to send once more.

    The page has its own buttons, which say how far to go; `also_the_step` keeps the one that was pressed.
    """
    left_out = ("csrf_token",) if also_the_step else ("csrf_token", "step")
    return [(name, value) for name, value in request.form.items(multi=True) if name not in left_out]


def without_control_characters(text: str | None) -> str:
    """Return the text without NUL and its kin, which PostgreSQL cannot keep and nobody means to type."""
    return "".join(sign for sign in text or "" if sign in "\n\t" or ord(sign) >= 32).replace("\x7f", "")


class Form(FlaskForm):
    """A form whose broken rules are shown beside their field."""

    class Meta(FlaskForm.Meta):
        """How forms of ours read what was sent."""

        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            """Return the texts that were sent. No form of ours takes a file, so a file is never taken for a text."""
            if formdata is None or isinstance(formdata, MultiDict):
                return formdata
            return (request.form or None) if form.is_submitted() else None

    def show(self, broken: RuleBroken, *, otherwise: str) -> None:
        """Put a broken rule's message beside its field, or beside the field `otherwise`."""
        field = self._fields.get(broken.field or "", self._fields[otherwise])
        field.errors = [*field.errors, broken.text]

    @property
    def error_list(self) -> list[dict[str, str]]:
        """The errors as the summary at the top lists them, each with a link to its field."""
        return [
            {"text": str(field.errors[0]), "href": f"#{getattr(field, 'first_id', field.id)}"}
            for field in self
            if field.errors
        ]


class KeyedForm(Form):
    """A form that makes something new: its key lets the same form sent twice have one effect."""

    key = HiddenField()

    def with_new_key(self) -> KeyedForm:
        """Give the form a key when it is first shown. One that is sent without its key does not get another."""
        if not self.is_submitted():
            self.key.data = new_key()
        return self


class TextField(StringField):
    """One line of text."""

    widget = GovTextInput()

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Keep the text without control characters and surrounding space."""
        self.data = without_control_characters(valuelist[0]).strip() if valuelist else ""


class WordsField(PlainTextArea):
    """Several lines of text, with a count of the characters that are left."""

    widget = GovCharacterCount()

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Keep the text with its lines; a browser's two signs for the end of a line count as one."""
        text = valuelist[0].replace("\r\n", "\n") if valuelist else ""
        self.data = without_control_characters(text).strip()


class SecretField(PasswordField):
    """A password, which is never sent back."""

    widget = GovPasswordInput()


class _OneOfSeveral:
    """What a list and radio buttons share: they are filled for each page, and refuse what they do not offer."""

    choose: Any = CHOOSE

    def offer(self, choices: Iterable[tuple[Any, Any]]) -> None:
        """Offer these choices, each a value and the words for it."""
        self.choices = [SelectChoice(value, label) for value, label in choices]

    def pre_validate(self, form: Any) -> None:
        """Raise ValidationError, in plain words, for a choice that is not offered, or none."""
        if not any(self.data == value for value, *_rest in self.iter_choices()):  # type: ignore[attr-defined]
            raise ValidationError(str(self.choose))


class ChoiceField(_OneOfSeveral, SelectField):
    """One of a list."""

    widget = GovSelect()


class RadiosField(_OneOfSeveral, RadioField):
    """One of a few, all of them in sight. `choose` says what to do when none was chosen."""

    widget = GovRadioInput()

    def __init__(self, label: Any, *, choose: Any = CHOOSE, **options: Any) -> None:
        super().__init__(label, **options)
        self.choose = choose

    @property
    def first_id(self) -> str:
        """The id of the first radio button, where the error summary leads."""
        return str(self.name)


class TickField(BooleanField):
    """Yes or no."""

    widget = GovCheckboxInput()

    @property
    def first_id(self) -> str:
        """The id of the tick box, where the error summary leads."""
        return str(self.name)


class SendField(SubmitField):
    """A button."""

    widget = GovSubmitInput()


class _DayWidget(GovDateInput):
    """Day, month and year in the reader's language, keeping whatever was typed in each."""

    def map_gov_params(self, field: Any, **kwargs: Any) -> dict[str, Any]:
        typed_parts, field.raw_data = field.raw_data, None
        params: dict[str, Any] = super().map_gov_params(field, **kwargs)
        field.raw_data = typed_parts
        labels = (gettext("Day"), gettext("Month"), gettext("Year"))
        for item, label, part in zip(params["items"], labels, field.parts, strict=True):
            item["label"] = label
            item["value"] = part
            item["attributes"] = {"inputmode": "numeric"}
        return params


class DayField(Field):
    """A day, typed as day, month and year."""

    widget = _DayWidget()

    def _value(self) -> str:
        return " ".join(self.parts)

    @property
    def first_id(self) -> str:
        """The id of the box for the day, where the error summary leads."""
        return f"{self.name}-day"

    @property
    def parts(self) -> tuple[str, str, str]:
        """What stands in the three boxes."""
        if self.raw_data:
            day, month, year = (*self.raw_data, "", "", "")[:3]
            return str(day)[:20], str(month)[:20], str(year)[:20]
        if isinstance(self.data, dt.date):
            return str(self.data.day), str(self.data.month), str(self.data.year)
        return "", "", ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the three boxes as a day of the calendar."""
        self.data = None
        if not any(str(value).strip() for value in valuelist):
            return
        # The browser sends the three boxes under one name, one after the other.
        day, month, year = (str(value).strip() for value in (*valuelist, "", "", "")[:3])
        self.data = self._read(_number(day.casefold().rstrip(_ENDINGS)), _month(month), _year(year))

    @staticmethod
    def _read(day: int | None, month: int | None, year: int | None) -> dt.date:
        if day is None or month is None or year is None:
            raise ValueError(gettext("Enter the day as day, month and year, like 27 3 2026"))
        try:
            data = dt.date(year, month, day)
        except (ValueError, OverflowError):
            raise ValueError(gettext("There is no such day in the calendar. Check the day and the month")) from None
        if year < EARLIEST_YEAR:
            raise ValueError(gettext("Check the year"))
        return data


# The letters that "1st", "2nd", "3rd" and "4th" end in.
_ENDINGS = "dhnrst"


def _number(text: str) -> int | None:
    return int(text) if len(text) <= 4 and text.isdecimal() else None


def _month(text: str) -> int | None:
    """Return the month that is meant by its number, or by its name or the beginning of it: 11, Nov, November."""
    number = _number(text)
    if number is not None or len(text) < 3:
        return number
    typed = text.casefold().rstrip(".")
    for locale in (get_locale() or "en", "en"):
        names = get_month_names("wide", locale=locale)
        found = [month for month, name in names.items() if name.casefold().startswith(typed)]
        if len(found) == 1:
            return found[0]
    return None


def _year(text: str) -> int | None:
    """Return the year; one of two figures is of this century."""
    number = _number(text)
    return number + 2000 if number is not None and len(text) == 2 else number


class DurationField(StringField):
    """A length of time, typed as people do; its `minutes` are what was understood."""

    widget = GovTextInput()
    minutes: int | None = None

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the time, and say what is wrong with it if it cannot be read."""
        self.data = without_control_characters(valuelist[0]).strip() if valuelist else ""
        try:
            self.minutes = parse_typed_minutes(self.data)
        except RuleBroken as broken:
            raise ValueError(broken.text) from None

    def fill(self, minutes: int | None) -> None:
        """Show these minutes in the box."""
        self.data = typed(minutes) if minutes is not None else ""
        self.minutes = minutes


class Needed:
    """The field must be filled in; its message says with what."""

    def __init__(self, message: Any) -> None:
        self.message = message

    def __call__(self, form: FlaskForm, field: Field) -> None:
        """Raise ValidationError when there is nothing in the field."""
        if not field.data and not field.errors:
            raise ValidationError(str(self.message))


class AtMost:
    """The text may have so many characters."""

    def __init__(self, longest: int) -> None:
        self.longest = longest

    def __call__(self, form: FlaskForm, field: Field) -> None:
        """Raise ValidationError with both numbers when the text is too long."""
        length = len(field.data or "")
        if length > self.longest:
            raise ValidationError(
                gettext(
                    "Use %(longest)s characters or fewer. You have %(length)s",
                    longest=f"{self.longest:,}",
                    length=f"{length:,}",
                )
            )
