"""Do several things at the same moment, each in a thread with a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from flask import Flask

from timebank.extensions import db

SECONDS_TO_FINISH = 60


def run_together(app: Flask, acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Return what each act returned, or the exception that it raised; what raised nothing is committed."""
    # What the test wrote so far must be there for all of them to see, and its own transaction must not hold them up.
    db.session.commit()
    results: list[Any] = [TimeoutError("still waiting")] * len(acts)
    ready = threading.Barrier(len(acts))

    def run(place: int, act: Callable[[], Any]) -> None:
        with app.app_context():
            ready.wait(SECONDS_TO_FINISH)
            try:
                results[place] = act()
                db.session.commit()
            except Exception as error:
                db.session.rollback()
                results[place] = error

    threads = [threading.Thread(target=run, args=(place, act), daemon=True) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS_TO_FINISH)
    return results
