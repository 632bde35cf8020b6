"""The pages on which somebody changes the address that they sign in with."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from timebank import clock
from timebank.errors import RuleBroken
from timebank.extensions import db, limiter
from timebank.mail.sending import mail_is_on
from timebank.members.permissions import Permission, current_membership, requires
from timebank.sign_in import email_change, service, session
from timebank.sign_in.forms import ConfirmEmailForm, NewEmailForm
from timebank.sign_in.limits import ATTEMPTS_FROM_AN_ADDRESS

blueprint = Blueprint("email_change", __name__)

MAIL_FROM_AN_ADDRESS = "10 per hour"


@blueprint.route("/me/email", methods=["GET", "POST"])
@limiter.limit(MAIL_FROM_AN_ADDRESS, methods=["POST"])
@requires(Permission.OWN_DETAILS)
def ask() -> Response | str | tuple[str, int]:
    """Ask for the new address and the password, and mail a link."""
    membership, form = current_membership(), NewEmailForm()
    if mail_is_on() and form.validate_on_submit():
        try:
            service.check_password(membership.person, form.until_now.data or "")
            email_change.ask_for_change(membership, email=form.email.data or "", at=clock.now())
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="email")
        else:
            told = gettext(
                "A mail with a link is on its way to the new address. The old one counts until you follow it"
            )
            flash(told, "info")
            return redirect(url_for("members.me"))
    page = render_template("sign_in/new_email.html", form=form, member=membership, mail_is_on=mail_is_on())
    return page, 422 if form.errors else 200


@blueprint.route("/me/email/<secret>", methods=["GET", "POST"])
@limiter.limit(ATTEMPTS_FROM_AN_ADDRESS)
@requires(Permission.OWN_DETAILS)
def confirm(secret: str) -> Response | str | tuple[str, int]:
    """Let whoever follows the link in the mail, and is signed in, have the new address."""
    membership, form, now = current_membership(), ConfirmEmailForm(), clock.now()
    link = email_change.asked_with(secret, by=membership, at=now)
    if form.validate_on_submit():
        passed = session.current_session().with_second_factor
        email_change.change_email(link, at=now)
        session.sign_in(membership, with_second_factor=passed, at=now)
        db.session.commit()
        flash(gettext("You sign in with %(email)s from now on", email=link.email), "success")
        return redirect(url_for("members.me"))
    page = render_template("sign_in/confirm_email.html", form=form, member=membership, email=link.email)
    return page, 422 if form.errors else 200
