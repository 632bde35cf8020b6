"""Real mail servers: one that takes everything and remembers it, and ones that misbehave just so."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

Answer = Callable[[str], str | None]


@dataclass
class Taken:
    """One message that the server took."""

    sent_from: str
    to: str
    content: bytes

    @property
    def message(self) -> EmailMessage:
        message = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        return message

    @property
    def id(self) -> str:
        return self.message["Message-ID"]


@dataclass
class Office:
    """A mail server at `url`. What it answers to an address or a message can be set; else it takes everything."""

    url: str = ""
    taken: list[Taken] = field(default_factory=list)
    to_address: Answer = lambda _address: None
    to_message: Answer = lambda _address: None
    connections: int = 0

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := self.to_address(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        [to] = envelope.rcpt_tos
        if answer := self.to_message(to):
            return answer
        self.taken.append(Taken(envelope.mail_from or "", to, envelope.content))
        return "250 taken"

    def copies(self) -> Counter[str]:
        """How often each message was taken, by its Message-ID."""
        return Counter(taken.id for taken in self.taken)


@contextlib.contextmanager
def office(**options: Any) -> Iterator[Office]:
    """Give a running mail server on this machine."""
    handler, host = Office(), options.pop("hostname", "127.0.0.1")
    with socket.socket() as probe:
        probe.bind((host, 0))
        port = probe.getsockname()[1]
    controller = Controller(handler, hostname=host, port=port, **options)
    controller.start()
    try:
        handler.url = f"smtp://127.0.0.1:{controller.port}"
        yield handler
    finally:
        controller.stop()


@contextlib.contextmanager
def scripted(play: Callable[[socket.socket], None]) -> Iterator[str]:
    """Give the address of a server that does with each connection what `play` does."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.1)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                with contextlib.suppress(OSError):
                    connection, _address = listening.accept()
                    with connection:
                        connection.settimeout(5)
                        play(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"smtp://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            over.set()
            thread.join(10)


def talk_until(connection: socket.socket, last: bytes) -> None:
    """Answer as a mail server does, up to and without an answer to the line that begins with `last`."""
    connection.sendall(b"220 here\r\n")
    lines = connection.makefile("rb")
    for line in lines:
        if line.upper().startswith(last):
            return
        connection.sendall(b"354 go on\r\n" if line.upper().startswith(b"DATA") else b"250 OK\r\n")
        if line.upper().startswith(b"DATA"):
            for text in lines:
                if text == b".\r\n":
                    if last == b".":
                        return
                    connection.sendall(b"250 taken\r\n")
                    break
                if last == b"MIDDLE":
                    return
