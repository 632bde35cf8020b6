"""Statement pages."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, url_for
from werkzeug.wrappers import Response

from timebank import clock
from timebank.ledger import queries as ledger
from timebank.ledger.models import Account
from timebank.ledger.months import Month
from timebank.members.permissions import Permission, current_membership, may, requires
from timebank.organisations import queries as organisations
from timebank.statements import pages, queries
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
    try:
        month = Month.parse(written_month)
    except ValueError:
        abort(404)
    bank, today = membership.bank, membership.bank.day_of(clock.now())
    in_full = may(membership, Permission.SEE_STATEMENTS)
    before, after = queries.months_around(bank, account, month, today=today)
    if month > Month.of(today) and after is None and not queries.has_entries(account, month):
        # There is nothing to state of a month that has not begun.
        abort(404)
    found = queries.statement_of(bank, account, month, viewer=membership, in_full=in_full)
    is_own = account.id == membership.account_id
    # Whoever keeps everybody's hours has to see which way a balance goes.
    hides_sign = queries.hides_sign(account) and (is_own or not in_full)
    return render_template(
        "statements/statement.html",
        statement=found,
        **pages.shown(found, is_own=is_own, hides_sign=hides_sign),
        is_own=is_own,
        is_running=month == Month.of(today),
        is_closed=ledger.is_closed(bank.id, month),
        printed_on=today,
        month=month,
        month_before=_link(account, before),
        month_after=_link(account, after),
    )


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
