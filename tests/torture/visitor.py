"""Requests over HTTP, each on a connection of its own, so that any worker may answer the next one."""

from __future__ import annotations

import http.client
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

SECONDS_FOR_AN_ANSWER = 25
SECONDS_UNTIL_GIVING_UP = 120
HOST = "127.0.0.1"


class GaveUp(Exception):
    """Nobody answered for longer than any outage may be."""


@dataclass(frozen=True)
class Answer:
    """What came back, and how many times before it the same request got no answer that says what happened."""

    status: int
    location: str
    text: str
    lost: int = 0


@dataclass(frozen=True)
class Request:
    """Something to send, which stays the same however often it is sent."""

    method: str
    path: str
    body: str | None = None


def form(path: str, fields: Sequence[tuple[str, str]]) -> Request:
    """Return the request of a form that is sent."""
    return Request("POST", path, urlencode(fields))


@dataclass
class Tally:
    """How the requests of a client went: how many were acknowledged, by status, and how many got no answer."""

    statuses: Counter[int] = field(default_factory=Counter)
    lost: int = 0
    longest_seconds: float = 0.0
    began: float = field(default_factory=time.monotonic)


class Visitor:
    """One browser: its cookies, and the token against forged requests that its pages hold."""

    def __init__(self, port: int, tally: Tally, chance: random.Random) -> None:
        self.port, self.tally, self.chance = port, tally, chance
        self.cookies: dict[str, str] = {}
        self.token = ""

    def copy(self) -> Visitor:
        """Return a second window of the same browser."""
        other = Visitor(self.port, Tally(), self.chance)
        other.cookies, other.token = dict(self.cookies), self.token
        return other

    def send(self, request: Request) -> Answer:
        """Send the very same request until it is acknowledged. Raises GaveUp.

        A 503 says to try again; what the database did before it went away nobody knows then.
        """
        began, lost = time.monotonic(), 0
        while True:
            try:
                answer = self.send_once(request)
            except (OSError, http.client.HTTPException):
                self.tally.lost += 1
            else:
                self.tally.statuses[answer.status] += 1
                if answer.status < 500:
                    self.tally.longest_seconds = max(self.tally.longest_seconds, time.monotonic() - began)
                    return Answer(answer.status, answer.location, answer.text, lost)
            lost += 1
            if time.monotonic() - began > SECONDS_UNTIL_GIVING_UP:
                raise GaveUp(request.path)
            time.sleep(self.chance.uniform(0.02, 0.2))

    def send_once(self, request: Request) -> Answer:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=SECONDS_FOR_AN_ANSWER)
        headers = {"Connection": "close"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if request.body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(request.method, request.path, request.body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            for cookie in answer.headers.get_all("Set-Cookie") or []:
                name, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[name] = value
            return Answer(answer.status, answer.headers.get("Location", ""), text)
        finally:
            connection.close()
