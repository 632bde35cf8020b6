"""Who is signed in, as Flask-Login sees it. Its word "user" stays in this file."""

from __future__ import annotations

import datetime as dt
from typing import cast

from flask import current_app, flash, g, redirect, request, session, url_for
from flask_babel import gettext
from flask_login import UserMixin, login_user, logout_user
from flask_login import current_user as current_user
from werkzeug.wrappers import Response

from timebank import clock
from timebank.extensions import login_manager
from timebank.members.models import Membership
from timebank.sign_in import queries, service
from timebank.sign_in.devices import device_named
from timebank.sign_in.models import Session
from timebank.sign_in.queries import Limits

# That somebody is still there is written down no more often than this.
BETWEEN_SIGHTINGS = dt.timedelta(minutes=1)


class SignedIn(UserMixin):
    """A membership that somebody is signed in with, and the session in which they are."""

    def __init__(self, membership: Membership, session_id: str) -> None:
        self.membership, self.session_id = membership, session_id

    def get_id(self) -> str:
        """Return what the session cookie holds."""
        return self.session_id


def limits() -> Limits:
    """Return after how long sessions end by themselves, as the settings say."""
    return Limits(
        unused=dt.timedelta(minutes=current_app.config["TIMEBANK_SESSION_IDLE_MINUTES"]),
        longest=dt.timedelta(hours=current_app.config["TIMEBANK_SESSION_HOURS"]),
    )


@login_manager.user_loader
def load(session_id: str) -> SignedIn | None:
    """Return who the session cookie stands for, unless that session was ended or the member has left."""
    begun, now = queries.session_with_hash(service.hash_of_id(session_id)), clock.now()
    if begun is None or not queries.is_open(begun, limits=limits(), at=now):
        return None
    g.session, g.membership, g.bank = begun, begun.membership, begun.membership.bank
    if now - begun.last_seen_at >= BETWEEN_SIGHTINGS:
        g.seen = begun.id
    return SignedIn(begun.membership, session_id)


def current_session() -> Session:
    """Return the session of whoever is signed in. Only for views that declare a permission."""
    return cast(Session, g.session)


@login_manager.unauthorized_handler
def ask_to_sign_in() -> Response:
    """Send whoever is not signed in to the sign-in page, and back afterwards when they only wanted to look."""
    if request.method == "GET":
        return redirect(url_for("sign_in.sign_in", next=request.full_path.removesuffix("?")))
    flash(gettext("You were signed out, so nothing was sent. Sign in and try again"), "warning")
    return redirect(url_for("sign_in.sign_in"))


def sign_in(membership: Membership, *, at: dt.datetime) -> None:
    """Begin a session for the membership, in which nothing from before counts: no old id, no old token, no old choice.

    The caller commits.
    """
    if (until_now := g.get("session")) is not None:
        service.end_session(until_now, at=at)
    device = device_named(request.headers.get("User-Agent", ""))
    session_id = service.begin_session(membership, device=device, limits=limits(), at=at)
    session.clear()
    login_user(SignedIn(membership, session_id))
    g.membership, g.bank = membership, membership.bank


def sign_out() -> None:
    """Let this browser forget its session, which must have been ended."""
    logout_user()
    for name in ("session", "membership", "bank"):
        g.pop(name, None)


def own_path(target: str) -> str | None:
    """Return `target` if it is a plain path of our own, else None: never another site, nor a trick to reach one."""
    safe_signs = all(33 <= ord(sign) < 127 and sign != "\\" for sign in target)
    if len(target) <= 500 and safe_signs and target.startswith("/") and not target.startswith("//"):
        return target
    return None
