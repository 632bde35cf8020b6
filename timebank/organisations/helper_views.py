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
from timebank.organisations.forms import HelperForm, OwnHelperForm
from timebank.sign_in import service as sign_in
from timebank.sign_in import session

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
            helper = _member_meant(bank, form.who.data or "", in_full=True)
            looking_after.add_helper(
                helped,
                helper,
                until_on=form.until_on.data,
                may_act=bool(form.may_act.data),
                on_their_word=bool(form.on_their_word.data),
                added_by=membership,
                at=now,
            )
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="who")
        else:
            flash(_said(helper, helped, may_act=bool(form.may_act.data)), "success")
            return redirect(here)
    there = members.helpers_of([helped.id], today=bank.day_of(now)).get(helped.id, [])
    page = render_template("members/looked_after.html", form=form, member=helped, helpers=there, here=here)
    return page, 422 if form.errors else 200


def _said(helper: Membership, helped: Membership, *, may_act: bool) -> str:
    if may_act:
        return gettext("%(helper)s may act for %(name)s", helper=helper.name, name=helped.name)
    return gettext("%(helper)s may read the statements of %(name)s", helper=helper.name, name=helped.name)


@blueprint.route("/me/helpers", methods=["GET", "POST"])
@requires(Permission.OWN_DETAILS)
def own() -> Answer:
    """See who helps oneself, and let somebody help."""
    membership, now, form = current_membership(), clock.now(), OwnHelperForm()
    bank = membership.bank
    if form.validate_on_submit():
        try:
            helper = _member_meant(bank, form.who.data or "", in_full=False)
            looking_after.add_helper(
                membership,
                helper,
                until_on=form.until_on.data,
                may_act=bool(form.may_act.data),
                added_by=membership,
                at=now,
            )
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="who")
        else:
            flash(gettext("%(helper)s can help you now", helper=helper.short_name), "success")
            return redirect(url_for("helpers.own"))
    today = bank.day_of(now)
    page = render_template(
        "members/own_helpers.html",
        form=form,
        helpers=members.helpers_of([membership.id], today=today).get(membership.id, []),
        looked_after=members.looked_after_by(membership, today=today),
    )
    return page, 422 if form.errors else 200


def _member_meant(bank: Bank, typed: str, *, in_full: bool) -> Membership:
    """Return the member that is meant. Raises what find_account() raises, or looking_after.HelperIsNoMember."""
    try:
        member = members.member_of_account(find.find_account(bank, typed, in_full=in_full))
    except RuleBroken as broken:
        broken.field = "who"
        raise
    if member is None:
        raise looking_after.HelperIsNoMember()
    return member


@blueprint.post("/helpers/<reference>/end")
@requires(Permission.OWN_DETAILS)
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
            "%(helper)s no longer looks after the membership of %(name)s",
            helper=helper.helper.name,
            name=helper.helped.name,
        ),
        "success",
    )
    if is_theirs:
        return redirect(url_for("helpers.own"))
    return redirect(url_for("helpers.of_member", reference=helper.helped.reference))


@blueprint.post("/helpers/<reference>/act")
@requires(Permission.OWN_DETAILS)
def act(reference: str) -> Response:
    """Act for whom one helps, until one goes back to oneself."""
    membership = current_membership()
    helper = members.helper_with_reference(membership.bank, reference)
    if helper.helper_id != membership.id:
        raise NotFound()
    sign_in.begin_acting(session.current_session(), helper, at=clock.now())
    db.session.commit()
    session.forget_open_forms()
    flash(gettext("You act for %(name)s now. Go back to yourself when you are done", name=helper.helped.name), "info")
    return redirect(url_for("dashboard.home"))


@blueprint.post("/acting/end")
@requires(Permission.SIGNED_IN)
def act_for_oneself() -> Response:
    """Go back to acting for oneself."""
    sign_in.end_acting(session.current_session(), at=clock.now())
    db.session.commit()
    session.forget_open_forms()
    flash(gettext("You act for yourself again"), "success")
    return redirect(url_for("dashboard.home"))
