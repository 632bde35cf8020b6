"""A journal that both hledger and ledger read.

ledger checks an assertion where it stands in the file, hledger by day and then where it stands. So everything is
written by the day it counts, and what was held at the end of a closed month after the last transfer of that month.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row

from timebank.exports.contents import Contents, NamedAccount
from timebank.exports.names import UNITS, moment, safe_value
from timebank.exports.order import in_order

# Both programs, when they are asked to be strict, want to be told of every tag before they meet it.
_TAGS = ("opened_on", "closed_on", "happened_on", "posted_at", "linked_by", "reverses")


def text_of(contents: Contents) -> Iterator[str]:
    """Yield the journal in pieces: what it begins with, then each transfer and each assertion."""
    names = {id_: account.name for id_, account in contents.accounts.items()}

    def transfer(row: Row[Any]) -> str:
        unit = UNITS[row.book]
        reverses = f"    ; reverses: {row.reverses_id}\n" if row.reverses_id else ""
        return (
            f"\n{row.effective_on} ({row.id}) {row.kind}\n"
            f"    ; happened_on: {row.happened_on}\n"
            f"    ; posted_at: {moment(row.posted_at)}\n"
            f"    ; linked_by: {safe_value(row.linked_by)}\n"
            f"{reverses}"
            f"    {names[row.from_account_id]}  {-row.minutes} {unit}\n"
            f"    {names[row.to_account_id]}  {row.minutes} {unit}\n"
        )

    def snapshot(row: Row[Any]) -> str:
        # Nothing moves; both programs compare what they have added up so far.
        unit = UNITS[row.book]
        return f"\n{row.last_day} month closed\n    {names[row.account_id]}  0 {unit} = {row.minutes} {unit}\n"

    yield _head(contents)
    yield from in_order(contents.bank_id, transfer=transfer, snapshot=snapshot)


def _head(contents: Contents) -> str:
    parts = [contents.comments("hledger and ledger")]
    parts += [f"\ncommodity {unit}\n" for unit in UNITS.values()]
    parts += [f"\ntag {tag}\n" for tag in _TAGS]
    parts += [_account(account) for account in contents.accounts.values()]
    return "".join(parts)


def _account(account: NamedAccount) -> str:
    closed = f"    ; closed_on: {account.closed_on}\n" if account.closed_on else ""
    return f"\n{account.comment}account {account.name}\n    ; opened_on: {account.opened_on}\n{closed}"
