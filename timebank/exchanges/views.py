"""Members' pages: log hours, see them, answer for them."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from timebank import clock
from timebank.errors import NotFound, RuleBroken
from timebank.exchanges import queries, service
from timebank.exchanges.draft import ExchangeDraft
from timebank.exchanges.forms import (
    AnswerForm,
    ExchangeForm,
    LogForm,
    LogForOthersForm,
    MessageForm,
)
from timebank.exchanges.models import Answer, Exchange, Side, Status
from timebank.exchanges.pages import (
    Shown,
    describe_draft,
    names_answered_for,
    open_question,
    show_exchange,
    show_exchanges,
)
from timebank.exchanges.refusals import MessageNeeded
from timebank.extensions import db
from timebank.ledger import queries as ledger
from timebank.members.models import Capacity, Membership
from timebank.members.permissions import Permission, current_membership, may, requires
from timebank.organisations import queries as organisations
from timebank.organisations.names import Viewer
from timebank.submissions import service as submissions
from timebank.submissions.service import new_key
from timebank.web.forms import sent_again
from timebank.web.headers import kept_for_going_back
from timebank.web.paging import Page

blueprint = Blueprint("exchanges", __name__)

Shown_or_redirect = Response | str | tuple[str, int]


@blueprint.route("/hours/log", methods=["GET", "POST"])
@requires(Permission.LOG_HOURS)
@kept_for_going_back
def log() -> Shown_or_redirect:
    """Log hours that one gave or received: the form, a page to check the answers, and done."""
    membership = current_membership()
    form = LogForm()
    form.prepare_for(membership.bank, membership, today=membership.bank.day_of(clock.now()))
    if not form.is_submitted():
        _fill_from_address(form)
    return _log(form, membership, template="exchanges/log.html", any_day=False)


@blueprint.route("/hours/log-for-others", methods=["GET", "POST"])
@requires(Permission.LOG_FOR_OTHERS)
@kept_for_going_back
def log_for_others() -> Shown_or_redirect:
    """Enter hours for others, from a paper slip or a phone call."""
    membership = current_membership()
    form = LogForOthersForm()
    form.prepare_for(membership.bank, today=membership.bank.day_of(clock.now()))
    return _log(form, membership, template="exchanges/log_for_others.html", any_day=True)


def _fill_from_address(form: LogForm) -> None:
    """Begin with the side that a link names, or with hours that one logged before and wants to log again."""
    side, again = request.args.get("side", ""), request.args.get("again", "")
    if side in list(Side):
        form.side.data = side
    if again:
        form.begin_with(_visible(again), current_membership())


def _log(form: ExchangeForm, membership: Membership, *, template: str, any_day: bool) -> Shown_or_redirect:
    """Take the form one step further: another box, back to change something, on to check it, or log it."""
    bank, now = membership.bank, clock.now()
    step = request.form.get("step", "")
    if step.startswith("add-"):
        people = form._fields.get(step.removeprefix("add-"))
        if people is not None and hasattr(people, "add_box"):
            people.add_box()
        return render_template(template, form=form, adding=True)
    if not form.is_submitted() or step == "change":
        return render_template(template, form=form)
    draft = form.draft(bank, logged_by=membership, today=bank.day_of(now), any_day=any_day)
    if draft is None:
        db.session.rollback()
        return render_template(template, form=form), 422
    if step != "log":
        return _check(form, draft, membership, in_full=any_day)
    try:
        return _log_once(form, draft, membership, any_day=any_day)
    except (submissions.SentWithOtherDetails, submissions.KeyMissing):
        raise
    except RuleBroken as broken:
        # Where hours are posted without a coordinator, the ledger may refuse them; nothing that was typed is lost.
        db.session.rollback()
        form.show_broken(broken)
        return render_template(template, form=form), 422


def _check(form: ExchangeForm, draft: ExchangeDraft, membership: Membership, *, in_full: bool) -> str:
    bank = membership.bank
    community = ledger.community_account(bank.id)
    return render_template(
        "exchanges/check.html",
        form=form,
        draft=draft,
        shown=describe_draft(draft, viewer=Viewer(membership, in_full), community_account_id=community.id),
        rounded_from=form.rounded_from(bank),
        is_logged=queries.is_logged(
            bank,
            happened_on=draft.happened_on,
            minutes=draft.minutes,
            giver_ids=[party.holder.account_id for party in draft.on(Side.GIVER)],
            receiver_ids=[party.holder.account_id for party in draft.on(Side.RECEIVER)],
        ),
        confirmed=form.confirmed.data if isinstance(form, LogForOthersForm) else None,
        action=request.path,
        sent=sent_again(),
    )


def _log_once(form: ExchangeForm, draft: ExchangeDraft, membership: Membership, *, any_day: bool) -> Response:
    bank, now = membership.bank, clock.now()
    submission = submissions.accept(bank.id, form.key.data or "", _content(draft, membership), at=now)
    if submission.result is None:
        exchange = service.log_exchange(bank, draft, logged_by=membership, at=now, any_day=any_day)
        if isinstance(form, LogForOthersForm) and form.confirmed.data and exchange.status == Status.LOGGED:
            heard = gettext("On the paper slip or by telephone")
            exchange = service.confirm_for_others(bank, exchange, confirmed_by=membership, message=heard, at=now)
        submission.result = exchange.reference
    reference = submission.result
    db.session.commit()
    return redirect(url_for("exchanges.logged", reference=reference))


def _content(draft: ExchangeDraft, membership: Membership) -> dict[str, object]:
    """Return what tells the same request from another under the same key."""
    return {
        "by": membership.id,
        "parties": [(party.holder.account_id, party.side, party.capacity) for party in draft.parties],
        "activity": draft.activity.id,
        "happened_on": draft.happened_on,
        "minutes": draft.minutes,
        "stage": draft.stage,
        "book": draft.book,
        "note": draft.note,
        "flags": [draft.paid, draft.mandated, draft.consultation],
    } | ({"waiver": draft.waiver} if draft.waiver else {})


@blueprint.get("/hours/<reference>/logged")
@requires(Permission.OWN_HOURS)
def logged(reference: str) -> str:
    """Say that the hours are logged, and what happens next."""
    exchange, membership = _visible(reference), current_membership()
    in_full = may(membership, Permission.APPROVE_HOURS) and exchange.party_of([membership.account_id]) is None
    return render_template("exchanges/logged.html", shown=show_exchange(exchange, viewer=membership, in_full=in_full))


@blueprint.get("/hours")
@requires(Permission.OWN_HOURS)
def own() -> str:
    """List one's own exchanges, newest first."""
    membership = current_membership()
    accounts = organisations.accounts_answered_by(membership)
    page = Page.asked_for(queries.count_exchanges_of(membership.bank, accounts))
    exchanges = queries.exchanges_of(membership.bank, accounts, offset=page.offset, limit=page.rows)
    return render_template(
        "exchanges/own.html", page=page, rows=show_exchanges(exchanges, viewer=membership, in_full=False)
    )


