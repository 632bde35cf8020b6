"""What people read for the kinds that banks are set up with."""

from __future__ import annotations

from flask_babel import gettext

from timebank.banks.models import Involvement, Stage
from timebank.ledger.models import Book


def of_book(book: Book) -> str:
    """Return the book's name as people read it."""
    return {Book.CREDIT: gettext("Credit hours"), Book.RECORD: gettext("Recorded hours")}[book]


def of_stage(stage: Stage) -> str:
    """Return the stage of a service in plain words."""
    return {
        Stage.COMMISSIONING: gettext("Deciding what is needed (commissioning)"),
        Stage.DESIGN: gettext("Planning how it works (design)"),
        Stage.DELIVERY: gettext("Doing it (delivery)"),
        Stage.ASSESSMENT: gettext("Looking at how it went (assessment)"),
    }[stage]


def of_involvement(involvement: Involvement) -> str:
    """Return what an activity involves as people read it."""
    return {
        Involvement.GROUP: gettext("In a group only"),
        Involvement.PUBLIC_PLACE: gettext("In a public place"),
        Involvement.HOME_VISIT: gettext("In somebody’s home"),
        Involvement.DRIVES: gettext("Driving somebody"),
        Involvement.HANDLES_MONEY: gettext("Handling somebody’s money"),
    }[involvement]
