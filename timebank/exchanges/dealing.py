"""Whether one and the same person stands behind both sides of an exchange: a helper, who acts for somebody else too."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l

from timebank.audit.service import helper_of
from timebank.errors import RuleBroken
from timebank.exchanges.models import Answer, Exchange, Party
from timebank.members import queries as members
from timebank.members.models import Membership
from timebank.organisations import queries as organisations


class BothSides(RuleBroken):
    """Hours are believed because two people say the same. One who speaks for both is only one."""

    message = _l("You confirmed the other side of this already, so a coordinator has to confirm this one")


def check_other_side(exchange: Exchange, parties: Sequence[Party], by: Membership) -> None:
    """Raise BothSides where whoever confirms for these parties has confirmed another side, once for somebody else."""
    helper = helper_of(by.id)
    person = helper or by.id
    for other in exchange.parties:
        if other in parties or other.answer != Answer.CONFIRMED:
            continue
        behind = other.answered_through_id or other.answered_by_id
        if behind == person and (helper is not None or other.answered_through_id is not None):
            raise BothSides()


def is_between_a_helper_and_the_helped(exchange: Exchange) -> bool:
    """Return whether somebody who logged or answered speaks for several sides of it, for one of them as a helper."""
    spoke = {party.answered_through_id for party in exchange.parties} | {exchange.logged_by_id}
    for membership in members.members_with_ids(id_ for id_ in spoke if id_ is not None).values():
        acted_for = set(members.accounts_acted_for(membership))
        if not acted_for:
            continue
        sides = {party.account_id for party in exchange.parties}
        own = set(organisations.accounts_answered_by(membership)) | acted_for
        if sides & acted_for and len(sides & own) > 1:
            return True
    return False
