"""Every error becomes a page that says what to do next, with a reference for the log."""

from __future__ import annotations

import traceback
from typing import Any

from flask import Flask, Response, g, render_template, request, session, url_for
from flask_babel import gettext
from flask_limiter.errors import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from werkzeug.exceptions import HTTPException, SecurityError

from timebank.attempts import DatabaseTrouble, Trouble, let_go
from timebank.errors import RuleBroken
from timebank.extensions import login_manager
from timebank.web.forms import sent_again
from timebank.web.logs import log

Page = tuple[str, int]
PageWithHeaders = tuple[str, int, dict[str, str]]

# When a browser or a program may try again: soon what others were in the way of, later what somebody has to mend.
SECONDS_TO_RETRY_AFTER = {Trouble.BUSY: 5, Trouble.LOST: 5, Trouble.AWAY: 15, Trouble.FULL: 60, Trouble.READ_ONLY: 60}

# What is typed into these is not written into a page, where it could stay on a shared computer.
SECRETS = frozenset({"password", "until_now"})


def init_app(app: Flask) -> None:
    """Show a page of our own for broken rules, for what Flask refuses, and for what nobody foresaw."""
    app.register_error_handler(RuleBroken, rule_broken)
    app.register_error_handler(CSRFError, stale_form)
    app.register_error_handler(RateLimitExceeded, too_many)
    app.register_error_handler(HTTPException, refused)
    app.register_error_handler(DatabaseTrouble, database_trouble)
    app.register_error_handler(IntegrityError, somebody_was_quicker)
    app.register_error_handler(Exception, unforeseen)


def rule_broken(error: RuleBroken) -> Page:
    """Show the rule's own message; nothing was changed."""
    let_go()
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


def database_trouble(error: DatabaseTrouble) -> PageWithHeaders:
    """Ask to try again when the database is away, busy, full or read-only; what was typed can be sent again."""
    let_go()
    cause = getattr(error.__cause__, "orig", None) or error.__cause__
    log.error(
        "database",
        reference=g.get("reference"),
        trouble=error.trouble.value,
        problem=type(cause).__name__,
        attempts=error.attempts,
        nothing_is_kept=error.nothing_is_kept,
    )
    # The browser keeps the session that it sent, or the same form sent again would not be taken: what the request did
    # to the session, such as a sign-in that was then not committed, did not happen either.
    session.modified = False
    _ask_the_database_nothing()
    words: dict[str, Any] = {}
    if request.method == "POST" and not SECRETS & set(request.form):
        words |= {"sent": sent_again(also_the_step=True), "action": request.full_path.removesuffix("?")}
    if error.trouble in (Trouble.FULL, Trouble.READ_ONLY):
        words["explanation"] = gettext(
            "Nothing can be written down at the moment, but what is there can be read. Nothing was changed."
        )
    if not error.nothing_is_kept:
        words["explanation"] = error.text
    page, status = _page(503, **words)
    return page, status, {"Retry-After": str(SECONDS_TO_RETRY_AFTER[error.trouble])}


def somebody_was_quicker(error: IntegrityError) -> Page:
    """Say that somebody else did the same at the same moment, which the database noticed; nothing was half done."""
    let_go()
    log.error("integrity", reference=g.get("reference"), problem=type(error.orig).__name__)
    return _page(
        409,
        heading=gettext("That could not be done"),
        explanation=gettext("Somebody else did something of the same kind at the same moment. Nothing was changed."),
        next_step=gettext("Go back, look at how it is now, and try again."),
    )


def unforeseen(error: Exception) -> Page:
    """Say sorry, and log the place in the code; the words of the error may be personal, so they are not logged."""
    let_go()
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
            gettext("Wait a moment and try again. What you typed is not lost, and nothing will be counted twice."),
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
    page = render_without_needing_the_database(
        "errors/error.html", status=status, reference=g.get("reference"), **shown
    )
    return page, status


def render_without_needing_the_database(template: str, **shown: Any) -> str:
    """Return a page that says nothing of the bank but in its menu, without the menu where the database is away."""
    try:
        return render_template(template, **shown)
    except SQLAlchemyError:
        let_go()
        _ask_the_database_nothing()
        return render_template(template, **shown)
