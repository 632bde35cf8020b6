"""Pages for whoever looks after the installation: its banks, counted, and whether it is well. Nobody is named here."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from timebank import clock
from timebank.banks import service as banks
from timebank.doctor import queries
from timebank.doctor.examination import findings
from timebank.doctor.forms import NewBankForm
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.members.permissions import Permission, current_membership, requires
from timebank.submissions import service as submissions

blueprint = Blueprint("system", __name__)


@blueprint.get("/system")
@requires(Permission.KEEP_BANKS)
def every_bank() -> str:
    """List the banks of the installation, with how much is in each."""
    return render_template("doctor/banks.html", banks=queries.banks_counted())


@blueprint.get("/system/doctor")
@requires(Permission.KEEP_BANKS)
def examine() -> str:
    """Show what the doctor finds: the same as the command tells."""
    found = list(findings())
    # The doctor ends its transactions as it goes; who is signed in is asked anew for the page.
    db.session.refresh(current_membership())
    return render_template("doctor/findings.html", findings=found)


@blueprint.route("/system/banks/new", methods=["GET", "POST"])
@requires(Permission.KEEP_BANKS)
def new_bank() -> Response | str | tuple[str, int]:
    """Make an empty bank."""
    membership, form, now = current_membership(), NewBankForm(), clock.now()
    form.prepare()
    form.with_new_key()
    if form.validate_on_submit():
        content = {name: form[name].data for name in ("name", "code", "time_zone", "language")}
        try:
            submission = submissions.accept(membership.bank_id, form.key.data or "", content, at=now)
            if submission.result is None:
                bank = banks.create_bank(
                    code=form.code.data or "",
                    name=form.name.data or "",
                    time_zone=form.time_zone.data or "",
                    language=form.language.data or "",
                    made_by=membership.id,
                    at=now,
                )
                submission.result = bank.code
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="name")
        else:
            flash(gettext("The time bank %(name)s is made", name=form.name.data), "success")
            return redirect(url_for("system.every_bank"))
    return render_template("doctor/new_bank.html", form=form), 422 if form.errors else 200
