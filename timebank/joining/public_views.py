"""The pages of joining for people who are not signed in: they tell nobody who is known here."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from timebank import clock
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.errors import NotFound, RuleBroken
from timebank.extensions import db, limiter
from timebank.joining import service
from timebank.joining.forms import AnswerForm, EnquiryForm
from timebank.submissions import service as submissions
from timebank.web.access import public

blueprint = Blueprint("references", __name__)

ENQUIRIES_FROM_AN_ADDRESS = "5 per minute; 20 per hour; 50 per day"
ATTEMPTS_FROM_AN_ADDRESS = "30 per minute; 300 per hour"

Answer = Response | str | tuple[str, int]


@blueprint.route("/join/<code>", methods=["GET", "POST"])
@limiter.limit(ENQUIRIES_FROM_AN_ADDRESS, methods=["POST"])
@public
def join(code: str) -> Answer:
    """Let anybody ask to join a bank that takes enquiries, and answer everybody the same."""
    bank, form = _bank(code), EnquiryForm()
    form.with_new_key()
    if form.validate_on_submit():
        content = {name: form[name].data for name in ("name", "email", "phone", "message")}
        try:
            submission = submissions.accept(bank.id, form.key.data or "", {"enquiry": content}, at=clock.now())
            if submission.result is None:
                enquiry = service.enquire(
                    bank,
                    name=form.name.data or "",
                    email=form.email.data or "",
                    phone=form.phone.data or "",
                    message=form.message.data or "",
                    entered_by=None,
                    at=clock.now(),
                )
                submission.result = enquiry.reference
            db.session.commit()
        except RuleBroken as broken:
            if isinstance(broken, submissions.SentWithOtherDetails | submissions.KeyMissing):
                raise
            db.session.rollback()
            form.show(broken, otherwise="name")
        else:
            flash(gettext("Thank you. We have what you sent, and will get in touch with you"), "success")
            return redirect(url_for("references.received", code=code))
    page = render_template("joining/join.html", form=form, of_bank=_bank(code))
    return page, 422 if form.errors else 200


@blueprint.get("/join/<code>/thank-you")
@public
def received(code: str) -> str:
    """Say what happens next."""
    return render_template("joining/received.html", of_bank=_bank(code))


@blueprint.route("/referee/<secret>", methods=["GET", "POST"])
@limiter.limit(ATTEMPTS_FROM_AN_ADDRESS)
@public
def give(secret: str) -> Answer:
    """Let whoever was mailed a link say what they know of somebody who wants to join, once."""
    secret, form = secret[:100], AnswerForm(in_confidence=True)
    if form.is_submitted() and service.has_answered(secret):
        return render_template("joining/answered.html")
    referee = service.referee_behind(secret, at=clock.now())
    form.with_new_key()
    if form.validate_on_submit():
        try:
            service.answer(
                referee,
                answer=form.answer.data or "",
                in_confidence=bool(form.in_confidence.data),
                taken_by=None,
                at=clock.now(),
            )
            db.session.commit()
        except service.AnswerNeeded as broken:
            db.session.rollback()
            form.show(broken, otherwise="answer")
        else:
            return render_template("joining/answered.html")
    page = render_template("joining/answer.html", form=form, referee=referee, enquiry=referee.enquiry)
    return page, 422 if form.errors else 200


def _bank(code: str) -> Bank:
    bank = banks.bank_with_code(code[:20])
    if bank is None or not bank.takes_enquiries:
        raise NotFound()
    return bank
