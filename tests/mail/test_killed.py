"""A worker that is killed with SIGKILL again and again: everybody has one mail, and nobody has none."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.mail.killing import assert_once, send_while_killing

pytestmark = pytest.mark.slow

MESSAGES = 120
KILLS = 10
SECONDS_AT_MOST = 120


def test_ten_kills_lose_nothing_and_double_no_message(app: Flask, role_url: str) -> None:
    killed = send_while_killing(app, role_url, messages=MESSAGES, kills=KILLS, at_most=SECONDS_AT_MOST)
    assert killed.kills == KILLS
    assert_once(killed)
