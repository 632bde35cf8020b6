"""How an exchange becomes transfers. This is the one place where help and hours cross."""

from __future__ import annotations

from timebank.exchanges.models import Exchange
from timebank.ledger.models import Book, TransferKind
from timebank.ledger.service import TransferDraft


def transfers_of(exchange: Exchange, *, community_account_id: int | None, kind: TransferKind) -> list[TransferDraft]:
    """Return the transfers that an exchange is posted as. Only a class needs the community account.

    One giver, one receiver: one transfer. Several givers: the receiver's account pays each of them their own time. A
    class, one giver and several receivers: each receiver pays the time, the giver earns it once, for one hour is one
    hour, and the rest goes to the community account.
    """
    moves = moves_between(
        [giver.account_id for giver in exchange.givers],
        [receiver.account_id for receiver in exchange.receivers],
        community_account_id,
    )
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


def moves_between(givers: list[int], receivers: list[int], community_account_id: int | None) -> list[tuple[int, int]]:
    """Return (from account, to account) for each time that the time of an exchange moves."""
    if len(receivers) > 1:
        assert community_account_id is not None
        return _of_a_class(givers[0], receivers, community_account_id)
    # Help goes from giver to receiver; hours go the other way, from the receiver's account to the giver's.
    return [(receivers[0], giver) for giver in givers]


def _of_a_class(giver: int, receivers: list[int], community_account_id: int) -> list[tuple[int, int]]:
    # The community cannot pay itself the rest, so where it learned too, its own hour is the one that the giver earns.
    first, *others = sorted(receivers, key=lambda account_id: account_id != community_account_id)
    return [(first, giver), *((receiver, community_account_id) for receiver in others)]
