"""Transfers that one statement inserts: each is as if it had been inserted by itself, after the one before it."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from tests.ledger.books import assert_adds_up
from tests.make import draft_transfer, make_account, make_bank, post
from timebank.banks.models import Bank
from timebank.extensions import db
from timebank.ledger import service as ledger
from timebank.ledger.models import Account, Book, Entry, Transfer, TransferKind
from timebank.ledger.queries import balance_of

HELD = [TransferKind.EXCHANGE, TransferKind.DONATION, TransferKind.GRANT]
NOT_HELD = [TransferKind.HISTORY, TransferKind.OPENING]


@pytest.fixture
def bank(app: Flask) -> Bank:
    return make_bank()


@pytest.fixture
def giver(bank: Bank) -> Account:
    return make_account(bank)


@pytest.fixture
def floored(bank: Bank) -> Account:
    return make_account(bank, floor_minutes=-60)


def test_each_book_runs_by_itself(bank: Bank, giver: Account, floored: Account) -> None:
    books = [Book.CREDIT, Book.RECORD, Book.CREDIT, Book.RECORD, Book.RECORD]
    post(bank, *(draft_transfer(floored, giver, minutes=1 + at, book=book) for at, book in enumerate(books)))
    entries = db.session.execute(
        select(Entry.book, Entry.number, Entry.balance_minutes)
        .where(Entry.account_id == giver.id)
        .order_by(Entry.book, Entry.number)
    )
    assert [tuple(row) for row in entries] == [
        ("credit", 1, 1),
        ("credit", 2, 4),
        ("record", 1, 2),
        ("record", 2, 6),
        ("record", 3, 11),
    ]
    assert_adds_up()


@pytest.mark.parametrize("together", [1, 3])
def test_the_entry_that_minutes_come_from_is_written_first(
    bank: Bank, giver: Account, floored: Account, together: int
) -> None:
    """Whatever the numbers of the accounts, so that the same transfers make the same entries everywhere."""
    for from_, to in ((floored, giver), (giver, floored)):
        post(bank, *(draft_transfer(from_, to, minutes=5) for _ in range(together)))
    signs = db.session.scalars(select(Entry.minutes).order_by(Entry.id)).all()
    assert signs == [-5, 5] * 2 * together


@pytest.mark.parametrize("kind", HELD)
def test_a_floor_holds_each_of_several_at_its_place(
    bank: Bank, giver: Account, floored: Account, kind: TransferKind
) -> None:
    """What comes back afterwards does not make up for having gone below."""
    there, back = draft_transfer(floored, giver, minutes=61, kind=kind), draft_transfer(giver, floored, minutes=10)
    with pytest.raises(ledger.NotEnoughHours):
        post(bank, there, back)
    assert db.session.scalars(select(Transfer)).all() == []
    assert post(bank, back, there) == 2
    assert balance_of(floored.id, Book.CREDIT) == -51


@pytest.mark.parametrize("kind", HELD)
def test_down_to_the_floor_is_allowed_to_several(
    bank: Bank, giver: Account, floored: Account, kind: TransferKind
) -> None:
    assert post(bank, *(draft_transfer(floored, giver, minutes=30, kind=kind) for _ in range(2))) == 2
    with pytest.raises(ledger.NotEnoughHours):
        post(bank, *(draft_transfer(floored, giver, minutes=1, kind=kind) for _ in range(2)))


@pytest.mark.parametrize("kind", NOT_HELD)
def test_history_goes_below_among_others(bank: Bank, giver: Account, floored: Account, kind: TransferKind) -> None:
    among = draft_transfer(floored, giver, minutes=600, kind=kind)
    assert post(bank, draft_transfer(floored, giver, minutes=60), among) == 2
    with pytest.raises(ledger.NotEnoughHours):
        post(bank, draft_transfer(floored, giver, minutes=1, kind=kind), draft_transfer(floored, giver, minutes=1))


def test_reversals_go_below_together(bank: Bank, giver: Account, floored: Account) -> None:
    post(bank, *(draft_transfer(giver, floored, minutes=50, linked_by="mistake") for _ in range(2)))
    post(bank, draft_transfer(floored, giver, minutes=160))
    ledger.reverse_transfers(
        bank.id,
        "mistake",
        reversed_on=db.session.scalars(select(Entry.effective_on)).first(),
        posted_at=bank.created_at,
    )
    assert balance_of(floored.id, Book.CREDIT) == -160
    assert_adds_up()
