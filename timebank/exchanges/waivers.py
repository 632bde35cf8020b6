"""Let help count that somebody was not cleared for, on purpose and with a reason."""

from __future__ import annotations

import datetime as dt

from flask_babel import lazy_gettext as _l

from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.banks.models import Bank
from timebank.errors import RuleBroken
from timebank.exchanges.draft import ExchangeDraft, checked_waiver, uncleared_in
from timebank.exchanges.models import Exchange
from timebank.exchanges.uncleared import Uncleared, help_in, needs_waiver, uncleared
from timebank.members.models import Membership
from timebank.organisations.queries import holders_of


class ClearanceMissing(RuleBroken):
    """Hours for help that somebody was not cleared for are approved on purpose, or not at all."""

    field = "waiver"
    message = _l("%(who)s. Open it and say why it is approved all the same, or decline it")


def not_cleared_for(bank: Bank, exchange: Exchange) -> list[Uncleared]:
    """Return who was not cleared for it, unless a coordinator has said already why it counts all the same.

    What somebody said who was not cleared themselves is not enough.
    """
    holders = holders_of(bank, [party.account_id for party in exchange.parties])
    found = uncleared([help_in(exchange, holders)])[0]
    return found if needs_waiver(exchange, found) else []


def require_clearance(bank: Bank, exchange: Exchange, *, waiver: str, by: Membership, at: dt.datetime) -> None:
    """Raise ClearanceMissing or WaiverTooLong unless everybody was cleared, or `waiver` says why it counts."""
    if found := not_cleared_for(bank, exchange):
        if not waiver.strip():
            raise ClearanceMissing(who="; ".join(each.text for each in found))
        _waive(exchange, waiver, by=by, at=at)


def waive_as_drafted(exchange: Exchange, draft: ExchangeDraft, *, by: Membership, at: dt.datetime) -> None:
    """Keep why a coordinator records what somebody was not cleared for, where that is so."""
    if draft.waiver.strip() and uncleared_in(draft):
        _waive(exchange, draft.waiver, by=by, at=at)


def _waive(exchange: Exchange, waiver: str, *, by: Membership, at: dt.datetime) -> None:
    exchange.waiver, exchange.waived_by_id, exchange.waived_at = checked_waiver(waiver), by.id, at
    # Why stands with the exchange: the audit holds no words about people.
    audit.record(
        Action.CLEARANCE_WAIVED,
        bank_id=exchange.bank_id,
        by=by.id,
        on_what="exchange",
        reference=exchange.reference,
        at=at,
    )
