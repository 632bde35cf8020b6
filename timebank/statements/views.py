"""Statement pages."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, url_for
from sqlalchemy.exc import OperationalError
from werkzeug.wrappers import Response

from timebank import clock
from timebank.extensions import db, write_in_passing
from timebank.ledger import queries as ledger
from timebank.ledger.models import Account
from timebank.ledger.months import Month
from timebank.members.permissions import Permission, current_membership, may, requires
from timebank.organisations import queries as organisations
from timebank.statements import queries
from timebank.statements.issue import mark_read
from timebank.statements.letters import statement_as_pdf
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
    return _to_latest(_visible(reference))


def _to_latest(account: Account) -> Response:
    month = queries.latest_month(account, today=current_membership().bank.day_of(clock.now()))
    return redirect(url_for("statements.statement", reference=account.reference, written_month=str(month)))


@blueprint.get("/<reference>/<written_month>")
@requires(Permission.OWN_HOURS)
def statement(reference: str, written_month: str) -> str:
    """Show one account's month in both books."""
    account, membership = _visible(reference), current_membership()
    month = _month_of(account, written_month)
    bank, today = membership.bank, membership.bank.day_of(clock.now())
    in_full = may(membership, Permission.SEE_STATEMENTS)
    before, after = queries.months_around(bank, account, month, today=today)
    page = render_template(
        "statements/statement.html",
        statement=queries.statement_of(bank, account, month, viewer=membership, in_full=in_full),
        is_own=account.id == membership.account_id,
        is_running=month == Month.of(today),
        is_closed=ledger.is_closed(bank.id, month),
        printed_on=today,
        month=month,
        reference=account.reference,
        month_before=_link(account, before),
        month_after=_link(account, after),
    )
    if account.id in organisations.accounts_answered_by(membership):
        _note_reading(account, month)
    return page


def _note_reading(account: Account, month: Month) -> None:
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


@blueprint.get("/<reference>/<written_month>/statement.pdf")
@requires(Permission.OWN_HOURS)
def pdf(reference: str, written_month: str) -> Response:
    """Hand over the statement as it is printed and sent: in the words and names for its holder."""
    account, bank = _visible(reference), current_membership().bank
    month = _month_of(account, written_month)
    made = statement_as_pdf(bank, account, month, printed_on=bank.day_of(clock.now()))
    answer = Response(made, mimetype="application/pdf")
    answer.headers.set("Content-Disposition", "inline", filename=f"statement-{account.number}-{month}.pdf")
    if account.id in organisations.accounts_answered_by(current_membership()):
        _note_reading(account, month)
    return answer


def _month_of(account: Account, written: str) -> Month:
    """Return the month that is written in the address; one that has not begun does not exist."""
    try:
        month = Month.parse(written)
    except ValueError:
        abort(404)
    bank = current_membership().bank
    today = bank.day_of(clock.now())
    if month > Month.of(today) and not queries.has_entries(account, month):
        _before, after = queries.months_around(bank, account, month, today=today)
        if after is None:
            # There is nothing to state of a month that has not begun.
            abort(404)
    return month


def _link(account: Account, month: Month | None) -> dict[str, str] | None:
    if month is None:
        return None
    href = url_for("statements.statement", reference=account.reference, written_month=str(month))
    return {"text": month_in_words(month), "href": href}


def _visible(reference: str) -> Account:
    """Return the account if the member answers for it, or may see every statement; else it does not exist."""
    membership = current_membership()
    account = ledger.account_with_reference(membership.bank_id, reference)
    if account is None:
        abort(404)
    sees_every_one = may(membership, Permission.SEE_STATEMENTS)
    if not sees_every_one and account.id not in organisations.accounts_answered_by(membership):
        abort(404)
    return account
