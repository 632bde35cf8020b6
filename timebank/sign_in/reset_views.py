"""The pages for whoever has forgotten their password. They tell nobody who has an address here."""

from __future__ import annotations

import time

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from timebank import clock
from timebank.banks import queries as banks
from timebank.extensions import db, limiter
from timebank.mail.sending import mail_is_on
from timebank.sign_in import reset
from timebank.sign_in.forms import ForgottenForm, NewPasswordForm
from timebank.sign_in.limits import ATTEMPTS_FROM_AN_ADDRESS, account_named
from timebank.sign_in.passwords import PasswordUnfit
from timebank.web.access import public

blueprint = Blueprint("reset", __name__)

# Whoever has the address gets so much mail at most, and nobody is kept from signing in by it.
LINKS_FOR_AN_ACCOUNT = "5 per hour"
# The answer comes after a multiple of this, for an address that somebody has and for one that nobody has: the work for
# either takes a small part of it.
MILLISECONDS_UNTIL_THE_ANSWER = 400
_MILLISECONDS = 1_000


@blueprint.route("/forgotten-password", methods=["GET", "POST"])
@limiter.limit(ATTEMPTS_FROM_AN_ADDRESS, methods=["POST"])
@limiter.limit(LINKS_FOR_AN_ACCOUNT, key_func=account_named, methods=["POST"])
@public
def ask() -> Response | str | tuple[str, int]:
    """Ask for the address, and mail a link to whoever has it."""
    began, form = _now_in_milliseconds(), ForgottenForm()
    if mail_is_on() and form.validate_on_submit():
        reset.ask_for_reset(form.email.data or "", at=clock.now())
        db.session.commit()
        _wait_since(began)
        told = gettext(
            "If this address is known here, a mail with a link is on its way to it. It may take a few minutes"
        )
        flash(told, "info")
        return redirect(url_for("sign_in.sign_in"))
    contact = banks.only_help_contact()
    page = render_template(
        "sign_in/forgotten.html", form=form, help_contact=contact, mail_is_on=mail_is_on(), hours=reset.VALID_HOURS
    )
    return page, 422 if form.errors else 200


def _now_in_milliseconds() -> int:
    return int(time.monotonic() * _MILLISECONDS)


def _wait_since(began: int) -> None:
    passed = _now_in_milliseconds() - began
    time.sleep((MILLISECONDS_UNTIL_THE_ANSWER - passed % MILLISECONDS_UNTIL_THE_ANSWER) / _MILLISECONDS)


@blueprint.route("/new-password/<secret>", methods=["GET", "POST"])
@limiter.limit(ATTEMPTS_FROM_AN_ADDRESS)
@public
def choose(secret: str) -> Response | str | tuple[str, int]:
    """Let whoever was mailed a link set a new password."""
    link, form = reset.asked_with(secret, at=clock.now()), NewPasswordForm()
    if form.validate_on_submit():
        try:
            reset.reset_password(link, form.password.data or "", at=clock.now())
            db.session.commit()
        except PasswordUnfit as unfit:
            db.session.rollback()
            form.show(unfit, otherwise="password")
        else:
            flash(gettext("Your password is set. You can sign in now"), "success")
            return redirect(url_for("sign_in.sign_in"))
    page = render_template("sign_in/first_password.html", form=form, email=link.email)
    return page, 422 if form.errors else 200
