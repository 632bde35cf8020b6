"""Pages for those who look after another's membership.

They are here because whoever is meant is found as everywhere, among all who have an account.
"""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from timebank import clock
from timebank.banks.models import Bank
from timebank.errors import NotFound, RuleBroken
from timebank.extensions import db
from timebank.members import looking_after
from timebank.members import queries as members
from timebank.members.models import Membership
from timebank.members.permissions import Permission, current_membership, may, requires
from timebank.organisations import find
from timebank.organisations.forms import HelperForm

blueprint = Blueprint("helpers", __name__)

Answer = Response | str | tuple[str, int]


@blueprint.route("/people/<reference>/helpers", methods=["GET", "POST"])
@requires(Permission.KEEP_MEMBERS)
def of_member(reference: str) -> Answer:
    """See who looks after a membership, and add somebody."""
    membership, now = current_membership(), clock.now()
    bank = membership.bank
    helped, form = members.member_with_reference(bank, reference), HelperForm()
    here = url_for("helpers.of_member", reference=reference)
    if form.validate_on_submit():
        try:
            helper = _member_meant(bank, form.who.data or "")
            looking_after.add_helper(helped, helper, until_on=form.until_on.data, added_by=membership, at=now)
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="who")
        else:
            flash(
                gettext("%(helper)s may read the statements of %(name)s", helper=helper.name, name=helped.name),
                "success",
            )
            return redirect(here)
    there = members.helpers_of([helped.id], today=bank.day_of(now)).get(helped.id, [])
    page = render_template("members/looked_after.html", form=form, member=helped, helpers=there, here=here)
    return page, 422 if form.errors else 200


def _member_meant(bank: Bank, typed: str) -> Membership:
    """Return the member that is meant. Raises what find_account() raises, or looking_after.HelperIsNoMember."""
    try:
        member = members.member_of_account(find.find_account(bank, typed, in_full=True))
    except RuleBroken as broken:
        broken.field = "who"
        raise
    if member is None:
        raise looking_after.HelperIsNoMember()
    return member


@blueprint.post("/helpers/<reference>/end")
@requires(Permission.OWN_HOURS)
def end(reference: str) -> Response:
    """End it: for either of the two, and for those who keep the members."""
    membership = current_membership()
    helper = members.helper_with_reference(membership.bank, reference)
    is_theirs = membership.id in (helper.helped_id, helper.helper_id)
    if not is_theirs and not may(membership, Permission.KEEP_MEMBERS):
        raise NotFound()
    looking_after.end_helper(helper, ended_by=membership, at=clock.now())
    db.session.commit()
    flash(
        gettext(
            "%(helper)s no longer reads the statements of %(name)s", helper=helper.helper.name, name=helper.helped.name
        ),
        "success",
    )
    if is_theirs:
        return redirect(url_for("members.me"))
    return redirect(url_for("helpers.of_member", reference=helper.helped.reference))
