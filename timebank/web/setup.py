"""Give the application what every page shares."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from babel.lists import format_list
from flask import Flask, abort, g, request
from flask_babel import format_date, format_datetime, get_locale, gettext
from sqlalchemy.exc import OperationalError

from timebank import hours
from timebank.extensions import db
from timebank.web import again, error_pages, headers, logs
from timebank.web.access import public

PRODUCT_NAME = "Common Hours"


def init_app(app: Flask) -> None:
    """Add logs, headers, error pages and what templates use."""
    logs.init_app(app)
    headers.init_app(app)
    error_pages.init_app(app)
    again.init_app(app)
    app.jinja_env.filters.update(
        capitalised=capitalised,
        day=day,
        moment=moment,
        month=month,
        hours_in_words=hours.in_words,
        hours_in_figures=hours.in_figures,
    )
    app.before_request(refuse_nul)
    app.before_request(refuse_two_ports)
    app.teardown_appcontext(let_go_of_the_database)
    app.context_processor(_shared)
    # Flask's own view for files says nothing about permissions; the files are the same for everybody.
    public(app.view_functions["static"])


def capitalised(words: str) -> str:
    """Return the words with a capital at the beginning and the others as they are."""
    return words[:1].upper() + words[1:]


def listed(names: Sequence[str]) -> str:
    """Return the names as they stand inside a sentence: "Jean M., Owen G. and Amina K."."""
    return format_list(names, locale=get_locale() or "en_GB")


def refuse_nul() -> None:
    """Refuse an address with the sign NUL in it, which no page of ours links to and PostgreSQL cannot look for."""
    values = (value for values in request.args.listvalues() for value in values)
    if "\0" in request.path or any("\0" in value for value in values):
        abort(400)


def refuse_two_ports() -> None:
    """Refuse a name of the host that goes on after its port: links of ours would carry what follows."""
    if not re.fullmatch(r"[^:]+(:\d{1,5})?|\[[^\]]+\](:\d{1,5})?", request.host):
        abort(400)


def let_go_of_the_database(_error: BaseException | None) -> None:
    """End what the request read, also where the database went away after the answer was made: the answer is right."""
    try:
        db.session.remove()
    except OperationalError as gone:
        logs.log.error("database", reference=g.get("reference"), problem=type(gone.orig).__name__)
        # The session could not be closed, so the next request must not find it.
        db.session.registry.clear()


def day(value: dt.date) -> str:
    """Return a day as people write it: 9 November 2025."""
    return str(format_date(value, "d MMMM yyyy"))


def moment(value: dt.datetime) -> str:
    """Return a moment in the bank's own time zone: 9 November 2025 at 14:05."""
    return gettext(
        "%(day)s at %(time)s", day=format_datetime(value, "d MMMM yyyy"), time=format_datetime(value, "HH:mm")
    )


def month(value: Any) -> str:
    """Return a month as people write it: November 2025."""
    return str(format_date(value.first_day, "LLLL yyyy"))


def _shared() -> dict[str, Any]:
    locale = get_locale()
    return {
        "product_name": PRODUCT_NAME,
        "bank": g.get("bank"),
        "membership": g.get("membership"),
        "language": locale.language if locale else "en",
        "csp_nonce": headers.csp_nonce(),
    }
