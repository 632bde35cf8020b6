"""Several people at once, each with a real connection."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from tests.ledger.books import assert_adds_up
from tests.ledger.race import run_together
from tests.make import AT, TODAY, draft_transfer, make_account, make_bank, post, set_rules
from timebank.banks import queries as banks
from timebank.extensions import db
from timebank.ledger import queries
from timebank.ledger import service as ledger
from timebank.ledger.models import Account, AccountKind, Book, ClosedMonth, Snapshot, Transfer
from timebank.ledger.months import Month

THREADS = 6
MARCH = Month.of(TODAY)


def names(results: list[object]) -> Counter[str]:
    """Count what came out: the name of an exception, or the value."""
    return Counter(type(result).__name__ if isinstance(result, Exception) else str(result) for result in results)


def transfers() -> int:
    return int(db.session.scalars(select(func.count()).select_from(Transfer)).one())


def accounts_of(bank_id: int, how_many: int, floor_minutes: int | None = None) -> list[int]:
    bank = next(bank for bank in banks.every_bank() if bank.id == bank_id)
    return [make_account(bank, floor_minutes=floor_minutes).id for _ in range(how_many)]


def draft(from_: int, to: int, **details: object) -> ledger.TransferDraft:
    return draft_transfer(db.session.get_one(Account, from_), db.session.get_one(Account, to), **details)


@pytest.fixture
def bank_id(app: Flask) -> int:
    return make_bank().id


def test_the_same_request_at_once_has_one_effect(app: Flask, bank_id: int) -> None:
    giver, receiver = accounts_of(bank_id, 2)
    same = draft(receiver, giver)
    results = run_together(app, [lambda: ledger.post_transfers(bank_id, [same], posted_at=AT)] * THREADS)
    assert names(results) == {"1": 1, "0": THREADS - 1}
    assert transfers() == 1
    assert_adds_up()


def test_the_same_request_that_arrives_after_we_looked_has_one_effect(app: Flask, bank_id: int, dialect: str) -> None:
    if dialect == "sqlite":
        pytest.skip("on SQLite nobody can write after we looked")
    giver, receiver = accounts_of(bank_id, 2)
    same = draft(receiver, giver)
    quicker: list[int] = []

    def post_it() -> None:
        with app.app_context():
            quicker.append(ledger.post_transfers(bank_id, [same], posted_at=AT))
            db.session.commit()

    somebody = threading.Thread(target=post_it)

    def be_quicker(_connection: object, _cursor: object, statement: str, *_others: object) -> None:
        if statement.startswith("INSERT INTO transfer") and somebody.ident is None:
            somebody.start()
            somebody.join()

    db.session.commit()
    event.listen(db.engine, "before_cursor_execute", be_quicker)
    try:
        assert ledger.post_transfers(bank_id, [same], posted_at=AT) == 0
    finally:
        event.remove(db.engine, "before_cursor_execute", be_quicker)
    db.session.commit()
    assert quicker == [1]
    assert transfers() == 1
    assert_adds_up()


def test_the_same_key_at_once_with_other_accounts_has_one_effect(app: Flask, bank_id: int) -> None:
    accounts = accounts_of(bank_id, 2 * THREADS)
    drafts = [draft(accounts[2 * n], accounts[2 * n + 1], key="same") for n in range(THREADS)]
    results = run_together(
        app, [lambda each=each: ledger.post_transfers(bank_id, [each], posted_at=AT) for each in drafts]
    )
    assert names(results) == {"1": 1, "KeyReused": THREADS - 1}
    assert transfers() == 1
    assert_adds_up()


def test_transfers_both_ways_between_busy_accounts_all_arrive(app: Flask, bank_id: int) -> None:
    accounts = accounts_of(bank_id, 4)
    rounds = 8

    def worker(number: int) -> int:
        for turn in range(rounds):
            # Each group names the same accounts in another order, which deadlocks unless locks are taken in one.
            order = accounts[number % 4 :] + accounts[: number % 4]
            group = [
                draft(from_, to, minutes=1 + number, key=f"{number}:{turn}:{from_}")
                for from_, to in zip(order, order[1:] + order[:1], strict=True)
            ]
            ledger.post_transfers(bank_id, group[::-1] if turn % 2 else group, posted_at=AT)
            db.session.commit()
        return rounds

    results = run_together(app, [lambda number=number: worker(number) for number in range(THREADS)])
    assert results == [rounds] * THREADS
    assert transfers() == THREADS * rounds * 4
    assert_adds_up()


def test_a_hot_account_gets_every_minute(app: Flask, bank_id: int) -> None:
    hot, *others = accounts_of(bank_id, THREADS + 1)

    def worker(other: int) -> None:
        for _ in range(10):
            ledger.post_transfers(bank_id, [draft(other, hot, minutes=7)], posted_at=AT)
            db.session.commit()

    assert run_together(app, [lambda other=other: worker(other) for other in others]) == [None] * THREADS
    assert queries.balance_of(hot, Book.CREDIT) == THREADS * 10 * 7
    assert_adds_up()


def test_together_nobody_goes_below_the_floor(app: Flask, bank_id: int) -> None:
    (floored,) = accounts_of(bank_id, 1, floor_minutes=-120)
    others = accounts_of(bank_id, THREADS)
    drafts = [draft(floored, other, minutes=60) for other in others]
    results = run_together(
        app, [lambda each=each: ledger.post_transfers(bank_id, [each], posted_at=AT) for each in drafts]
    )
    assert names(results) == {"1": 2, "NotEnoughHours": THREADS - 2}
    assert queries.balance_of(floored, Book.CREDIT) == -120
    assert_adds_up()


@pytest.mark.parametrize("days_apart", [0, 1])
def test_a_mistake_is_reversed_once(app: Flask, bank_id: int, days_apart: int) -> None:
    giver, receiver = accounts_of(bank_id, 2)
    mistakes = [draft(receiver, giver, linked_by="class") for _ in range(3)]
    ledger.post_transfers(bank_id, mistakes, posted_at=AT)

    def reverse(number: int) -> int:
        day = TODAY + dt.timedelta(days=number * days_apart)
        return len(ledger.reverse_transfers(bank_id, "class", reversed_on=day, posted_at=AT))

    results = run_together(app, [lambda number=number: reverse(number) for number in range(THREADS)])
    assert names(results) == {"3": 1, "AlreadyReversed": THREADS - 1}
    assert queries.balance_of(giver, Book.CREDIT) == 0
    assert_adds_up()


def test_a_month_is_closed_once(app: Flask, bank_id: int) -> None:
    results = run_together(app, [lambda: ledger.close_month(bank_id, MARCH, closed_at=AT)] * THREADS)
    assert names(results) == {"True": 1, "False": THREADS - 1}
    assert db.session.scalars(select(func.count()).select_from(ClosedMonth)).one() == 1


def test_nothing_slips_into_a_month_while_it_is_closed(app: Flask, bank_id: int) -> None:
    accounts = accounts_of(bank_id, THREADS)
    months = [MARCH.plus(-1), MARCH, MARCH.plus(1)]

    def poster(number: int) -> int:
        posted = 0
        for turn in range(12):
            day = TODAY - dt.timedelta(days=5 * turn)
            each = draft(accounts[number], accounts[(number + 1) % THREADS], happened_on=day)
            posted += ledger.post_transfers(bank_id, [each], posted_at=AT)
            db.session.commit()
        return posted

    def closer() -> int:
        closed = 0
        for month in months:
            closed += ledger.close_month(bank_id, month, closed_at=AT)
            db.session.commit()
        return closed

    posters = [lambda number=number: poster(number) for number in range(THREADS - 1)]
    results = run_together(app, [*posters, closer])
    assert results == [12] * (THREADS - 1) + [3]
    # Verifying compares every snapshot with the entries of its month and those before.
    assert_adds_up()
    assert db.session.scalars(select(func.count()).select_from(Snapshot)).one() == 3 * 2 * (THREADS + 2)


def test_closing_an_account_and_posting_in_it_exclude_each_other(app: Flask, bank_id: int) -> None:
    giver, *receivers = accounts_of(bank_id, THREADS)

    def close() -> str:
        ledger.close_account(db.session.get_one(Account, giver), closed_at=AT)
        return "closed"

    drafts = [draft(receiver, giver) for receiver in receivers]
    acts = [lambda each=each: ledger.post_transfers(bank_id, [each], posted_at=AT) for each in drafts]
    outcome = names(run_together(app, [*acts, close]))
    assert set(outcome) <= {"1", "AccountClosed", "closed"}
    assert queries.balance_of(giver, Book.CREDIT) == 60 * outcome["1"]
    assert_adds_up()


def test_a_new_floor_and_posting_do_not_block_each_other(app: Flask, bank_id: int) -> None:
    accounts = accounts_of(bank_id, 8)

    def poster(number: int) -> None:
        for turn in range(8):
            from_, to = accounts[(number + turn) % 8], accounts[(number + 3 * turn + 1) % 8]
            if from_ != to:
                ledger.post_transfers(bank_id, [draft(from_, to, minutes=1)], posted_at=AT)
            db.session.commit()

    def setter() -> None:
        for floor in (-5000, -6000, None, -7000):
            ledger.set_floor(bank_id, floor_minutes=floor, kinds=[AccountKind.MEMBER])
            db.session.commit()

    acts = [lambda number=number: poster(number) for number in range(THREADS - 1)]
    assert run_together(app, [*acts, setter]) == [None] * THREADS
    assert_adds_up()


def test_a_floor_set_while_somebody_posts_holds_afterwards(app: Flask) -> None:
    bank = make_bank()
    giver, receiver = make_account(bank), make_account(bank)
    post(bank, draft_transfer(receiver, giver, minutes=30))
    set_rules(bank, floor_minutes=-30)
    db.session.commit()
    with pytest.raises(ledger.NotEnoughHours):
        post(bank, draft_transfer(receiver, giver, minutes=1))
