"""The form for a new bank."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from timebank.banks.models import LONGEST_NAME
from timebank.web.forms import AtMost, ChoiceField, KeyedForm, Needed, TextField
from timebank.web.languages import DEFAULT_LANGUAGE, DEFAULT_ZONE, LANGUAGES

LONGEST_CODE = 20


class NewBankForm(KeyedForm):
    """What a new bank is called, and where it is."""

    name = TextField(_l("Name"), validators=[Needed(_l("Enter a name")), AtMost(LONGEST_NAME)])
    code = TextField(
        _l("Code"),
        description=_l("1 to 20 letters, digits and hyphens, like ELMS. It is typed in commands, and never changes"),
        validators=[Needed(_l("Enter a code")), AtMost(LONGEST_CODE)],
    )
    time_zone = TextField(_l("Time zone"), description=_l("Where its days begin and end"), default=DEFAULT_ZONE)
    language = ChoiceField(_l("Language"))

    def prepare(self) -> None:
        """Fill in the choices."""
        self.language.offer(list(LANGUAGES.items()))
        if not self.is_submitted():
            self.language.data = DEFAULT_LANGUAGE
