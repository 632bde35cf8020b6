"""Runs the real worker command in a process of its own, again and again: `python -m tests.mail.worker DATABASE`.

Each line on the standard input starts one, which sends what is due until it is killed or done; its id is printed, and
then how it ended. Python and the application are loaded once, so that a test can kill many.
"""

from __future__ import annotations

import os
import sys

from tests.mail.scene import KIND, words
from timebank import create_app
from timebank.extensions import db
from timebank.mail import kinds


def main() -> None:
    app = create_app()
    kinds.register(KIND, words)
    with app.app_context():
        db.engine.dispose()
    for _line in sys.stdin:
        child = os.fork()
        if child == 0:
            app.test_cli_runner().invoke(args=["mail", "send", "--once", "--seconds", "1"], catch_exceptions=False)
            os._exit(0)
        _say(child)
        _child, status = os.waitpid(child, 0)
        _say(status)


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
