"""How script/server runs Gunicorn on one person's machine. docs/running-a-time-bank.md has the production settings."""

from __future__ import annotations

import os

bind = f"127.0.0.1:{os.environ.get('PORT', '5000')}"
workers = 2
threads = 4
timeout = 60
graceful_timeout = 5
control_socket_disable = True
accesslog = None
loglevel = "warning"


def when_ready(server: object) -> None:
    """Say where the time bank is, once it really answers."""
    print(os.environ.get("TIMEBANK_WELCOME", ""), flush=True)  # noqa: T201
