"""Pages to donate and to grant hours, and to take a mistaken gift back."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, url_for
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
from timebank.submissions import service as submissions

blueprint = Blueprint("gifts", __name__)

Page = Response | str | tuple[str, int]


@blueprint.route("/donate", methods=["GET", "POST"])
@requires(Permission.DONATE_HOURS)
def donate() -> Page:
    """Donate one's own hours to the community account or to somebody."""

    def give(membership: Membership, account_id: int, minutes: int, reason: str) -> Gift:
        return service.donate_hours(
            membership.bank, giver=membership, to_account_id=account_id, minutes=minutes, reason=reason, at=clock.now()
        )

    return _give(GiftForm(), "gifts/donate.html", give, in_full=False)


@blueprint.route("/grant", methods=["GET", "POST"])
@requires(Permission.GRANT_HOURS)
def grant() -> Page:
    """Grant hours from the community account, with a reason."""

    def give(membership: Membership, account_id: int, minutes: int, reason: str) -> Gift:
        return service.grant_hours(
            membership.bank,
            granted_by=membership,
            to_account_id=account_id,
            minutes=minutes,
            reason=reason,
            at=clock.now(),
        )

    return _give(GrantForm(), "gifts/grant.html", give, in_full=True)


def _give(form: GiftForm, template: str, give: Callable[[Membership, int, int, str], Gift], *, in_full: bool) -> Page:
    membership = current_membership()
    bank = membership.bank
    form.with_new_key()
    if form.validate_on_submit():
        assert form.time.minutes is not None
        try:
            account_id = find_account(bank, form.with_whom.data or "", in_full=in_full)
            content = {
                "to": account_id,
                "minutes": form.time.minutes,
                "reason": form.reason.data,
                "by": membership.id,
                "page": template,
            }
            submission = submissions.accept(bank.id, form.key.data or "", content, at=clock.now())
            if submission.result is None:
                gift = give(membership, account_id, form.time.minutes, form.reason.data or "")
                submission.result = gift.reference
            reference = submission.result
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="with_whom")
        else:
            flash(gettext("Done. The hours are in the other account"), "success")
            return redirect(url_for("gifts.gift", reference=reference))
    own = ledger.balance_of(membership.account_id, Book.CREDIT)
    pot = ledger.balance_of(ledger.community_account(bank.id).id, Book.CREDIT)
    page = render_template(
        template, form=form, own_minutes=own, own_sentence=hours.balance_in_words(own), pot_minutes=pot
    )
    return (page, 422) if form.errors else page


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


def _page(found: Gift, form: ReverseForm) -> str:
    membership = current_membership()
    return render_template(
        "gifts/gift.html",
        shown=show_gifts([found], viewer=membership, in_full=may(membership, Permission.KEEP_MEMBERS))[0],
        may_reverse=found.reversed_at is None and may(membership, Permission.GRANT_HOURS),
        form=form,
    )
