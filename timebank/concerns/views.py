"""Pages to report a concern from, and pages for those who read them."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from timebank import clock
from timebank.banks.models import Bank
from timebank.concerns import queries, service
from timebank.concerns.forms import LeadForm, NoteForm, ReportForm
from timebank.concerns.models import Concern
from timebank.errors import RuleBroken
from timebank.extensions import db, write_in_passing
from timebank.members import queries as members
from timebank.members.models import Membership
from timebank.members.permissions import Permission, current_membership, requires
from timebank.organisations import find
from timebank.submissions import service as submissions
from timebank.web.setup import listed

blueprint = Blueprint("concerns", __name__)

Answer = Response | str | tuple[str, int]


@blueprint.route("/concern", methods=["GET", "POST"])
@requires(Permission.REPORT_CONCERNS)
def report() -> Answer:
    """Let anybody say that they are worried, and say who will read it."""
    membership, form = current_membership(), ReportForm()
    bank = membership.bank
    form.prepare(_possible_readers(bank))
    form.with_new_key()
    if form.validate_on_submit():
        content = {name: form[name].data for name in ("what", "whom", "about")}
        try:
            submission = submissions.accept(bank.id, form.key.data or "", content, at=clock.now())
            if submission.result is None:
                concern = service.report_concern(
                    membership,
                    what=form.what.data or "",
                    about=form.about.data or "",
                    concerned=_concerned(bank, form.whom.data or "", form.about.data or ""),
                    at=clock.now(),
                )
                submission.result = concern.reference
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="what")
        else:
            flash(gettext("Thank you. Your concern is with the people who read it, and with nobody else"), "success")
            return redirect(url_for("dashboard.home"))
    readers = listed([reader.short_name for reader in queries.readers_of(bank, concerned_id=None)])
    return render_template("concerns/report.html", form=form, readers=readers), 422 if form.errors else 200


def _possible_readers(bank: Bank) -> list[Membership]:
    """Return who might read it, whoever it is about: the leads, and the administrators where there is but one lead."""
    leads = queries.leads_of(bank)
    only_lead = leads[0].id if len(leads) == 1 else None
    return list(dict.fromkeys([*leads, *queries.readers_of(bank, concerned_id=only_lead)]))


def _concerned(bank: Bank, whom: str, about: str) -> Membership | None:
    """Return whom it is about, where that is a possible reader, or where what is typed means one member."""
    for reader in _possible_readers(bank):
        if reader.reference == whom:
            return reader
    try:
        return members.member_of_account(find.find_account(bank, about, in_full=True)) if about else None
    except RuleBroken:
        return None


@blueprint.get("/concerns")
@requires(Permission.READ_CONCERNS)
def every() -> str:
    """List the concerns that this reader reads, without a word of what they say."""
    _write_in_passing(None)
    reader = current_membership()
    readers = queries.readers_of(reader.bank, concerned_id=None)
    return render_template(
        "concerns/every.html",
        concerns=queries.concerns_for(reader),
        is_reader=reader in readers,
        readers=listed([each.name for each in readers]),
    )


@blueprint.route("/concerns/<reference>", methods=["GET", "POST"])
@requires(Permission.READ_CONCERNS)
def concern(reference: str) -> Answer:
    """Read a concern and what was done, and write down more."""
    reader, form = current_membership(), NoteForm()
    found = queries.concern_for(reader, reference)
    form.with_new_key()
    if form.validate_on_submit():
        content = {"concern": reference, "what": form.what.data, "settled": form.is_settled.data}
        try:
            submission = submissions.accept(reader.bank_id, form.key.data or "", content, at=clock.now())
            if submission.result is None:
                service.add_note(
                    found,
                    what=form.what.data or "",
                    is_settled=bool(form.is_settled.data),
                    by=reader,
                    at=clock.now(),
                )
                submission.result = reference
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="what")
        else:
            flash(gettext("Your note is kept"), "success")
            return redirect(url_for("concerns.concern", reference=reference))
    _write_in_passing(reference)
    found = queries.concern_for(current_membership(), reference)
    page = render_template("concerns/concern.html", concern=found, notes=queries.notes_of(found), form=form)
    return page, 422 if form.errors else 200


def _write_in_passing(reference: str | None) -> None:
    """Write down who reads before anything is shown: what cannot be written down is not shown."""
    db.session.rollback()
    write_in_passing()
    reader = current_membership()
    if reference is None:
        service.record_listing(reader, at=clock.now())
    else:
        read: Concern = queries.concern_for(reader, reference)
        service.record_reading(read, reader=reader, at=clock.now())
    db.session.commit()


@blueprint.post("/people/<reference>/safeguarding-lead")
@requires(Permission.SET_RULES)
def set_lead(reference: str) -> Response:
    """Let a member read concerns, or no longer."""
    membership, form = current_membership(), LeadForm()
    found = members.member_with_reference(membership.bank, reference)
    service.set_lead(found, is_lead=bool(form.is_lead.data), set_by=membership, at=clock.now())
    db.session.commit()
    if found.is_safeguarding_lead:
        flash(gettext("%(name)s now reads the concerns that are reported", name=found.name), "success")
    else:
        flash(gettext("%(name)s no longer reads the concerns that are reported", name=found.name), "success")
    return redirect(url_for("members.member", reference=reference))
