"""The coordinator's pages: who wants to join, what was done about it, and how it ended."""

from __future__ import annotations

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from timebank import clock
from timebank.errors import NotFound, RuleBroken
from timebank.extensions import db, write_in_passing
from timebank.joining import dying, queries, service, words
from timebank.joining.forms import (
    COMMUNITY,
    ERASE,
    SOMEBODY,
    WITH_LIMITS,
    AnswerForm,
    DiedForm,
    EndForm,
    EnquiryForm,
    InterviewForm,
    RefereeForm,
    StepsForm,
    TakeInForm,
)
from timebank.joining.models import Enquiry
from timebank.ledger import queries as ledger
from timebank.ledger.models import Book
from timebank.mail.sending import mail_is_on
from timebank.members import queries as members
from timebank.members.models import Membership
from timebank.members.permissions import Permission, current_membership, requires
from timebank.organisations import find
from timebank.submissions import service as submissions

blueprint = Blueprint("joining", __name__)

Answer = Response | str | tuple[str, int]


@blueprint.get("/enquiries")
@requires(Permission.TAKE_ENQUIRIES)
def every() -> str:
    """List who wants to join, without what was noted about them."""
    bank = current_membership().bank
    rows = [(enquiry, words.of_step(enquiry.step)) for enquiry in queries.enquiries_of(bank)]
    address = url_for("references.join", code=bank.code, _external=True) if bank.takes_enquiries else ""
    return render_template("joining/every.html", rows=rows, address=address)


@blueprint.route("/enquiries/new", methods=["GET", "POST"])
@requires(Permission.TAKE_ENQUIRIES)
def new() -> Answer:
    """Enter an enquiry from paper or a telephone call."""
    membership, form = current_membership(), EnquiryForm()
    form.with_new_key()
    if form.validate_on_submit():
        content = {name: form[name].data for name in ("name", "email", "phone", "message")}
        try:
            submission = submissions.accept(membership.bank_id, form.key.data or "", content, at=clock.now())
            if submission.result is None:
                submission.result = service.enquire(
                    membership.bank,
                    name=form.name.data or "",
                    email=form.email.data or "",
                    phone=form.phone.data or "",
                    message=form.message.data or "",
                    entered_by=membership,
                    at=clock.now(),
                ).reference
            reference = submission.result
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="name")
        else:
            flash(gettext("The enquiry is kept"), "success")
            return redirect(url_for("joining.enquiry", reference=reference))
    return render_template("joining/new.html", form=form), 422 if form.errors else 200


@blueprint.route("/enquiries/<reference>", methods=["GET", "POST"])
@requires(Permission.TAKE_ENQUIRIES)
def enquiry(reference: str) -> Answer:
    """Show how far somebody has come, and keep when they were shown around and agreed."""
    found = _enquiry(reference)
    form = StepsForm(obj=found)
    if form.validate_on_submit():
        try:
            service.keep_steps(
                found,
                orientation_on=form.orientation_on.data,
                agreed_on=form.agreed_on.data,
                kept_by=current_membership(),
                at=clock.now(),
            )
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="orientation_on")
        else:
            flash(gettext("Your changes are kept"), "success")
            return redirect(url_for("joining.enquiry", reference=reference))
    found = _enquiry(reference)
    page = render_template(
        "joining/enquiry.html",
        form=form,
        enquiry=found,
        step=words.of_step(found.step),
        missing=service.missing(found),
        mail_is_on=mail_is_on(),
        undelivered=queries.undelivered(found, service.KIND),
        most_links=service.MOST_LINKS,
    )
    return page, 422 if form.errors else 200


@blueprint.route("/enquiries/<reference>/notes", methods=["GET", "POST"])
@requires(Permission.TAKE_ENQUIRIES)
def notes(reference: str) -> Answer:
    """Read and keep the notes of an interview, and read what referees said. That it was read is written down."""
    found, form = _enquiry(reference), InterviewForm()
    form.with_new_key()
    if form.validate_on_submit() and form.interviewed_on.data:
        try:
            service.keep_interview(
                found,
                on=form.interviewed_on.data,
                notes=form.notes.data or "",
                kept_by=current_membership(),
                at=clock.now(),
            )
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="notes")
        else:
            flash(gettext("The interview is kept"), "success")
            return redirect(url_for("joining.enquiry", reference=reference))
    found = _read_in_passing(reference)
    if not form.is_submitted():
        form.interviewed_on.data, form.notes.data = found.interviewed_on, found.notes
    page = render_template("joining/notes.html", form=form, enquiry=found)
    return page, 422 if form.errors else 200


def _read_in_passing(reference: str) -> Enquiry:
    """Write down who reads before anything is shown: what cannot be written down is not shown."""
    db.session.rollback()
    write_in_passing()
    service.record_reading(_enquiry(reference, lock=False), reader=current_membership(), at=clock.now())
    db.session.commit()
    return _enquiry(reference, lock=False)


@blueprint.route("/enquiries/<reference>/referees", methods=["GET", "POST"])
@requires(Permission.TAKE_ENQUIRIES)
def referees(reference: str) -> Answer:
    """Add somebody who can be asked."""
    found, form = _enquiry(reference), RefereeForm()
    form.with_new_key()
    if form.validate_on_submit():
        content = {name: form[name].data for name in ("name", "email", "phone")} | {"enquiry": reference}
        try:
            submission = submissions.accept(found.bank_id, form.key.data or "", content, at=clock.now())
            if submission.result is None:
                submission.result = service.add_referee(
                    found,
                    name=form.name.data or "",
                    email=form.email.data or "",
                    phone=form.phone.data or "",
                    added_by=current_membership(),
                    at=clock.now(),
                ).reference
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="name")
        else:
            return redirect(url_for("joining.enquiry", reference=reference))
    page = render_template("joining/referee.html", form=form, enquiry=_enquiry(reference))
    return page, 422 if form.errors else 200


