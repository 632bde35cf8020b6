"""Exchanges of the past, which a bank brings along when it begins to use this."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import insert, select

from timebank.banks.models import Activity, Bank
from timebank.exchanges import service
from timebank.exchanges.draft import ExchangeDraft
from timebank.exchanges.models import (
    Answer,
    AnsweredBy,
    Exchange,
    ExchangeStep,
    Side,
    Status,
    Step,
)
from timebank.extensions import db
from timebank.ledger.models import TransferKind


@dataclass(frozen=True)
class PastExchange:
    """An exchange that was settled before it came here, with the bank's own id for it."""

    draft: ExchangeDraft
    external_id: str
    loaded_hash: str
    confirmed_by: AnsweredBy | None

    def with_activity(self, activity: Activity) -> PastExchange:
        """Return the same exchange with this activity."""
        return replace(self, draft=replace(self.draft, activity=activity))


def loaded_hashes(bank: Bank, external_ids: Iterable[str]) -> dict[str, str | None]:
    """Return {id: digest of its row} for those of the ids that were loaded before."""
    rows = db.session.execute(
        select(Exchange.external_id, Exchange.loaded_hash).where(
            Exchange.bank_id == bank.id, Exchange.external_id.in_(set(external_ids))
        )
    )
    return {external_id: loaded_hash for external_id, loaded_hash in rows if external_id is not None}


def post_history(bank: Bank, past: Sequence[PastExchange], *, at: dt.datetime) -> None:
    """Post past exchanges as approved, by the same way as the pages. Raises what posting raises.

    They are exempt from the rules on how old a day may be and from floors, never from the ledger's own laws.
    """
    if not past:
        return
    exchanges = [_approved(bank, one, at=at) for one in past]
    db.session.add_all(exchanges)
    db.session.flush()
    service.post_exchanges(bank, exchanges, kind=TransferKind.HISTORY, at=at)
    db.session.execute(
        insert(ExchangeStep),
        [
            {"bank_id": bank.id, "exchange_id": exchange.id, "step": Step.APPROVED, "at": at, "message": ""}
            for exchange in exchanges
        ],
    )


def _approved(bank: Bank, past: PastExchange, *, at: dt.datetime) -> Exchange:
    exchange = service.new_exchange(bank, past.draft, logged_by=None, at=at)
    exchange.status = Status.APPROVED
    exchange.decided_at = at
    exchange.external_id = past.external_id
    exchange.loaded_hash = past.loaded_hash
    for party in exchange.parties:
        # Whoever gave is taken to have said so; whether the receiver did is what the file tells.
        if party.side == Side.GIVER or past.confirmed_by is not None:
            party.answer = Answer.CONFIRMED
            party.answered_how = past.confirmed_by or AnsweredBy.PARTY
            party.answered_at = at
    return exchange
