"""Kill workers that send, again and again, until everything is sent.

`python -m tests.mail.killing 5000 [DATABASE]` does it with many, on a migrated and empty database (or a new file),
and prints what came of it.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

from flask import Flask

from tests.journeys.server import ROOT, environment
from tests.mail.post import Taken, office
from tests.mail.scene import make_due, make_queue, states
from timebank.mail.models import MailState


@dataclass(frozen=True)
class Killed:
    """What came of it: the messages that the server took, the addresses of everybody, and how many were killed."""

    taken: list[Taken]
    everybody: set[str | None]
    kills: int
    seconds: int


def send_while_killing(app: Flask, database_url: str, *, messages: int, kills: int, at_most: int) -> Killed:
    """Queue so many messages, and start workers until all are sent; kill so many of them at a random moment."""
    with office() as post:
        bank, members = make_queue(app, messages, server=post.url)
        everybody = {member.email for member in members}
        settings = environment(database_url) | {
            "TIMEBANK_MAIL_SERVER": post.url,
            "TIMEBANK_MAIL_FROM": "hours@bank.example.org",
            "TIMEBANK_LOG_LEVEL": "ERROR",
        }
        began, killed = time.monotonic(), 0
        with subprocess.Popen(
            [sys.executable, "-m", "tests.mail.worker"],
            cwd=ROOT,
            env=settings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as starter:
            assert starter.stdin is not None
            assert starter.stdout is not None
            while set(states(bank).values()) != {MailState.SENT}:
                assert time.monotonic() < began + at_most, Counter(states(bank).values())
                starter.stdin.write("go\n")
                starter.stdin.flush()
                worker = int(starter.stdout.readline())
                if killed < kills:
                    _wait_until_some_are_taken(post.taken, messages // kills)
                    with suppress(ProcessLookupError):
                        os.kill(worker, signal.SIGKILL)
                if int(starter.stdout.readline()) == signal.SIGKILL:
                    killed += 1
                elif killed >= kills:
                    # What those who were killed had begun is due again in a while, which is over now.
                    make_due(bank)
            starter.stdin.close()
        return Killed(post.taken, everybody, killed, round(time.monotonic() - began))


def _wait_until_some_are_taken(taken: list[Taken], most: int) -> None:
    """Wait for a few messages, at most half of `most`, and then for a random part of the time that a few take.

    So there is something left for the last kill however quick the machine is.
    """
    wanted, give_up_at = len(taken) + random.randint(2, max(most // 2, 3)), time.monotonic() + 60
    while len(taken) < wanted and time.monotonic() < give_up_at:
        time.sleep(0.002)
    time.sleep(random.random() * 0.03)


def assert_once(killed: Killed) -> int:
    """Everybody has one message, and no more copies than were killed. Returns how many have two."""
    copies = Counter(taken.id for taken in killed.taken)
    assert {taken.to for taken in killed.taken} == killed.everybody
    assert len(copies) == len(killed.everybody), "each has one Message-ID"
    assert sum(copies.values()) - len(copies) <= killed.kills
    contents = {(taken.id, taken.content) for taken in killed.taken}
    assert len(contents) == len(copies), "what is sent again is the same, byte for byte"
    return sum(copies.values()) - len(copies)


def main() -> None:
    messages = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{folder}/mail.db"
        if len(sys.argv) == 2:
            migrate(url)
        with application_on(url) as app:
            killed = send_while_killing(app, url, messages=messages, kills=10, at_most=3600)
    twice = assert_once(killed)
    sys.stdout.write(
        f"{messages} messages, {killed.kills} workers killed, {twice} messages twice under one Message-ID, "
        f"nobody without; {killed.seconds} seconds\n"
    )


if __name__ == "__main__":
    from tests.conftest import application_on, migrate

    main()
