"""The machine around the time bank: disk space, and the mail server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from timebank.doctor.findings import Finding, fatal, ok, warning
from timebank.mail.transport import Undelivered, transport_to

MEGABYTE = 1 << 20
FATAL_MEGABYTES = 200
WARNING_MEGABYTES = 2048
SECONDS_FOR_AN_ANSWER = 10


def disk_findings(places: dict[str, Path]) -> Iterator[Finding]:
    """Yield how much room is left where files are written, by what is written there."""
    for what, place in places.items():
        about = f"disk of {what}"
        try:
            free = shutil.disk_usage(place).free // MEGABYTE
        except OSError as error:
            yield fatal(
                about, f"{place} cannot be looked at: {error.strerror}", "Make the folder, or its disk, be there."
            )
            continue
        says = f"{free:,} MB free at {place}"
        if free < FATAL_MEGABYTES:
            yield fatal(about, says, "Make room now: when the disk is full, nothing can be written any more.")
        elif free < WARNING_MEGABYTES:
            yield warning(about, says, "Make room, or get a larger disk.")
        else:
            yield ok(about, says)


def mail_findings(server: str | None, *, is_production: bool) -> Iterator[Finding]:
    """Yield whether the mail server lets the bank in. Nothing is sent."""
    if server is None:
        yield warning("mail server", "none is set, so nobody gets mail", "Set TIMEBANK_MAIL_SERVER.")
        return
    transport = transport_to(server, seconds=SECONDS_FOR_AN_ANSWER)
    try:
        transport.greet()
    except Undelivered as problem:
        tell = fatal if is_production else warning
        yield tell("mail server", str(problem), "Check TIMEBANK_MAIL_SERVER, and that the server is there; mail waits.")
    else:
        yield ok("mail server", "answers")
    finally:
        transport.close()
