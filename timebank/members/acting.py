"""Who acts for whom in this request: a helper, for somebody who cannot or will not sign in."""

from __future__ import annotations

from typing import cast

from flask import g
from flask_babel import lazy_gettext as _l

from timebank.audit.service import Acting, act_for
from timebank.errors import RuleBroken
from timebank.members.models import Helper, Membership


class OnlyAsOneself(RuleBroken):
    """A helper acts for somebody's hours. Their details, and everything of the bank, are not in a helper's hands."""

    status = 403
    message = _l("You cannot do this while you act for somebody else. Go back to acting for yourself first")


class ActingEnded(RuleBroken):
    """It was ended, or its last day has passed. What was sent last must not be done in anybody's name."""

    status = 403
    message = _l("You can no longer act for this person. Nothing was changed")


def begin(helper: Helper | None) -> None:
    """Let what this request does be done for whom the helper looks after; None where they no longer may."""
    g.is_acting, g.acts_for = True, None
    if helper is not None:
        # The name by itself too, for pages that are made when the database is away.
        g.acts_for, g.acts_for_name = helper.helped, helper.helped.name
        act_for(Acting(helper.helper_id, helper.helped_id, helper.helped.reference))


def is_acting() -> bool:
    """Return whether whoever is signed in said that they act for somebody, and did not yet go back."""
    return bool(g.get("is_acting"))


def helped_membership() -> Membership | None:
    """Return for whom whoever is signed in acts; None where they act for themselves or no longer may."""
    return cast("Membership | None", g.get("acts_for"))
