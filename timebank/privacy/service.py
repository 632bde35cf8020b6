"""What is done about what is held of people, written down."""

from __future__ import annotations

import datetime as dt

from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.members.models import Membership


def record_export(member: Membership, *, exported_by: Membership | None, at: dt.datetime) -> None:
    """Write down that everything about a member was handed over, by whom: themselves, or a command."""
    audit.record(
        Action.PERSONAL_DATA_EXPORTED,
        bank_id=member.bank_id,
        by=exported_by.id if exported_by else None,
        on_what="member",
        reference=member.reference,
        at=at,
    )
