"""Write down what was done."""

from __future__ import annotations

import datetime as dt
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from timebank.audit.models import Action, AuditRecord
from timebank.extensions import db


@dataclass(frozen=True)
class Origin:
    """Where an act came from: an address on the network or a command, and the reference in the log."""

    came_from: str
    request_reference: str | None = None


# Instead of an address, where somebody wrote who is no member.
FROM_OUTSIDE = "a public page"

# Set at the edge, by each request and each command, so that no service has to hand it down.
origin: ContextVar[Origin] = ContextVar("origin", default=Origin(came_from="application"))  # noqa: B039


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
    """Add one record to the audit. `by` is a membership's id, or None for the bank's own rules and for commands."""
    came_from = origin.get()
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
