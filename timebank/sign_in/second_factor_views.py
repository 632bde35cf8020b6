"""The second step of signing in, and setting it up."""

from __future__ import annotations

import segno
from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from timebank import clock
from timebank.errors import RuleBroken
from timebank.extensions import db, limiter
from timebank.members.models import Membership
from timebank.members.permissions import Permission, current_membership, requires
from timebank.sign_in import queries, second_factor, service, session
from timebank.sign_in.forms import CodeForm, PasswordAgainForm, SetUpForm
from timebank.sign_in.limits import ATTEMPTS_FROM_AN_ADDRESS
from timebank.web.access import public

blueprint = Blueprint("second_factor", __name__)

# Codes are short: whoever has the password tries for decades.
CODES_FOR_AN_ACCOUNT = "5 per minute; 20 per hour"

Answer = Response | str | tuple[str, int]


def _halfway() -> str:
    return f"code:{session.person_halfway()}"


@blueprint.route("/second-step", methods=["GET", "POST"])
@limiter.limit(ATTEMPTS_FROM_AN_ADDRESS, methods=["POST"])
@limiter.limit(CODES_FOR_AN_ACCOUNT, key_func=_halfway, methods=["POST"])
@public
def ask() -> Answer:
    """Ask whoever has given the right password for a code, and let them in."""
    halfway = session.membership_halfway(at=clock.now())
    if halfway is None:
        return _begin_again()
    if queries.second_factor_of(halfway.person) is None:
        return redirect(url_for("second_factor.begin"))
    form = CodeForm()
    if form.validate_on_submit():
        now = clock.now()
        try:
            second_factor.check_code(halfway, form.code.data or "", at=now)
        except second_factor.CodeRefused as refused:
            second_factor.record_refusal(halfway, at=now)
            db.session.commit()
            form.show(refused, otherwise="code")
        else:
            answer = session.let_in(halfway, with_second_factor=True, at=now)
            db.session.commit()
            return answer
    return render_template("sign_in/second_step.html", form=form), 422 if form.errors else 200


@blueprint.route("/second-step/set-up", methods=["GET", "POST"])
@limiter.limit(ATTEMPTS_FROM_AN_ADDRESS, methods=["POST"])
@limiter.limit(CODES_FOR_AN_ACCOUNT, key_func=_halfway, methods=["POST"])
@public
def begin() -> Answer:
    """Let whoever has given the right password, and has a role that needs a second step, set it up before anything."""
    halfway = session.membership_halfway(at=clock.now())
    if halfway is None:
        return _begin_again()
    if queries.second_factor_of(halfway.person) is not None:
        return redirect(url_for("second_factor.ask"))
    form = SetUpForm()
    if form.validate_on_submit():
        now = clock.now()
        try:
            codes = second_factor.set_up(halfway, form.candidate.data or "", code=form.code.data or "", at=now)
            session.let_in(halfway, with_second_factor=True, at=now)
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="code")
        else:
            return _codes(codes, way_on=url_for("dashboard.home"))
    return _picture(form, halfway, here=url_for("second_factor.begin"), is_needed=True)


@blueprint.route("/me/second-factor", methods=["GET", "POST"])
@limiter.limit(ATTEMPTS_FROM_AN_ADDRESS, methods=["POST"])
@requires(Permission.OWN_DETAILS)
def own() -> Answer:
    """Show whether one is asked for a second step, and begin to set it up with the password."""
    membership, form = current_membership(), PasswordAgainForm()
    if form.validate_on_submit():
        try:
            service.check_password(membership.person, form.until_now.data or "")
        except RuleBroken as wrong:
            form.show(wrong, otherwise="until_now")
        else:
            picture = SetUpForm(formdata=None)
            return _picture(picture, membership, here=url_for("second_factor.confirm"), is_needed=False)
    return _own(membership, form)


@blueprint.post("/me/second-factor/confirm")
@limiter.limit(CODES_FOR_AN_ACCOUNT)
@requires(Permission.OWN_DETAILS)
def confirm() -> Answer:
    """Set up the app that a right code was entered from, and show recovery codes."""
    membership, form, now = current_membership(), SetUpForm(), clock.now()
    if form.validate_on_submit():
        try:
            codes = second_factor.set_up(membership, form.candidate.data or "", code=form.code.data or "", at=now)
            session.sign_in(membership, with_second_factor=True, at=now)
            db.session.commit()
        except second_factor.CodeRefused as refused:
            db.session.rollback()
            form.show(refused, otherwise="code")
        else:
            return _codes(codes, way_on=url_for("second_factor.own"))
    return _picture(form, membership, here=url_for("second_factor.confirm"), is_needed=False)


@blueprint.post("/me/second-factor/codes")
@limiter.limit(ATTEMPTS_FROM_AN_ADDRESS)
@requires(Permission.OWN_DETAILS)
def renew() -> Answer:
    """Make ten new recovery codes, with the password."""
    membership, form = current_membership(), PasswordAgainForm()
    if form.validate_on_submit() and queries.second_factor_of(membership.person) is not None:
        try:
            service.check_password(membership.person, form.until_now.data or "")
            codes = second_factor.renew_recovery_codes(membership, at=clock.now())
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="until_now")
        else:
            return _codes(codes, way_on=url_for("second_factor.own"))
    return _own(membership, form)


@blueprint.post("/me/second-factor/end")
@limiter.limit(ATTEMPTS_FROM_AN_ADDRESS)
@requires(Permission.OWN_DETAILS)
def end() -> Answer:
    """Switch the second step off, with the password."""
    membership, form, now = current_membership(), PasswordAgainForm(), clock.now()
    if form.validate_on_submit():
        try:
            service.check_password(membership.person, form.until_now.data or "")
            second_factor.switch_off(membership, at=now)
            session.sign_in(membership, with_second_factor=False, at=now)
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="until_now")
        else:
            flash(gettext("You sign in with your password alone from now on"), "success")
            return redirect(url_for("second_factor.own"))
    return _own(membership, form)


def _begin_again() -> Response:
    flash(gettext("Sign in with your password first"), "info")
    return redirect(url_for("sign_in.sign_in"))


def _own(membership: Membership, form: PasswordAgainForm) -> tuple[str, int]:
    page = render_template(
        "sign_in/second_factor.html",
        form=form,
        factor=queries.second_factor_of(membership.person),
        codes_left=queries.count_recovery_codes_of(membership.person),
        is_required=second_factor.is_required_of(membership),
    )
    return page, 422 if form.errors else 200


def _picture(form: SetUpForm, member: Membership, *, here: str, is_needed: bool) -> tuple[str, int]:
    """Show what an app scans; after a wrong code the same again, as it has been scanned."""
    try:
        seed = second_factor.seed_in(form.candidate.data or "", member=member)
    except second_factor.SetUpTooOld:
        form.candidate.data = second_factor.new_candidate(member)
        seed = second_factor.seed_in(form.candidate.data, member=member)
    secret = second_factor.secret_of(seed)
    picture = segno.make(second_factor.address_of(secret, member=member), error="m").png_data_uri(scale=5, border=4)
    page = render_template(
        "sign_in/set_up.html",
        form=form,
        here=here,
        is_needed=is_needed,
        picture=picture,
        secret=second_factor.in_groups(secret),
    )
    return page, 422 if form.errors else 200


def _codes(codes: list[str], *, way_on: str) -> str:
    return render_template("sign_in/recovery_codes.html", codes=codes, way_on=way_on)
