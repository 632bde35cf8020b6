"""The coordinator's pages for a month: look through it, close it, and see what became of its statements."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from timebank import clock
from timebank.banks.models import Bank
from timebank.errors import RuleBroken
from timebank.exchanges.models import Status
from timebank.extensions import db
from timebank.ledger import queries as ledger
from timebank.ledger.months import Month
from timebank.members.permissions import Permission, current_membership, requires
from timebank.months import pages, queries, service
from timebank.months.forms import CloseForm, IssueAgainForm, MessageForm
from timebank.statements import queries as statements
from timebank.statements.deliveries import count_deliveries
from timebank.statements.issue import ACCOUNTS_IN_A_BATCH, issue_again
from timebank.statements.models import MonthClosing
from timebank.submissions import service as submissions
from timebank.web.paging import Page as Paging
from timebank.web.setup import month as month_in_words

blueprint = Blueprint("months", __name__, url_prefix="/months")

Page = Response | str | tuple[str, int]

MONTHS_ON_A_PAGE = 24
# As many as are made while somebody waits for the page; the rest are made while it shows how far it is.
BATCHES_AT_ONCE = 4


@blueprint.get("")
@requires(Permission.CLOSE_MONTHS)
def every() -> str:
    """List the bank's closed months, and offer the next one."""
    bank = current_membership().bank
    today = bank.day_of(clock.now())
    page = Paging.asked_for(queries.count_closed_months(bank), rows=MONTHS_ON_A_PAGE)
    following = queries.next_month_to_close(bank, today=today)
    return render_template(
        "months/every.html",
        following=following,
        closes_on=service.closes_on(bank, following) if following is not None else None,
        this_month=Month.of(today),
        months=queries.closed_months(bank, offset=page.offset, limit=page.rows),
        page=page,
    )


@blueprint.get("/<written_month>")
@requires(Permission.CLOSE_MONTHS)
def month(written_month: str) -> str:
    """Show what there is to look at before the month is closed, or how far its statements are."""
    return _month_page(pages.written(written_month))


@blueprint.post("/<written_month>/message")
@requires(Permission.CLOSE_MONTHS)
def set_message(written_month: str) -> Page:
    """Keep the message of the month."""
    membership, month, form = current_membership(), pages.written(written_month), MessageForm()
    if form.validate_on_submit():
        try:
            service.set_message(
                membership.bank, month, message=form.message.data or "", set_by=membership.id, at=clock.now()
            )
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="message")
        else:
            flash(gettext("The message is kept. It is printed on the statements when the month is closed"), "success")
            return redirect(url_for("months.month", written_month=str(month)))
    return _month_page(month, message=form), 422


@blueprint.post("/<written_month>/close")
@requires(Permission.CLOSE_MONTHS)
def close(written_month: str) -> Page:
    """Close the month and issue its statements, with the message that is on the page, kept before or not."""
    membership, month, form, message = current_membership(), pages.written(written_month), CloseForm(), MessageForm()
    if all([form.validate_on_submit(), message.validate_on_submit()]):
        try:
            if "message" in request.form:
                service.set_message(
                    membership.bank, month, message=message.message.data or "", set_by=membership.id, at=clock.now()
                )
                # Whatever stands in the way of closing, nobody has to type it again.
                db.session.commit()
            closing = service.close_month(membership.bank, month, closed_by=membership.id, at=clock.now())
            db.session.commit()
        except RuleBroken as broken:
            # It is nothing that could be put right in the form.
            db.session.rollback()
            flash(broken.text, "warning")
        else:
            _go_on(membership.bank, closing)
            flash(gettext("%(month)s is closed", month=month_in_words(month)), "success")
        return redirect(url_for("months.month", written_month=str(month)))
    return _month_page(month, message=message, close=form), 422