@blueprint.get("/hours/<reference>")
@requires(Permission.OWN_HOURS)
def exchange(reference: str) -> str:
    """Show one of one's own exchanges, what happened to it, and what one can do."""
    found = _visible(reference)
    return _page(found, _answer_form(found), MessageForm())


@blueprint.route("/hours/<reference>/answer", methods=["GET", "POST"])
@requires(Permission.OWN_HOURS)
def answer(reference: str) -> Shown_or_redirect:
    """Confirm an exchange, ask a question about it, or say that it did not happen."""
    exchange, membership = _visible(reference), current_membership()
    if request.method != "POST":
        # The address of a page with an error on it, opened anew.
        return redirect(url_for("exchanges.exchange", reference=reference))
    form = _answer_form(exchange)
    if not form.validate_on_submit():
        return _page(exchange, form, MessageForm()), 422
    try:
        _take_answer(exchange, form, membership)
    except MessageNeeded as broken:
        db.session.rollback()
        form.show(broken, otherwise="message")
        return _page(_visible(reference), form, MessageForm()), 422
    db.session.commit()
    flash(_thanks(Answer(form.answer.data)), "success")
    return redirect(url_for("exchanges.exchange", reference=reference))


def _take_answer(exchange: Exchange, form: AnswerForm, membership: Membership) -> None:
    """Take an answer, unless the very same was sent from this page before."""
    bank, now, message = membership.bank, clock.now(), form.message.data or ""
    content = {"by": membership.id, "on": exchange.reference, "answer": form.answer.data, "message": message}
    thanks = form.thanks.data or ""
    if not submissions.is_first(bank.id, key=form.key.data or "", content=content | {"thanks": thanks}, at=now):
        return
    if form.answer.data == Answer.CONFIRMED:
        capacities = {membership.account_id: Capacity(form.capacity.data)}
        service.confirm_exchange(
            bank, exchange, confirmed_by=membership, message=message, at=now, capacities=capacities, thanks=thanks
        )
    elif form.answer.data == Answer.QUERIED:
        service.query_exchange(bank, exchange, queried_by=membership, message=message, at=now, as_coordinator=False)
    else:
        service.deny_exchange(bank, exchange, denied_by=membership, message=message, at=now)


