"""Every error becomes a page that says what to do next, with a reference for the log."""

from __future__ import annotations

import traceback
from typing import Any

from flask import Flask, Response, g, render_template, request, url_for
from flask_babel import gettext
from flask_limiter.errors import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError
from werkzeug.exceptions import HTTPException, SecurityError

from timebank.errors import RuleBroken
from timebank.extensions import db, login_manager
from timebank.web.logs import log

Page = tuple[str, int]


def init_app(app: Flask) -> None:
    """Show a page of our own for broken rules, for what Flask refuses, and for what nobody foresaw."""
    app.register_error_handler(RuleBroken, rule_broken)
    app.register_error_handler(CSRFError, stale_form)
    app.register_error_handler(RateLimitExceeded, too_many)
    app.register_error_handler(HTTPException, refused)
    app.register_error_handler(OperationalError, database_busy)
    app.register_error_handler(IntegrityError, somebody_was_quicker)
    app.register_error_handler(Exception, unforeseen)


def rule_broken(error: RuleBroken) -> Page:
    """Show the rule's own message; nothing was changed."""
    db.session.rollback()
    if error.status == 404:
        return _page(404)
    return _page(
        error.status,
        heading=gettext("That could not be done"),
        explanation=error.text,
        next_step=gettext("Go back to the page before, or begin again from the first page."),
    )


def stale_form(_error: CSRFError) -> Page:
    """Show what to do about a form that was open too long, or that did not come from here."""
    return _page(
        400,
        heading=gettext("This page has been open too long"),
        explanation=gettext("Nothing was changed. For your safety a page can only be sent from where it was opened."),
        next_step=gettext("Go back, open the page again, and repeat what you did."),
    )


def too_many(_error: RateLimitExceeded) -> Page:
    """Ask to wait."""
    return _page(429)


def refused(error: HTTPException) -> Page | HTTPException | Response:
    """Show a page for what Flask or a view refused."""
    if isinstance(error, SecurityError):
        # The request came under a host name that is not ours, so no page of ours can be built for it.
        return Response("This is not the address of this time bank.\n", status=400, mimetype="text/plain")
    if error.code is None or error.code < 400:
        return error
    return _page(error.code)


def database_busy(error: OperationalError) -> Page:
    """Ask to try again when the database is away or busy; nothing was half done."""
    db.session.rollback()
    log.error("database", reference=g.get("reference"), problem=type(error.orig).__name__)
    _ask_the_database_nothing()
    return _page(503)


def somebody_was_quicker(error: IntegrityError) -> Page:
    """Say that somebody else did the same at the same moment, which the database noticed; nothing was half done."""
    db.session.rollback()
    log.error("integrity", reference=g.get("reference"), problem=type(error.orig).__name__)
    return _page(
        409,
        heading=gettext("That could not be done"),
        explanation=gettext("Somebody else did something of the same kind at the same moment. Nothing was changed."),
        next_step=gettext("Go back, look at how it is now, and try again."),
    )


def unforeseen(error: Exception) -> Page:
    """Say sorry, and log the place in the code; the words of the error may be personal, so they are not logged."""
    db.session.rollback()
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    log.error("unforeseen", reference=g.get("reference"), problem=type(error).__name__, frames=frames[-12:])
    if request.environ.get("werkzeug.debug.preserve_context"):
        raise error
    return _page(500)


def _ask_the_database_nothing() -> None:
    """Let the page be made without knowing who is signed in, which a database that is away could not say."""
    g.pop("membership", None)
    g.pop("bank", None)
    g._login_user = login_manager.anonymous_user()


def _words(status: int) -> dict[str, Any]:
    known = {
        400: (
            gettext("We could not understand that"),
            gettext("The page was sent incomplete. Nothing was changed."),
            gettext("Go back, open the page again, and repeat what you did."),
        ),
        403: (
            gettext("You cannot open this page"),
            gettext("Your role in this time bank does not include it."),
            gettext("If you think it should, ask your coordinator."),
        ),
        404: (
            gettext("There is no such page"),
            gettext("It may have been moved, or it belongs to another time bank."),
            gettext("Check the address, or begin again from the first page."),
        ),
        405: (
            gettext("This page cannot be used like that"),
            gettext("Nothing was changed."),
            gettext("Begin again from the first page."),
        ),
        413: (
            gettext("That was too much at once"),
            gettext("What you sent is larger than we can take. Nothing was changed."),
            gettext("Go back and send less."),
        ),
        429: (
            gettext("Please wait a moment"),
            gettext("There were too many attempts in a short time. Nothing is wrong with your account."),
            gettext("Wait a minute, then try again."),
        ),
        503: (
            gettext("Please try again"),
            gettext("The time bank is very busy, or its database is away for a moment. Nothing was half done."),
            gettext("Wait a moment, go back, and send it again. It will not be counted twice."),
        ),
    }
    heading, explanation, next_step = known.get(
        status,
        (
            gettext("Sorry, something went wrong"),
            gettext("This is our mistake, not yours. Nothing was half done."),
            gettext("Try again in a few minutes. If it happens again, tell your coordinator the code below."),
        ),
    )
    return {"heading": heading, "explanation": explanation, "next_step": next_step}


def _page(status: int, **words: Any) -> Page:
    shown = (
        _words(status) | {"next_href": url_for("dashboard.home"), "next_text": gettext("Go to the first page")} | words
    )
    try:
        return _render(status, shown), status
    except SQLAlchemyError:
        # The menu asks who is signed in; where the database cannot say, the page does without.
        _ask_the_database_nothing()
        return _render(status, shown), status


def _render(status: int, shown: dict[str, Any]) -> str:
    return render_template("errors/error.html", status=status, reference=g.get("reference"), **shown)
