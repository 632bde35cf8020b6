"""The form with which a cost is entered."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from timebank.costs import words
from timebank.costs.models import LONGEST_ASSUMPTION, LONGEST_LABEL, CostKind
from timebank.costs.money import parse_pence
from timebank.errors import RuleBroken
from timebank.web.forms import AtMost, DayField, KeyedForm, Needed, RadiosField, TextField, WordsField


class AmountField(TextField):
    """An amount of money, typed as people do; its `pence` are what was understood."""

    pence: int | None = None

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the amount, and say what is wrong with it if it cannot be read."""
        super().process_formdata(valuelist)
        try:
            self.pence = parse_pence(self.data or "")
        except RuleBroken as broken:
            raise ValueError(broken.text) from None


class CostForm(KeyedForm):
    """What was spent, on what, when, and how it was worked out."""

    label = TextField(
        _l("What was it for?"),
        description=_l("Like: rent of the office. Name no person"),
        validators=[Needed(_l("Enter what it was for")), AtMost(LONGEST_LABEL)],
    )
    amount = AmountField(_l("How much, in pounds?"), description=_l("Like 1250 or 1,250.50"))
    kind = RadiosField(_l("Does it come again?"), choose=_l("Choose whether it comes again"))
    starts_on = DayField(_l("From which day?"), validators=[Needed(_l("Enter the first day that it is for"))])
    last_day = DayField(_l("Up to which day?"), validators=[Needed(_l("Enter the last day that it is for"))])
    assumption = WordsField(
        _l("How was the amount worked out?"),
        description=_l("What you assumed: what is in it, what is not, and what was estimated. It stands beside it"),
        validators=[Needed(_l("Enter how the amount was worked out")), AtMost(LONGEST_ASSUMPTION)],
    )

    def prepare(self) -> None:
        """Fill in the choices."""
        self.kind.offer([(kind.value, words.of_kind(kind)) for kind in CostKind])
