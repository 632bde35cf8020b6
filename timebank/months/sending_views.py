"""The coordinator's pages for the statements of a closed month: send them, and see what became of each."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from timebank import clock
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.mail import queries as mail_queries
from timebank.mail import service as mail
from timebank.mail.sending import mail_is_on
from timebank.members.permissions import Permission, current_membership, requires
from timebank.months import pages
from timebank.statements import deliveries, readers
from timebank.statements.deliveries import Wanted
from timebank.statements.sending import KIND, queue_statements
from timebank.web.paging import Page as Paging

blueprint = Blueprint("sending", __name__, url_prefix="/months/<written_month>")


@blueprint.get("/statements")
@requires(Permission.CLOSE_MONTHS)
def statements_of(written_month: str) -> str:
    """List a month's statements, all or some, with how each goes out and what became of it."""
    bank, month = current_membership().bank, pages.issued(written_month)
    wanted = request.args.get("wanted", Wanted.EVERY.value)
    if wanted not in list(Wanted):
        wanted = Wanted.EVERY.value
    counts = deliveries.count_deliveries(bank, month)
    page = Paging.asked_for(counts[Wanted(wanted)])
    names = {
        Wanted.EVERY: gettext("All"),
        Wanted.UNREAD: gettext("Not read online"),
        Wanted.UNDELIVERED: gettext("Did not arrive"),
        Wanted.PAPER: gettext("On paper"),
    }
    return render_template(
        "months/statements.html",
        month=month,
        wanted=wanted,
        choices=[
            {"value": each.value, "text": f"{names[each]} ({counts[each]})", "selected": each == wanted}
            for each in Wanted
        ],
        deliveries=deliveries.deliveries(bank, month, Wanted(wanted), offset=page.offset, limit=page.rows),
        page=page,
    )


@blueprint.post("/send")
@requires(Permission.CLOSE_MONTHS)
def send(written_month: str) -> Response:
    """Queue the mail of everybody who gets the month's statement by email."""
    bank, month = current_membership().bank, pages.issued(written_month)
    if not mail_is_on():
        flash(gettext("Nothing can be mailed: no mail server is set. Ask whoever runs the system"), "warning")
        return redirect(url_for("months.month", written_month=str(month)))
    queued = 0
    for _looked_at, new in queue_statements(bank, month, at=clock.now()):
        # Each batch for itself: what is queued stays queued, whatever happens to the next.
        db.session.commit()
        queued += new
    if queued:
        words = ngettext("%(num)s statement is on its way", "%(num)s statements are on their way", queued)
    else:
        words = gettext("Everybody who gets it by email has been sent it already")
    flash(words, "success")
    return redirect(url_for("months.month", written_month=str(month)))


@blueprint.post("/send-again/<reference>")
@requires(Permission.CLOSE_MONTHS)
def send_again(written_month: str, reference: str) -> Response:
    """Send one statement again that did not arrive."""
    membership, month = current_membership(), pages.issued(written_month)
    mailed = mail_queries.mail_with_reference(membership.bank, reference, for_update=True)
    issued = readers.issued_with_reference(membership.bank, mailed.about) if mailed.kind == KIND else None
    if issued is None or issued.month != month:
        abort(404)
    try:
        mail.send_again(mailed, by=membership, at=clock.now())
        db.session.commit()
    except RuleBroken as broken:
        db.session.rollback()
        flash(broken.text, "warning")
    else:
        flash(gettext("It is on its way again"), "success")
    return redirect(url_for("sending.statements_of", written_month=str(month), wanted=Wanted.UNDELIVERED.value))
