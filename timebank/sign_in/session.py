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
from timebank.members import acting
from timebank.members import queries as members
from timebank.members.models import Membership
from timebank.sign_in import queries, service
from timebank.sign_in.devices import device_named
from timebank.sign_in.models import Session
from timebank.sign_in.queries import Limits
from timebank.sign_in.second_factor import is_required_of

# That somebody is still there is written down no more often than this.
BETWEEN_SIGHTINGS = dt.timedelta(minutes=1)

HALFWAY = "halfway"
SEVERAL_BANKS = "several banks"
# From the password to the code; setting an app up for the first time takes longer than typing six digits.
SECONDS_HALFWAY = 20 * 60


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
    """Return who the session cookie stands for, unless it has ended, or their role now needs more."""
    begun, now = queries.session_with_hash(service.hash_of_id(session_id)), clock.now()
    if begun is None or not queries.is_open(begun, limits=limits(), at=now):
        return None
    if is_required_of(begun.membership) and not begun.with_second_factor:
        return None
    g.session, g.membership, g.bank = begun, begun.membership, begun.membership.bank
    if now - begun.last_seen_at >= BETWEEN_SIGHTINGS:
        g.seen = begun.id
    if begun.acting_by_id is not None:
        today = begun.membership.bank.day_of(now)
        acting.begin(members.acting_helper(begun.acting_by_id, helper_of=begun.membership_id, today=today))
    return SignedIn(begun.membership, session_id)


def current_session() -> Session:
    """Return the session of whoever is signed in. Only for views that declare a permission."""
    return cast(Session, g.session)


@login_manager.unauthorized_handler
def ask_to_sign_in() -> Response:
    """Send whoever is not signed in to the sign-in page, and back afterwards when they only wanted to look."""
    if request.method != "POST":
        return redirect(url_for("sign_in.sign_in", next=request.full_path.removesuffix("?")))
    flash(gettext("You were signed out, so nothing was sent. Sign in and try again"), "warning")
    return redirect(url_for("sign_in.sign_in"))


def sign_in(membership: Membership, *, with_second_factor: bool, at: dt.datetime) -> None:
    """Begin a session for the membership, in which nothing from before counts: no old id, no old token, no old choice.

    The caller commits.
    """
    if (until_now := g.get("session")) is not None:
        service.end_session(until_now, at=at)
    device = device_named(request.headers.get("User-Agent", ""))
    session_id = service.begin_session(
        membership, device=device, limits=limits(), with_second_factor=with_second_factor, at=at
    )
    session.clear()
    # So that each page can offer to change to another, without asking the database for it.
    session[SEVERAL_BANKS] = len(members.memberships_of(membership.person)) > 1
    login_user(SignedIn(membership, session_id))
    g.membership, g.bank = membership, membership.bank
    for name in ("is_acting", "acts_for"):
        g.pop(name, None)


def go_halfway(membership: Membership, *, next_path: str, at: dt.datetime, chosen: bool = False) -> None:
    """Remember, for a few minutes, that somebody has given the member's right password, and lets nobody in yet.

    Whether they have `chosen` this bank among their own is remembered too, so that they are not asked again.
    """
    session.clear()
    session[HALFWAY] = {
        "person": membership.person_id,
        "membership": membership.id,
        "version": membership.person.sign_in_version,
        "at": int(at.timestamp()),
        "next": next_path,
        "chosen": chosen,
    }


def person_halfway() -> int | None:
    """Return the id of whoever has given the right password, to count their attempts by."""
    return cast("int | None", session.get(HALFWAY, {}).get("person"))


def membership_halfway(*, at: dt.datetime) -> Membership | None:
    """Return whom somebody is about to sign in as who has given the right password not long ago."""
    said = session.get(HALFWAY)
    if said is None or not 0 <= int(at.timestamp()) - said["at"] < SECONDS_HALFWAY:
        return None
    membership = members.membership_with_bank(said["membership"])
    if membership is None or membership.left_at is not None:
        return None
    return membership if membership.person.sign_in_version == said["version"] else None


def needs_second_step(membership: Membership) -> bool:
    """Return whether the password is not enough to sign in as this member."""
    return is_required_of(membership) or queries.second_factor_of(membership.person) is not None


def let_in(membership: Membership, *, with_second_factor: bool, at: dt.datetime) -> Response:
    """Begin a session after the last step, and lead to where somebody wanted to go. The caller commits."""
    said = session.get(HALFWAY, {})
    target, chosen = own_path(said.get("next", "")), said.get("chosen", False)
    sign_in(membership, with_second_factor=with_second_factor, at=at)
    service.record_sign_in(membership, at=at)
    if belongs_to_several() and not chosen:
        return redirect(url_for("sign_in.choose_bank", next=target))
    return redirect(target or url_for("dashboard.home"))


def belongs_to_several() -> bool:
    """Return whether whoever is signed in could choose another bank when they signed in."""
    return bool(session.get(SEVERAL_BANKS))


def forget_open_forms() -> None:
    """Let no form be taken that was opened before, so that nothing begun in one name is done in another's."""
    session.pop(current_app.config.get("WTF_CSRF_FIELD_NAME", "csrf_token"), None)
    g.pop("csrf_token", None)


def sign_out() -> None:
    """Let this browser forget its session, which must have been ended."""
    logout_user()
    for name in ("session", "membership", "bank", "is_acting", "acts_for"):
        g.pop(name, None)


def own_path(target: str) -> str | None:
    """Return `target` if it is a plain path of our own, else None: never another site, nor a trick to reach one."""
    safe_signs = all(33 <= ord(sign) < 127 and sign != "\\" for sign in target)
    if len(target) <= 500 and safe_signs and target.startswith("/") and not target.startswith("//"):
        return target
    return None
