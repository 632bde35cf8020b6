"""The administrator's pages: the bank's rules and its activities."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from timebank import clock
from timebank.banks import queries, service, words
from timebank.banks.forms import ActivityForm, RulesForm
from timebank.banks.models import Stage
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.ledger.models import Book
from timebank.members.permissions import Permission, current_membership, requires
from timebank.submissions import service as submissions

blueprint = Blueprint("banks", __name__, url_prefix="/rules")

Page = Response | str | tuple[str, int]


@blueprint.route("", methods=["GET", "POST"])
@requires(Permission.SET_RULES)
def rules() -> Page:
    """See and set the bank's rules."""
    membership = current_membership()
    bank = membership.bank
    form = RulesForm(obj=bank)
    form.prepare(bank)
    if form.validate_on_submit():
        try:
            service.change_rules(bank, changed_by=membership.id, at=clock.now(), **form.rules())
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="name")
        else:
            flash(gettext("The rules are kept, and hold from now on"), "success")
            return redirect(url_for("banks.rules"))
    return render_template("banks/rules.html", form=form), 422 if form.errors else 200


@blueprint.get("/activities")
@requires(Permission.SET_RULES)
def activities() -> str:
    """List the bank's activities."""
    rows = [
        (
            activity,
            words.of_book(Book(activity.default_book)),
            words.of_stage(Stage(activity.default_stage)),
            ", ".join(words.of_involvement(each) for each in activity.involvements),
        )
        for activity in queries.activities_of(current_membership().bank)
    ]
    return render_template("banks/activities.html", rows=rows)


@blueprint.route("/activities/new", methods=["GET", "POST"])
@requires(Permission.SET_RULES)
def new_activity() -> Page:
    """Add an activity."""
    membership, form = current_membership(), ActivityForm(offered=True)
    form.prepare()
    form.with_new_key()
    if not form.is_submitted():
        form.default_book.data, form.default_stage.data = Book.CREDIT.value, Stage.DELIVERY.value
    if form.validate_on_submit():
        details = _details(form)
        try:
            submission = submissions.accept(membership.bank_id, form.key.data or "", details, at=clock.now())
            if submission.result is None:
                activity = service.add_activity(
                    membership.bank,
                    name=form.name.data or "",
                    service_area=form.service_area.data or "",
                    default_book=Book(form.default_book.data),
                    default_stage=Stage(form.default_stage.data),
                    involvements=form.involvements,
                    check_reason=form.check_reason.data or "",
                    added_by=membership.id,
                    at=clock.now(),
                )
                submission.result = activity.reference
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="name")
        else:
            flash(gettext("%(name)s was added", name=form.name.data), "success")
            return redirect(url_for("banks.activities"))
    return render_template("banks/new_activity.html", form=form), 422 if form.errors else 200


@blueprint.route("/activities/<reference>", methods=["GET", "POST"])
@requires(Permission.SET_RULES)
def change_activity(reference: str) -> Page:
    """Change an activity."""
    membership = current_membership()
    activity = queries.activity_with_reference(membership.bank, reference)
    form = ActivityForm(obj=activity)
    form.prepare()
    form.tick_involvements(activity)
    form.with_new_key()
    if form.validate_on_submit():
        try:
            service.change_activity(
                membership.bank,
                activity,
                name=form.name.data or "",
                service_area=form.service_area.data or "",
                default_book=Book(form.default_book.data),
                default_stage=Stage(form.default_stage.data),
                offered=bool(form.offered.data),
                involvements=form.involvements,
                check_reason=form.check_reason.data or "",
                changed_by=membership.id,
                at=clock.now(),
            )
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="name")
        else:
            flash(gettext("Your changes are kept"), "success")
            return redirect(url_for("banks.activities"))
    page = render_template("banks/change_activity.html", form=form, activity=activity)
    return page, 422 if form.errors else 200


def _details(form: ActivityForm) -> dict[str, object]:
    names = ("name", "service_area", "default_book", "default_stage", "check_reason")
    return {name: form[name].data for name in names} | {"involves": [each.value for each in form.involvements]}
