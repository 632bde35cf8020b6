"""How script/server runs Gunicorn on one person's machine. docs/running-a-time-bank.md has the production settings."""

from __future__ import annotations

import os
import subprocess
import sys

bind = f"127.0.0.1:{os.environ.get('PORT', '5000')}"
workers = 2
threads = 4
timeout = 60
graceful_timeout = 5
control_socket_disable = True
accesslog = None
loglevel = "warning"


# The worker that sends mail, while there is one.
mail: subprocess.Popen[bytes] | None = None
SECONDS_TO_FINISH_A_MESSAGE = 10


def when_ready(server: object) -> None:
    """Say where the time bank is, once it really answers, and begin to send mail beside it."""
    global mail
    print(os.environ.get("TIMEBANK_WELCOME", ""), flush=True)  # noqa: T201
    if os.environ.get("TIMEBANK_MAIL_BESIDE"):
        # It stops when its input is closed, which the kernel does however this process ends.
        command = [sys.executable, "-m", "flask", "mail", "send", "--watch", "--with-input"]
        mail = subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603


def on_exit(server: object) -> None:
    """Let the worker finish the message that it is at."""
    if mail is not None:
        mail.terminate()
        try:
            mail.wait(SECONDS_TO_FINISH_A_MESSAGE)
        except subprocess.TimeoutExpired:
            mail.kill()
