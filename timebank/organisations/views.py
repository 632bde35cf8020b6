"""Pages for organisations and the community account, and the search for people."""

from __future__ import annotations

from flask import (
    Blueprint,
    Response,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext
from werkzeug.wrappers import Response as BaseResponse

from timebank import clock
from timebank.banks.models import Bank
from timebank.errors import RuleBroken
from timebank.extensions import db, limiter
from timebank.ledger import queries as ledger
from timebank.ledger.models import Book
from timebank.members import queries as members
from timebank.members.acting import is_acting
from timebank.members.models import Membership
from timebank.members.permissions import Permission, current_membership, may, requires
from timebank.organisations import find, queries, service
from timebank.organisations.forms import OrganisationForm
from timebank.submissions import service as submissions

blueprint = Blueprint("organisations", __name__)

# Enough for whoever types fast, and not enough to try every name.
SEARCHES = "120 per minute; 1500 per hour"

Page = BaseResponse | str | tuple[str, int]


@blueprint.get("/people/search")
@limiter.limit(SEARCHES)
@requires(Permission.FIND_PEOPLE)
def search() -> Response:
    """Return the few who match what was typed so far, by the names that the member may see."""
    membership = current_membership()
    found = find.choices(
        membership.bank,
        request.args.get("q", ""),
        in_full=_in_full(membership),
        besides=None if _in_full(membership) else membership.account_id,
    )
    return jsonify(people=[{"label": choice.label} for choice in found])


def _in_full(membership: Membership) -> bool:
    return may(membership, Permission.LOG_FOR_OTHERS) and not is_acting()


@blueprint.get("/organisations")
@requires(Permission.KEEP_MEMBERS)
def every() -> str:
    """List the organisations and the community account."""
    bank = current_membership().bank
    community = ledger.community_account(bank.id)
    return render_template(
        "organisations/every.html",
        rows=queries.organisations_of(bank),
        community=community,
        community_balances=ledger.balances_of([community.id])[community.id],
        Book=Book,
    )


@blueprint.route("/organisations/new", methods=["GET", "POST"])
@requires(Permission.KEEP_MEMBERS)
def new() -> Page:
    """Add an organisation."""
    membership, form = current_membership(), OrganisationForm()
    bank, now = membership.bank, clock.now()
    form.with_new_key()
    if form.validate_on_submit():
        try:
            contact = _contact(bank, form.contact.data or "")
            content = {"name": form.name.data, "contact": contact.id if contact else None}
            submission = submissions.accept(bank.id, form.key.data or "", content, at=now)
            if submission.result is None:
                organisation = service.add_organisation(
                    bank, name=form.name.data or "", contact=contact, added_by=membership, at=now
                )
                submission.result = organisation.reference
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="name")
        else:
            flash(gettext("%(name)s was added", name=form.name.data), "success")
            return redirect(url_for("organisations.every"))
    return render_template("organisations/new.html", form=form), 422 if form.errors else 200


@blueprint.route("/organisations/<reference>", methods=["GET", "POST"])
@requires(Permission.KEEP_MEMBERS)
def change(reference: str) -> Page:
    """Change an organisation's name or who answers for it."""
    membership = current_membership()
    bank = membership.bank
    organisation = queries.organisation_with_reference(bank, reference)
    form = OrganisationForm(name=organisation.name)
    form.with_new_key()
    if not form.is_submitted() and organisation.answering is not None:
        form.contact.data = find.label_of(organisation.answering, in_full=True)
    if form.validate_on_submit():
        try:
            contact = _contact(bank, form.contact.data or "")
            service.change_organisation(
                bank, organisation, name=form.name.data or "", contact=contact, changed_by=membership, at=clock.now()
            )
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="name")
        else:
            flash(gettext("Your changes are kept"), "success")
            return redirect(url_for("organisations.every"))
    page = render_template("organisations/change.html", form=form, organisation=organisation)
    return page, 422 if form.errors else 200


def _contact(bank: Bank, typed: str) -> Membership | None:
    """Return the member that is meant. Raises what find_account() raises, or service.ContactIsNoMember."""
    if not typed:
        return None
    try:
        account_id = find.find_account(bank, typed, in_full=True)
    except RuleBroken as broken:
        broken.field = "contact"
        raise
    contact = members.member_of_account(account_id)
    if contact is None or not contact.takes_part:
        raise service.ContactIsNoMember()
    return contact
