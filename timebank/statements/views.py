"""Statement pages."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy.exc import OperationalError
from werkzeug.wrappers import Response

from timebank import clock
from timebank.extensions import db, write_in_passing
from timebank.ledger import queries as ledger
from timebank.ledger.models import Account
from timebank.ledger.months import Month
from timebank.members.permissions import Permission, current_membership, requires
from timebank.statements import access, pages, queries
from timebank.statements.issue import mark_read
from timebank.statements.letters import statement_as_pdf
from timebank.statements.names import file_name
from timebank.web.setup import month as month_in_words

blueprint = Blueprint("statements", __name__, url_prefix="/statements")


@blueprint.get("")
@requires(Permission.OWN_HOURS)
def own() -> Response:
    """Lead to one's own latest statement."""
    return _to_latest(current_membership().account)


@blueprint.get("/<reference>")
@requires(Permission.OWN_HOURS)
def latest(reference: str) -> Response:
    """Lead to an account's latest statement."""
    return _to_latest(access.found(reference).account)


def _to_latest(account: Account) -> Response:
    month = queries.latest_month(account, today=current_membership().bank.day_of(clock.now()))
    return redirect(url_for("statements.statement", reference=account.reference, written_month=str(month)))


@blueprint.get("/<reference>/<written_month>")
@requires(Permission.OWN_HOURS)
def statement(reference: str, written_month: str) -> str:
    """Show one account's month in both books."""
    shown = access.reading(reference, written_month)
    account, month, bank = shown.account, shown.statement.month, current_membership().bank
    today = bank.day_of(clock.now())
    before, after = queries.months_around(bank, account, month, today=today)
    page = render_template(
        "statements/statement.html",
        statement=shown.statement,
        **pages.shown(shown.statement, is_own=shown.is_own, hides_sign=shown.hides_sign),
        is_own=shown.is_own,
        account=account,
        is_looked_after=shown.found.is_looked_after,
        looked_after=access.looked_after() if shown.is_own else [],
        is_running=month == Month.of(today),
        is_closed=ledger.is_closed(bank.id, month),
        printed_on=today,
        month=month,
        reference=account.reference,
        month_before=_link(account, before),
        month_after=_link(account, after),
    )
    if shown.found.is_for_them and shown.statement.issue is not None:
        _note_reading(account, month)
    return page


@blueprint.get("/<reference>/<written_month>/statement.pdf")
@requires(Permission.OWN_HOURS)
def pdf(reference: str, written_month: str) -> Response:
    """Hand over the statement as it is printed and sent: in the words and names for its holder."""
    found = access.found(reference)
    account = found.account
    month, bank = access.month_written(account, written_month), current_membership().bank
    made = statement_as_pdf(bank, account, month, printed_on=bank.day_of(clock.now()))
    answer = Response(made, mimetype="application/pdf")
    name = file_name(bank_code=bank.code, number=account.number, month=month, ending="pdf")
    answer.headers.set("Content-Disposition", "inline", filename=name)
    if found.is_for_them:
        _note_reading(account, month)
    return answer


def _note_reading(account: Account, month: Month) -> None:
    """Note that whoever an issued statement is for has looked at it."""
    issued = queries.latest_issue(account, month)
    if issued is None or issued.read_at is not None:
        return
    issued_id = issued.id
    db.session.rollback()
    try:
        write_in_passing()
        mark_read(issued_id, at=clock.now())
        db.session.commit()
    except OperationalError:
        # Whoever looks shall see the page, also where others keep the database busy. It is noted the next time.
        db.session.rollback()


def _link(account: Account, month: Month | None) -> dict[str, str] | None:
    if month is None:
        return None
    href = url_for("statements.statement", reference=account.reference, written_month=str(month))
    return {"text": month_in_words(month), "href": href}
