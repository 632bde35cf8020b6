"""Sign in, choose a bank, sign out."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from timebank import clock
from timebank.banks import queries as banks
from timebank.errors import RuleBroken
from timebank.extensions import db, limiter
from timebank.mail.sending import mail_is_on
from timebank.members import queries
from timebank.members.models import Membership
from timebank.members.permissions import Permission, current_membership, requires
from timebank.sign_in import invitations, service, session
from timebank.sign_in.forms import ChangePasswordForm, ChooseBankForm, NewPasswordForm, SignInForm
from timebank.sign_in.limits import ATTEMPTS_FROM_AN_ADDRESS, account_named
from timebank.sign_in.passwords import PasswordUnfit
from timebank.web.access import public
from timebank.web.headers import forget_pages

blueprint = Blueprint("sign_in", __name__)

ATTEMPTS_FOR_AN_ACCOUNT = "10 per minute; 60 per hour"


@blueprint.route("/sign-in", methods=["GET", "POST"])
@limiter.limit(ATTEMPTS_FROM_AN_ADDRESS, methods=["POST"])
@limiter.limit(ATTEMPTS_FOR_AN_ACCOUNT, key_func=account_named, methods=["POST"])
@public
def sign_in() -> Response | str | tuple[str, int]:
    """Ask for email and password, and let in whoever has them."""
    if getattr(session.current_user, "membership", None) is not None:
        return redirect(url_for("dashboard.home"))
    form = SignInForm()
    if request.method != "POST":
        form.next.data = request.args.get("next", "")
        return _sign_in_page(form)
    if form.validate_on_submit():
        try:
            memberships = service.check_sign_in(
                email=form.email.data or "", password=form.password.data or "", at=clock.now()
            )
        except service.SignInRefused as refused:
            db.session.commit()
            form.show(refused, otherwise="email")
        else:
            # Somebody with several banks begins in the first and can change to another from their details.
            answer = _go_on_as(memberships[0], next_path=form.next.data or "")
            db.session.commit()
            return answer
    return _sign_in_page(form), 422


def _go_on_as(membership: Membership, *, next_path: str) -> Response:
    """Let in whoever has given the right password, or lead them to the second step."""
    now = clock.now()
    session.go_halfway(membership, next_path=next_path, at=now)
    if session.needs_second_step(membership):
        return redirect(url_for("second_factor.ask"))
    return session.let_in(membership, with_second_factor=False, at=now)


def _sign_in_page(form: SignInForm) -> str:
    contact = banks.only_help_contact()
    return render_template("sign_in/sign_in.html", form=form, help_contact=contact, mail_is_on=mail_is_on())


@blueprint.route("/choose-bank", methods=["GET", "POST"])
@requires(Permission.SIGNED_IN)
def choose_bank() -> Response | str | tuple[str, int]:
    """Change to another of one's own banks."""
    memberships = queries.memberships_of(current_membership().person)
    form = ChooseBankForm()
    if not form.is_submitted():
        form.next.data = request.args.get("next", "")
    form.membership.offer([(membership.id, membership.bank.name) for membership in memberships])
    if form.validate_on_submit():
        chosen = next(membership for membership in memberships if membership.id == form.membership.data)
        now, passed = clock.now(), session.current_session().with_second_factor
        if session.needs_second_step(chosen) and not passed:
            session.go_halfway(chosen, next_path=form.next.data or "", at=now, chosen=True)
            return redirect(url_for("second_factor.ask"))
        session.sign_in(chosen, with_second_factor=passed, at=now)
        service.record_sign_in(chosen, at=now)
        db.session.commit()
        return redirect(session.own_path(form.next.data or "") or url_for("dashboard.home"))
    if not form.is_submitted():
        form.membership.data = current_membership().id
    return render_template("sign_in/choose_bank.html", form=form), 422 if form.errors else 200


@blueprint.post("/people/<reference>/invite")
@requires(Permission.KEEP_MEMBERS)
def invite(reference: str) -> Response | str:
    """Make a link with which a member sets a first or a new password, for the coordinator to hand over."""
    membership = current_membership()
    member = queries.member_with_reference(membership.bank, reference)
    signed = invitations.invite(member, made_by=membership)
    service.record_invitation(member, made_by=membership, at=clock.now())
    db.session.commit()
    link = url_for("sign_in.first_password", signed=signed, _external=True)
    return render_template("sign_in/invitation.html", member=member, link=link, days=invitations.VALID_DAYS)


@blueprint.route("/first-password/<signed>", methods=["GET", "POST"])
@limiter.limit(ATTEMPTS_FROM_AN_ADDRESS, methods=["POST"])
@public
def first_password(signed: str) -> Response | str | tuple[str, int]:
    """Let somebody who was handed a link set their password."""
    member, form = invitations.invited(signed), NewPasswordForm()
    if form.validate_on_submit():
        try:
            service.set_password(member.person, form.password.data or "", at=clock.now())
            db.session.commit()
        except PasswordUnfit as unfit:
            db.session.rollback()
            form.show(unfit, otherwise="password")
        else:
            flash(gettext("Your password is set. You can sign in now"), "success")
            return redirect(url_for("sign_in.sign_in"))
    page = render_template("sign_in/first_password.html", form=form, email=member.email)
    return page, 422 if form.errors else 200


@blueprint.route("/me/password", methods=["GET", "POST"])
@limiter.limit(ATTEMPTS_FROM_AN_ADDRESS, methods=["POST"])
@requires(Permission.OWN_DETAILS)
def change_password() -> Response | str | tuple[str, int]:
    """Change one's own password."""
    membership, form = current_membership(), ChangePasswordForm()
    if form.validate_on_submit():
        until_now, password, now = form.until_now.data or "", form.password.data or "", clock.now()
        try:
            service.change_password(membership.person, until_now=until_now, password=password, at=now)
            # Every session has ended; this one goes on under another id.
            session.sign_in(membership, with_second_factor=session.current_session().with_second_factor, at=now)
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="password")
        else:
            flash(gettext("Your password is changed"), "success")
            return redirect(url_for("members.me"))
    return render_template("sign_in/change_password.html", form=form), 422 if form.errors else 200


@blueprint.post("/sign-out")
@requires(Permission.SIGNED_IN)
def sign_out() -> Response:
    """End the session of whoever is signed in."""
    service.record_sign_out(current_membership(), session.current_session(), at=clock.now())
    db.session.commit()
    session.sign_out()
    flash(gettext("You have signed out"), "success")
    return forget_pages(redirect(url_for("sign_in.sign_in")))
