"""Two people decide at once, each on a connection of their own."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.exchanges.scene import Scene, build_scene, credit, steps, sum_of_entries, transfers
from tests.make import AT, set_rules
from tests.web.reading import token_of
from timebank import clock
from timebank.banks.models import Bank
from timebank.errors import RuleBroken
from timebank.exchanges import queries, service
from timebank.exchanges.models import Exchange, Status
from timebank.extensions import db
from timebank.ledger.service import AlreadyReversed
from timebank.members.queries import membership_with_id
from timebank.submissions.service import new_key

ROUNDS = 4
# Long enough to see that somebody waits, short enough not to be noticed.
SECONDS_OF_WAITING = 0.4

SignIn = Callable[[FlaskClient, Any], Any]


@pytest.fixture
def scene(app: Flask) -> Scene:
    return build_scene()


def at_once(app: Flask, *acts: Callable[[], Any]) -> list[Any]:
    """Do all of these at the same moment, each with its own session, and return what came of each."""
    start = threading.Barrier(len(acts))

    def on_its_own(act: Callable[[], Any]) -> Any:
        with app.app_context():
            start.wait(timeout=10)
            return act()

    db.session.commit()
    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(on_its_own, act) for act in acts]]


def decisions(app: Flask, sign_in: SignIn, scene: Scene) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Two coordinators' browsers, each ready to decide: `first(reference, "approve")`."""

    def browser(who: Any) -> Callable[..., Any]:
        client = app.test_client()
        sign_in(client, who)
        token = token_of(client)

        def decide(reference: str, decision: str) -> Any:
            details = {"csrf_token": token, "decision": decision, "message": "Because of the rules"}
            answer = client.post(f"/approvals/{reference}", data=details)
            assert answer.status_code == 302, answer.text
            return client.get(answer.location).text

        return decide

    return browser(scene.cara), browser(scene.dev)


def test_two_coordinators_who_approve_at_once_post_once_and_the_other_is_told(
    app: Flask, sign_in: SignIn, scene: Scene
) -> None:
    first, second = decisions(app, sign_in, scene)
    for number in range(1, ROUNDS + 1):
        exchange = scene.confirmed()
        reference = exchange.reference
        pages = at_once(app, lambda: first(reference, "approve"), lambda: second(reference, "approve"))  # noqa: B023
        told = [page for page in pages if "This was already approved by" in page]
        done = [page for page in pages if "Approved, and written in the ledger" in page and page not in told]
        assert (len(done), len(told)) == (1, 1)
        db.session.expire_all()
        assert steps(exchange) == ["logged", "confirmed", "approved"]
        assert len(transfers()) == number
        assert credit(scene.ann) == 60 * number
    assert sum_of_entries() == 0


def test_approving_and_declining_at_once_lets_exactly_one_of_them_stand(
    app: Flask, sign_in: SignIn, scene: Scene
) -> None:
    first, second = decisions(app, sign_in, scene)
    for _ in range(ROUNDS):
        exchange = scene.confirmed()
        reference, before = exchange.reference, len(transfers())
        pages = at_once(app, lambda: first(reference, "approve"), lambda: second(reference, "decline"))  # noqa: B023
        assert sum("Nothing was changed" in page for page in pages) == 1
        db.session.expire_all()
        assert exchange.status in (Status.APPROVED, Status.DECLINED)
        assert steps(exchange)[2:] == [exchange.status]
        assert len(transfers()) - before == (1 if exchange.status == Status.APPROVED else 0)


def test_reversing_twice_at_once_reverses_once(app: Flask, sign_in: SignIn, scene: Scene) -> None:
    first, second = decisions(app, sign_in, scene)
    exchange = scene.confirmed()
    service.approve_exchange(scene.bank, exchange, approved_by=scene.cara, at=AT)
    reference = exchange.reference
    pages = at_once(app, lambda: first(reference, "reverse"), lambda: second(reference, "reverse"))
    assert sum("already been reversed" in page for page in pages) == 1
    db.session.expire_all()
    assert steps(exchange) == ["logged", "confirmed", "approved", "reversed"]
    assert len(transfers()) == 2
    assert credit(scene.ann) == 0


def act_while_another_holds_it(
    app: Flask, exchange: Exchange, first: Callable[..., Any], second: Callable[..., Any]
) -> RuleBroken | None:
    """Do the first without committing, begin the second, see that it waits, and return what it was refused with."""
    reference, bank_id = exchange.reference, exchange.bank_id
    db.session.commit()

    def begin_second() -> RuleBroken | None:
        with app.app_context():
            try:
                bank = db.session.get_one(Bank, bank_id)
                second(bank, queries.exchange_with_reference(bank, reference))
                db.session.commit()
            except RuleBroken as broken:
                db.session.rollback()
                return broken
            return None

    bank = db.session.get_one(Bank, bank_id)
    first(bank, queries.exchange_with_reference(bank, reference))
    with ThreadPoolExecutor(1) as pool:
        answer: Future[RuleBroken | None] = pool.submit(begin_second)
        with pytest.raises(TimeoutError):
            answer.result(timeout=SECONDS_OF_WAITING)
        db.session.commit()
        return answer.result(timeout=30)


