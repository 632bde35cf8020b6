"""The forms for reporting a concern, and for what was done about it."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from timebank.concerns.models import LONGEST_ABOUT, LONGEST_CONCERN
from timebank.members.models import Membership
from timebank.web.forms import AtMost, Form, KeyedForm, Needed, RadiosField, TextField, TickField, WordsField

SOMEBODY_ELSE = "somebody else"


class ReportForm(KeyedForm):
    """What somebody is worried about."""

    what = WordsField(
        _l("What are you worried about?"),
        description=_l("What you saw or heard, when and where, in your own words. You do not need proof"),
        validators=[Needed(_l("Enter what you are worried about")), AtMost(LONGEST_CONCERN)],
    )
    whom = RadiosField(
        _l("Is it about one of these people, who read concerns?"),
        description=_l("Whoever it is about will not see it"),
        choose=_l("Choose whether it is about one of them"),
    )
    about = TextField(
        _l("Whom is it about? (optional)"),
        description=_l("A name, if you know it"),
        validators=[AtMost(LONGEST_ABOUT)],
    )

    def prepare(self, possible: Sequence[Membership]) -> None:
        """Fill in the choices: everybody who might read it."""
        self.whom.offer(
            [
                (SOMEBODY_ELSE, gettext("No, about somebody else")),
                *((reader.reference, gettext("It is about %(name)s", name=reader.short_name)) for reader in possible),
            ]
        )


class NoteForm(KeyedForm):
    """What was done."""

    what = WordsField(
        _l("Add what was done"),
        description=_l("Only those who read concerns see this. It cannot be changed later"),
        validators=[Needed(_l("Enter what was done")), AtMost(LONGEST_CONCERN)],
    )
    is_settled = TickField(_l("Nothing more needs to be done"))


class LeadForm(Form):
    """A button, with what it sets."""

    is_lead = TickField(_l("Safeguarding lead"))
