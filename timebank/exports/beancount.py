"""A file for Beancount, which sorts by day itself and compares a balance when its day begins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row

from timebank.exports.contents import Contents
from timebank.exports.names import UNITS, moment, safe_value
from timebank.exports.order import in_order

_ONE_DAY = dt.timedelta(days=1)


def text_of(contents: Contents) -> Iterator[str]:
    """Yield the file in pieces: what it begins with, then each transfer and each assertion."""
    names = {id_: account.name for id_, account in contents.accounts.items()}

    def transfer(row: Row[Any]) -> str:
        unit = UNITS[row.book]
        reverses = f"  reverses: {row.reverses_id}\n" if row.reverses_id else ""
        return (
            f'\n{row.effective_on} * "{row.kind}"\n'
            f"  transfer: {row.id}\n"
            f"  happened_on: {row.happened_on}\n"
            f'  posted_at: "{moment(row.posted_at)}"\n'
            f'  linked_by: "{safe_value(row.linked_by)}"\n'
            f"{reverses}"
            f"  {names[row.from_account_id]}  {-row.minutes} {unit}\n"
            f"  {names[row.to_account_id]}  {row.minutes} {unit}\n"
        )

    def snapshot(row: Row[Any]) -> str:
        # What is held when a month ends is what is held when the next day begins.
        return f"\n{row.last_day + _ONE_DAY} balance {names[row.account_id]}  {row.minutes} {UNITS[row.book]}\n"

    yield _head(contents)
    yield from in_order(contents.bank_id, transfer=transfer, snapshot=snapshot)


def _head(contents: Contents) -> str:
    parts = [contents.comments("Beancount"), f'\noption "title" "{contents.bank_code}"\n']
    parts += [f'option "operating_currency" "{unit}"\n' for unit in UNITS.values()]
    parts += [f"\n{contents.first_day} commodity {unit}\n" for unit in UNITS.values()]
    for account in contents.accounts.values():
        # All are open from the first day: Beancount refuses history that is older than its account.
        parts.append(f"\n{account.comment}{contents.first_day} open {account.name} {','.join(UNITS.values())}\n")
        parts.append(f"  opened_on: {account.opened_on}\n")
        if account.closed_on:
            parts.append(f"  closed_on: {account.closed_on}\n")
    return "".join(parts)
