"""The coordinator's page on which a person is paused."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from timebank import clock
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.members import pausing, queries
from timebank.members.forms import PauseForm
from timebank.members.permissions import Permission, current_membership, requires

blueprint = Blueprint("pausing", __name__)


@blueprint.route("/people/<reference>/pause", methods=["GET", "POST"])
@requires(Permission.KEEP_MEMBERS)
def pause(reference: str) -> Response | str | tuple[str, int]:
    """Ask why, and then pause a person at once."""
    membership, form = current_membership(), PauseForm()
    found = queries.member_with_reference(membership.bank, reference)
    if form.validate_on_submit():
        try:
            pausing.pause(found, reason=form.reason.data or "", paused_by=membership, at=clock.now())
            db.session.commit()
        except RuleBroken as broken:
            if broken.status == 403:
                raise
            db.session.rollback()
            form.show(broken, otherwise="reason")
        else:
            flash(gettext("%(name)s is paused, and signed out everywhere", name=found.name), "success")
            return redirect(url_for("members.member", reference=reference))
    return render_template("members/pause.html", form=form, member=found), 422 if form.errors else 200


@blueprint.post("/people/<reference>/end-pause")
@requires(Permission.KEEP_MEMBERS)
def end_pause(reference: str) -> Response:
    """Let a person who was paused take part again."""
    membership = current_membership()
    found = queries.member_with_reference(membership.bank, reference)
    pausing.end_pause(found, ended_by=membership, at=clock.now())
    db.session.commit()
    flash(gettext("%(name)s can take part again, and sign in", name=found.name), "success")
    return redirect(url_for("members.member", reference=reference))
