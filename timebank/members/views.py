"""Pages for the bank's people."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from timebank import clock
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.ledger import queries as ledger
from timebank.ledger.models import Book
from timebank.members import pausing, queries, service, words
from timebank.members.forms import (
    ConfirmForm,
    DetailsForm,
    MemberForm,
    NewMemberForm,
    RoleForm,
    SearchForm,
)
from timebank.members.models import Capacity, Membership, Role
from timebank.members.permissions import Permission, current_membership, may, requires
from timebank.submissions import service as submissions
from timebank.web.paging import Page

blueprint = Blueprint("members", __name__)

Answer = Response | str | tuple[str, int]


@blueprint.get("/people")
@requires(Permission.KEEP_MEMBERS)
def people() -> str:
    """List the bank's people, with their balances."""
    bank, form = current_membership().bank, SearchForm(request.args)
    typed = (form.words.data or "")[:120]
    page = Page.asked_for(queries.count_members(bank, typed))
    rows = queries.members_with_balances(bank, typed, offset=page.offset, limit=page.rows)
    roles = {role: words.of_role(role) for role in Role}
    return render_template("members/people.html", rows=rows, page=page, search=form, typed=typed, roles=roles)


_ASKED_OF_A_NEWCOMER = ("name", "email", "phone", "number", "capacity", "joined_on", "address", "postcode")


@blueprint.route("/people/new", methods=["GET", "POST"])
@requires(Permission.KEEP_MEMBERS)
def new() -> Answer:
    """Add somebody to the bank."""
    membership, form = current_membership(), NewMemberForm()
    bank, now = membership.bank, clock.now()
    form.prepare()
    form.with_new_key()
    if not form.is_submitted():
        form.joined_on.data, form.capacity.data = bank.day_of(now), Capacity.NOT_STATED.value
    if form.validate_on_submit():
        content = {name: form[name].data for name in _ASKED_OF_A_NEWCOMER}
        try:
            submission = submissions.accept(bank.id, form.key.data or "", content, at=now)
            if submission.result is None:
                member = service.add_member(
                    bank,
                    name=form.name.data or "",
                    email=form.email.data or "",
                    phone=form.phone.data or "",
                    number=form.number.data or "",
                    address=form.address.data or "",
                    postcode=form.postcode.data or "",
                    capacity=Capacity(form.capacity.data),
                    joined_on=form.joined_on.data or bank.day_of(now),
                    added_by=membership,
                    at=now,
                )
                submission.result = member.reference
            reference = submission.result
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="name")
        else:
            flash(gettext("%(name)s is now a member", name=form.name.data), "success")
            return redirect(url_for("members.member", reference=reference))
    return render_template("members/new.html", form=form), 422 if form.errors else 200


@blueprint.get("/people/<reference>")
@requires(Permission.KEEP_MEMBERS)
def member(reference: str) -> str:
    """Show one member."""
    found = _member(reference)
    form = RoleForm()
    form.prepare()
    form.role.data = found.role
    return _page(found, form)


@blueprint.route("/people/<reference>/change", methods=["GET", "POST"])
@requires(Permission.KEEP_MEMBERS)
def change(reference: str) -> Answer:
    """Correct what is known about a member."""
    found, membership = _member(reference), current_membership()
    form = MemberForm(obj=found)
    form.prepare()
    if not form.is_submitted():
        form.email.data = found.email or ""
    if form.validate_on_submit():
        try:
            service.change_member(
                found,
                name=form.name.data or "",
                phone=form.phone.data or "",
                email=form.email.data or "",
                address=form.address.data or "",
                postcode=form.postcode.data or "",
                capacity=Capacity(form.capacity.data),
                changed_by=membership,
                at=clock.now(),
            )
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="name")
        else:
            flash(gettext("Your changes are kept"), "success")
            return redirect(url_for("members.member", reference=reference))
    return render_template("members/change.html", form=form, member=found), 422 if form.errors else 200


