"""Who is signed in, as Flask-Login sees it. Its word "user" stays in this file."""

from __future__ import annotations

from flask import flash, g, redirect, request, session, url_for
from flask_babel import gettext
from flask_login import UserMixin, login_user, logout_user
from flask_login import current_user as current_user
from werkzeug.wrappers import Response

from timebank.extensions import login_manager
from timebank.members import queries
from timebank.members.models import Membership


class SignedIn(UserMixin):
    """A membership that somebody signed in with, while its sign-in version is the one they signed in with."""

    def __init__(self, membership: Membership) -> None:
        self.membership = membership

    def get_id(self) -> str:
        """Return what the session cookie holds."""
        return f"{self.membership.id}:{self.membership.person.sign_in_version}"


@login_manager.user_loader
def load(session_id: str) -> SignedIn | None:
    """Return who the session cookie stands for, unless that session was ended, or the member has left or is paused."""
    membership_id, _, version = session_id.partition(":")
    if not (membership_id.isdecimal() and version.isdecimal()):
        return None
    membership = queries.membership_with_bank(int(membership_id))
    if membership is None or not membership.takes_part or membership.person.sign_in_version != int(version):
        return None
    g.membership = membership
    g.bank = membership.bank
    return SignedIn(membership)


@login_manager.unauthorized_handler
def ask_to_sign_in() -> Response:
    """Send whoever is not signed in to the sign-in page, and back afterwards when they only wanted to look."""
    if request.method == "GET":
        return redirect(url_for("sign_in.sign_in", next=request.full_path.removesuffix("?")))
    flash(gettext("You were signed out, so nothing was sent. Sign in and try again"), "warning")
    return redirect(url_for("sign_in.sign_in"))


def sign_in(membership: Membership) -> None:
    """Begin a session for the membership, in which nothing from before counts: no old token, no old choice."""
    session.clear()
    login_user(SignedIn(membership))
    g.membership, g.bank = membership, membership.bank


def sign_out() -> None:
    """End this browser's session."""
    logout_user()
    g.pop("membership", None)
    g.pop("bank", None)


def own_path(target: str) -> str | None:
    """Return `target` if it is a plain path of our own, else None: never another site, nor a trick to reach one."""
    safe_signs = all(33 <= ord(sign) < 127 and sign != "\\" for sign in target)
    if len(target) <= 500 and safe_signs and target.startswith("/") and not target.startswith("//"):
        return target
    return None
