"""The two pages on which hours are logged, with a form that is filled in rightly until a test changes it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.exchanges.scene import Scene
from tests.web.reading import Page, everything, look, send
from timebank import clock

OWN = "/hours/log"
FOR_OTHERS = "/hours/log-for-others"


@dataclass(frozen=True)
class Desk:
    """Somebody signed in, at one of the two pages."""

    scene: Scene
    client: FlaskClient
    path: str

    @property
    def is_own(self) -> bool:
        """Whether one's own hours are logged here."""
        return self.path == OWN

    @property
    def people(self) -> str:
        """The field that errors about people are beside."""
        return "with_whom" if self.is_own else "receivers"

    @property
    def today(self) -> dt.date:
        """Today, where the bank is."""
        return self.scene.bank.day_of(clock.now())

    def right(self) -> dict[str, Any]:
        """What is typed for an hour that Ann gave Ben."""
        who: dict[str, Any] = {"givers-0": self.scene.ann.number, "receivers-0": self.scene.ben.number}
        if self.is_own:
            who = {"side": "giver", "with_whom-0": self.scene.ben.number}
        return who | {
            "activity": self.scene.activity.reference,
            "happened_on": written(self.today),
            "time": "1",
            "note": "We dug the beds",
        }

    def send(self, changes: dict[str, Any] | None = None, *, step: str = "log") -> TestResponse:
        """Fill in the form with these changes and send it."""
        return send(self.client, self.path, self.right() | {"step": step} | (changes or {}))

    def send_and_change_nothing(self, changes: dict[str, Any], *, step: str = "log") -> TestResponse:
        """Fill in and send the form, and see that not a single row of the database is different."""
        before = everything()
        answer = self.send(changes, step=step)
        assert everything() == before
        return answer

    def check(self, changes: dict[str, Any] | None = None) -> Page:
        """Send the form as far as the page where it is checked."""
        answer = self.send(changes, step="check")
        assert answer.status_code == 200
        page = Page(answer)
        assert page.heading == "Check your answers", page.text
        return page

    def blank(self) -> Page:
        """The page as it is first opened."""
        return look(self.client, self.path)


def written(day: dt.date) -> list[str]:
    """The day in three boxes."""
    return [str(day.day), str(day.month), str(day.year)]
