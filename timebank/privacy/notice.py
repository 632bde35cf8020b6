"""What the privacy page says, from the bank's own settings and the rules by which things are taken away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import Flask, g
from flask_babel import ngettext
from sqlalchemy.exc import SQLAlchemyError

from timebank.attempts import let_go
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.privacy.retention import DAYS_IN_A_YEAR, RULES


@dataclass(frozen=True)
class Notice:
    """Who is responsible, whom to ask, where to complain, and how long what is kept; "" for what nobody has said."""

    responsible: str
    contact: str
    complaints_to: str
    kept: tuple[tuple[str, str], ...]


def init_app(app: Flask) -> None:
    """Let the privacy page, which stands below this package, ask for what it says."""
    app.jinja_env.globals["privacy_notice"] = notice


def notice() -> Notice:
    """Return the notice of the bank that is signed in to, or of the only one; of none where the database is away."""
    bank = _bank()
    return Notice(
        responsible=bank.responsible if bank else "",
        contact=(bank.privacy_contact or bank.help_contact) if bank else "",
        complaints_to=bank.complaints_to if bank else "",
        kept=tuple((str(rule.what), _long(rule.days_in(bank))) for rule in RULES),
    )


def _bank() -> Bank | None:
    if g.get("bank") is not None:
        return cast(Bank, g.bank)
    try:
        return banks.only_bank()
    except SQLAlchemyError:
        let_go()
        return None


def _long(days: int) -> str:
    if days % DAYS_IN_A_YEAR == 0:
        return ngettext("%(num)s year", "%(num)s years", days // DAYS_IN_A_YEAR)
    return ngettext("%(num)s day", "%(num)s days", days)
