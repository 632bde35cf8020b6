"""Bugs to plant in the application while it is tortured, to see that each is found. Only the torture serves them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, has_request_context, request

from timebank.exchanges import service as exchanges
from timebank.extensions import db
from timebank.submissions import service as submissions
from timebank.submissions.models import Submission

CHANCE = 0.15
SECONDS_KEPT = 3


def forget_keys(_app: Flask) -> None:
    """Take the same form with the same key for another form."""
    accept = submissions.accept

    def accept_anything(bank_id: int, _key: str, content: dict[str, Any], **at: Any) -> Submission:
        return accept(bank_id, submissions.new_key(), content, **at)

    submissions.accept = accept_anything


def approve_again(_app: Flask) -> None:
    """Approve what was approved before, as if nobody had."""

    def undecided(exchange: Any) -> None:
        if exchange.status == "approved":
            exchange.status = "confirmed"

    exchanges._require_undecided = undecided


def lose_commits(_app: Flask) -> None:
    """Acknowledge some writes and never commit them, as a database does that answers before the disk has it."""
    commit = db.session.commit

    def commit_mostly() -> None:
        is_form = has_request_context() and request.method == "POST" and request.path != "/sign-in"
        if is_form and random.random() < CHANCE:
            db.session.flush()
        else:
            commit()

    db.session.commit = commit_mostly  # type: ignore[method-assign]


def show_old_pages(app: Flask) -> None:
    """Show some pages as they were a moment ago, as a copy of the database does that is behind."""
    kept: dict[str, tuple[float, bytes]] = {}

    @app.after_request
    def keep(answer: Response) -> Response:
        if request.method == "GET" and request.path.startswith(("/approvals/", "/statements/")):
            at, body = kept.get(request.path, (0.0, b""))
            if answer.status_code == 200 and time.monotonic() - at < SECONDS_KEPT:
                answer.set_data(body)
            elif answer.status_code == 200:
                kept[request.path] = (time.monotonic(), answer.get_data())
        return answer


def post_half_of_a_class(_app: Flask) -> None:
    """Leave out the last transfer where several belong together."""
    transfers_of = exchanges.transfers_of

    def all_but_one(*of: Any, **with_: Any) -> list[Any]:
        drafts = transfers_of(*of, **with_)
        return drafts[:-1] if len(drafts) > 1 else drafts

    exchanges.transfers_of = all_but_one


PLANTS: dict[str, Callable[[Flask], None]] = {
    plant.__name__: plant for plant in (forget_keys, approve_again, lose_commits, show_old_pages, post_half_of_a_class)
}
