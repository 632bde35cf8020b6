"""The parts that judge a run, each on its own: what they must find, and what they must not."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.ledger.plain import run_unguarded
from tests.make import approved_exchange, make_bank, make_member
from tests.torture.history import FOLDER, History, lines_of
from tests.torture.judge import Judge, moves_of
from tests.torture.order import Asked, Findings, Order
from tests.torture.pages import PageWrong, minutes_of, statement_on
from tests.torture.snapshots import broken_laws, engine_for_reading
from timebank.exchanges.models import Exchange
from timebank.extensions import db
from timebank.ledger import queries as ledger

ANN, BEN, CARA, POT = 11, 12, 13, 1
DAYS = (dt.date(2026, 1, 1), dt.date(2026, 12, 31))


def order_of(*lines: dict[str, Any]) -> Findings:
    """Read these lines, which are numbered as they stand, and return what is wrong in them."""
    order = Order(Findings())
    for number, line in enumerate(lines):
        order.read({"t": 10 * number} | line)
    return order.wrong


ASK = {"k": "ask", "op": "0-1-1", "f": "approve", "by": 1, "ref": "abc"}
DID = {"k": "did", "op": "0-1-1", "ref": "abc", "lost": 0}


def saw(status: str, t0: int) -> dict[str, Any]:
    return {"k": "saw", "f": "exchange", "ref": "abc", "status": status, "t0": t0}


def test_what_was_acknowledged_must_be_seen_by_whoever_looks_after_it() -> None:
    assert order_of(ASK, DID, saw("approved", 15)).count == 0
    assert order_of(ASK, DID, saw("reversed", 15)).count == 0
    assert order_of(ASK, DID, saw("confirmed", 15)).count == 1
    assert order_of(ASK, DID, {"k": "saw", "f": "queue", "refs": ["abc"], "t0": 15}).count == 1
    # Whoever asked before the answer came may see it either way.
    assert order_of(ASK, DID, saw("confirmed", 5)).count == 0


def test_what_somebody_has_seen_does_not_go_away_again() -> None:
    assert order_of(saw("approved", 0), saw("confirmed", 5)).count == 1
    assert order_of(saw("confirmed", 0), saw("queried", 5), saw("logged", 15)).count == 0


def test_a_statement_loses_no_entry() -> None:
    def stated(entries: int, t0: int) -> dict[str, Any]:
        return {
            "k": "saw",
            "f": "statement",
            "account": 7,
            "month": "2026-11",
            "entries": {"credit": entries},
            "t0": t0,
        }

    assert order_of(stated(2, 0), stated(3, 5), stated(3, 15)).count == 0
    assert order_of(stated(3, 0), stated(2, 5)).count == 1
    logged = {"k": "ask", "op": "0-1-2", "f": "log", "minutes": 5, "day": "2026-11-03", "book": "credit"}
    logged |= {"givers": [7], "receivers": [8]}
    done = {"k": "did", "op": "0-1-2", "ref": "abc", "lost": 0}
    assert order_of(logged, done, ASK, DID, stated(1, 35)).count == 0
    assert order_of(logged, done, ASK, DID, stated(0, 35)).count == 1


def test_findings_of_one_kind_do_not_crowd_out_another() -> None:
    findings = Findings()
    for number in range(100):
        findings.add(f"op {number} was lost")
    findings.add("the ledger does not add up")
    assert findings.count == 101
    assert "the ledger does not add up" in findings.examples
    assert len(findings.examples) < 10


def test_half_a_line_of_a_killed_client_is_left_out_and_the_others_are_in_order(tmp_path: Path) -> None:
    one, other = History(tmp_path, 0, 1), History(tmp_path, 1, 1)
    one.write("saw", f="first")
    other.write("saw", f="second")
    History(tmp_path, 0, 2).write("saw", f="third")
    with (tmp_path / FOLDER / "0-1.jsonl").open("a") as file:
        file.write('{"t": 99, "k": "sa')
    assert [line["f"] for line in lines_of(tmp_path)] == ["first", "second", "third"]


def test_a_statement_that_does_not_add_up_on_its_own_page_is_noticed() -> None:
    def page(balance: str, closing: str) -> str:
        cells = [("", "", "0:10"), ("1:00", "", balance), ("1:00", "0:00", closing)]
        labels = ("Hours in", "Hours out", "Balance")
        rows = "".join(
            f'<td data-label="{label}">' + (f'<div class="ch-table__value">{cell}</div>' if cell else "") + "</td>"
            for row in cells
            for label, cell in zip(labels, row, strict=True)
        )
        figures = "".join(
            f'<dt class="ch-figures__words">{words}</dt><dd class="ch-figures__figure">{figure}</dd>'
            for words, figure in (("Opening balance", "0:10"), ("Balance now", closing))
        )
        sections = [
            f'<section aria-labelledby="book-{book}">{figures}{rows}</section>' for book in ("credit", "record")
        ]
        return "".join(sections)

    assert statement_on(page("1:10", "1:10"))["credit"].minutes == (60,)
    with pytest.raises(PageWrong, match="should be 70 minutes"):
        statement_on(page("1:11", "1:10"))
    with pytest.raises(PageWrong, match="closes with 71"):
        statement_on(page("1:10", "1:11"))
    assert minutes_of("−1:30") == -90


def test_the_model_moves_hours_from_whoever_received_help() -> None:
    assert moves_of([ANN], [BEN], POT) == [(BEN, ANN)]
    assert moves_of([ANN, CARA], [BEN], POT) == [(BEN, ANN), (BEN, CARA)]
    assert moves_of([ANN], [BEN, CARA], POT) == [(BEN, ANN), (CARA, POT)]
    assert moves_of([ANN], [BEN, POT], POT) == [(POT, ANN), (BEN, POT)]


@pytest.fixture
def exchange(app: Flask) -> Exchange:
    """An approved exchange as a client logs it."""
    bank = make_bank()
    made = approved_exchange(bank, giver=make_member(bank), receiver=make_member(bank), note="op 0-1-1")
    db.session.commit()
    return made


def judged(database_url: str, exchange: Exchange, **changes: Any) -> list[str]:
    """Judge the database by a history in which this exchange was logged, with some changes."""
    details = {
        "givers": [exchange.givers[0].account_id],
        "receivers": [exchange.receivers[0].account_id],
        "minutes": exchange.minutes,
        "book": exchange.book,
        "day": str(exchange.happened_on),
    }
    asked = Asked("log", details | changes.pop("details", {}), "did", 0, exchange.reference)
    for name, value in changes.items():
        setattr(asked, name, value)
    wrong = Findings()
    pot = ledger.community_account(exchange.bank_id).id
    db.session.rollback()
    engine = engine_for_reading(database_url)
    with engine.connect() as connection:
        Judge({"0-1-1": asked}, pot, DAYS, wrong).judge(connection)
        wrong.examples += broken_laws(connection)
    engine.dispose()
    return wrong.examples


def test_what_is_in_the_database_is_compared_with_the_history(database_url: str, exchange: Exchange) -> None:
    assert judged(database_url, exchange) == []
    assert judged(database_url, exchange, outcome="unknown") == []
    assert any("was refused and has had its effect" in one for one in judged(database_url, exchange, outcome="refused"))
    assert any("acknowledged as other" in one for one in judged(database_url, exchange, reference="other"))
    assert any("is posted as" in one for one in judged(database_url, exchange, details={"minutes": 61}))


def test_a_snapshot_in_which_a_balance_was_moved_is_found(database_url: str, exchange: Exchange) -> None:
    run_unguarded(database_url, "UPDATE balance SET minutes = minutes + 1 WHERE book = 'credit' AND minutes > 0")
    found = " ".join(judged(database_url, exchange))
    assert "a book's balances do not add up to nothing" in found
    assert "a balance is not the sum of its entries" in found


def test_the_watcher_looks_again_and_again_until_it_is_told_to_stop(
    database_url: str, exchange: Exchange, tmp_path: Path
) -> None:
    file = tmp_path / "snapshots.jsonl"
    command = [sys.executable, "-m", "tests.torture.watcher", database_url, str(file)]
    process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": "."})
    give_up_at = time.monotonic() + 60
    while (not file.exists() or file.read_text().count("\n") < 2) and time.monotonic() < give_up_at:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert file.read_text().splitlines()[0] == '{"transfers": 1, "wrong": []}'
