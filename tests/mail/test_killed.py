"""A worker that is killed with SIGKILL again and again: everybody has one mail, and nobody has none."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress

from flask import Flask

from tests.journeys.server import ROOT, environment
from tests.mail.post import office
from tests.mail.scene import make_due, make_queue, states
from timebank.mail.models import MailState

MESSAGES = 120
KILLS = 10
SECONDS_AT_MOST = 40


def test_ten_kills_lose_nothing_and_double_no_message(app: Flask, role_url: str) -> None:
    with office() as post:
        bank, members = make_queue(app, MESSAGES, server=post.url)
        settings = environment(role_url) | {
            "TIMEBANK_MAIL_SERVER": post.url,
            "TIMEBANK_MAIL_FROM": "hours@bank.example.org",
            "TIMEBANK_LOG_LEVEL": "ERROR",
        }
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
            kills, give_up_at = 0, time.monotonic() + SECONDS_AT_MOST
            while len(post.copies()) < MESSAGES or set(states(bank).values()) != {MailState.SENT}:
                assert time.monotonic() < give_up_at, Counter(states(bank).values())
                starter.stdin.write("go\n")
                starter.stdin.flush()
                worker = int(starter.stdout.readline())
                if kills < KILLS:
                    _wait_until_some_are_taken(len(post.taken), post.taken)
                    with suppress(ProcessLookupError):
                        os.kill(worker, signal.SIGKILL)
                if int(starter.stdout.readline()) == signal.SIGKILL:
                    kills += 1
                elif kills >= KILLS:
                    # What those who were killed had begun is due again in a while, which is over now.
                    make_due(bank)
            starter.stdin.close()
    copies = post.copies()
    assert kills == KILLS
    assert {taken.to for taken in post.taken} == {member.email for member in members}
    assert len(copies) == MESSAGES, "each has one Message-ID"
    assert sum(copies.values()) - MESSAGES <= KILLS
    contents = {(taken.id, taken.content) for taken in post.taken}
    assert len(contents) == MESSAGES, "what is sent again is the same, byte for byte"


def _wait_until_some_are_taken(before: int, taken: list[object]) -> None:
    """Wait for a few messages and then for a random part of the time that one takes."""
    wanted, give_up_at = before + random.randint(3, 10), time.monotonic() + 5
    while len(taken) < wanted and time.monotonic() < give_up_at:
        time.sleep(0.002)
    time.sleep(random.random() * 0.03)
