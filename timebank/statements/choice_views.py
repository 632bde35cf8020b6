"""Pages on which somebody says how they want their statements, or a coordinator says it for them."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from timebank import clock
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.members import queries as members
from timebank.members.models import Membership
from timebank.members.permissions import Permission, current_membership, requires
from timebank.statements import choices
from timebank.statements.forms import ChoiceForm

blueprint = Blueprint("statement_choices", __name__)

Answer = Response | str | tuple[str, int]


@blueprint.route("/me/statements", methods=["GET", "POST"])
@requires(Permission.OWN_DETAILS)
def own() -> Answer:
    """See and choose how one gets one's own statements."""
    return _choose(current_membership(), here=url_for("statement_choices.own"), back=url_for("members.me"))


@blueprint.route("/people/<reference>/statements", methods=["GET", "POST"])
@requires(Permission.KEEP_MEMBERS)
def of_member(reference: str) -> Answer:
    """See and choose how a member gets their statements, as they asked for it."""
    member = members.member_with_reference(current_membership().bank, reference)
    here = url_for("statement_choices.of_member", reference=reference)
    return _choose(member, here=here, back=url_for("members.member", reference=reference))


def _choose(member: Membership, *, here: str, back: str) -> Answer:
    form, before = ChoiceForm(), choices.choice_of(member)
    form.prepare_for(before)
    if form.validate_on_submit():
        try:
            choices.choose(member, form.choice, chosen_by=current_membership(), at=clock.now())
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="how")
        else:
            flash(gettext("Your changes are kept"), "success")
            return redirect(here)
    page = render_template(
        "statements/choice.html",
        form=form,
        member=member,
        is_own=member.id == current_membership().id,
        choice=before,
        cannot_be_sent=choices.cannot_be_sent(member, before),
        here=here,
        back=back,
    )
    return page, 422 if form.errors else 200
