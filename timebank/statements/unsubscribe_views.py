"""The page behind the link in a mail that stops mail. It knows nobody's name, and tells nothing about anybody."""

from __future__ import annotations

import hashlib
import hmac

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from timebank import clock
from timebank.extensions import csrf, db, limiter
from timebank.statements import readers
from timebank.statements.models import BY_EMAIL, How, StatementChoice
from timebank.statements.sending import stop_mail
from timebank.web.access import public
from timebank.web.forms import Form, RadiosField, SendField

blueprint = Blueprint("unsubscribe", __name__)

FROM_AN_ADDRESS = "60 per minute; 600 per hour"

# What a mail program sends when somebody presses its own button (RFC 8058), and nothing else.
ONE_CLICK = [("List-Unsubscribe", "One-Click")]


class StopForm(Form):
    """How the statements come instead."""

    how = RadiosField(_l("How do you want your statements?"), choose=_l("Choose how you want your statements"))
    send = SendField(_l("Stop the mail"))


@blueprint.route("/unsubscribe/<reference>", methods=["GET", "POST"])
@limiter.limit(FROM_AN_ADDRESS)
@csrf.exempt
@public
def stop(reference: str) -> Response | str | tuple[str, int]:
    """Let whoever got a mail stop it. A reference that nobody has looks and does the same, and changes nothing."""
    is_sent = request.method == "POST"
    if is_sent and list(request.form.items(multi=True)) == ONE_CLICK:
        choice = readers.choice_with_reference(reference, for_update=is_sent)
        if choice is not None and choice.how in BY_EMAIL:
            stop_mail(choice, how=How.ONLINE, at=clock.now())
        db.session.commit()
        return gettext("The mail is stopped.")
    # The one click above comes from a mail program, which has no page of ours to take a token from.
    csrf.protect()
    choice = readers.choice_with_reference(reference, for_update=is_sent)
    form = StopForm()
    form.how.offer(_ways(choice, reference))
    if form.validate_on_submit():
        if choice is not None:
            stop_mail(choice, how=How(form.how.data), at=clock.now())
        db.session.commit()
        flash(gettext("It is done: your statements do not come by mail any more"), "success")
        return redirect(url_for("unsubscribe.stop", reference=reference))
    return render_template("statements/unsubscribe.html", form=form), 422 if form.errors else 200


def _ways(choice: StatementChoice | None, reference: str) -> list[tuple[str, str]]:
    ways = [(How.ONLINE.value, gettext("Only online, when I sign in"))]
    if choice.membership.address if choice is not None else _by_lot(reference):
        ways.insert(0, (How.PAPER.value, gettext("On paper")))
    return ways


def _by_lot(reference: str) -> bool:
    """Return yes or no for a reference that nobody has, always the same, so that the page gives nothing away."""
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return bool(hmac.new(secret, f"unsubscribe|{reference}".encode(), hashlib.sha256).digest()[0] & 1)
