"""The form for an organisation."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from timebank.banks.models import LONGEST_NAME
from timebank.organisations.find import LONGEST_SEARCH
from timebank.web.forms import AtMost, DayField, Form, KeyedForm, Needed, TextField


class HelperForm(Form):
    """Who looks after a membership, and until when."""

    who = TextField(
        _l("Who looks after it?"),
        validators=[Needed(_l("Enter the name or number of a member")), AtMost(LONGEST_SEARCH)],
    )
    until_on = DayField(_l("Until when? (optional)"))


class OrganisationForm(KeyedForm):
    """What it is called, and who answers for it."""

    name = TextField(_l("Name"), validators=[Needed(_l("Enter the name")), AtMost(LONGEST_NAME)])
    contact = TextField(
        _l("Who answers for it? (optional)"),
        description=_l("A member who confirms its hours. Without one, the coordinator does"),
        validators=[AtMost(LONGEST_SEARCH)],
    )
