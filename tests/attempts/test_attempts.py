"""What is done again when others were in the way, how often, and what is never done again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from tests.attempts.faults import Kind, failing, said_by_the_driver
from tests.ledger.race import run_together
from tests.make import AT, draft_transfer, make_account, make_bank
from timebank import attempts
from timebank.attempts import MOST_ATTEMPTS, DatabaseTrouble, Trouble, attempted, trouble_of
from timebank.errors import RuleBroken
from timebank.extensions import db, read_only
from timebank.ledger import queries
from timebank.ledger import service as ledger
from timebank.ledger.models import Balance, Book


def always(kind: Kind, dialect: str) -> tuple[list[int], Callable[[], None]]:
    """Something that always fails in this way, and the list of its attempts."""
    made: list[int] = []

    def act() -> None:
        made.append(1)
        raise OperationalError("SELECT", None, said_by_the_driver(kind, dialect))

    return made, act


def test_what_others_are_always_in_the_way_of_is_given_up_after_a_bound(app: Flask, dialect: str) -> None:
    made, act = always(Kind.BUSY, dialect)
    with pytest.raises(DatabaseTrouble) as told:
        attempted(act)
    assert len(made) == MOST_ATTEMPTS
    assert (told.value.trouble, told.value.nothing_is_kept, told.value.attempts) == (Trouble.BUSY, True, MOST_ATTEMPTS)
    assert "Nothing was changed" in told.value.text


def test_whoever_has_waited_long_is_told_at_once(app: Flask, dialect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "SECONDS_UNTIL_THE_LAST_ATTEMPT", -1)
    made, act = always(Kind.BUSY, dialect)
    with pytest.raises(DatabaseTrouble):
        attempted(act)
    assert len(made) == 1


def test_a_full_disk_is_told_at_once(app: Flask, dialect: str) -> None:
    made, act = always(Kind.FULL, dialect)
    with pytest.raises(DatabaseTrouble) as told:
        attempted(act)
    assert (len(made), told.value.trouble) == (1, Trouble.FULL)


def test_a_broken_rule_and_a_mistake_of_ours_are_nobody_s_trouble(app: Flask) -> None:
    for error in (RuleBroken(), LookupError("ours"), IntegrityError("INSERT", None, Exception("twice"))):
        made: list[int] = []

        def act(error: Exception = error, made: list[int] = made) -> None:
            made.append(1)
            raise error

        with pytest.raises(type(error)):
            attempted(act)
        assert len(made) == 1


def test_nothing_is_done_again_once_something_was_committed(app: Flask, dialect: str) -> None:
    made: list[int] = []
    bank = make_bank()

    def act() -> None:
        made.append(1)
        bank.name = "Oak Street"
        db.session.commit()
        raise OperationalError("SELECT", None, said_by_the_driver(Kind.BUSY, dialect))

    with pytest.raises(DatabaseTrouble) as told:
        attempted(act)
    assert (len(made), told.value.nothing_is_kept) == (1, False)


def test_nothing_is_done_again_once_something_inside_was_committed(app: Flask, dialect: str) -> None:
    made: list[int] = []
    bank = make_bank()

    def inside() -> None:
        bank.name = f"Street {len(made)}"
        db.session.commit()

    def act() -> None:
        made.append(1)
        attempted(inside)
        raise OperationalError("SELECT", None, said_by_the_driver(Kind.BUSY, dialect))

    with pytest.raises(DatabaseTrouble):
        attempted(act)
    assert len(made) == 1


def test_a_commit_that_was_refused_is_done_again_and_one_whose_answer_was_lost_is_not(app: Flask) -> None:
    bank = make_bank()
    bank_id, one, other = bank.id, make_account(bank), make_account(bank)
    for kind, wanted in ((Kind.BUSY, 2), (Kind.LOST, 1)):
        draft, like_it = draft_transfer(one, other), draft_transfer(one, other)
        made: list[int] = []

        def act(draft: Any = draft, made: list[int] = made) -> None:
            made.append(1)
            ledger.post_transfers(bank_id, [draft], posted_at=AT)
            db.session.commit()

        with failing(0, kind) as counting:
            ledger.post_transfers(bank_id, [like_it], posted_at=AT)
            db.session.rollback()
            calls = len(counting.calls)
        with failing(calls + 1, kind) as fault:
            if kind == Kind.BUSY:
                attempted(act)
            else:
                with pytest.raises(DatabaseTrouble) as told:
                    attempted(act)
                assert not told.value.nothing_is_kept
                assert "look before" in told.value.text
        assert fault.at_commit
        assert len(made) == wanted


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_two_who_wait_for_each_other_are_both_done(app: Flask) -> None:
    """A real deadlock: each locks what the other wants next. PostgreSQL ends one of them, which is done again."""
    bank = make_bank()
    first, second = make_account(bank).id, make_account(bank).id
    db.session.commit()
    both_hold_one = threading.Barrier(2, timeout=20)
    made: list[int] = []

    def lock(account: int) -> None:
        db.session.execute(text("SELECT 1 FROM balance WHERE account_id = :id FOR UPDATE"), {"id": account})

    def in_this_order(one: int, other: int) -> Callable[[], str]:
        is_first = [True]

        def act() -> str:
            made.append(1)
            lock(one)
            if is_first.pop() if is_first else False:
                both_hold_one.wait()
            lock(other)
            db.session.commit()
            return "done"

        return lambda: attempted(act)

    assert run_together(app, [in_this_order(first, second), in_this_order(second, first)]) == ["done", "done"]
    assert len(made) == 3


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_a_failed_serialization_is_done_again(app: Flask) -> None:
    """Real ones: each reads both floors and writes one of them, which cannot both be as if one came after the other."""
    bank = make_bank()
    accounts = [make_account(bank).id, make_account(bank).id]
    db.session.commit()
    both_have_read = threading.Barrier(2, timeout=20)
    made: list[int] = []

    def writing(own: int) -> Callable[[], str]:
        is_first = [True]

        def act() -> str:
            made.append(1)
            db.session.connection(execution_options={"isolation_level": "SERIALIZABLE"})
            key = (own, Book.CREDIT.value)
            balances = [db.session.get_one(Balance, (account, Book.CREDIT.value)) for account in accounts]
            if is_first.pop() if is_first else False:
                both_have_read.wait()
            lowest = min(balance.floor_minutes or 0 for balance in balances)
            db.session.get_one(Balance, key).floor_minutes = lowest - 60
            db.session.commit()
            return "done"

        return lambda: attempted(act)

    assert run_together(app, [writing(account) for account in accounts]) == ["done", "done"]
    assert len(made) == 3
    db.session.expire_all()
    floors = {db.session.get_one(Balance, (account, Book.CREDIT.value)).floor_minutes for account in accounts}
    assert floors == {-60, -120}


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_a_reader_who_writes_after_somebody_else_wrote_is_done_again(app: Flask) -> None:
    """SQLite refuses at once to write on from what is no longer so; waiting would not help, beginning again does."""
    bank = make_bank()
    bank_id = bank.id
    db.session.commit()
    made: list[int] = []

    def somebody_else() -> None:
        with app.app_context():
            db.session.execute(text("UPDATE bank SET name = 'Oak Street'"))
            db.session.commit()

    def act() -> None:
        made.append(1)
        read_only()
        name = db.session.execute(text("SELECT name FROM bank")).scalar_one()
        if len(made) == 1:
            thread = threading.Thread(target=somebody_else)
            thread.start()
            thread.join()
        db.session.execute(text("UPDATE bank SET name = :name"), {"name": f"{name} and more"})
        db.session.commit()

    attempted(act)
    assert len(made) == 2
    assert db.session.execute(text(f"SELECT name FROM bank WHERE id = {bank_id}")).scalar_one() == "Oak Street and more"


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_a_connection_that_the_server_ended_is_replaced_and_the_write_done(app: Flask) -> None:
    bank = make_bank()
    bank_id, draft = bank.id, draft_transfer(make_account(bank), make_account(bank))
    db.session.commit()
    made: list[int] = []

    def act() -> None:
        made.append(1)
        if len(made) == 1:
            backend = db.session.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with psycopg.connect(db.engine.url.set(drivername="postgresql").render_as_string(False)) as other:
                other.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
        ledger.post_transfers(bank_id, [draft], posted_at=AT)
        db.session.commit()

    attempted(act)
    assert len(made) == 2
    assert len(queries.transfers_linked_by(bank_id, draft.linked_by)) == 1


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_a_database_that_may_only_be_read_is_told_as_that(app: Flask) -> None:
    bank = make_bank()
    db.session.commit()

    def act() -> None:
        db.session.execute(text("SET TRANSACTION READ ONLY"))
        bank.name = "Oak Street"
        db.session.commit()

    with pytest.raises(DatabaseTrouble) as told:
        attempted(act)
    assert told.value.trouble == Trouble.READ_ONLY


def test_an_error_in_what_was_asked_is_no_trouble(app: Flask, dialect: str) -> None:
    with pytest.raises(Exception) as wrong:
        db.session.execute(text("SELECT 1 / 0 AS nothing, no_such_function()"))
    db.session.rollback()
    assert trouble_of(ValueError("ours")) is None
    # SQLite tells a question that makes no sense from its own troubles in words alone.
    assert trouble_of(wrong.value) in ((None,) if dialect == "postgresql" else (None, Trouble.AWAY))
