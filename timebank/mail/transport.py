"""Hand a message to a mail server, or put it into a folder, and say what became of it."""

from __future__ import annotations

import os
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from timebank.mail.addresses import without_addresses
from timebank.mail.message import Envelope
from timebank.mail.models import LONGEST_PROBLEM

FOLDER = "folder:"
SECONDS_FOR_AN_ANSWER = 60
# Whoever has been handed a whole message may look through it before they answer.
TIMES_LONGER_AT_THE_END = 5
THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
MOST_IN_A_CONNECTION = 100

_GO_ON_WITH_THE_MESSAGE = 354
_CLOSING = 421
_FIRST_TEMPORARY = 400
_FIRST_PERMANENT = 500
_LINE_WITH_A_DOT = re.compile(rb"^\.", re.MULTILINE)


class Undelivered(Exception):
    """The message was not taken. Its text is what the server said, shortened and without addresses."""


class Refused(Undelivered):
    """The server will never take this message for this address."""


class RefusedForNow(Undelivered):
    """The server may take it later."""


class ConnectionLost(Undelivered):
    """The connection broke off. `perhaps_taken` is True where only the server's last answer is missing."""

    def __init__(self, said: str, *, perhaps_taken: bool = False) -> None:
        self.perhaps_taken = perhaps_taken
        super().__init__(said)


class ServerAway(Undelivered):
    """The server cannot be reached, or lets nobody send anything: that has nothing to do with one message."""


class SomebodyElses(Undelivered):
    """Somebody else took over this message, so it was broken off before its end."""


# Called when the whole message but its end is handed over; returns whether it may be ended.
BeforeTheEnd = Callable[[], bool]


class Transport(Protocol):
    """A way to hand over messages."""

    def deliver(self, envelope: Envelope, *, before_the_end: BeforeTheEnd) -> None:
        """Hand over one message. Raises Undelivered; after returning, it was taken."""

    def greet(self) -> None:
        """Go as far as one can without handing over anything. Raises Undelivered."""

    def close(self) -> None:
        """End the connection, if there is one."""


def transport_to(server: str, *, seconds: int = SECONDS_FOR_AN_ANSWER) -> Transport:
    """Return the way that the setting TIMEBANK_MAIL_SERVER names; an answer is waited for so many seconds."""
    if server.startswith(FOLDER):
        return Folder(Path(server.removeprefix(FOLDER)))
    return MailServer(server, seconds=seconds)