@blueprint.post("/people/<reference>/role")
@requires(Permission.SET_RULES)
def role(reference: str) -> Answer:
    """Let a member do more, or less, for the bank."""
    found, membership = _member(reference), current_membership()
    form = RoleForm()
    form.prepare()
    if form.validate_on_submit():
        try:
            service.change_role(found, Role(form.role.data), changed_by=membership, at=clock.now())
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="role")
        else:
            flash(
                gettext("%(name)s now has the role: %(role)s", name=found.name, role=words.of_role(Role(found.role))),
                "success",
            )
            return redirect(url_for("members.member", reference=reference))
    return _page(_member(reference), form), 422


@blueprint.route("/people/<reference>/leave", methods=["GET", "POST"])
@requires(Permission.KEEP_MEMBERS)
def leave(reference: str) -> Answer:
    """Ask, and then end a membership."""
    found, form = _member(reference), ConfirmForm()
    if form.validate_on_submit():
        service.leave(found, recorded_by=current_membership(), at=clock.now())
        db.session.commit()
        flash(gettext("%(name)s is no longer a member. Their account is closed", name=found.name), "success")
        return redirect(url_for("members.member", reference=reference))
    minutes = ledger.balance_of(found.account_id, Book.CREDIT)
    return render_template("members/leave.html", form=form, member=found, minutes=minutes)


@blueprint.post("/people/<reference>/return")
@requires(Permission.KEEP_MEMBERS)
def come_back(reference: str) -> Response:
    """Open the membership of somebody who left."""
    found = _member(reference)
    service.come_back(found, recorded_by=current_membership(), at=clock.now())
    db.session.commit()
    flash(gettext("%(name)s is a member again", name=found.name), "success")
    return redirect(url_for("members.member", reference=reference))


@blueprint.route("/me", methods=["GET", "POST"])
@requires(Permission.OWN_DETAILS)
def me() -> Answer:
    """See and correct one's own details."""
    membership = current_membership()
    form = DetailsForm(obj=membership)
    form.prepare()
    if form.validate_on_submit():
        try:
            service.change_member(
                membership,
                name=form.name.data or "",
                phone=form.phone.data or "",
                address=form.address.data or "",
                postcode=form.postcode.data or "",
                capacity=Capacity(form.capacity.data),
                changed_by=membership,
                at=clock.now(),
            )
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="name")
        else:
            flash(gettext("Your changes are kept"), "success")
            return redirect(url_for("members.me"))
    several_banks = len(queries.memberships_of(membership.person)) > 1
    page = render_template("members/me.html", form=form, member=membership, several_banks=several_banks)
    return page, 422 if form.errors else 200


def _member(reference: str) -> Membership:
    return queries.member_with_reference(current_membership().bank, reference)


def _may_invite(found: Membership) -> bool:
    """Return whether a link for a password can be made; what only shows when it is made is said then."""
    is_there = found.takes_part and found.email is not None
    return is_there and service.is_kept_by(found, current_membership())


def _page(found: Membership, form: RoleForm) -> str:
    return render_template(
        "members/member.html",
        member=found,
        capacity=words.of_capacity(Capacity(found.capacity)),
        role=words.of_role(Role(found.role)),
        standing=words.of_standing(found.standing),
        balances=ledger.balances_of([found.account_id])[found.account_id],
        may_set_role=may(current_membership(), Permission.SET_RULES),
        may_keep=found.erased_at is None and service.may_keep(found, by=current_membership()),
        may_erase=found.erased_at is None and may(current_membership(), Permission.ERASE_PEOPLE),
        may_invite=_may_invite(found),
        may_pause=found.left_at is None and pausing.may_pause(found, by=current_membership()),
        paused_by=queries.membership_with_id(found.paused_by_id) if found.paused_by_id else None,
        helpers=queries.helpers_of([found.id], today=found.bank.day_of(clock.now())).get(found.id, []),
        form=form,
    )
