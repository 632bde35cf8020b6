"""Where one is signed in, and ending that from afar."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, Flask, Response, current_app, flash, g, redirect, render_template, url_for
from flask_babel import gettext, ngettext
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as BaseResponse

from timebank import clock
from timebank.extensions import db
from timebank.members.permissions import Permission, current_membership, requires
from timebank.sign_in import queries, service, words
from timebank.sign_in.session import current_session, limits
from timebank.web.logs import log

blueprint = Blueprint("sessions", __name__)


@blueprint.get("/me/sessions")
@requires(Permission.OWN_DETAILS)
def own() -> str:
    """List where one is signed in."""
    found = queries.open_sessions_of(current_membership().person, limits=limits(), at=clock.now())
    this = current_session()
    return render_template(
        "sign_in/sessions.html",
        this=next((session for session in found if session.id == this.id), this),
        others=[session for session in found if session.id != this.id],
        device=words.of_device,
        several_banks=len({session.bank_id for session in found}) > 1,
    )


@blueprint.post("/me/sessions/<reference>/end")
@requires(Permission.OWN_DETAILS)
def end(reference: str) -> BaseResponse:
    """End one of one's own sessions."""
    membership, now = current_membership(), clock.now()
    found = queries.open_session_with_reference(membership.person, reference, limits=limits(), at=now)
    service.end_sessions([found], by=membership, at=now)
    db.session.commit()
    flash(gettext("That device is signed out"), "success")
    return redirect(url_for("sessions.own"))


@blueprint.post("/me/sessions/end-others")
@requires(Permission.OWN_DETAILS)
def end_others() -> BaseResponse:
    """End all of one's own sessions but this one."""
    membership, this, now = current_membership(), current_session(), clock.now()
    found = queries.open_sessions_of(membership.person, limits=limits(), at=now)
    others = [session for session in found if session.id != this.id]
    if others:
        service.end_sessions(others, by=membership, at=now)
        db.session.commit()
    told = ngettext("%(num)s other device is signed out", "%(num)s other devices are signed out", len(others))
    flash(told, "success")
    return redirect(url_for("sessions.own"))


@blueprint.after_app_request
def keep_last_seen(response: Response) -> Response:
    """Write down that the session is in use once the page is on its way, so that nobody waits for it."""
    if (session_id := g.pop("seen", None)) is not None:
        proxy: Any = current_app
        response.call_on_close(partial(_note_last_seen, proxy._get_current_object(), session_id))
    return response


def _note_last_seen(app: Flask, session_id: int) -> None:
    with app.app_context():
        try:
            service.note_last_seen(session_id, at=clock.now())
            db.session.commit()
        except SQLAlchemyError as error:
            # The next page tries again; until then, the session only looks older than it is.
            log.warning("last seen not kept", problem=type(error).__name__)
