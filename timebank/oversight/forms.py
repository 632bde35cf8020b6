"""What an administrator narrows the audit down by."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from govuk_frontend_wtf.wtforms_widgets import GovTextInput

from timebank.audit.models import Action
from timebank.oversight import words
from timebank.oversight.queries import AuditFilter
from timebank.web.forms import ChoiceField, DayField, Form, TextField

# Longer than any name or number.
LONGEST_WORDS = 120
EVERYTHING = ""


class OneBoxDayField(DayField):
    """A day in one box, typed with anything between its parts, because a filter has little room."""

    widget = GovTextInput()

    def _value(self) -> str:
        return super()._value().strip()

    @property
    def first_id(self) -> str:
        """The id of the box, where the error summary leads."""
        return str(self.name)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the day, also as 2026-03-27."""
        parts = re.split(r"[\s./-]+", str(valuelist[0]).strip()[:40]) if valuelist else []
        super().process_formdata(parts[::-1] if parts and len(parts[0]) == 4 else parts)


class AuditForm(Form):
    """Which records to show. It is asked with GET, so that the answer has an address."""

    class Meta:
        """No secret is needed to look."""

        csrf = False

    who = TextField(_l("Who did it"), description=_l("Name or number"))
    about = TextField(_l("About whom"), description=_l("Name or number"))
    what = ChoiceField(_l("What"))
    from_on = OneBoxDayField(_l("From day"), description=_l("Like 27 3 2026"))
    to_on = OneBoxDayField(_l("To day"), description=_l("Like 27 3 2026"))

    def prepare(self) -> None:
        """Fill in the choices."""
        names = sorted(((action.value, str(words.NAMES[action])) for action in Action), key=lambda choice: choice[1])
        self.what.offer([(EVERYTHING, gettext("Everything")), *names])
        if self.what.data not in list(Action):
            self.what.data = EVERYTHING

    def wanted(self) -> AuditFilter:
        """Return which records are asked for. A day that is none in the calendar narrows nothing down."""
        return AuditFilter(
            who=(self.who.data or "")[:LONGEST_WORDS],
            about=(self.about.data or "")[:LONGEST_WORDS],
            action=Action(self.what.data) if self.what.data else None,
            from_on=self.from_on.data,
            to_on=self.to_on.data,
        )
