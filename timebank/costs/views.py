"""The page on which administrators enter what the bank costs."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from timebank import clock
from timebank.costs import queries, service, words
from timebank.costs.forms import CostForm
from timebank.costs.models import CostKind
from timebank.costs.money import in_money
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.members.permissions import Permission, current_membership, requires
from timebank.submissions import service as submissions

blueprint = Blueprint("costs", __name__)

_TYPED = ("label", "amount", "kind", "starts_on", "last_day", "assumption")


@blueprint.route("/rules/costs", methods=["GET", "POST"])
@requires(Permission.SET_RULES)
def every() -> Response | str | tuple[str, int]:
    """List what the bank costs, and enter more."""
    membership, form = current_membership(), CostForm()
    bank = membership.bank
    form.prepare()
    form.with_new_key()
    if form.validate_on_submit() and form.starts_on.data and form.last_day.data:
        try:
            content = {name: form[name].data for name in _TYPED}
            submission = submissions.accept(bank.id, form.key.data or "", content, at=clock.now())
            if submission.result is None:
                cost = service.enter_cost(
                    bank,
                    label=form.label.data or "",
                    pence=form.amount.pence or 0,
                    kind=CostKind(form.kind.data),
                    starts_on=form.starts_on.data,
                    last_day=form.last_day.data,
                    assumption=form.assumption.data or "",
                    entered_by=membership,
                    at=clock.now(),
                )
                submission.result = cost.reference
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="label")
        else:
            flash(gettext("The amount is kept"), "success")
            return redirect(url_for("costs.every"))
    page = render_template("costs/every.html", form=form, costs=queries.costs_of(bank), said=words, in_money=in_money)
    return page, 422 if form.errors else 200


@blueprint.post("/rules/costs/<reference>/remove")
@requires(Permission.SET_RULES)
def remove(reference: str) -> Response:
    """Count an amount no longer."""
    membership = current_membership()
    cost = queries.cost_with(membership.bank, reference)
    service.remove_cost(membership.bank, cost, removed_by=membership, at=clock.now())
    db.session.commit()
    flash(gettext("The amount is removed. What was released with it still has it"), "success")
    return redirect(url_for("costs.every"))
