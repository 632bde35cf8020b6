"""Pages to donate and to grant hours, and to take a mistaken gift back."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from timebank import clock, hours
from timebank.errors import NotFound, RuleBroken
from timebank.extensions import db
from timebank.gifts import queries, service
from timebank.gifts.forms import GiftForm, GrantForm, ReverseForm
from timebank.gifts.models import Gift
from timebank.gifts.pages import show_gifts
from timebank.ledger import queries as ledger
from timebank.ledger.models import Book
from timebank.members.models import Membership
from timebank.members.permissions import Permission, current_membership, may, requires
from timebank.organisations import queries as organisations
from timebank.organisations.find import find_account
from timebank.organisations.names import Viewer
from timebank.submissions import service as submissions
from timebank.web.forms import sent_again
from timebank.web.headers import kept_for_going_back

blueprint = Blueprint("gifts", __name__)

Page = Response | str | tuple[str, int]
Give = Callable[[Membership, int, int, str], Gift]


@blueprint.route("/donate", methods=["GET", "POST"])
@requires(Permission.DONATE_HOURS)
@kept_for_going_back
def donate() -> Page:
    """Donate one's own hours to the community account or to somebody."""

    def give(membership: Membership, account_id: int, minutes: int, reason: str) -> Gift:
        return service.donate_hours(
            membership.bank, giver=membership, to_account_id=account_id, minutes=minutes, reason=reason, at=clock.now()
        )

    return _give(GiftForm(), "gifts/donate.html", give, in_full=False)


@blueprint.route("/grant", methods=["GET", "POST"])
@requires(Permission.GRANT_HOURS)
@kept_for_going_back
def grant() -> Page:
    """Grant hours from the community account, with a reason; a link may say to whom."""

    def give(membership: Membership, account_id: int, minutes: int, reason: str) -> Gift:
        return service.grant_hours(
            membership.bank,
            granted_by=membership,
            to_account_id=account_id,
            minutes=minutes,
            reason=reason,
            at=clock.now(),
        )

    form = GrantForm()
    if not form.is_submitted():
        form.with_whom.data = request.args.get("to", "")
    return _give(form, "gifts/grant.html", give, in_full=True)


def _give(form: GiftForm, template: str, give: Give, *, in_full: bool) -> Page:
    """Take the form one step further: back to change something, on to check it, or give the hours."""
    membership, step = current_membership(), request.form.get("step", "")
    form.with_new_key()
    if form.is_submitted() and step != "change" and form.validate_on_submit():
        try:
            account_id = find_account(membership.bank, form.with_whom.data or "", in_full=in_full)
            if step == "give":
                return _give_once(form, template, give, account_id)
            return _check(form, template, account_id, in_full=in_full)
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="with_whom")
    own = ledger.balance_of(membership.account_id, Book.CREDIT)
    pot = ledger.balance_of(ledger.community_account(membership.bank_id).id, Book.CREDIT)
    page = render_template(
        template, form=form, own_minutes=own, own_sentence=hours.balance_in_words(own), pot_minutes=pot
    )
    return (page, 422) if form.errors else page


def _check(form: GiftForm, template: str, account_id: int, *, in_full: bool) -> str:
    """Show what is about to be given, to be read once more. Raises what giving it would raise."""
    membership = current_membership()
    assert form.time.minutes is not None
    if isinstance(form, GrantForm):
        service.check_grant(membership.bank, granted_by=membership, to_account_id=account_id)
    else:
        service.check_donation(membership.bank, membership, to_account_id=account_id, minutes=form.time.minutes)
    holder = organisations.holders_of(membership.bank, [account_id])[account_id]
    return render_template(
        "gifts/check.html",
        form=form,
        to=Viewer(membership, in_full).name(holder),
        is_grant=isinstance(form, GrantForm),
        minutes=form.time.minutes,
        left_minutes=ledger.balance_of(membership.account_id, Book.CREDIT) - form.time.minutes,
        action=request.path,
        sent=sent_again(),
    )


def _give_once(form: GiftForm, template: str, give: Give, account_id: int) -> Response:
    membership = current_membership()
    assert form.time.minutes is not None
    content = {
        "to": account_id,
        "minutes": form.time.minutes,
        "reason": form.reason.data,
        "by": membership.id,
        "page": template,
    }
    submission = submissions.accept(membership.bank_id, form.key.data or "", content, at=clock.now())
    if submission.result is None:
        submission.result = give(membership, account_id, form.time.minutes, form.reason.data or "").reference
    reference = submission.result
    db.session.commit()
    flash(gettext("The hours are in the other account"), "success")
    return redirect(url_for("gifts.gift", reference=reference))


@blueprint.get("/gifts/<reference>")
@requires(Permission.OWN_HOURS)
def gift(reference: str) -> str:
    """Show a gift to those it concerns."""
    return _page(_visible(reference), ReverseForm())


@blueprint.post("/gifts/<reference>/reverse")
@requires(Permission.GRANT_HOURS)
def reverse(reference: str) -> Page:
    """Take a mistaken gift back, with a reason."""
    membership, form = current_membership(), ReverseForm()
    found = queries.gift_with_reference(membership.bank, reference)
    if not form.validate_on_submit():
        return _page(found, form), 422
    service.reverse_gift(membership.bank, found, reason=form.reason.data or "", reversed_by=membership, at=clock.now())
    db.session.commit()
    flash(gettext("Reversed in the ledger. The people concerned can read why"), "success")
    return redirect(url_for("gifts.gift", reference=reference))


def _visible(reference: str) -> Gift:
    membership = current_membership()
    found = queries.gift_with_reference(membership.bank, reference)
    concerned = {found.from_account_id, found.to_account_id} & set(organisations.accounts_answered_by(membership))
    if not concerned and not may(membership, Permission.GRANT_HOURS):
        raise NotFound()
    return found


def _may_reverse(found: Gift, membership: Membership) -> bool:
    if found.reversed_at is not None or not may(membership, Permission.GRANT_HOURS):
        return False
    left = organisations.accounts_left_to_others(membership.bank, membership, permission=Permission.GRANT_HOURS)
    return left.isdisjoint((found.from_account_id, found.to_account_id))


def _page(found: Gift, form: ReverseForm) -> str:
    membership = current_membership()
    return render_template(
        "gifts/gift.html",
        shown=show_gifts([found], viewer=membership, in_full=may(membership, Permission.KEEP_MEMBERS))[0],
        may_reverse=_may_reverse(found, membership),
        form=form,
    )
