"""Statements as files, to keep or to work on."""

from __future__ import annotations

from flask import Blueprint, Response, abort

from timebank.exports.statement_files import FORMATS, Whose
from timebank.members.permissions import Permission, current_membership, requires
from timebank.statements import access
from timebank.statements.names import file_name

blueprint = Blueprint("statement_files", __name__)


@blueprint.get("/statements/<reference>/<written_month>/statement.<ending>")
@requires(Permission.OWN_HOURS)
def download(reference: str, written_month: str, ending: str) -> Response:
    """Hand over one account's month in one of the formats."""
    if ending not in FORMATS:
        abort(404)
    found, bank_code = access.reading(reference, written_month), current_membership().bank.code
    whose = Whose(
        bank_code=bank_code,
        account_kind=found.account.kind,
        is_own=found.is_own,
        hides_sign=found.hides_sign,
    )
    form = FORMATS[ending]
    name = file_name(bank_code=bank_code, number=found.statement.number, month=found.statement.month, ending=ending)
    response = Response(form.made(found.statement, whose), content_type=form.media_type)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
