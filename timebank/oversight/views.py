"""Administrators' pages: who did what, when and from where."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request, stream_with_context, url_for

from timebank import clock
from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.extensions import db, write_in_passing
from timebank.members import queries as members
from timebank.members.permissions import Permission, current_membership, requires
from timebank.oversight import audit_file, powers, queries
from timebank.oversight.forms import AuditForm
from timebank.oversight.pages import show_records
from timebank.oversight.queries import AuditFilter
from timebank.web.paging import Page

blueprint = Blueprint("oversight", __name__)


@blueprint.get("/audit")
@requires(Permission.READ_AUDIT)
def audit_page() -> str:
    """Show the audit, newest first, all of it or some."""
    bank = current_membership().bank
    form = _form()
    form.validate()
    wanted = form.wanted()
    page = Page.asked_for(queries.count_records(bank, wanted))
    found = queries.records(bank, wanted, offset=page.offset, limit=page.rows)
    asked = [(name, value) for name, value in request.args.items(multi=True) if name != "page"]
    return render_template(
        "oversight/audit.html",
        form=form,
        is_filtered=wanted.is_set,
        records=show_records(bank, found),
        page=page,
        file_href=f"{url_for('oversight.audit_csv')}?{urlencode(asked)}",
    )


@blueprint.get("/who-can-do-what")
@requires(Permission.SET_RULES)
def who_can_do_what() -> str:
    """Show what each role lets do, who holds it and why, who reads concerns, and who looks after whose membership."""
    bank = current_membership().bank
    return render_template(
        "oversight/powers.html",
        roles=powers.show_roles(bank),
        leads=powers.show_leads(bank),
        helpers=members.helpers_in(bank, today=bank.day_of(clock.now())),
    )


@blueprint.get("/audit/audit.csv")
@requires(Permission.READ_AUDIT)
def audit_csv() -> Response:
    """Hand over what the page shows, all pages of it, as a table; who took it away is written down first."""
    wanted = _form().wanted()
    _write_down_export(wanted)
    bank = current_membership().bank
    answer = Response(stream_with_context(audit_file.pieces(bank, wanted)), content_type="text/csv; charset=utf-8")
    today = bank.day_of(clock.now())
    answer.headers.set("Content-Disposition", "attachment", filename=f"audit-{bank.code}-{today}.csv")
    return answer


def _form() -> AuditForm:
    form = AuditForm(request.args)
    form.prepare()
    return form


def _write_down_export(wanted: AuditFilter) -> None:
    membership = current_membership()
    bank_id, code, by = membership.bank_id, membership.bank.code, membership.id
    db.session.rollback()
    write_in_passing()
    # What was typed may be somebody's name, and no record holds one: that it was narrowed down is enough.
    details = {
        "only": wanted.action,
        "from_on": wanted.from_on.isoformat() if wanted.from_on else None,
        "to_on": wanted.to_on.isoformat() if wanted.to_on else None,
        "by_words": bool(wanted.who or wanted.about),
    }
    audit.record(
        Action.AUDIT_EXPORTED,
        bank_id=bank_id,
        by=by,
        on_what="bank",
        reference=code,
        at=clock.now(),
        **{name: value for name, value in details.items() if value},
    )
    db.session.commit()