class Folder:
    """A folder in which each message is a file, for one person's machine."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def deliver(self, envelope: Envelope, *, before_the_end: BeforeTheEnd) -> None:
        """Write the message; sent again, it is the same file. Raises SomebodyElses or ServerAway."""
        written = self.path / f"{envelope.reference}.{os.getpid()}.part"
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            written.write_bytes(envelope.content)
            if not before_the_end():
                written.unlink()
                raise SomebodyElses("another worker took over")
            written.replace(self.path / f"{envelope.reference}.eml")
        except OSError as error:
            raise ServerAway(f"The folder for mail cannot be written to: {error.strerror}") from error

    def greet(self) -> None:
        """Look whether files can be written there. Raises ServerAway."""
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise ServerAway(f"The folder for mail cannot be made: {error.strerror}") from error
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise ServerAway("The folder for mail cannot be written to")

    def close(self) -> None:
        """Nothing is open."""


class MailServer:
    """A mail server, with one connection for many messages."""

    def __init__(self, url: str, *, seconds: int) -> None:
        parts = urlsplit(url)
        self.host, self.is_encrypted_at_once = parts.hostname or "", parts.scheme == "smtps"
        self.port = parts.port or (465 if self.is_encrypted_at_once else 587)
        self.name, self.password = unquote(parts.username or ""), unquote(parts.password or "")
        self.seconds = seconds
        self.connection: smtplib.SMTP | None = None
        self.sent = 0

    def deliver(self, envelope: Envelope, *, before_the_end: BeforeTheEnd) -> None:
        """Hand over one message. Raises a kind of Undelivered.

        The end of the message is sent only after `before_the_end` said so. Whatever breaks off before it, the server
        has nothing.
        """
        if self.sent >= MOST_IN_A_CONNECTION:
            self.close()
        connection = self._begin(envelope)
        with self._dropping_what_breaks():
            connection.send(_LINE_WITH_A_DOT.sub(b"..", envelope.content))
            if not before_the_end():
                raise SomebodyElses("another worker took over")
        self._end(connection, envelope)

    def greet(self) -> None:
        """Connect, encrypted where it has to be, and sign in. Raises ServerAway."""
        self._connect()

    def _begin(self, envelope: Envelope) -> smtplib.SMTP:
        """Say from where and to whom, until the server waits for the message, and return the connection."""
        if self.connection is not None and self.sent:
            try:
                return self._announce(self.connection, envelope)
            except ConnectionLost:
                # What was open for a while may have been closed at the other end, which says nothing.
                self._drop()
        return self._announce(self.connection or self._connect(), envelope)

    def _announce(self, connection: smtplib.SMTP, envelope: Envelope) -> smtplib.SMTP:
        with self._dropping_what_breaks():
            code, said = connection.mail(envelope.sent_from)
            if code >= _FIRST_PERMANENT:
                # Whoever refuses the bank itself refuses every message, and not one member.
                raise ServerAway(self._in_words(code, said, envelope))
            self._check(code, said, envelope)
            self._check(*connection.rcpt(envelope.to), envelope)
            code, said = connection.docmd("DATA")
            if code != _GO_ON_WITH_THE_MESSAGE:
                self._check(max(code, _FIRST_TEMPORARY), said, envelope)
        self.sent += 1
        return connection

    def _end(self, connection: smtplib.SMTP, envelope: Envelope) -> None:
        """Send the dot that ends a message, and wait for the answer: from here on it may have been taken."""
        with self._dropping_what_breaks(perhaps_taken=True):
            if connection.sock is not None:
                connection.sock.settimeout(self.seconds * TIMES_LONGER_AT_THE_END)
            connection.send(b".\r\n" if envelope.content.endswith(b"\r\n") else b"\r\n.\r\n")
            code, said = connection.getreply()
            if connection.sock is not None:
                connection.sock.settimeout(self.seconds)
            self._check(code, said, envelope)

    def _check(self, code: int, said: bytes, envelope: Envelope) -> None:
        if code < _FIRST_TEMPORARY:
            return
        words = self._in_words(code, said, envelope)
        if code == _CLOSING:
            raise ConnectionLost(words)
        self._forget_this_one()
        raise (Refused if code >= _FIRST_PERMANENT else RefusedForNow)(words)

    def _forget_this_one(self) -> None:
        assert self.connection is not None
        try:
            if self.connection.docmd("RSET")[0] >= _FIRST_TEMPORARY:
                self._drop()
        except (smtplib.SMTPException, OSError):
            self._drop()

    @contextmanager
    def _dropping_what_breaks(self, *, perhaps_taken: bool = False) -> Iterator[None]:
        """Close the connection without a word whatever goes wrong but an answer that the server gave in order."""
        try:
            yield
        except (Refused, RefusedForNow):
            raise
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            self._drop()
            raise ConnectionLost("The connection to the mail server was lost", perhaps_taken=perhaps_taken) from error
        except BaseException:
            self._drop()
            raise

    def _connect(self) -> smtplib.SMTP:
        self._drop()
        try:
            self.connection = self._opened()
            return self.connection
        except smtplib.SMTPResponseException as refused:
            self._drop()
            raise ServerAway(self._in_words(refused.smtp_code, refused.smtp_error)) from refused
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            said = without_addresses(str(error) or type(error).__name__, longest=LONGEST_PROBLEM // 2)
            raise ServerAway(f"The mail server cannot be reached: {said}") from error

    def _opened(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        own_name = "localhost" if self.host in THIS_MACHINE else None
        if self.is_encrypted_at_once:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, local_hostname=own_name, timeout=self.seconds, context=context
            )
        else:
            connection = smtplib.SMTP(self.host, self.port, local_hostname=own_name, timeout=self.seconds)
        self.connection, self.sent = connection, 0
        if connection.sock is not None:
            # The dot that ends a message goes on its own, and must not wait for the message to be acknowledged.
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.ehlo_or_helo_if_needed()
        if not self.is_encrypted_at_once and self.host not in THIS_MACHINE:
            # Raises where the server cannot: nothing about anybody goes over a network for all to read.
            connection.starttls(context=context)
            connection.ehlo()
        if self.name:
            connection.login(self.name, self.password)
        return connection

    def _in_words(self, code: int, said: bytes | str, envelope: Envelope | None = None) -> str:
        also = envelope.to if envelope else ""
        return f"{code} {without_addresses(said, longest=LONGEST_PROBLEM - 10, also=also)}"

    def _drop(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def close(self) -> None:
        """Say goodbye, and close the connection."""
        if self.connection is not None:
            try:
                self.connection.quit()
            except (smtplib.SMTPException, OSError):
                self.connection.close()
            self.connection = None
