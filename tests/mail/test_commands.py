"""`flask mail`: what it says, and that it stops when it is told to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from tests.journeys.server import ROOT, environment
from tests.mail.post import office
from tests.mail.scene import make_queue, states
from tests.make import AT, let_sign_in, make_bank, make_member
from timebank.extensions import db
from timebank.mail.models import MailState, OutgoingMail
from timebank.statements.models import How, StatementChoice

SECONDS = 20


def test_sending_once_says_what_was_done(app: Flask, cli: FlaskCliRunner) -> None:
    with office() as post:
        post.to_address = lambda address: "550 no" if address.startswith("person1") else None
        make_queue(app, 3, server=post.url)
        before = signal.getsignal(signal.SIGTERM)
        result = cli.invoke(args=["mail", "send"])
    assert (result.exit_code, result.output.strip()) == (0, "2 sent, 0 put off for later, 1 failed, 0 dropped.")
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_server_that_is_away_is_an_error_and_so_is_none(app: Flask, cli: FlaskCliRunner) -> None:
    make_queue(app, 1, server="smtp://127.0.0.1:1")
    result = cli.invoke(args=["mail", "send"])
    assert result.exit_code == 1
    assert "It stopped early: The mail server cannot be reached" in result.output
    app.config["TIMEBANK_MAIL_SERVER"] = None
    for command in (["mail", "send"], ["statements", "send", "2026-02", "--bank", make_bank().code]):
        result = cli.invoke(args=command)
        assert (result.exit_code, "Set TIMEBANK_MAIL_SERVER" in result.output) == (1, True)


def test_the_status_counts_and_names_no_one(app: Flask, cli: FlaskCliRunner) -> None:
    empty = make_bank()
    with office() as post:
        post.to_address = lambda address: f"550 {address} unknown" if address.startswith("person1") else None
        bank, _members = make_queue(app, 3, server=post.url)
        cli.invoke(args=["mail", "send"])
    result = cli.invoke(args=["mail", "status", "--bank", bank.code])
    assert result.output.splitlines() == ["test: 2 sent, 1 failed", "1 × test failed: 550 … unknown"]
    assert cli.invoke(args=["mail", "status", "--bank", empty.code]).output == f"{empty.code} has no mail.\n"


@contextmanager
def watching(role_url: str, post_url: str, log: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    settings = environment(role_url) | {"TIMEBANK_MAIL_SERVER": post_url, "TIMEBANK_LOG_LEVEL": "INFO"}
    with log.open("wb") as output:
        worker = subprocess.Popen(
            [sys.executable, "-m", "flask", "mail", "send", "--watch", *options],
            cwd=ROOT,
            env=settings,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
        )
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait(SECONDS)
        assert worker.stdin is not None
        worker.stdin.close()


def wait_until(what: Callable[[], object]) -> None:
    give_up_at = time.monotonic() + SECONDS
    while not what():
        assert time.monotonic() < give_up_at
        time.sleep(0.05)


@pytest.mark.parametrize("how", ["SIGTERM", "input"])
def test_the_worker_sends_what_comes_and_stops_when_it_is_told_to(
    app: Flask, role_url: str, dialect: str, how: str, tmp_path: Path
) -> None:
    """On each database told to in one way."""
    if (dialect == "sqlite") != (how == "input"):
        return
    log = tmp_path / "log"
    with office() as post, watching(role_url, post.url, log, *(["--with-input"] * (how == "input"))) as worker:
        # Of a kind that every process knows.
        bank = make_bank()
        member = make_member(bank, name="Jean Morris", email="jean@example.org")
        db.session.add(
            StatementChoice(membership_id=member.id, bank_id=bank.id, how=How.EMAIL, reference="r" * 16, chosen_at=AT)
        )
        mail = {"key": "k", "kind": "statement", "about": "unknown", "next_attempt_at": AT, "created_at": AT}
        db.session.add(OutgoingMail(bank_id=bank.id, membership_id=member.id, **mail))
        db.session.commit()
        wait_until(lambda: states(bank)["jean@example.org"] == MailState.DROPPED)
        if how == "input":
            assert worker.stdin is not None
            worker.stdin.close()
        else:
            worker.send_signal(signal.SIGTERM)
        assert worker.wait(SECONDS) == 0
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    assert lines
    assert {line["event"] for line in lines} == {"mail"}
    assert "jean" not in log.read_text().lower()


def test_the_web_server_has_a_worker_beside_it_that_goes_when_it_goes(
    dialect: str, app: Flask, role_url: str, tmp_path: Path
) -> None:
    """As script/server runs them, and killed as when somebody closes the window."""
    if dialect != "sqlite":
        return
    settings = environment(role_url) | {
        "TIMEBANK_MAIL_SERVER": f"folder:{tmp_path / 'mail'}",
        "TIMEBANK_MAIL_BESIDE": "yes",
        "PORT": "0",
    }
    let_sign_in(make_member(make_bank()))
    db.session.commit()
    for stop in (signal.SIGTERM, signal.SIGKILL):
        with (tmp_path / "log").open("wb") as log:
            server = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "--config", "script/gunicorn.conf.py", "--workers", "1", "wsgi:app"],
                cwd=ROOT,
                env=settings,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            wait_until(lambda pid=server.pid: workers_beside(pid))  # type: ignore[misc]
            [beside] = workers_beside(server.pid)
            server.send_signal(stop)
            server.wait(SECONDS)
            wait_until(lambda pid=beside: not is_alive(pid))  # type: ignore[misc]
        finally:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait(SECONDS)


def workers_beside(master: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                command = (entry / "cmdline").read_bytes()
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == master and b"mail\0send" in command:
                found.append(int(entry.name))
    return found


def is_alive(process: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
