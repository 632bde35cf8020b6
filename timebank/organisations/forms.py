"""The form for an organisation."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from timebank.banks.models import LONGEST_NAME
from timebank.organisations.find import LONGEST_SEARCH
from timebank.web.forms import AtMost, DayField, Form, KeyedForm, Needed, TextField, TickField


class HelperForm(Form):
    """Who looks after a membership, what they may do, and until when."""

    who = TextField(
        _l("Who looks after it?"),
        validators=[Needed(_l("Enter the name or number of a member")), AtMost(LONGEST_SEARCH)],
    )
    may_act = TickField(_l("They may also log, confirm and ask about hours in this person’s place"))
    on_their_word = TickField(_l("The person told me that they want this"))
    until_on = DayField(_l("Until when? (optional, but where they act in this person’s place)"))


class OwnHelperForm(Form):
    """Who helps oneself, what they may do, and until when."""

    who = TextField(
        _l("Who helps you?"),
        validators=[Needed(_l("Enter the name or number of a member")), AtMost(LONGEST_SEARCH)],
    )
    may_act = TickField(_l("They may also log, confirm and ask about hours in my place"))
    until_on = DayField(_l("Until when? (optional, but where they act in your place)"))


class OrganisationForm(KeyedForm):
    """What it is called, and who answers for it."""

    name = TextField(_l("Name"), validators=[Needed(_l("Enter the name")), AtMost(LONGEST_NAME)])
    contact = TextField(
        _l("Who answers for it? (optional)"),
        description=_l("A member who confirms its hours. Without one, the coordinator does"),
        validators=[AtMost(LONGEST_SEARCH)],
    )
