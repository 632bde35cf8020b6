"""Pages that are the same for everybody."""

from __future__ import annotations

from flask import Blueprint, Response
from sqlalchemy import text

from timebank.extensions import db, limiter
from timebank.web.access import public
from timebank.web.error_pages import render_without_needing_the_database

blueprint = Blueprint("web", __name__)


@blueprint.get("/healthz")
@limiter.exempt
@public
def healthz() -> Response:
    """Tell a load balancer whether the application can reach its database."""
    db.session.execute(text("SELECT 1"))
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/help")
@public
def help_page() -> str:
    """Explain how the time bank works."""
    return render_without_needing_the_database("web/help.html")


@blueprint.get("/accessibility")
@public
def accessibility() -> str:
    """Say how this can be used by everybody, and whom to tell when it cannot."""
    return render_without_needing_the_database("web/accessibility.html")


@blueprint.get("/privacy")
@public
def privacy() -> str:
    """Say what is kept about people, and who sees it."""
    return render_without_needing_the_database("web/privacy.html")
