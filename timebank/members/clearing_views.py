"""The coordinator's page on what a member is cleared for."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from timebank import clock
from timebank.banks import queries as banks
from timebank.banks import words as bank_words
from timebank.banks.models import Activity, Involvement
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.members import clearing, queries, words
from timebank.members.forms import CheckForm, ClearForm, ConfirmForm
from timebank.members.models import Membership
from timebank.members.permissions import Permission, current_membership, requires
from timebank.submissions import service as submissions

blueprint = Blueprint("clearing", __name__)

Answer = Response | str | tuple[str, int]


@blueprint.route("/people/<reference>/clearances", methods=["GET", "POST"])
@requires(Permission.KEEP_MEMBERS)
def clearances(reference: str) -> Answer:
    """Show what a member is and was cleared for, and clear them for more."""
    found, form = _member(reference), ClearForm()
    form.prepare(today=found.bank.day_of(clock.now()))
    if form.validate_on_submit():
        try:
            content = {
                "member": reference,
                "involvement": form.involvement.data,
                "from": form.cleared_on.data,
                "until": form.until_on.data,
            }
            submission = submissions.accept(found.bank_id, form.key.data or "", content, at=clock.now())
            if submission.result is None:
                submission.result = clearing.clear(
                    found,
                    involvement=Involvement(form.involvement.data),
                    cleared_on=form.cleared_on.data or found.bank.day_of(clock.now()),
                    until_on=form.until_on.data,
                    cleared_by=current_membership(),
                    at=clock.now(),
                ).reference
            db.session.commit()
        except RuleBroken as broken:
            if broken.status == 403:
                raise
            db.session.rollback()
            form.show(broken, otherwise="involvement")
        else:
            flash(gettext("%(name)s is cleared for this", name=found.name), "success")
            return redirect(url_for("clearing.clearances", reference=reference))
    return _page(_member(reference), form)


@blueprint.post("/people/<reference>/clearances/<clearance>/end")
@requires(Permission.KEEP_MEMBERS)
def end(reference: str, clearance: str) -> Response:
    """End that a member is cleared for something."""
    found = _member(reference)
    clearing.end_clearance(
        found,
        queries.clearance_with_reference(found, clearance),
        ended_by=current_membership(),
        at=clock.now(),
    )
    db.session.commit()
    flash(gettext("%(name)s is no longer cleared for this", name=found.name), "success")
    return redirect(url_for("clearing.clearances", reference=reference))


@blueprint.post("/people/<reference>/limits")
@requires(Permission.KEEP_MEMBERS)
def limits(reference: str) -> Response:
    """Let a member take part only among others, or without limits again."""
    found, form = _member(reference), ConfirmForm()
    limited = found.limited_at is None
    if form.validate_on_submit():
        clearing.set_limits(found, limited=limited, set_by=current_membership(), at=clock.now())
        db.session.commit()
        said = (
            gettext("%(name)s now takes part only in groups and public places", name=found.name)
            if limited
            else gettext("%(name)s now takes part without limits", name=found.name)
        )
        flash(said, "success")
    return redirect(url_for("clearing.clearances", reference=reference))


@blueprint.route("/people/<reference>/checks", methods=["GET", "POST"])
@requires(Permission.KEEP_MEMBERS)
def checks(reference: str) -> Answer:
    """Keep that a DBS check was made, for an activity that makes a member eligible."""
    found, form = _member(reference), CheckForm()
    activities = _with_checks(found)
    form.prepare(activities)
    if form.validate_on_submit():
        try:
            content = {
                "member": reference,
                "activity": form.activity.data,
                "on": form.checked_on.data,
                "until": form.until_on.data,
            }
            submission = submissions.accept(found.bank_id, form.key.data or "", content, at=clock.now())
            if submission.result is None and form.checked_on.data and form.until_on.data:
                submission.result = clearing.record_check(
                    found,
                    banks.activity_with_reference(found.bank, form.activity.data),
                    checked_on=form.checked_on.data,
                    until_on=form.until_on.data,
                    recorded_by=current_membership(),
                    at=clock.now(),
                ).reference
            db.session.commit()
        except RuleBroken as broken:
            if broken.status == 403:
                raise
            db.session.rollback()
            form.show(broken, otherwise="activity")
        else:
            flash(gettext("The check is kept"), "success")
            return redirect(url_for("clearing.clearances", reference=reference))
    page = render_template("members/check.html", form=form, member=found, activities=activities)
    return page, 422 if form.errors else 200


def _member(reference: str) -> Membership:
    return queries.member_with_reference(current_membership().bank, reference)


def _with_checks(member: Membership) -> list[Activity]:
    return [activity for activity in banks.activities_of(member.bank) if activity.check_reason]


def _page(found: Membership, form: ClearForm) -> tuple[str, int]:
    kept = queries.clearances_of([found.id]).get(found.id, [])
    today = found.bank.day_of(clock.now())
    rows = [(each, bank_words.of_involvement(Involvement(each.involvement)), each.covers(today)) for each in kept]
    page = render_template(
        "members/clearances.html",
        form=form,
        member=found,
        rows=rows,
        checks=queries.checks_of([found.id]).get(found.id, []),
        today=today,
        with_checks=_with_checks(found),
        standing=words.of_standing(found.standing),
        may_clear=clearing.may_clear(found, by=current_membership()),
    )
    return page, 422 if form.errors else 200
