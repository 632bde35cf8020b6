"""Files for the printer: a month's statements on paper, address labels, and the list for the telephone."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import BinaryIO

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from timebank import clock
from timebank.errors import RuleBroken
from timebank.ledger.months import Month
from timebank.members.permissions import Permission, current_membership, requires
from timebank.months import pages
from timebank.statements.print_run import (
    Recipient,
    Sort,
    contacts_of,
    print_contacts,
    print_labels,
    print_statements,
    recipients,
)
from timebank.statements.readers import count_on_paper

blueprint = Blueprint("paper", __name__, url_prefix="/months/<written_month>")

# As many as are set while somebody waits for the page. The command has no such end.
MOST_PEOPLE = 100

Write = Callable[[Month, list[Recipient], BinaryIO], None]


@blueprint.get("/statements.pdf")
@requires(Permission.CLOSE_MONTHS)
def statements(written_month: str) -> Response:
    """Hand over one file of all statements that go out on paper."""

    def write(month: Month, people: list[Recipient], to: BinaryIO) -> None:
        bank = current_membership().bank
        print_statements(
            bank,
            month,
            people,
            to=to,
            one_sided="one-sided" in request.args,
            printed_on=bank.day_of(clock.now()),
            tick=lambda _people: None,
        )

    return _file(written_month, "statements", write)


@blueprint.get("/labels.pdf")
@requires(Permission.CLOSE_MONTHS)
def labels(written_month: str) -> Response:
    """Hand over address labels for those statements."""

    def write(_month: Month, people: list[Recipient], to: BinaryIO) -> None:
        bank = current_membership().bank
        print_labels(bank, people, to=to, printed_on=bank.day_of(clock.now()))

    return _file(written_month, "labels", write)


@blueprint.get("/telephone.pdf")
@requires(Permission.CLOSE_MONTHS)
def telephone(written_month: str) -> Response:
    """Hand over the list from which those statements are read out by telephone."""

    def write(month: Month, people: list[Recipient], to: BinaryIO) -> None:
        bank = current_membership().bank
        today = bank.day_of(clock.now())
        contacts = contacts_of(bank, month, people, printed_on=today)
        print_contacts(bank, month, contacts, to=to, printed_on=today)

    return _file(written_month, "telephone", write)


def _file(written_month: str, name: str, write: Write) -> Response:
    bank, month = current_membership().bank, pages.issued(written_month)
    sort = Sort.NAME if request.args.get("sort") == Sort.NAME else Sort.POSTCODE
    # Counted before anybody is fetched: all members of a large bank are more than a page should wait for.
    people = count_on_paper(bank, month)
    if people > MOST_PEOPLE:
        flash(
            gettext(
                "%(people)s people get theirs on paper, which takes too long here. "
                "Ask whoever runs the system to print them: flask statements print-run",
                people=people,
            ),
            "warning",
        )
        return redirect(url_for("months.month", written_month=str(month)))
    file = io.BytesIO()
    try:
        write(month, recipients(bank, month, sort=sort), file)
    except RuleBroken as broken:
        flash(broken.text, "warning")
        return redirect(url_for("months.month", written_month=str(month)))
    answer = Response(file.getvalue(), mimetype="application/pdf")
    answer.headers.set("Content-Disposition", "inline", filename=f"{name}-{bank.code}-{month}.pdf")
    return answer
