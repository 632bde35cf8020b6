"""The forms for donating and granting hours."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from timebank.gifts.models import LONGEST_REASON
from timebank.organisations.find import LONGEST_SEARCH
from timebank.web.forms import (
    AtMost,
    DurationField,
    Form,
    KeyedForm,
    Needed,
    TextField,
    WordsField,
)


class GiftForm(KeyedForm):
    """Whom to give hours, how many, and why."""

    with_whom = TextField(
        _l("Who are the hours for?"),
        description=_l("A name, a member number, an organisation, or the community account"),
        validators=[Needed(_l("Enter the name or number of the person or organisation")), AtMost(LONGEST_SEARCH)],
    )
    time = DurationField(
        _l("How many hours?"),
        description=_l("For example 1.5, 1½, 1:30, 1h 30m or 90 min"),
        validators=[Needed(_l("Enter how long, like 1.5, 1:30 or 90 min"))],
    )
    reason = WordsField(
        _l("A message (optional)"),
        description=_l("Whoever receives the hours and the coordinator can read it"),
        validators=[AtMost(LONGEST_REASON)],
    )


class GrantForm(GiftForm):
    """A grant from the community account, which always has a reason."""

    reason = WordsField(
        _l("Why?"),
        description=_l("Whoever receives the hours can read it"),
        validators=[Needed(_l("Enter the reason for this grant")), AtMost(LONGEST_REASON)],
    )


class ReverseForm(Form):
    """Why a gift is taken back."""

    reason = WordsField(
        _l("Why is this reversed?"),
        description=_l("The people concerned can read it"),
        validators=[Needed(_l("Enter the reason")), AtMost(LONGEST_REASON)],
    )
