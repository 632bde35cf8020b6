"""What waits for what on PostgreSQL, one step at a time, so that it does not depend on who is quicker.

SQLite has one writer at a time, so nobody finds anything there that somebody else is in the middle of.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from tests.ledger.attacks import a_transfer
from tests.ledger.books import assert_adds_up
from tests.make import AT, TODAY, draft_transfer, make_account, make_bank, post
from timebank.banks.models import Bank
from timebank.extensions import db
from timebank.ledger import seals
from timebank.ledger import service as ledger
from timebank.ledger.models import Account, AccountKind, Entry, Snapshot, Transfer
from timebank.ledger.months import Month

SECONDS = 15
MARCH = Month.of(TODAY)

pytestmark = pytest.mark.parametrize("dialect", ["postgresql"])


class Meanwhile:
    """Somebody else, with a connection of their own, who begins at once."""

    def __init__(self, app: Flask, act: Callable[[], Any]) -> None:
        self.came_of_it: Any = TimeoutError("still waiting")
        self.thread = threading.Thread(target=self._run, args=(app, act), daemon=True)
        self.thread.start()

    def _run(self, app: Flask, act: Callable[[], Any]) -> None:
        with app.app_context():
            try:
                self.came_of_it = act()
                db.session.commit()
            except Exception as error:
                db.session.rollback()
                self.came_of_it = error

    def result(self) -> Any:
        """Return what came of it, or the exception."""
        self.thread.join(SECONDS)
        return self.came_of_it


def wait_until_waiting(count: int = 1) -> None:
    """Wait until so many connections wait for a lock."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    until = time.monotonic() + SECONDS
    with db.engine.connect() as looking:
        while looking.scalar(waiting) != count:
            looking.rollback()
            assert time.monotonic() < until, f"there are not {count} waiting"
            time.sleep(0.02)


@pytest.fixture
def bank(app: Flask) -> Bank:
    bank = make_bank()
    db.session.commit()
    return bank


@pytest.fixture
def accounts(bank: Bank) -> list[Account]:
    """Four accounts, in the order of their numbers."""
    accounts = [make_account(bank) for _ in range(4)]
    db.session.commit()
    return accounts


@pytest.fixture
def low_is_last(bank: Bank, accounts: list[Account]) -> None:
    """Move the first account's balance to the end of its table, where a change of them all comes to it last."""
    post(bank, draft_transfer(accounts[0], accounts[3]))


@pytest.fixture
def low_is_held(accounts: list[Account]) -> Iterator[Callable[[], None]]:
    """Hold the balances of the first account, until this is called."""
    id_ = accounts[0].id
    db.session.commit()
    with db.engine.connect() as holding:
        holding.execute(
            text("SELECT 1 FROM balance WHERE account_id = :id ORDER BY book FOR NO KEY UPDATE"), {"id": id_}
        )
        yield holding.rollback


def insert_by_hand(bank_id: int, from_id: int, to_id: int, key: str) -> None:
    """Insert a transfer without the locks that the service takes first."""
    statement = a_transfer(from_account_id=str(from_id), to_account_id=str(to_id), key=f"'{key}'")
    db.session.execute(text(statement.format(bank=bank_id)))


def test_the_same_request_waits_for_the_first_and_sees_it(app: Flask, bank: Bank, accounts: list[Account]) -> None:
    bank_id, same = bank.id, draft_transfer(accounts[0], accounts[1])
    post(bank, same)
    second = Meanwhile(app, lambda: ledger.post_transfers(bank_id, [same], posted_at=AT))
    wait_until_waiting()
    db.session.commit()
    assert second.result() == 0


def test_the_same_key_between_others_is_refused_when_the_first_is_done(
    app: Flask, bank: Bank, accounts: list[Account]
) -> None:
    bank_id, other = bank.id, draft_transfer(accounts[2], accounts[3], key="same")
    post(bank, draft_transfer(accounts[0], accounts[1], key="same"))
    second = Meanwhile(app, lambda: ledger.post_transfers(bank_id, [other], posted_at=AT))
    wait_until_waiting()
    db.session.commit()
    assert isinstance(second.result(), ledger.KeyReused)


