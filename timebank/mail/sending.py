"""Send what waits, one message after another, so that everybody gets each exactly once, as far as SMTP can.

docs/adr/0010 says how: what became of a message is committed as soon as it is known, and that it may arrive is
committed just before the dot that ends it.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from flask import current_app, g

from timebank import clock
from timebank.attempts import DatabaseTrouble, attempted
from timebank.extensions import db, read_only
from timebank.mail import kinds, queries, service
from timebank.mail.addresses import Names
from timebank.mail.kinds import NotToBeSent
from timebank.mail.message import Envelope, envelope_of
from timebank.mail.service import Claimed
from timebank.mail.transport import (
    SECONDS_FOR_AN_ANSWER,
    TIMES_LONGER_AT_THE_END,
    ConnectionLost,
    Refused,
    ServerAway,
    SomebodyElses,
    Transport,
    Undelivered,
    transport_to,
)
from timebank.web.logs import log

# Whoever loses the connection this often in a row stops for now: it is the server, and not the messages.
MOST_LOST_IN_A_ROW = 3
# How long the database is asked again to keep that a message was taken, before the worker gives up.
SECONDS_BETWEEN_LOOKS = (1, 2, 5, 10, 30, 60, 120)


class MailIsOff(RuntimeError):
    """No mail server is set."""


@dataclass
class Outcome:
    """What became of the mail that was due: how many pieces of each, and why it stopped early, if it did."""

    sent: int = 0
    put_off: int = 0
    failed: int = 0
    dropped: int = 0
    trouble: str = ""
    lost_in_a_row: int = field(default=0, repr=False)


def never() -> bool:
    """Go on until nothing is due."""
    return False


def names_from_settings() -> Names:
    """Return the names under which this installation's mail goes out."""
    config = current_app.config
    return Names(config["TIMEBANK_MAIL_FROM"], config["TIMEBANK_MAIL_BOUNCES_TO"])


def mail_is_on() -> bool:
    """Return whether this installation sends mail at all."""
    return bool(current_app.config["TIMEBANK_MAIL_SERVER"])


def send_waiting(
    *,
    is_over: Callable[[], bool] = never,
    tick: Callable[[int], None] | None = None,
    seconds: int = SECONDS_FOR_AN_ANSWER,
) -> Outcome:
    """Send everything that is due, until nothing is, the server is away, or `is_over` says so between two messages.

    Several may do this at once. `seconds` is how long an answer of the server is waited for. Commits. Raises MailIsOff,
    and DatabaseTrouble, after which whatever was begun is due again in a while.
    """
    if not mail_is_on():
        raise MailIsOff("No mail server is set. Set TIMEBANK_MAIL_SERVER")
    transport = transport_to(current_app.config["TIMEBANK_MAIL_SERVER"], seconds=seconds)
    worker = _Worker(transport, names_from_settings(), seconds)
    try:
        while not is_over() and not worker.outcome.trouble and worker.send_next():
            if tick is not None:
                tick(1)
    finally:
        transport.close()
    return worker.outcome


class _Worker:
    """One worker with its connection. Between two steps it is in no transaction: nobody waits for a mail server."""

    def __init__(self, transport: Transport, names: Names, seconds: int) -> None:
        self.transport, self.names = transport, names
        # As long as a server may take for its answers until the end of a message, and then for that.
        self.to_begin = dt.timedelta(seconds=3 * seconds)
        self.to_end = dt.timedelta(seconds=(TIMES_LONGER_AT_THE_END + 1) * seconds)
        self.outcome = Outcome()

    def send_next(self) -> bool:
        """Send the next piece of mail that is due, and return whether there was one."""
        claimed = _kept(self._claim)
        if claimed is None:
            return False
        began = time.monotonic()
        try:
            envelope = self._written(claimed)
        except NotToBeSent as reason:
            _kept(partial(service.drop, claimed, reason=str(reason)))
            self.outcome.dropped += 1
            return True
        if envelope is not None:
            self._deliver(claimed, envelope)
            log.debug("mail", attempt=claimed.attempts + 1, milliseconds=round((time.monotonic() - began) * 1000))
        return True

    def _claim(self) -> Claimed | None:
        now = clock.now()
        return service.claim_next(at=now, until=now + self.to_begin)

    def _written(self, claimed: Claimed) -> Envelope | None:
        """Return the message, or None where it could not be written, which must not stop all the others."""
        try:
            return write(claimed.id, names=self.names)
        except (NotToBeSent, DatabaseTrouble):
            raise
        except Exception as error:
            # Its words may be personal.
            log.error("mail not written", problem=type(error).__name__)
            self._put_off(claimed, f"The mail could not be written: {type(error).__name__}")
            return None

    def _deliver(self, claimed: Claimed, envelope: Envelope) -> None:
        begun = claimed

        def before_the_end() -> bool:
            nonlocal begun
            until = clock.now() + self.to_end
            mine = _kept(partial(service.begin_sending, claimed, until=until))
            begun = mine or claimed
            return mine is not None

        try:
            self.transport.deliver(envelope, before_the_end=before_the_end)
        except SomebodyElses:
            return
        except Refused as refused:
            _kept(partial(service.record_failed, begun, problem=str(refused)))
            self.outcome.failed += 1
        except Undelivered as problem:
            self._put_off(begun, str(problem))
            self._look_after(problem)
        else:
            _kept_in_the_end(partial(service.record_sent, begun, at=clock.now()))
            self.outcome.sent += 1
            self.outcome.lost_in_a_row = 0

    def _put_off(self, claimed: Claimed, problem: str) -> None:
        if _kept(partial(service.put_off, claimed, problem=problem, at=clock.now())):
            self.outcome.put_off += 1
        else:
            self.outcome.failed += 1

    def _look_after(self, problem: Undelivered) -> None:
        if isinstance(problem, ConnectionLost):
            self.outcome.lost_in_a_row += 1
            log.warning("mail connection lost", perhaps_taken=problem.perhaps_taken)
        if isinstance(problem, ServerAway) or self.outcome.lost_in_a_row >= MOST_LOST_IN_A_ROW:
            self.outcome.trouble = str(problem)
            log.warning("mail server away", problem=str(problem))


def write(mail_id: int, *, names: Names) -> Envelope:
    """Return the mail as it is sent now, in the language of its bank. Raises NotToBeSent."""
    # In a context of its own, whose session ends with it: it only reads, and thousands of members are not kept.
    with current_app.app_context():
        read_only()
        mail = queries.mail_with_id(mail_id)
        if mail is None:
            raise NotToBeSent("it is not there any more")
        member = mail.membership
        if member.left_at is not None:
            raise NotToBeSent("this person has left the time bank")
        if member.paused_at is not None:
            raise NotToBeSent("this person is paused")
        if not member.email:
            raise NotToBeSent("this person has no email address")
        g.bank = member.bank
        return envelope_of(mail, kinds.words_of(mail), names=names)


def _kept(step: Callable[[], Any]) -> Any:
    """Do one step and commit it, again where others were in the way. Raises DatabaseTrouble."""

    def committed() -> Any:
        result = step()
        db.session.commit()
        return result

    return attempted(committed)


def _kept_in_the_end(step: Callable[[], Any]) -> None:
    """Do a step that must not be forgotten, for minutes if the database is away: the message is with the server."""
    for seconds in SECONDS_BETWEEN_LOOKS:
        try:
            _kept(step)
            return
        except DatabaseTrouble as trouble:
            log.error("mail sent, not kept yet", trouble=trouble.trouble.value)
        time.sleep(seconds)
    _kept(step)
