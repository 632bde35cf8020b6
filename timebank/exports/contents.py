"""What is in an export before its first transfer: whose it is, how much it holds, and its accounts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from timebank.banks.models import Bank
from timebank.exports import queries
from timebank.exports.names import account_name, moment, readable


@dataclass(frozen=True)
class NamedAccount:
    """An account, with the name that it has in other programs."""

    number: str
    name: str
    opened_on: dt.date
    closed_on: dt.date | None

    @property
    def comment(self) -> str:
        """A line with the account's number, where the name does not show it as it is."""
        return "" if self.name.endswith(f":{self.number}") else f"; number {readable(self.number)}\n"


@dataclass(frozen=True)
class Contents:
    """A bank's ledger as it stood at one moment, without its transfers and snapshots, which come in a stream."""

    bank_id: int
    bank_code: str
    time_zone: str
    made_at: dt.datetime
    seal_head: str | None
    transfers: int
    closed_months: int
    snapshots: int
    first_day: dt.date
    accounts: Mapping[int, NamedAccount]

    def comments(self, program: str) -> str:
        """Return the comments that each program's file begins with."""
        lines = (
            f"The ledger of the time bank {self.bank_code}, for {program}",
            f"Time zone: {self.time_zone}",
            f"Made at: {moment(self.made_at)}",
            f"Transfers: {self.transfers}",
            f"Accounts: {len(self.accounts)}",
            f"Closed months: {self.closed_months}",
            f"Balances asserted: {self.snapshots}",
            f"Head of the seals: {self.seal_head or 'nothing is sealed yet'}",
            "CREDIT and RECORD are whole minutes, in the credit book and in the record book.",
        )
        return "".join(f"; {line}\n" for line in lines)


def contents_of(bank: Bank, *, seal_head: str | None, made_at: dt.datetime) -> Contents:
    """Return what the bank's ledger holds now."""
    accounts = {
        id_: NamedAccount(
            number=number,
            name=account_name(kind, number),
            opened_on=bank.day_of(opened_at),
            closed_on=bank.day_of(closed_at) if closed_at else None,
        )
        for id_, number, kind, opened_at, closed_at in queries.every_account(bank.id)
    }
    transfers, closed_months, snapshots = queries.how_many(bank.id)
    # History may be older than the accounts it is in, and a closed month than an account that was there at its closing.
    days = [queries.first_day(bank.id), bank.day_of(bank.created_at), *(each.opened_on for each in accounts.values())]
    return Contents(
        bank_id=bank.id,
        bank_code=bank.code,
        time_zone=bank.time_zone,
        made_at=made_at,
        seal_head=seal_head,
        transfers=transfers,
        closed_months=closed_months,
        snapshots=snapshots,
        first_day=min(day for day in days if day is not None),
        accounts=accounts,
    )
