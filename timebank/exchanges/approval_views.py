"""Coordinators' pages: the queue, one exchange, and what is decided about it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from timebank import clock
from timebank.attempts import DatabaseTrouble, Trouble, attempted
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.errors import NotFound, RuleBroken
from timebank.exchanges import queries, service, words
from timebank.exchanges.draft import WaiverTooLong
from timebank.exchanges.forms import (
    EVERYTHING,
    STATUS_CHOICES,
    ApproveForm,
    DecideForm,
    QueueForm,
)
from timebank.exchanges.models import OPEN, Answer, Exchange, Status
from timebank.exchanges.pages import show_exchange, show_exchanges
from timebank.exchanges.queries import QueueFilter
from timebank.exchanges.refusals import MessageNeeded
from timebank.exchanges.unusual import cases_of
from timebank.exchanges.waivers import ClearanceMissing
from timebank.extensions import db
from timebank.members import queries as members
from timebank.members import words as member_words
from timebank.members.models import Capacity, Membership
from timebank.members.permissions import Permission, current_membership, may, requires
from timebank.organisations import queries as organisations
from timebank.submissions import service as submissions
from timebank.submissions.service import new_key
from timebank.web.paging import Page

blueprint = Blueprint("approvals", __name__, url_prefix="/approvals")

Act = Callable[[Exchange, Membership, str], str]

APPROVE = "approve"


@blueprint.get("")
@requires(Permission.APPROVE_HOURS)
def queue() -> str:
    """List what waits for approval, oldest first, with everything needed to decide on each line."""
    membership = current_membership()
    bank, today = membership.bank, membership.bank.day_of(clock.now())
    form, wanted = _wanted(bank)
    page = Page.asked_for(queries.count_queue(bank, wanted))
    exchanges = queries.queue_page(bank, wanted, offset=page.offset, limit=page.rows)
    return render_template(
        "exchanges/queue.html",
        filters=form,
        is_filtered=bool(wanted.words or wanted.activity_id or wanted.status != Status.CONFIRMED),
        oldest_first=wanted.status in OPEN,
        left_to_others=organisations.accounts_left_to_others(bank, membership),
        status=wanted.status,
        cases=list(
            zip(
                cases_of(bank, exchanges, today=today),
                show_exchanges(exchanges, viewer=membership, in_full=True),
                strict=True,
            )
        ),
        page=page,
        approve_form=ApproveForm(),
        kept=_kept_filters(),
    )


def _wanted(bank: Bank) -> tuple[QueueForm, QueueFilter]:
    counts = queries.count_by_status(bank)
    labels = {status.value: f"{words.of_status(status)} ({counts[status]})" for status in STATUS_CHOICES}
    labels[EVERYTHING] = gettext("Everything (%(count)s)", count=sum(counts.values()))
    form = QueueForm(request.args)
    form.prepare(bank, labels)
    status = form.status.data if form.status.data in labels else Status.CONFIRMED.value
    form.status.data = status
    activity = None
    if form.activity.data:
        try:
            activity = banks.activity_with_reference(bank, form.activity.data)
        except NotFound:
            form.activity.data = ""
    words_typed = (form.words.data or "")[:120]
    return form, QueueFilter(
        status=None if status == EVERYTHING else Status(status),
        activity_id=activity.id if activity else None,
        words=words_typed,
    )


def _kept_filters() -> dict[str, Any]:
    """Return the filters and the page in the address, so that acting on a list leads back to the same list."""
    return {name: request.args[name] for name in ("status", "activity", "words", "page") if request.args.get(name)}


@blueprint.post("")
@requires(Permission.APPROVE_HOURS)
def approve_ticked() -> Response:
    """Approve each of the ticked exchanges that can be approved, and say which could not and why."""
    membership = current_membership()
    bank = membership.bank
    references = [reference for reference in request.form.getlist("exchange")[:200] if reference.isalnum()]
    if not references:
        flash(gettext("Tick the exchanges that you want to approve"), "warning")
        return redirect(url_for("approvals.queue", **_kept_filters()))
    found = queries.exchanges_with_references(bank, references)
    names = {exchange.reference: exchange.activity.name for exchange in found}
    approved, problems = 0, []
    for reference, name in names.items():
        # Each is a decision of its own: one that cannot be approved does not hold up the others.
        try:
            attempted(partial(_approve_one, reference))
            approved += 1
        except RuleBroken as broken:
            db.session.rollback()
            problems.append(f"{name}: {broken.text}")
        except DatabaseTrouble as trouble:
            problems.append(f"{name}: {trouble.text}")
            if trouble.trouble != Trouble.BUSY:
                # Nor would it take the others, and each would be waited for.
                break
    if approved:
        flash(ngettext("%(num)s exchange approved", "%(num)s exchanges approved", approved), "success")
    for problem in problems:
        flash(problem, "warning")
    return redirect(url_for("approvals.queue", **_kept_filters()))


def _approve_one(reference: str) -> None:
    membership = current_membership()
    exchange = queries.exchange_with_reference(membership.bank, reference, for_update=True)
    service.approve_exchange(membership.bank, exchange, approved_by=membership, at=clock.now())
    db.session.commit()


@blueprint.get("/<reference>")
@requires(Permission.APPROVE_HOURS)
def decide(reference: str) -> str:
    """Show everything about one exchange, and what can be done with it."""
    return _page(_exchange(reference), DecideForm())


@blueprint.post("/<reference>")
@requires(Permission.APPROVE_HOURS)
def act(reference: str) -> Response | tuple[str, int]:
    """Approve, query, confirm for others, answer, decline or reverse one exchange, once however often it is sent."""
    exchange, membership = _exchange(reference), current_membership()
    form = DecideForm()
    decision = form.decision.data or ""
    if _ACTIONS.get(decision) is _reverse and not may(membership, Permission.REVERSE_HOURS):
        abort(403)
    if decision not in (APPROVE, *_ACTIONS) or not form.validate_on_submit():
        return _page(exchange, form), 422
    try:
        said = _once(exchange, membership, form)
    except MessageNeeded as broken:
        db.session.rollback()
        form.show(broken, otherwise="message")
        return _page(_exchange(reference), form), 422
    except (ClearanceMissing, WaiverTooLong) as broken:
        db.session.rollback()
        form.show(broken, otherwise="waiver")
        return _page(_exchange(reference), form), 422
    except RuleBroken as broken:
        # Another coordinator was quicker, or a rule stands in the way: say so where the exchange is.
        db.session.rollback()
        flash(broken.text, "warning")
        return redirect(url_for("approvals.decide", reference=reference, **_kept_filters()))
    db.session.commit()
    flash(said, "success")
    if form.decision.data in (APPROVE, "decline"):
        return redirect(url_for("approvals.queue", **_kept_filters()))
    return redirect(url_for("approvals.decide", reference=reference, **_kept_filters()))


def _once(exchange: Exchange, by: Membership, form: DecideForm) -> str:
    """Do what was decided, unless the very same was sent from this page before, and return what to say about it."""
    message = form.message.data or ""
    content = {"by": by.id, "on": exchange.reference, "decision": form.decision.data, "message": message}
    if not submissions.is_first(by.bank_id, key=form.key.data or "", content=content, at=clock.now()):
        return gettext("You sent this before. It was done once")
    if form.decision.data == APPROVE:
        return _approve(exchange, by, message, form.waiver.data or "")
    return _ACTIONS[form.decision.data or ""](exchange, by, message)


def _approve(exchange: Exchange, by: Membership, message: str, waiver: str) -> str:
    service.approve_exchange(by.bank, exchange, approved_by=by, message=message, waiver=waiver, at=clock.now())
    return gettext("Approved, and written in the ledger")


def _query(exchange: Exchange, by: Membership, message: str) -> str:
    service.query_exchange(by.bank, exchange, queried_by=by, message=message, at=clock.now(), as_coordinator=True)
    return gettext("Your question was sent to everybody who took part")


def _answer(exchange: Exchange, by: Membership, message: str) -> str:
    service.answer_query(by.bank, exchange, answered_by=by, message=message, at=clock.now(), as_coordinator=True)
    return gettext("Your answer was sent")


def _confirm(exchange: Exchange, by: Membership, message: str) -> str:
    service.confirm_for_others(by.bank, exchange, confirmed_by=by, message=message, at=clock.now())
    return gettext("You recorded that everybody confirmed")


def _decline(exchange: Exchange, by: Membership, message: str) -> str:
    service.decline_exchange(by.bank, exchange, declined_by=by, message=message, at=clock.now())
    return gettext("Declined. Everybody who took part can read why")


def _reverse(exchange: Exchange, by: Membership, message: str) -> str:
    service.reverse_exchange(by.bank, exchange, reversed_by=by, message=message, at=clock.now())
    return gettext("Reversed in the ledger. Everybody who took part can read why")


_ACTIONS: dict[str, Act] = {
    "query": _query,
    "answer": _answer,
    "confirm": _confirm,
    "decline": _decline,
    "reverse": _reverse,
}


def _exchange(reference: str) -> Exchange:
    """Return the exchange; where something is to be done with it, it is locked at once instead of read again."""
    return queries.exchange_with_reference(current_membership().bank, reference, for_update=request.method == "POST")


def _page(exchange: Exchange, form: DecideForm) -> str:
    membership = current_membership()
    bank = membership.bank
    case = cases_of(bank, [exchange], today=bank.day_of(clock.now()))[0]
    is_own = service.needs_another_coordinator(bank, exchange, coordinator=membership)
    capacities = {party.account_id: member_words.of_capacity(Capacity(party.capacity)) for party in exchange.parties}
    return render_template(
        "exchanges/decide.html",
        case=case,
        exchange=exchange,
        shown=show_exchange(exchange, viewer=membership, in_full=True),
        capacities=capacities,
        all_confirmed=all(party.answer == Answer.CONFIRMED for party in exchange.parties),
        may_approve=exchange.status == Status.CONFIRMED and not is_own,
        is_own=is_own,
        waived_by=members.membership_with_id(exchange.waived_by_id) if exchange.waived_by_id else None,
        may_reverse=exchange.status == Status.APPROVED and not is_own and may(membership, Permission.REVERSE_HOURS),
        is_queried=exchange.status == Status.QUERIED,
        kept=_kept_filters(),
        form=form,
        key=new_key(),
    )