def approval_by(member_id: int) -> Callable[..., Any]:
    return lambda bank, exchange: service.approve_exchange(
        bank, exchange, approved_by=membership_with_id(member_id), at=AT
    )


def decline_by(member_id: int) -> Callable[..., Any]:
    return lambda bank, exchange: service.decline_exchange(
        bank, exchange, declined_by=membership_with_id(member_id), message="No", at=AT
    )


def reversal_by(member_id: int) -> Callable[..., Any]:
    return lambda bank, exchange: service.reverse_exchange(
        bank, exchange, reversed_by=membership_with_id(member_id), message="Twice", at=AT
    )


def test_whoever_comes_second_waits_for_the_first_and_is_told_what_they_decided(app: Flask, scene: Scene) -> None:
    exchange, ids = scene.confirmed(), (scene.cara.id, scene.dev.id)
    told = act_while_another_holds_it(app, exchange, approval_by(ids[0]), approval_by(ids[1]))
    assert isinstance(told, service.AlreadyDecided)
    assert "approved by Cara Cole" in told.text
    db.session.expire_all()
    assert (exchange.decided_by_id, len(transfers())) == (ids[0], 1)


def test_an_approval_waits_for_the_decline_that_came_first(app: Flask, scene: Scene) -> None:
    exchange, ids = scene.confirmed(), (scene.cara.id, scene.dev.id)
    told = act_while_another_holds_it(app, exchange, decline_by(ids[0]), approval_by(ids[1]))
    assert isinstance(told, service.AlreadyDecided)
    assert "declined by Cara Cole" in told.text
    assert transfers() == []


def test_a_decline_waits_for_the_approval_that_came_first(app: Flask, scene: Scene) -> None:
    exchange, ids = scene.confirmed(), (scene.cara.id, scene.dev.id)
    told = act_while_another_holds_it(app, exchange, approval_by(ids[0]), decline_by(ids[1]))
    assert isinstance(told, service.AlreadyDecided)
    db.session.expire_all()
    assert exchange.status == Status.APPROVED


def test_a_reversal_waits_for_the_reversal_that_came_first(app: Flask, scene: Scene) -> None:
    exchange, ids = scene.confirmed(), (scene.cara.id, scene.dev.id)
    service.approve_exchange(scene.bank, exchange, approved_by=scene.cara, at=AT)
    told = act_while_another_holds_it(app, exchange, reversal_by(ids[0]), reversal_by(ids[1]))
    assert isinstance(told, AlreadyReversed)
    assert len(transfers()) == 2


def test_a_confirmation_waits_for_the_withdrawal_that_came_first(app: Flask, scene: Scene) -> None:
    exchange, ann, ben = scene.logged(), scene.ann.id, scene.ben.id
    told = act_while_another_holds_it(
        app,
        exchange,
        lambda bank, one: service.withdraw_exchange(bank, one, withdrawn_by=membership_with_id(ann), at=AT),
        lambda bank, one: service.confirm_exchange(bank, one, confirmed_by=membership_with_id(ben), at=AT),
    )
    assert isinstance(told, service.NoLongerOpen)
    db.session.expire_all()
    assert exchange.status == Status.WITHDRAWN


def test_the_last_two_of_a_group_who_confirm_at_once_post_it_once(app: Flask, sign_in: SignIn, scene: Scene) -> None:
    set_rules(scene.bank, approval_needed=False)
    exchange = scene.logged(receiver=[scene.ben, scene.eve])
    path = f"/hours/{exchange.reference}/answer"
    browsers = []
    for who in (scene.ben, scene.eve):
        client = app.test_client()
        sign_in(client, who)
        details = {"csrf_token": token_of(client), "answer": "confirmed", "capacity": "neighbour"}
        browsers.append((client, details))
    answers = at_once(app, *(lambda c=client, d=details: c.post(path, data=d) for client, details in browsers))
    assert [answer.status_code for answer in answers] == [302, 302]
    db.session.expire_all()
    assert exchange.status == Status.APPROVED
    assert Counter(steps(exchange)) == {"logged": 1, "confirmed": 2, "approved": 1}
    assert len(transfers()) == 2


def test_the_same_form_sent_twice_at_once_logs_one_exchange(app: Flask, sign_in: SignIn, scene: Scene) -> None:
    clients = [app.test_client(), app.test_client()]
    for client in clients:
        sign_in(client, scene.ann)
    today = scene.bank.day_of(clock.now())
    details = {
        "key": new_key(),
        "step": "log",
        "side": "giver",
        "with_whom-0": scene.ben.number,
        "activity": scene.activity.reference,
        "happened_on": [str(today.day), str(today.month), str(today.year)],
        "time": "1",
        "note": "",
        "stage": "",
        "capacity": "neighbour",
    }
    tokens = [token_of(client) for client in clients]
    answers = at_once(
        app,
        *(
            lambda c=client, t=token: c.post("/hours/log", data=details | {"csrf_token": t})
            for client, token in zip(clients, tokens, strict=True)
        ),
    )
    assert [answer.status_code for answer in answers] == [302, 302]
    assert answers[0].location == answers[1].location
    assert queries.count_by_status(scene.bank)[Status.LOGGED] == 1