@pytest.mark.parametrize("days_later", [0, 1])
def test_who_reverses_second_is_told_that_it_was_done(
    app: Flask, bank: Bank, accounts: list[Account], days_later: int
) -> None:
    bank_id, day = bank.id, TODAY + dt.timedelta(days=days_later)
    post(bank, draft_transfer(accounts[0], accounts[1], linked_by="mistake"))
    db.session.commit()
    ledger.reverse_transfers(bank_id, "mistake", reversed_on=TODAY, posted_at=AT)
    second = Meanwhile(app, lambda: ledger.reverse_transfers(bank_id, "mistake", reversed_on=day, posted_at=AT))
    wait_until_waiting()
    db.session.commit()
    assert isinstance(second.result(), ledger.AlreadyReversed)
    assert_adds_up()


def test_what_waited_while_its_month_was_closed_counts_in_the_next(
    app: Flask, bank: Bank, accounts: list[Account]
) -> None:
    bank_id, draft = bank.id, draft_transfer(accounts[0], accounts[1])
    ledger.close_month(bank_id, MARCH, closed_at=AT)
    second = Meanwhile(app, lambda: ledger.post_transfers(bank_id, [draft], posted_at=AT))
    wait_until_waiting()
    db.session.commit()
    assert second.result() == 1
    assert set(db.session.scalars(select(Entry.effective_on))) == {MARCH.plus(1).first_day}
    assert_adds_up()


def test_closing_a_month_waits_for_whoever_posts_in_it(app: Flask, bank: Bank, accounts: list[Account]) -> None:
    bank_id, account_id = bank.id, accounts[1].id
    post(bank, draft_transfer(accounts[0], accounts[1], minutes=90))
    second = Meanwhile(app, lambda: ledger.close_month(bank_id, MARCH, closed_at=AT))
    wait_until_waiting()
    db.session.commit()
    assert second.result() is True
    snapshots = select(Snapshot.minutes).where(Snapshot.account_id == account_id, Snapshot.book == "credit")
    assert db.session.scalars(snapshots).all() == [90]
    assert_adds_up()


@pytest.mark.parametrize("together", [1, 2])
def test_who_waits_to_post_does_not_hold_up_the_closing_that_is_waited_for(
    app: Flask, bank: Bank, accounts: list[Account], together: int
) -> None:
    bank_id, id_ = bank.id, accounts[0].id
    drafts = [draft_transfer(accounts[0], other) for other in accounts[1 : 1 + together]]
    values = {"bank": bank_id, "id": id_, "day": MARCH.last_day}
    db.session.commit()
    db.session.execute(text("INSERT INTO closed_month VALUES (:bank, :day, '2026-04-01')"), values)
    second = Meanwhile(app, lambda: ledger.post_transfers(bank_id, drafts, posted_at=AT))
    wait_until_waiting()
    db.session.execute(text("SET LOCAL lock_timeout = '500ms'"))
    db.session.execute(
        text(
            "INSERT INTO snapshot (account_id, book, last_day, bank_id, minutes) VALUES (:id, 'credit', :day, :bank, 0)"
        ),
        values,
    )
    db.session.rollback()
    assert second.result() == together


def test_who_closes_the_same_month_second_finds_it_closed(app: Flask, bank: Bank) -> None:
    bank_id = bank.id
    ledger.close_month(bank_id, MARCH, closed_at=AT)
    second = Meanwhile(app, lambda: ledger.close_month(bank_id, MARCH, closed_at=AT))
    wait_until_waiting()
    db.session.commit()
    assert second.result() is False


def test_an_account_is_closed_after_what_is_being_posted_in_it(app: Flask, bank: Bank, accounts: list[Account]) -> None:
    id_ = accounts[0].id
    post(bank, draft_transfer(accounts[0], accounts[1]))
    second = Meanwhile(app, lambda: ledger.close_account(db.session.get_one(Account, id_), closed_at=AT))
    wait_until_waiting()
    db.session.commit()
    assert second.result() is None


def test_what_waited_while_its_account_was_closed_is_refused_by_the_guard_itself(
    app: Flask, bank: Bank, accounts: list[Account]
) -> None:
    bank_id, low, high = bank.id, accounts[0].id, accounts[1].id
    ledger.close_account(accounts[0], closed_at=AT)
    second = Meanwhile(app, lambda: insert_by_hand(bank_id, low, high, "late"))
    wait_until_waiting()
    db.session.commit()
    assert "account is closed" in str(second.result())


