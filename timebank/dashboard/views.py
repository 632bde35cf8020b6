"""The first page: one's hours in words, what waits, and one big thing to do."""

from __future__ import annotations

from flask import Blueprint, g, render_template

from timebank import clock, hours
from timebank.banks import queries as banks
from timebank.exchanges import queries as exchanges
from timebank.exchanges.models import Status
from timebank.exchanges.pages import show_exchanges
from timebank.gifts import queries as gifts
from timebank.gifts.pages import show_gifts
from timebank.joining import queries as joining
from timebank.ledger import queries as ledger
from timebank.ledger.models import Book
from timebank.members import queries as members
from timebank.members.acting import ActingEnded, helped_membership, is_acting
from timebank.members.models import Membership
from timebank.members.permissions import Permission, may_now
from timebank.months import queries as months
from timebank.months import service as closing
from timebank.organisations import queries as organisations
from timebank.sign_in.session import current_user
from timebank.web.access import public

blueprint = Blueprint("dashboard", __name__)

LATEST_GIFTS = 3


@blueprint.get("/")
@public
def home() -> str:
    """Show a member their own first page, and everybody else what this is."""
    membership = getattr(current_user, "membership", None)
    if membership is None:
        only = banks.only_bank()
        return render_template(
            "dashboard/welcome.html",
            help_contact=only.help_contact if only else "",
            join_code=only.code if only and only.takes_enquiries else "",
        )
    if is_acting():
        membership = helped_membership()
        if membership is None:
            raise ActingEnded()
        g.membership = membership
    if not membership.has_hours:
        return render_template("dashboard/without_hours.html")
    return _own(membership)


def _own(membership: Membership) -> str:
    bank, balances = membership.bank, ledger.balances_of([membership.account_id])[membership.account_id]
    accounts = organisations.accounts_answered_by(membership)
    waiting = exchanges.exchanges_waiting_for(bank, accounts)
    queried = exchanges.queried_and_logged_by(bank, membership)
    may_approve = may_now(Permission.APPROVE_HOURS)
    counts = exchanges.count_by_status(bank) if may_approve else {}
    today = bank.day_of(clock.now())
    to_close = months.next_month_to_close(bank, today=today) if may_now(Permission.CLOSE_MONTHS) else None
    return render_template(
        "dashboard/home.html",
        sentence=hours.balance_in_words(balances[Book.CREDIT]),
        record_minutes=balances[Book.RECORD],
        waiting=show_exchanges(waiting, viewer=membership, in_full=False),
        queried=show_exchanges(queried, viewer=membership, in_full=False),
        gifts=show_gifts(gifts.latest_gifts(bank, account_ids=accounts, limit=LATEST_GIFTS), viewer=membership),
        may_approve=may_approve,
        to_approve=counts.get(Status.CONFIRMED, 0),
        to_settle=counts.get(Status.QUERIED, 0),
        enquiries=joining.count_open(bank) if may_now(Permission.TAKE_ENQUIRIES) else 0,
        to_close=to_close,
        closes_on=closing.closes_on(bank, to_close) if to_close is not None else None,
        waiting_for_others=exchanges.count_waiting_for_others(bank, membership),
        has_any=exchanges.count_exchanges_of(bank, accounts) > 0,
        today=today,
        helping=[]
        if is_acting()
        else [each for each in members.looked_after_by(membership, today=today) if each.may_act],
    )
