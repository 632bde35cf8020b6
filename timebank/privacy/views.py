"""Pages about what is held of people."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as Redirection

from timebank import clock
from timebank.errors import RuleBroken
from timebank.extensions import db, limiter
from timebank.ledger import queries as ledger
from timebank.ledger.models import Book
from timebank.members import queries as members
from timebank.members.permissions import Permission, current_membership, requires
from timebank.privacy import archive, erasing, service
from timebank.privacy.forms import TO_THE_COMMUNITY, EraseForm, EverythingForm
from timebank.privacy.scrubbing import scrub
from timebank.sign_in.service import check_password

blueprint = Blueprint("privacy", __name__)

Answer = Response | Redirection | str | tuple[str, int]

ATTEMPTS_FROM_AN_ADDRESS = "30 per minute; 300 per hour"


@blueprint.route("/me/everything", methods=["GET", "POST"])
@limiter.limit(ATTEMPTS_FROM_AN_ADDRESS, methods=["POST"])
@requires(Permission.OWN_DETAILS)
def everything() -> Answer:
    """Hand over everything that the bank holds about whoever is signed in, when they say their password again."""
    membership, form, now = current_membership(), EverythingForm(), clock.now()
    if form.validate_on_submit():
        try:
            check_password(membership.person, form.until_now.data or "")
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="until_now")
        else:
            # Before it is gathered, so that this is in it too.
            service.record_export(membership, exported_by=membership, at=now)
            db.session.flush()
            response = Response(archive.archive_of(membership, at=now), content_type=archive.MEDIA_TYPE)
            response.headers.set("Content-Disposition", "attachment", filename=archive.file_name(membership))
            db.session.commit()
            return response
    return render_template("privacy/ask_for_everything.html", form=form), 422 if form.errors else 200


@blueprint.route("/people/<reference>/erase", methods=["GET", "POST"])
@requires(Permission.ERASE_PEOPLE)
def erase(reference: str) -> Answer:
    """Ask, and then take away all that the bank knows about a person."""
    membership, form = current_membership(), EraseForm()
    found = members.member_with_reference(membership.bank, reference)
    form.prepare()
    if form.validate_on_submit():
        try:
            erasing.check_is_meant(found, form.number.data or "")
            erasing.erase(
                found,
                gives_balance=form.balance.data == TO_THE_COMMUNITY,
                erased_by=membership,
                at=clock.now(),
            )
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="number")
        else:
            if scrub():
                flash(gettext("Nothing is known about this person any more"), "success")
            else:
                flash(
                    gettext(
                        "The person is erased. Traces stay in the file of the database until it is less busy: "
                        "ask whoever looks after the server to run “flask privacy scrub”"
                    ),
                    "warning",
                )
            return redirect(url_for("members.member", reference=reference))
    minutes = ledger.balance_of(found.account_id, Book.CREDIT)
    page = render_template("privacy/erase.html", form=form, member=found, minutes=minutes)
    return page, 422 if form.errors else 200
