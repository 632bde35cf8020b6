"""The forms with which a month is prepared and closed."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from timebank.statements.models import LONGEST_MESSAGE, LONGEST_REASON
from timebank.web.forms import AtMost, Form, KeyedForm, Needed, TickField, WordsField


class MessageForm(Form):
    """What the coordinator says to everybody on the statements of a month."""

    message = WordsField(
        _l("Message of the month (optional)"),
        description=_l("It is printed on everybody's statement, for example an invitation or a thank you"),
        validators=[AtMost(LONGEST_MESSAGE)],
    )


class CloseForm(Form):
    """Close the month, on purpose."""

    looked = TickField(
        _l("I have looked through this month, and it can be closed"),
        validators=[Needed(_l("Tick the box if the month can be closed. It cannot be opened again"))],
    )


class IssueAgainForm(KeyedForm):
    """Why a statement is issued again."""

    reason = WordsField(
        _l("Why is this statement issued again?"),
        description=_l("It is printed on the statement. For example: the letter was lost"),
        validators=[Needed(_l("Enter the reason")), AtMost(LONGEST_REASON)],
    )