def test_two_that_are_inserted_by_hand_both_ways_do_not_hold_each_other_up(
    app: Flask, bank: Bank, accounts: list[Account], low_is_held: Callable[[], None]
) -> None:
    bank_id, low, high = bank.id, accounts[0].id, accounts[1].id
    db.session.commit()
    first = Meanwhile(app, lambda: insert_by_hand(bank_id, low, high, "there"))
    wait_until_waiting(1)
    second = Meanwhile(app, lambda: insert_by_hand(bank_id, high, low, "back"))
    wait_until_waiting(2)
    low_is_held()
    assert (first.result(), second.result()) == (None, None)
    assert db.session.scalars(select(Transfer.key).order_by(Transfer.id)).all() == ["there", "back"]


@pytest.mark.parametrize("they_give", [True, False])
def test_the_service_and_the_guard_lock_in_the_same_order(
    app: Flask, bank: Bank, accounts: list[Account], low_is_held: Callable[[], None], they_give: bool
) -> None:
    bank_id, low, high = bank.id, accounts[0].id, accounts[1].id
    pairs = [(each, accounts[2]) for each in (accounts[1], accounts[0])]
    drafts = [draft_transfer(*(pair if they_give else pair[::-1])) for pair in pairs]
    db.session.commit()
    first = Meanwhile(app, lambda: insert_by_hand(bank_id, low, high, "there"))
    wait_until_waiting(1)
    second = Meanwhile(app, lambda: ledger.post_transfers(bank_id, drafts, posted_at=AT))
    wait_until_waiting(2)
    low_is_held()
    assert (first.result(), second.result()) == (None, 2)


def test_a_new_floor_locks_in_the_same_order_too(
    app: Flask, bank: Bank, accounts: list[Account], low_is_last: None, low_is_held: Callable[[], None]
) -> None:
    bank_id, drafts = bank.id, [draft_transfer(accounts[0], high) for high in accounts[1:]]
    db.session.commit()
    first = Meanwhile(app, lambda: ledger.post_transfers(bank_id, drafts, posted_at=AT))
    wait_until_waiting(1)

    def set_floor() -> None:
        # As it is done where there are many accounts: through the table, as it lies there.
        for plan in ("nestloop", "indexscan", "bitmapscan"):
            db.session.execute(text(f"SET LOCAL enable_{plan} = off"))
        ledger.set_floor(bank_id, floor_minutes=-6000, kinds=[AccountKind.MEMBER, AccountKind.OPENING])

    second = Meanwhile(app, set_floor)
    wait_until_waiting(2)
    low_is_held()
    assert (first.result(), second.result()) == (3, None)


def test_a_seal_waits_for_whoever_posts_in_its_bank_and_for_nobody_else(
    app: Flask, bank: Bank, accounts: list[Account]
) -> None:
    bank_id, other_id = bank.id, make_bank().id
    db.session.commit()
    post(bank, draft_transfer(accounts[0], accounts[1]))
    elsewhere = Meanwhile(app, lambda: seals.seal(other_id, sealed_at=AT).transfers)
    assert elsewhere.result() == 0
    here = Meanwhile(app, lambda: seals.seal(bank_id, sealed_at=AT).transfers)
    wait_until_waiting()
    db.session.commit()
    assert here.result() == 1


def test_a_seal_waits_for_whoever_opens_an_account(app: Flask, bank: Bank) -> None:
    bank_id = bank.id
    db.session.commit()
    new = make_account(bank).id
    here = Meanwhile(app, lambda: seals.seal(bank_id, sealed_at=AT).last_account_id)
    wait_until_waiting()
    db.session.commit()
    assert here.result() == new


def test_nobody_posts_in_a_bank_while_it_is_sealed(app: Flask, bank: Bank, accounts: list[Account]) -> None:
    bank_id, draft = bank.id, draft_transfer(accounts[0], accounts[1])
    made = seals.seal(bank_id, sealed_at=AT)
    assert made is not None
    second = Meanwhile(app, lambda: ledger.post_transfers(bank_id, [draft], posted_at=AT))
    wait_until_waiting()
    db.session.commit()
    assert second.result() == 1
    assert db.session.scalars(select(Transfer.id)).one() > made.last_transfer_id


def test_a_seal_loses_patience_and_whoever_sealed_does_not(
    app: Flask, bank: Bank, accounts: list[Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seals, "_PATIENCE", "100ms")
    bank_id = bank.id
    post(bank, draft_transfer(accounts[0], accounts[1]))
    impatient = Meanwhile(app, lambda: seals.seal(bank_id, sealed_at=AT))
    impatient.thread.join(5)
    db.session.commit()
    assert isinstance(impatient.result(), seals.SealBusy)
    seals.seal(bank_id, sealed_at=AT)
    assert db.session.scalar(text("SHOW lock_timeout")) == "0"
