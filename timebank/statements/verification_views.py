"""The public page that says whether a statement is genuine."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from timebank.extensions import limiter
from timebank.statements.forms import VerifyForm
from timebank.statements.proof import prove
from timebank.web.access import public

blueprint = Blueprint("verification", __name__)

# Sixteen signs cannot be guessed, but nobody needs to try many.
ATTEMPTS = "30 per minute; 300 per hour"


@blueprint.route("/verify", methods=["GET", "POST"])
@limiter.limit(ATTEMPTS)
@public
def verify() -> str | tuple[str, int]:
    """Say whether the statement with this code is genuine and unchanged, and nothing about whose it is.

    The code comes from the form, or from the square on the paper. The balance that is printed can be compared.
    """
    form = VerifyForm()
    from_square = request.args.get("code", "")
    if not form.is_submitted():
        form.code.data = from_square[:40]
    proof, balance_agrees = None, None
    if form.validate_on_submit() or (from_square and not form.is_submitted()):
        proof = prove(form.code.data or "")
        if proof.is_genuine and form.balance.minutes is not None:
            balance_agrees = proof.closing_is(form.balance.minutes)
    page = render_template("statements/verify.html", form=form, proof=proof, balance_agrees=balance_agrees)
    return page, 422 if form.errors else 200
