"""The laws that every honest ledger keeps, to be asserted after anything that a test does to one."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import func, select

from timebank.extensions import db
from timebank.ledger.models import Account, Balance, Entry, Transfer
from timebank.ledger.verify import Verification


def assert_adds_up() -> None:
    """Fail unless every transfer, entry and balance of the database is as it must be."""
    assert list(Verification().problems()) == []
    _assert_two_opposite_entries_for_each_transfer()
    _assert_numbers_and_balances_run_on()
    totals = db.session.execute(
        select(Balance.bank_id, Balance.book, func.sum(Balance.minutes)).group_by(Balance.bank_id, Balance.book)
    )
    assert {total for _, _, total in totals} <= {0}


def _assert_two_opposite_entries_for_each_transfer() -> None:
    entries = defaultdict(list)
    for entry in db.session.scalars(select(Entry)):
        entries[entry.transfer_id].append((entry.account_id, entry.minutes, entry.book, entry.effective_on))
    transfers = list(db.session.scalars(select(Transfer)))
    assert len(entries) == len(transfers)
    for transfer in transfers:
        assert sorted(entries[transfer.id]) == sorted(
            [
                (transfer.from_account_id, -transfer.minutes, transfer.book, transfer.effective_on),
                (transfer.to_account_id, transfer.minutes, transfer.book, transfer.effective_on),
            ]
        )


def _assert_numbers_and_balances_run_on() -> None:
    last = {}
    for entry in db.session.scalars(select(Entry).order_by(Entry.account_id, Entry.book, Entry.number)):
        place = (entry.account_id, entry.book)
        number, balance = last.get(place, (0, 0))
        assert entry.number == number + 1
        assert entry.balance_minutes == balance + entry.minutes
        last[place] = (entry.number, entry.balance_minutes)
    for balance in db.session.scalars(select(Balance)):
        assert (balance.entries, balance.minutes) == last.get((balance.account_id, balance.book), (0, 0))


def balances() -> dict[tuple[str, str], int]:
    """Return {(account number, book): minutes} of every account."""
    rows = db.session.execute(
        select(Account.number, Balance.book, Balance.minutes).join(Balance, Balance.account_id == Account.id)
    )
    return {(number, book): minutes for number, book, minutes in rows}
