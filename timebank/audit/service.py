"""Write down what was done."""

from __future__ import annotations

import datetime as dt
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from timebank.audit.models import Action, AuditRecord
from timebank.extensions import db


@dataclass(frozen=True)
class Acting:
    """A helper who acts for another member. Both are ids of memberships."""

    helper_id: int
    helped_id: int
    helped_reference: str


@dataclass(frozen=True)
class Origin:
    """Where an act came from: an address or a command, the reference in the log, and who acts for another in it."""

    came_from: str
    request_reference: str | None = None
    acting: Acting | None = None


# Instead of an address, where somebody wrote who is no member.
FROM_OUTSIDE = "a public page"

# Set at the edge, by each request and each command, so that no service has to hand it down.
origin: ContextVar[Origin] = ContextVar("origin", default=Origin(came_from="application"))  # noqa: B039


def act_for(acting: Acting) -> None:
    """Let what is done from here on in the helped member's name be written down as done by the helper for them."""
    origin.set(replace(origin.get(), acting=acting))


def helper_of(membership_id: int) -> int | None:
    """Return the id of the helper who acts for this member just now, if somebody does."""
    acting = origin.get().acting
    return acting.helper_id if acting is not None and acting.helped_id == membership_id else None


def record(
    action: Action,
    *,
    bank_id: int | None,
    by: int | None,
    on_what: str,
    reference: str,
    at: dt.datetime,
    **details: Any,
) -> None:
    """Add one record to the audit. `by` is a membership's id, or None for the bank's own rules and for commands.

    Where a helper acts, the record is of the helper, and says for whom.
    """
    came_from = origin.get()
    if came_from.acting is not None and came_from.acting.helped_id == by:
        by, details = came_from.acting.helper_id, details | {"for": came_from.acting.helped_reference}
    db.session.add(
        AuditRecord(
            bank_id=bank_id,
            at=at,
            membership_id=by,
            action=action,
            on_what=on_what,
            reference=reference,
            details=details,
            came_from=came_from.came_from,
            request_reference=came_from.request_reference,
        )
    )
