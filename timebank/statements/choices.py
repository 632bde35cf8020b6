"""How each member wants their statements."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.banks import queries as banks
from timebank.columns import new_reference
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.members.models import Membership
from timebank.statements import queries
from timebank.statements.models import BY_EMAIL, How, StatementChoice
from timebank.web.languages import LANGUAGES


class NoEmailAddress(RuleBroken):
    """Nothing can be mailed to somebody without an address."""

    field = "how"
    message = _l("There is no email address to send it to. Ask the coordinator to add one, or choose another way")


class NoSuchLanguage(RuleBroken):
    """A statement is written in a language that the time bank has."""

    field = "language"
    message = _l("Choose a language from the list")


@dataclass(frozen=True)
class Choice:
    """How a member gets their statement. No language is that of their bank."""

    how: How
    large_print: bool = False
    hides_sign: bool = False
    language: str | None = None


def choice_of(membership: Membership) -> Choice:
    """Return what the member chose, or what is usual for whoever chose nothing."""
    return choices_of([membership])[membership.id]


def choices_of(memberships: Iterable[Membership]) -> dict[int, Choice]:
    """Return {membership's id: choice} for these, with one question to the database."""
    memberships = list(memberships)
    kept = queries.choices_kept(membership.id for membership in memberships)
    return {
        membership.id: _as_kept(kept[membership.id]) if membership.id in kept else _usual(membership)
        for membership in memberships
    }


def _usual(membership: Membership) -> Choice:
    return Choice(how=How.EMAIL_WITH_PDF if membership.email else How.PAPER)


def _as_kept(kept: StatementChoice) -> Choice:
    return Choice(how=How(kept.how), large_print=kept.large_print, hides_sign=kept.hides_sign, language=kept.language)


def cannot_be_sent(membership: Membership, choice: Choice) -> bool:
    """Return whether the statement cannot reach the member as chosen: there is no address of that sort, or no more."""
    if choice.how in BY_EMAIL:
        return not membership.email
    return choice.how == How.PAPER and not membership.address


def choose(
    membership: Membership,
    choice: Choice,
    *,
    chosen_by: Membership | None,
    at: dt.datetime,
) -> Choice:
    """Keep how the member wants their statements from now on. The same again changes nothing.

    On paper without an address is kept: a coordinator hands it over. `chosen_by` is None where nobody is signed in, as
    from a link in a mail. Raises NoEmailAddress or NoSuchLanguage.
    """
    if choice.how in BY_EMAIL and not membership.email:
        raise NoEmailAddress()
    if choice.language is not None and choice.language not in LANGUAGES:
        raise NoSuchLanguage()
    # Whoever chooses at the same moment waits here, so that there is one choice in the end.
    banks.lock_bank(membership.bank)
    kept = db.session.get(StatementChoice, membership.id, populate_existing=True)
    if kept is not None and _as_kept(kept) == choice:
        return choice
    if kept is None:
        kept = StatementChoice(
            membership_id=membership.id, bank_id=membership.bank_id, reference=new_reference(), how=choice.how
        )
        db.session.add(kept)
    kept.how, kept.large_print, kept.hides_sign = choice.how, choice.large_print, choice.hides_sign
    kept.language, kept.chosen_at = choice.language, at
    audit.record(
        Action.STATEMENT_CHOICE_CHANGED,
        bank_id=membership.bank_id,
        by=chosen_by.id if chosen_by else None,
        on_what="member",
        reference=membership.reference,
        at=at,
        how=choice.how.value,
        large_print=choice.large_print,
        hides_sign=choice.hides_sign,
    )
    db.session.flush()
    return choice
