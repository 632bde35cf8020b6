"""An exchange asks the database for what it needs once, and is locked no less for that."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from sqlalchemy import update

from benchmarks import ours
from tests.exchanges.scene import Scene, build_scene, transfers
from tests.make import AT
from timebank.banks.models import Bank
from timebank.exchanges import queries, service
from timebank.exchanges.models import Exchange, Status
from timebank.extensions import db

Counted = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def scene(app: Flask) -> Scene:
    scene = build_scene()
    db.session.commit()
    return scene


def test_logging_confirming_and_approving_ask_no_more_than_they_need(scene: Scene, statements_counted: Counted) -> None:
    asked = {
        "member_ids": [scene.ann.id, scene.ben.id],
        "account_ids": [scene.ann.account_id, scene.ben.account_id],
        "activity_id": scene.activity.id,
        "coordinator_id": scene.cara.id,
    }
    help_somebody = ours.helping(asked, 0)
    db.session.remove()
    with statements_counted() as statements:
        help_somebody()
    assert len(transfers()) == 1
    # Each of the three begins with who it is and in which bank. Logging reads both holders, the activity and for whom
    # the member answers; confirming locks the exchange, reads its parties and for whom the member answers; approving
    # locks and reads the same, who else has to do it and who may take part with limits only, and posts with
    # two. Every row is written once.
    reads = {"log": 4, "confirm": 4, "approve": 6}
    writes = {"log": 4, "confirm": 4, "approve": 3}
    if db.engine.dialect.name == "sqlite":
        # There each party is a statement of its own, so that it is known which number is whose.
        writes["log"] += 1
    assert len(statements) == sum(reads.values()) + sum(writes.values()) + 2


class TestLockedOnce:
    """What this transaction has locked is not asked for again; what another had meanwhile, is."""

    def test_what_is_locked_already_is_not_asked_for_again(self, scene: Scene, statements_counted: Counted) -> None:
        reference = scene.logged().reference
        db.session.commit()
        exchange = queries.exchange_with_reference(scene.bank, reference, for_update=True)
        bank = scene.bank
        with statements_counted() as statements:
            assert queries.locked(bank, exchange) is exchange
        assert statements == []

    def test_what_was_only_read_is_locked_and_read_anew(self, scene: Scene, statements_counted: Counted) -> None:
        reference = scene.logged().reference
        db.session.commit()
        exchange = queries.exchange_with_reference(scene.bank, reference)
        db.session.execute(
            update(Exchange).values(status=Status.QUERIED), execution_options={"synchronize_session": False}
        )
        assert queries.locked(scene.bank, exchange).status == Status.QUERIED

    def test_a_lock_ends_with_its_transaction(self, scene: Scene, statements_counted: Counted) -> None:
        exchange = scene.logged()
        for end in (db.session.commit, db.session.rollback):
            queries.exchange_with_reference(scene.bank, exchange.reference, for_update=True)
            end()
            bank, exchange = scene.bank, queries.exchange_with_reference(scene.bank, exchange.reference)
            with statements_counted() as statements:
                queries.locked(bank, exchange)
            assert any("FROM exchange" in statement for statement in statements)

    def test_a_lock_taken_inside_a_savepoint_is_not_relied_on(self, scene: Scene, statements_counted: Counted) -> None:
        exchange, bank = scene.logged(), scene.bank
        db.session.commit()
        savepoint = db.session.begin_nested()
        queries.exchange_with_reference(bank, exchange.reference, for_update=True)
        savepoint.rollback()
        with statements_counted() as statements:
            queries.locked(bank, exchange)
        assert any("FROM exchange" in statement for statement in statements)

    def test_whoever_locks_second_waits_and_sees_what_the_first_did(self, app: Flask, scene: Scene) -> None:
        exchange = scene.confirmed()
        reference, bank_id = exchange.reference, scene.bank.id
        db.session.commit()
        asking = threading.Event()

        def second() -> str:
            with app.app_context():
                asking.set()
                bank = db.session.get_one(Bank, bank_id)
                found = queries.exchange_with_reference(bank, reference, for_update=True)
                return queries.locked(bank, found).status

        found = queries.exchange_with_reference(scene.bank, reference, for_update=True)
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(second)
            assert asking.wait(10)
            service.approve_exchange(scene.bank, found, approved_by=scene.cara, at=AT)
            db.session.commit()
            assert answer.result(timeout=30) == Status.APPROVED
