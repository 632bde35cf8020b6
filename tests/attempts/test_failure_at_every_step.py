"""Whichever call to the database fails, in whichever way: all of a write is done, or nothing, and never twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from tests.attempts.faults import Fault, Kind, failing
from tests.attempts.writes import DONE, TROUBLE, WRITES, Act, Desk, approve_ticked, desk_of
from tests.exchanges.scene import build_scene
from tests.make import give_hours
from tests.web.reading import everything
from timebank.extensions import db
from timebank.ledger.verify import Verification

pytestmark = pytest.mark.slow

Rows = dict[str, list[tuple[Any, ...]]]

# Far more calls than any write makes.
TOO_MANY = 400


@pytest.fixture
def desk(app: Flask, cli: FlaskCliRunner, tmp_path: Path) -> Desk:
    scene = build_scene(confirms_itself_after_days=1)
    give_hours(scene.bank, scene.ann, 6000)
    return desk_of(scene, app, cli, tmp_path)


def counted(rows: list[tuple[Any, ...]]) -> Counter[str]:
    return Counter(map(repr, rows))


def effect(before: Rows, after: Rows) -> dict[str, tuple[int, int]]:
    """How many rows of each table came and went; one that changed did both."""
    differences = {
        table: (
            (counted(after[table]) - counted(before[table])).total(),
            (counted(before[table]) - counted(after[table])).total(),
        )
        for table in before
    }
    return {table: numbers for table, numbers in differences.items() if any(numbers)}


def assert_the_ledger_adds_up() -> None:
    assert list(Verification().problems()) == []
    db.session.commit()


def whole_effect(desk: Desk, prepare: Callable[[Desk], Act]) -> dict[str, tuple[int, int]]:
    """What the write does when nothing fails."""
    act = prepare(desk)
    before = everything()
    assert act() == DONE
    wanted = effect(before, everything())
    assert wanted
    return wanted


@pytest.mark.parametrize("kind", list(Kind), ids=[kind.name.lower() for kind in Kind])
@pytest.mark.parametrize("prepare", WRITES, ids=[write.__name__ for write in WRITES])
def test_whichever_call_fails_the_write_is_done_once_or_not_at_all(
    desk: Desk, prepare: Callable[[Desk], Act], kind: Kind
) -> None:
    wanted = whole_effect(desk, prepare)
    for at in range(1, TOO_MANY):
        act = prepare(desk)
        before = everything()
        with failing(at, kind) as fault:
            outcome = act()
        if fault.failed_at is None:
            assert outcome == DONE
            break
        now = everything()
        if prepare is not approve_ticked:
            _assert_all_or_nothing(fault, outcome, effect(before, now), wanted)
        # Whoever sends it again, as the page says one may, is answered, and it is there once.
        assert act() == DONE, fault
        assert effect(before, everything()) == wanted, fault
    else:
        raise AssertionError("this write never ends")
    assert at > 3
    assert_the_ledger_adds_up()


def _assert_all_or_nothing(
    fault: Fault, outcome: str, effect: dict[str, tuple[int, int]], wanted: dict[str, tuple[int, int]]
) -> None:
    if fault.kind == Kind.LOST and fault.at_commit:
        # It was kept, and nobody could know: whoever asked is told to look.
        assert (outcome, effect) == (TROUBLE, wanted), fault
    elif fault.after_commit:
        # It was kept, and only what was to be said about it could not be asked.
        assert effect == wanted, fault
    elif outcome == TROUBLE:
        assert effect == {}, fault
        assert fault.kind != Kind.BUSY, fault
    else:
        assert effect == wanted, fault
        assert fault.kind != Kind.FULL, fault
