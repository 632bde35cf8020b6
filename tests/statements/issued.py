"""A month that was closed, with its statements issued, for tests of what is sent of them."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable

from tests.make import Party, account_of
from timebank.banks.models import Bank
from timebank.extensions import db
from timebank.ledger import service as ledger
from timebank.ledger.months import Month
from timebank.members.models import Helper, Membership
from timebank.statements.models import How, IssuedStatement, StatementChoice

FEBRUARY = Month(2026, 2)
IN_FEBRUARY = dt.datetime(2026, 2, 10, 12, 0, tzinfo=dt.UTC)
CLOSED_AT = dt.datetime(2026, 3, 5, 9, 0, tzinfo=dt.UTC)


def close_and_issue(bank: Bank, parties: Iterable[Party]) -> list[IssuedStatement]:
    """Close February, and issue a statement of it to each of these."""
    ledger.close_month(bank.id, FEBRUARY, closed_at=CLOSED_AT)
    return [issue(bank, party) for party in parties]


def issue(bank: Bank, party: Party, *, number: int = 1) -> IssuedStatement:
    """Issue a statement for February, which is closed."""
    issued = IssuedStatement(
        bank_id=bank.id,
        account_id=account_of(party),
        last_day=FEBRUARY.last_day,
        number=number,
        code=secrets.token_hex(8).upper(),
        digest="0" * 64,
        issued_at=CLOSED_AT,
    )
    db.session.add(issued)
    db.session.flush()
    return issued


def choose(member: Membership, how: How, **details: object) -> StatementChoice:
    """Let a member choose how statements come."""
    choice = StatementChoice(membership_id=member.id, bank_id=member.bank_id, how=how, chosen_at=CLOSED_AT, **details)
    db.session.add(choice)
    db.session.flush()
    return choice


def let_help(helper: Membership, helped: Membership, **details: object) -> Helper:
    """Let one look after the other's membership."""
    row = Helper(bank_id=helped.bank_id, helped_id=helped.id, helper_id=helper.id, added_at=CLOSED_AT, **details)
    db.session.add(row)
    db.session.flush()
    return row
