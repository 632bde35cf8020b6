"""The forms of joining: for whoever wants to, for referees, and for the coordinator."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import SelectChoice

from timebank.banks.models import LONGEST_NAME
from timebank.joining.models import LONGEST_ANSWER, LONGEST_MESSAGE, LONGEST_NOTES, LONGEST_PHONE
from timebank.members.models import LONGEST_EMAIL
from timebank.organisations.find import LONGEST_SEARCH
from timebank.web.forms import AtMost, DayField, Form, KeyedForm, Needed, RadiosField, TextField, TickField, WordsField

WITH_LIMITS, WITHOUT_LIMITS = "with", "without"
KEEP, ERASE = "keep", "erase"
COMMUNITY, SOMEBODY, STAYS = "community", "somebody", "stays"


class PersonForm(KeyedForm):
    """Somebody who is not a member, and how they can be reached."""

    name = TextField(
        _l("Full name"),
        validators=[Needed(_l("Enter a name")), AtMost(LONGEST_NAME)],
        render_kw={"autocomplete": "name"},
    )
    phone = TextField(
        _l("Telephone"),
        description=_l("A telephone number or an email address is enough"),
        validators=[AtMost(LONGEST_PHONE)],
        render_kw={"type": "tel", "autocomplete": "tel"},
    )
    email = TextField(
        _l("Email address"),
        validators=[AtMost(LONGEST_EMAIL)],
        render_kw={"type": "email", "autocomplete": "email", "spellcheck": "false"},
    )


class EnquiryForm(PersonForm):
    """Somebody wants to join."""

    message = WordsField(
        _l("Is there anything you would like to tell us? (optional)"),
        description=_l("For example what you like to do, what you could use some help with, and when we can call"),
        validators=[AtMost(LONGEST_MESSAGE)],
    )


class RefereeForm(PersonForm):
    """Somebody who can be asked about whoever wants to join. Whose details they are, no browser knows."""

    name = TextField(_l("Full name"), validators=[Needed(_l("Enter a name")), AtMost(LONGEST_NAME)])


class InterviewForm(KeyedForm):
    """When somebody was interviewed, and what was noted."""

    interviewed_on = DayField(_l("When was the interview?"), validators=[Needed(_l("Enter the day"))])
    notes = WordsField(
        _l("Notes"),
        description=_l(
            "Coordinators read them, and every time is written down. So can the person, who may ask for them"
        ),
        validators=[AtMost(LONGEST_NOTES)],
    )


class StepsForm(Form):
    """What else was done."""

    orientation_on = DayField(_l("When were they shown how it works? (optional)"))
    agreed_on = DayField(_l("When did they agree to what newcomers agree to? (optional)"))


class AnswerForm(KeyedForm):
    """What a referee says."""

    answer = WordsField(
        _l("How do you know them, and would you be glad to have them help somebody close to you?"),
        description=_l("A few words are enough"),
        validators=[Needed(_l("Enter what you can say")), AtMost(LONGEST_ANSWER)],
    )
    in_confidence = TickField(
        _l("I say this in confidence"),
        description=_l("Then it is not shown to the person, even if they ask for everything that is kept about them"),
    )


class TakeInForm(KeyedForm):
    """How somebody begins as a member."""

    limits = RadiosField(
        _l("How do they begin?"),
        choose=_l("Choose how they begin"),
        choices=[
            SelectChoice(WITH_LIMITS, _l("Active with limits: only in groups and in public places for now")),
            SelectChoice(WITHOUT_LIMITS, _l("Active, without limits")),
        ],
    )


class EndForm(Form):
    """What becomes of an enquiry that comes to nothing."""

    what = RadiosField(
        _l("What happens to what is kept?"),
        choose=_l("Choose what happens to what is kept"),
        choices=[
            SelectChoice(KEEP, _l("It is kept for as long as the time bank says, and then taken away")),
            SelectChoice(ERASE, _l("It is taken away now, because they ask for it")),
        ],
    )


class DiedForm(KeyedForm):
    """When somebody died, and where their hours go."""

    died_on = DayField(_l("When did they die?"), validators=[Needed(_l("Enter the day"))])
    balance = RadiosField(
        _l("Where did they wish their hours to go?"),
        choose=_l("Choose where their hours go"),
        choices=[
            SelectChoice(COMMUNITY, _l("To the community account, for everybody")),
            SelectChoice(SOMEBODY, _l("To a person or an organisation")),
            SelectChoice(STAYS, _l("Nobody knows: they stay in the closed account")),
        ],
    )
    with_whom = TextField(_l("To whom? (only for a person or an organisation)"), validators=[AtMost(LONGEST_SEARCH)])
