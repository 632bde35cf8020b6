"""Send mail, and see what became of it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import click
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from timebank import clock
from timebank.attempts import DatabaseTrouble, let_go
from timebank.cli.edge import bank_of, bank_option, progress, says_what_is_wrong
from timebank.extensions import db, read_only
from timebank.mail import bounces, queries, sending
from timebank.mail.models import MailState
from timebank.mail.sending import Outcome, names_from_settings
from timebank.mail.transport import SECONDS_FOR_AN_ANSWER
from timebank.web.logs import log

group = AppGroup("mail", help="Send mail, and see what became of it.")

# How often the worker looks whether there is something to send.
SECONDS_BETWEEN_LOOKS = 2
# While the mail server or the database is away: longer each time.
SECONDS_WHILE_AWAY = (5, 15, 60, 300)


@group.command("send")
@click.option("--once/--watch", "once", default=True, help="What is due now, or on and on until it is told to stop.")
@click.option(
    "--seconds",
    type=click.IntRange(1, 3600),
    default=SECONDS_FOR_AN_ANSWER,
    show_default=True,
    help="How long an answer of the mail server is waited for.",
)
@click.option("--with-input", is_flag=True, help="Stop when the standard input is closed, as by whoever started it.")
@says_what_is_wrong
def send(once: bool, seconds: int, with_input: bool) -> None:
    """Send the mail that is due. Several may do this at once; a stop is heard after the current message."""
    if not sending.mail_is_on():
        raise click.ClickException("No mail server is set. Set TIMEBANK_MAIL_SERVER.")
    with _told_to_stop(with_input=with_input) as stop:
        if not once:
            _watch(stop, seconds)
            return
        outcome = _send_what_is_due(stop, seconds)
    click.echo(_in_words(outcome))
    if outcome.trouble:
        raise click.ClickException(f"It stopped early: {outcome.trouble}")


@contextmanager
def _told_to_stop(*, with_input: bool) -> Iterator[threading.Event]:
    """Give what is set when somebody ends this command in order, or closes its input."""
    stop = threading.Event()

    def heard(*_signal: Any) -> None:
        stop.set()

    def wait_for_its_end() -> None:
        # Whoever started this command holds the other end, and it closes however they go.
        while os.read(sys.stdin.fileno(), 1024):
            pass
        stop.set()

    before = {number: signal.signal(number, heard) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        if with_input:
            threading.Thread(target=wait_for_its_end, daemon=True).start()
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _watch(stop: threading.Event, seconds: int) -> None:
    away = 0
    while not stop.is_set():
        try:
            is_any_due = _is_any_due()
            outcome = _send_what_is_due(stop, seconds) if is_any_due else Outcome()
            trouble = outcome.trouble
            if is_any_due:
                log.info("mail", sent=outcome.sent, put_off=outcome.put_off, failed=outcome.failed)
        except (DatabaseTrouble, SQLAlchemyError) as error:
            let_go()
            trouble = type(error).__name__
            log.error("mail database", problem=trouble)
        pause = SECONDS_WHILE_AWAY[min(away, len(SECONDS_WHILE_AWAY) - 1)] if trouble else SECONDS_BETWEEN_LOOKS
        away = away + 1 if trouble else 0
        stop.wait(pause)


def _is_any_due() -> bool:
    read_only()
    is_any_due = queries.is_any_due(clock.now())
    db.session.rollback()
    return is_any_due


def _send_what_is_due(stop: threading.Event, seconds: int) -> Outcome:
    read_only()
    due = queries.count_due(clock.now())
    db.session.rollback()
    with progress("Sending", due, unit="messages") as tick:
        return sending.send_waiting(is_over=stop.is_set, tick=tick, seconds=seconds)


def _in_words(outcome: Outcome) -> str:
    return (
        f"{outcome.sent} sent, {outcome.put_off} put off for later, {outcome.failed} failed, {outcome.dropped} dropped."
    )


@group.command("status")
@bank_option
@says_what_is_wrong
def status(bank_code: str) -> None:
    """Print how much mail of each kind is in which state, and the problems there are."""
    read_only()
    bank = bank_of(bank_code)
    counts = queries.counts_by_kind(bank)
    if not counts:
        click.echo(f"{bank.code} has no mail.")
    for kind, by_state in counts.items():
        states = ", ".join(f"{by_state[state]} {state.value}" for state in MailState if state in by_state)
        click.echo(f"{kind}: {states}")
    for kind, state, problem, count in queries.problems_of(bank):
        click.echo(f"{count} × {kind} {state}: {problem}")
    if not sending.mail_is_on():
        click.echo("No mail server is set, so nothing is sent. Set TIMEBANK_MAIL_SERVER.", err=True)


def _read(_context: click.Context, _parameter: click.Parameter, file: BinaryIO) -> bytes:
    """Read the whole report at once: the command may be done again, and the input is there only once."""
    return file.read(bounces.LARGEST_REPORT_BYTES)


@group.command("bounce")
@click.argument("report", type=click.File("rb"), default="-", callback=_read)
@says_what_is_wrong
def bounce(report: bytes) -> None:
    """Read a REPORT of failed delivery (RFC 3464), or the standard input, and mark the mail that it is about.

    A report that is not about mail of this installation changes nothing.
    """
    done = bounces.record(bounces.report_in(report, names_from_settings()), at=clock.now())
    db.session.commit()
    click.echo(done)
