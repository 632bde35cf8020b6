"""How an exchange becomes transfers. This is the one place where help and hours cross."""

from __future__ import annotations

from timebank.exchanges.models import Exchange
from timebank.ledger.models import Book, TransferKind
from timebank.ledger.service import TransferDraft


def transfers_of(exchange: Exchange, *, community_account_id: int, kind: TransferKind) -> list[TransferDraft]:
    """Return the transfers that an exchange is posted as.

    One giver, one receiver: one transfer. Several givers: the receiver's account pays each of them their own time. A
    class, one giver and several receivers: each receiver pays the time, the giver earns it once, for one hour is one
    hour, and the rest goes to the community account.
    """
    moves: list[tuple[int, int]] = []
    if len(exchange.receivers) > 1:
        moves = _of_a_class(exchange, community_account_id)
    else:
        receiver = exchange.receivers[0]
        # Help goes from giver to receiver; hours go the other way, from the receiver's account to the giver's.
        moves = [(receiver.account_id, giver.account_id) for giver in exchange.givers]
    return [
        TransferDraft(
            from_account_id=from_account_id,
            to_account_id=to_account_id,
            minutes=exchange.minutes,
            book=Book(exchange.book),
            kind=kind,
            happened_on=exchange.happened_on,
            key=f"exchange:{exchange.reference}:{number}",
            linked_by=exchange.reference,
        )
        for number, (from_account_id, to_account_id) in enumerate(moves, start=1)
    ]


def _of_a_class(exchange: Exchange, community_account_id: int) -> list[tuple[int, int]]:
    giver = exchange.givers[0].account_id
    receivers = [receiver.account_id for receiver in exchange.receivers]
    if community_account_id in receivers:
        # The community cannot pay itself the rest, so its own hour is the one that the giver earns.
        receivers.remove(community_account_id)
        receivers.insert(0, community_account_id)
    first, *others = receivers
    return [(first, giver), *((receiver, community_account_id) for receiver in others)]