def _thanks(given: Answer) -> str:
    return {
        Answer.CONFIRMED: gettext("Thank you. You confirmed these hours"),
        Answer.QUERIED: gettext("Your question was sent to everybody who took part and to the coordinator"),
        Answer.DENIED: gettext("Thank you for telling us. The coordinator will look into it"),
    }[given]


@blueprint.route("/hours/<reference>/reply", methods=["GET", "POST"])
@requires(Permission.OWN_HOURS)
def reply(reference: str) -> Shown_or_redirect:
    """Answer a question about an exchange."""
    exchange, membership = _visible(reference), current_membership()
    if request.method != "POST":
        return redirect(url_for("exchanges.exchange", reference=reference))
    form = MessageForm()
    if not form.validate_on_submit():
        return _page(exchange, _answer_form(exchange), form), 422
    bank, now, message = membership.bank, clock.now(), form.message.data or ""
    content = {"by": membership.id, "on": exchange.reference, "reply": message}
    if submissions.is_first(bank.id, key=form.key.data or "", content=content, at=now):
        service.answer_query(bank, exchange, answered_by=membership, message=message, at=now, as_coordinator=False)
    db.session.commit()
    flash(gettext("Your answer was sent"), "success")
    return redirect(url_for("exchanges.exchange", reference=reference))


@blueprint.route("/hours/<reference>/withdraw", methods=["GET", "POST"])
@requires(Permission.OWN_HOURS)
def withdraw(reference: str) -> Shown_or_redirect:
    """Ask, and then take back what one logged oneself."""
    exchange, membership = _visible(reference), current_membership()
    if request.method != "POST":
        if not (exchange.is_open and exchange.logged_by_id == membership.id):
            return redirect(url_for("exchanges.exchange", reference=reference))
        return render_template("exchanges/withdraw.html", shown=_show(exchange))
    service.withdraw_exchange(membership.bank, exchange, withdrawn_by=membership, at=clock.now())
    db.session.commit()
    flash(gettext("You took these hours back"), "success")
    return redirect(url_for("exchanges.exchange", reference=reference))


def _visible(reference: str) -> Exchange:
    """Return the exchange if the member took part in it, speaks for somebody who did, or logged it.

    Where something is to be done with it, it is locked at once instead of read again for that.
    """
    membership = current_membership()
    exchange = queries.exchange_with_reference(membership.bank, reference, for_update=request.method == "POST")
    took_part = exchange.party_of(organisations.accounts_answered_by(membership)) is not None
    if not took_part and exchange.logged_by_id != membership.id:
        raise NotFound()
    return exchange


def _show(exchange: Exchange) -> Shown:
    return show_exchange(exchange, viewer=current_membership(), in_full=False)


def _answer_form(exchange: Exchange) -> AnswerForm:
    party = exchange.party_of([current_membership().account_id])
    form = AnswerForm()
    form.prepare_for(Capacity(party.capacity) if party else Capacity.NOT_STATED)
    return form


def _page(exchange: Exchange, answer_form: AnswerForm, message_form: MessageForm) -> str:
    membership = current_membership()
    accounts = organisations.accounts_answered_by(membership)
    own = exchange.party_of([membership.account_id])
    answering = [party for party in exchange.parties if party.account_id in accounts]
    doubt = next((party.answer for party in answering if party.answer in (Answer.QUERIED, Answer.DENIED)), None)
    wrong = next((form for form in (answer_form, message_form) if form.errors), None)
    shown = _show(exchange)
    waiting = queries.exchanges_waiting_for(membership.bank, accounts)
    return render_template(
        "exchanges/exchange.html",
        exchange=exchange,
        shown=shown,
        question=open_question(shown),
        answers_for=names_answered_for(answering, membership),
        own_capacity=Capacity(own.capacity) if own else None,
        own_doubt=doubt,
        may_thank=any(party.side == Side.RECEIVER for party in answering),
        may_answer=exchange.is_open and any(party.answer != Answer.CONFIRMED for party in answering),
        may_reply=exchange.status == Status.QUERIED and doubt is None,
        may_withdraw=exchange.is_open and exchange.logged_by_id == membership.id,
        others_waiting=[other for other in waiting if other.id != exchange.id],
        answer_form=answer_form,
        message_form=message_form,
        form=wrong,
        key=new_key(),
    )
