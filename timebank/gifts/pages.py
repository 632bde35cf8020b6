"""Gifts in the words that one viewer may read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext

from timebank.gifts.models import Gift, GiftKind
from timebank.hours import in_words
from timebank.members.models import Membership
from timebank.organisations.queries import holders_of
from timebank.web.setup import capitalised


@dataclass(frozen=True)
class ShownGift:
    """A gift as a page shows it."""

    gift: Gift
    sentence: str


def show_gifts(gifts: Sequence[Gift], *, viewer: Membership, in_full: bool = False) -> list[ShownGift]:
    """Return each gift in words."""
    ids = {id_ for gift in gifts for id_ in (gift.from_account_id, gift.to_account_id)}
    holders = holders_of(viewer.bank, ids)
    shown = []
    for gift in gifts:
        giver = holders[gift.from_account_id].name_for(viewer, in_full=in_full)
        receiver = holders[gift.to_account_id].name_for(viewer, in_full=in_full)
        hours = in_words(gift.minutes)
        if gift.kind == GiftKind.GRANT:
            sentence = gettext(
                "The community account granted %(hours)s to %(receiver)s", hours=hours, receiver=receiver
            )
        else:
            sentence = gettext(
                "%(giver)s donated %(hours)s to %(receiver)s",
                giver=capitalised(giver),
                hours=hours,
                receiver=receiver,
            )
        shown.append(ShownGift(gift=gift, sentence=sentence))
    return shown