@blueprint.post("/<written_month>/go-on")
@requires(Permission.CLOSE_MONTHS)
def go_on(written_month: str) -> Response:
    """Issue the next statements of a closed month."""
    bank, month = current_membership().bank, pages.written(written_month)
    closing = statements.closing_of(bank, month)
    if closing is None or closing.closed_at is None:
        abort(404)
    _go_on(bank, closing)
    return redirect(url_for("months.month", written_month=str(month)))


def _go_on(bank: Bank, closing: MonthClosing) -> None:
    for _batch in range(BATCHES_AT_ONCE):
        looked_at = service.go_on(bank, closing, at=clock.now())
        # Each batch for itself: what is issued stays, whatever happens to the next.
        db.session.commit()
        if looked_at < ACCOUNTS_IN_A_BATCH:
            break


def _month_page(month: Month, *, message: MessageForm | None = None, close: CloseForm | None = None) -> str:
    """Show the month, with the form that was sent as it was sent."""
    bank = current_membership().bank
    closing = statements.closing_of(bank, month)
    if ledger.is_closed(bank.id, month):
        return _closed_page(bank, month, closing)
    if message is None:
        message = MessageForm(formdata=None, message=closing.message if closing is not None else "")
    close = close or CloseForm(formdata=None)
    today = bank.day_of(clock.now())
    following = queries.next_month_to_close(bank, today=today)
    unsettled = queries.unsettled(bank, month)
    trial = queries.trial_balance(bank, month)
    quiet, quiet_count = queries.first_quiet_members(bank, month)
    return render_template(
        "months/month.html",
        month=month,
        is_over=today > month.last_day,
        before_it=following if following is not None and following < month else None,
        message=message,
        close=close,
        form=close if close.errors else message,
        unsettled={status.value: count for status, count in unsettled.items()},
        is_settled=not any(unsettled.values()),
        statuses=Status,
        trial=trial,
        credit_total=sum(line.credit_minutes for line in trial),
        record_total=sum(line.record_minutes for line in trial),
        figures=queries.figures_of(bank, month),
        month_before_figures=queries.figures_of(bank, month.plus(-1)),
        month_before=month.plus(-1),
        quiet=quiet,
        quiet_count=quiet_count,
        quiet_months=queries.QUIET_MONTHS,
    )


def _closed_page(bank: Bank, month: Month, closing: MonthClosing | None) -> str:
    is_ours = closing is not None and closing.closed_at is not None
    return render_template(
        "months/closed.html",
        month=month,
        closing=closing if is_ours else None,
        progress=service.progress_of(bank, closing) if closing is not None and is_ours else None,
        seal=statements.seal_shown(bank, month),
        counts={wanted.value: count for wanted, count in count_deliveries(bank, month).items()},
    )


@blueprint.route("/<written_month>/again/<reference>", methods=["GET", "POST"])
@requires(Permission.CLOSE_MONTHS)
def again(written_month: str, reference: str) -> Page:
    """Issue one statement again, with a reason that is printed on it."""
    membership, month = current_membership(), pages.written(written_month)
    account = ledger.account_with_reference(membership.bank_id, reference)
    if account is None or statements.latest_issue(account, month) is None:
        abort(404)
    form = IssueAgainForm()
    form.with_new_key()
    if form.validate_on_submit():
        content = {"account": account.id, "month": str(month), "reason": form.reason.data}
        try:
            submission = submissions.accept(membership.bank_id, form.key.data or "", content, at=clock.now())
            if submission.result is None:
                issued = issue_again(
                    membership.bank,
                    account,
                    month,
                    reason=form.reason.data or "",
                    issued_by=membership,
                    at=clock.now(),
                )
                submission.result = issued.reference
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="reason")
        else:
            flash(gettext("The statement is issued again, with a new code"), "success")
            return redirect(url_for("statements.statement", reference=reference, written_month=str(month)))
    page = render_template(
        "months/again.html",
        form=form,
        month=month,
        account=account,
        holder=statements.holder_name(membership.bank, account),
    )
    return page, 422 if form.errors else 200
