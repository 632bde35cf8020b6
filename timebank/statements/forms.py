"""The form with which anybody checks a statement."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from timebank.banks.forms import SignedHoursField
from timebank.web.forms import AtMost, Form, Needed, TextField


class VerifyForm(Form):
    """A statement's code, and the balance on it."""

    code = TextField(
        _l("Code on the statement"),
        description=_l("Four groups of four letters and digits, like 7KQ2-9XWD-40TN-H8VC"),
        validators=[Needed(_l("Enter the code that is printed on the statement")), AtMost(40)],
    )
    balance = SignedHoursField(
        _l("Closing balance on the statement (optional)"),
        may_be_empty=True,
        description=_l("In hours, for example 3:30. Then we say whether it is the one that we printed"),
    )
