"""The forms for how somebody gets their statements, and with which anybody checks one."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from timebank.banks.forms import SignedHoursField
from timebank.statements.choices import Choice
from timebank.statements.models import How
from timebank.web.forms import AtMost, ChoiceField, Form, Needed, RadiosField, TextField, TickField
from timebank.web.languages import LANGUAGES

AS_THE_BANK = ""


class ChoiceForm(Form):
    """How the statement comes, and how it looks."""

    how = RadiosField(_l("How should the statement come?"), choose=_l("Choose how the statement should come"))
    large_print = TickField(_l("Large print, in the PDF and on paper"))
    hides_sign = TickField(_l("Words in place of a minus sign: “1:30 more used” and not “−1:30”"))
    language = ChoiceField(_l("Language"))

    def prepare_for(self, choice: Choice) -> None:
        """Fill in the choices, and what was chosen before. Where there is one language, nobody is asked for it."""
        self.how.offer(
            [
                (How.EMAIL_WITH_PDF.value, gettext("By email, with the statement as a PDF to keep or to print")),
                (How.EMAIL.value, gettext("By email, with the main figures and a link to the rest")),
                (How.PAPER.value, gettext("On paper")),
                (How.ONLINE.value, gettext("Only online, after signing in")),
            ]
        )
        if len(LANGUAGES) > 1:
            self.language.offer([(AS_THE_BANK, gettext("As the time bank")), *LANGUAGES.items()])
        else:
            del self.language
        if not self.is_submitted():
            self.how.data, self.large_print.data, self.hides_sign.data = (
                choice.how.value,
                choice.large_print,
                choice.hides_sign,
            )
            if self.language is not None:
                self.language.data = choice.language or AS_THE_BANK

    @property
    def choice(self) -> Choice:
        """What was chosen, once the form is valid."""
        return Choice(
            how=How(self.how.data),
            large_print=bool(self.large_print.data),
            hides_sign=bool(self.hides_sign.data),
            language=(self.language.data or None) if self.language is not None else None,
        )


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
        description=_l("Of the credit hours, for example 3:30. Then we say whether it is the one that we printed"),
    )