@blueprint.post("/enquiries/<reference>/referees/<referee>/ask")
@requires(Permission.TAKE_ENQUIRIES)
def ask(reference: str, referee: str) -> Response:
    """Mail a link to a referee."""
    found = _enquiry(reference)
    asked = queries.referee_with_reference(found, referee)
    service.ask_referee(asked, asked_by=current_membership(), at=clock.now())
    db.session.commit()
    flash(gettext("A mail with a link is on its way to %(name)s", name=asked.name), "success")
    return redirect(url_for("joining.enquiry", reference=reference))


@blueprint.route("/enquiries/<reference>/referees/<referee>/telephone", methods=["GET", "POST"])
@requires(Permission.TAKE_ENQUIRIES)
def telephone(reference: str, referee: str) -> Answer:
    """Write down what a referee says on the telephone."""
    found = _enquiry(reference)
    asked, form = queries.referee_with_reference(found, referee), AnswerForm(in_confidence=True)
    form.with_new_key()
    if form.validate_on_submit():
        try:
            service.answer(
                asked,
                answer=form.answer.data or "",
                in_confidence=bool(form.in_confidence.data),
                taken_by=current_membership(),
                at=clock.now(),
            )
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="answer")
        else:
            flash(gettext("What %(name)s said is kept", name=asked.name), "success")
            return redirect(url_for("joining.enquiry", reference=reference))
    page = render_template("joining/telephone.html", form=form, enquiry=found, referee=asked)
    return page, 422 if form.errors else 200


@blueprint.route("/enquiries/<reference>/take-in", methods=["GET", "POST"])
@requires(Permission.TAKE_ENQUIRIES)
def take_in(reference: str) -> Answer:
    """Make a member of somebody."""
    found, form = _enquiry(reference), TakeInForm()
    form.with_new_key()
    if form.validate_on_submit():
        try:
            content = {"enquiry": reference, "limits": form.limits.data}
            submission = submissions.accept(found.bank_id, form.key.data or "", content, at=clock.now())
            if submission.result is None:
                submission.result = service.take_in(
                    found,
                    with_limits=form.limits.data == WITH_LIMITS,
                    taken_in_by=current_membership(),
                    at=clock.now(),
                ).reference
            joined = submission.result
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="limits")
        else:
            flash(gettext("%(name)s is now a member", name=found.name), "success")
            return redirect(url_for("members.member", reference=joined))
    found = _enquiry(reference)
    page = render_template("joining/take_in.html", form=form, enquiry=found, missing=service.missing(found))
    return page, 422 if form.errors else 200


@blueprint.route("/enquiries/<reference>/end", methods=["GET", "POST"])
@requires(Permission.TAKE_ENQUIRIES)
def end(reference: str) -> Answer:
    """Ask, and then end an enquiry that comes to nothing."""
    found, form = _enquiry(reference), EndForm()
    if form.validate_on_submit():
        if form.what.data == ERASE:
            service.erase_now(found, erased_by=current_membership(), at=clock.now())
            said = gettext("Everything about this enquiry is taken away")
        else:
            service.end(found, ended_by=current_membership(), at=clock.now())
            said = gettext("The enquiry has ended")
        db.session.commit()
        flash(said, "success")
        return redirect(url_for("joining.every"))
    return render_template("joining/end.html", form=form, enquiry=found), 422 if form.errors else 200


@blueprint.route("/people/<reference>/died", methods=["GET", "POST"])
@requires(Permission.KEEP_MEMBERS)
def died(reference: str) -> Answer:
    """Ask, and then record that somebody has died."""
    membership, form = current_membership(), DiedForm()
    found = members.member_with_reference(membership.bank, reference)
    form.with_new_key()
    if form.validate_on_submit() and form.died_on.data:
        try:
            dying.record_death(
                found,
                died_on=form.died_on.data,
                to_account_id=_wished(form, membership),
                recorded_by=membership,
                at=clock.now(),
            )
            db.session.commit()
        except RuleBroken as broken:
            if broken.status == 403:
                raise
            db.session.rollback()
            form.show(broken, otherwise="died_on")
        else:
            flash(gettext("It is recorded. Nothing is sent to %(name)s any more", name=found.name), "success")
            return redirect(url_for("members.member", reference=reference))
    minutes = ledger.balance_of(found.account_id, Book.CREDIT)
    page = render_template("joining/died.html", form=form, member=found, minutes=minutes)
    return page, 422 if form.errors else 200


def _wished(form: DiedForm, membership: Membership) -> int | None:
    """Return the account that the hours go to, if they go anywhere."""
    if form.balance.data == COMMUNITY:
        return ledger.community_account(membership.bank_id).id
    if form.balance.data == SOMEBODY:
        return find.find_account(membership.bank, form.with_whom.data or "", in_full=True)
    return None


def _enquiry(reference: str, *, lock: bool | None = None) -> Enquiry:
    """Return the bank's enquiry; where something is to be done with it, its row is locked at once."""
    lock = request.method == "POST" if lock is None else lock
    reader = current_membership()
    found = queries.enquiry_with_reference(reader.bank, reference, for_update=lock)
    if found.membership_id == reader.id:
        # What was said in confidence about whoever is a coordinator now is not for them.
        raise NotFound()
    return found


def init_app(app: Flask) -> None:
    """Let a member's page, which stands below this package, lead to how they joined."""
    app.jinja_env.globals["enquiry_of"] = queries.enquiry_of
