"""Statement pages."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from timebank import clock
from timebank.ledger import queries as ledger
from timebank.ledger.models import Account
from timebank.ledger.months import Month
from timebank.members.permissions import Permission, current_membership, requires
from timebank.statements import access, pages, queries
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
    return _to_latest(access.visible(reference))


def _to_latest(account: Account) -> Response:
    month = queries.latest_month(account, today=current_membership().bank.day_of(clock.now()))
    return redirect(url_for("statements.statement", reference=account.reference, written_month=str(month)))


@blueprint.get("/<reference>/<written_month>")
@requires(Permission.OWN_HOURS)
def statement(reference: str, written_month: str) -> str:
    """Show one account's month in both books."""
    found = access.reading(reference, written_month)
    account, month, bank = found.account, found.statement.month, current_membership().bank
    today = bank.day_of(clock.now())
    before, after = queries.months_around(bank, account, month, today=today)
    return render_template(
        "statements/statement.html",
        statement=found.statement,
        **pages.shown(found.statement, is_own=found.is_own, hides_sign=found.hides_sign),
        is_own=found.is_own,
        account=account,
        is_looked_after=found.is_looked_after,
        looked_after=access.looked_after() if found.is_own else [],
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
