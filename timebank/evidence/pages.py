"""What the pages of evidence show: the figures in words, section by section."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from timebank.evidence import saying
from timebank.evidence.audience import Audience
from timebank.evidence.catalogue import GROUPS
from timebank.evidence.charts import Cell, Chart, Table
from timebank.evidence.costing import Costing
from timebank.evidence.explained import explained
from timebank.evidence.figures import Figures
from timebank.evidence.reading import Reading
from timebank.stories import queries as stories
from timebank.stories.models import Readers, Story


@dataclass(frozen=True)
class ShownFigure:
    """One figure as people read it."""

    name: str
    title: str
    meaning: str
    value: str
    reason: str


def shown(figures: Figures, name: str) -> ShownFigure:
    """Return a figure in words: its value, or why there is none."""
    figure, words = figures[name], explained(name)
    if isinstance(figure.value, dict | list):
        value = _("A table")
    elif figure.value is None:
        value = _("Not shown") if figures.is_withheld(name) else _("None")
    else:
        value = saying.figure(figure.value, figure.unit)
    return ShownFigure(name, words.title, words.meaning, value, figure.reason)


@dataclass(frozen=True)
class Section:
    """A page in depth: what it asks, its pictures, its figures."""

    title: Any
    asks: Any
    figures: tuple[str, ...]
    charts: tuple[str, ...] = ()


SECTIONS = {
    "co-production": Section(
        _l("Planned and delivered together?"),
        _l(
            "A service is co-produced where its users and professionals both plan it and both deliver it. Each dot is a"
            " service where its hours put it, and its path up to now."
        ),
        ("voice_hours", "action_hours", "voice_and_action", "paid_hours", "mandated_hours", "consultation_hours"),
        ("matrix",),
    ),
    "reciprocity": Section(
        _l("Giving and receiving"),
        _l("In a time bank nobody only helps, and nobody is only helped. How far has it come?"),
        (
            "two_way_share", "give_only_share", "receive_only_share", "scheme_mutuality",
            "user_professional_reciprocity", "user_professional_ratio", "peer_share", "neighbourhood_dividend",
            "gini_of_giving",
        ),
        ("histogram", "flows"),
    ),
    "activity": Section(
        _l("Activity over time"),
        _l("How many take part, who is new, who stays and who left off."),
        ("active_members", "active_before", "hours_given", "person_hours_received", "exchanges", "blurred_roles"),
        ("activity", "months"),
    ),
    "web": Section(
        _l("The web of exchanges"),
        _l(
            "How people are connected; who they are is shown to coordinators alone. Help that comes back through others"
            " is the point of a time bank, so that few links returned directly are no failure."
        ),
        (
            "people_in_network", "links", "reciprocated_links", "largest_component_share", "density", "reciprocity",
            "rho", "weighted_reciprocity", "weighted_reciprocity_expected", "rho_w",
        ),
        ("web",),
    ),
    "circulation": Section(
        _l("How credit goes round"),
        _l("Hours that are earned should be used, and not pile up with a few."),
        (
            "spend_ratio", "credit_spent_hours", "credit_earned_hours", "velocity", "credit_moved_hours",
            "mean_credit_held_hours", "pot_hours",
        ),
        ("balances",),
    ),
    "receiving-to-giving": Section(
        _l("From receiving to giving"),
        _l("Do people who begin as receivers of help become givers, and how soon?"),
        (
            "receiver_to_giver_conversion", "receiver_to_giver_people", "receiver_to_giver_converted",
            "days_to_first_exchange_lower_quartile", "days_to_first_exchange_median",
            "days_to_first_exchange_upper_quartile",
        ),
        ("curve",),
    ),
    "six-elements": Section(
        _l("Six elements of co-production"),
        _l(
            "A profile after nef and NESTA (2010). There is no total score: a bank can be strong in one and weak in"
            " another, and the ledger sees only a part of each."
        ),
        (),
    ),
    "trust": Section(
        _l("Can the figures be trusted?"),
        _l("Every figure is computed from the ledger, in which nothing can be changed afterwards."),
        (
            "confirmed_by_both", "entered_by_coordinator", "confirmed_by_neither", "late_hours", "exchanges",
            "reversed_exchanges", "sum_of_balances", "not_stated_share",
        ),
    ),
}  # fmt: skip

ELEMENTS = (
    (_l("Assets: everybody has something to give"), ("users_who_contribute", "hidden_resource_share")),
    (_l("Capacity: people grow by taking part"), ("receiver_to_giver_conversion", "new_members")),
    (_l("Mutuality: it goes both ways"), ("scheme_mutuality", "user_professional_reciprocity")),
    (_l("Peer networks: people know each other"), ("peer_share", "largest_component_share")),
    (_l("Blurred roles: not only givers, not only receivers"), ("blurred_roles", "two_way_share")),
    (_l("Catalysts: professionals make it happen"), ("leverage", "voice_and_action")),
)

HEADLINE = ("hidden_resource_share", "users_who_contribute", "hours_given", "active_members")
COMPARED = (*HEADLINE, "user_professional_reciprocity", "leverage", "exchanges")
TRUST = ("confirmed_by_both", "entered_by_coordinator", "confirmed_by_neither")


def hidden_resource(reading: Reading) -> dict[str, Any]:
    """Return what the first page shows, by the names that its template has for it."""
    figures = reading.figures
    return {
        "sentence": _first_sentence(figures),
        "not_counted": _not_counted(figures),
        "headline": all_shown(figures, HEADLINE),
        "without_paid": shown(figures, "hidden_resource_share_without_paid"),
        "leverage": shown(figures, "leverage"),
        "compared": _compared(reading),
        "trust": all_shown(figures, TRUST),
    }


def story_for(reading: Reading) -> Story | None:
    """Return the newest story that stands beside the figures and that their readers may read."""
    readers = Readers.EVERYBODY if reading.audience == Audience.PUBLIC else Readers.BOARD
    return next(iter(stories.stories_beside_figures(reading.bank, readers=readers, limit=1)), None)


def all_shown(figures: Figures, names: Iterable[str]) -> list[ShownFigure]:
    """Return several figures in words."""
    return [shown(figures, name) for name in names]


def _first_sentence(figures: Figures) -> str:
    share, hours = figures["hidden_resource_share"].value, figures["hours_given"].value
    if share is None or hours is None:
        return figures["hidden_resource_share"].reason or figures["hours_given"].reason
    return _(
        "Of %(hours)s hours of help, people who use the service gave %(share)s.",
        hours=saying.hours(hours),
        share=saying.percent(share),
    )


def _not_counted(figures: Figures) -> str:
    """Return why users gave more than the share says, where they gave to those of whom no capacity is stated."""
    hours = figures["hours_ux"].value
    if not hours or figures["hidden_resource_share"].value is None:
        return ""
    return _(
        "They gave another %(hours)s hours to people and organisations of whom it is not stated whether they are users,"
        " professionals or neighbours. These are not in the share.",
        hours=saying.hours(hours),
    )


def _compared(reading: Reading) -> Table | None:
    before = reading.a_year_before
    if before is None:
        return None
    rows: list[tuple[Cell, ...]] = []
    for name in COMPARED:
        now, then = shown(reading.figures, name), shown(before, name)
        rows.append((now.title, then.value, now.value))
    head = (_("Figure"), reading.period.a_year_before.called, reading.period.called)
    return Table(head, tuple(rows))


def elements(figures: Figures) -> list[tuple[str, list[ShownFigure]]]:
    """Return the profile of the six elements."""
    return [(str(title), all_shown(figures, names)) for title, names in ELEMENTS]


def cost_of(costing: Costing) -> tuple[list[ShownFigure], list[ShownFigure]]:
    """Return what the bank costs: the sums and ratios, and each amount with what was assumed."""
    sums = [ShownFigure("cost", title, words, value, "") for title, value, words in costing.sums]
    return sums, [ShownFigure("cost", title, words, value, "") for title, value, words in costing.lines]


def cells_of(table: Table) -> tuple[list[dict[str, Any]], list[list[Any]], list[Any] | None]:
    """Return head, rows and foot of a table as a page's table takes them."""
    head = [{"text": words, "number": place > 0} for place, words in enumerate(table.head)]
    rows = [_row(table, row) for row in table.rows]
    return head, rows, _row(table, table.foot) if table.foot else None


def for_page(chart: Chart) -> dict[str, Any]:
    """Return a picture and its table as the templates take them."""
    head, rows, foot = cells_of(chart.table)
    # Every word in it was escaped where it was drawn.
    return {"chart": chart, "svg": Markup(chart.svg), "head": head, "rows": rows, "foot": foot}  # noqa: S704


def _row(table: Table, row: tuple[Cell, ...]) -> list[Any]:
    cells: list[Any] = [{"value": row[0], "header": True}]
    for place, cell in enumerate(row[1:], 1):
        if place in table.hours:
            cells.append(saying.hours(cell))
        elif place in table.shares:
            cells.append(saying.percent(cell))
        else:
            cells.append(cell if isinstance(cell, str) else saying.number(cell))
    return cells


def audience_in_words(audience: Audience) -> str:
    """Return for whom the figures are."""
    return {
        Audience.COORDINATOR: _("Coordinators"),
        Audience.BOARD: _("The board"),
        Audience.PUBLIC: _("Everybody and funders"),
    }[audience]


def what_is_hidden(reading: Reading) -> str:
    """Return what is hidden from this audience and why, in words."""
    count = len(reading.figures.withheld)
    if reading.audience == Audience.COORDINATOR:
        return _("Nothing is hidden: this is for coordinators, who know everybody. Do not pass it on as it is.")
    why = _(
        "A number is shown only where at least %(threshold)s people are behind it, so that nobody can be found out.",
        threshold=reading.audience.threshold,
    )
    if reading.audience == Audience.PUBLIC:
        why += " " + _("Counts and hours are rounded to 5.")
    return why + " " + _("Of the figures, %(count)s are hidden or partly hidden.", count=count)


def grid_of(figures: Figures, name: str) -> Table | None:
    """Return a figure that is a table or a curve as a table; None for any other."""
    figure = figures[name]
    value = figure.value
    if figure.unit == "table" and value:
        rows = tuple((_called(row), *cells, total) for row, cells, total in _lines(value))
        head = (explained(name).title, *(_called(column) for column in value["columns"]), _("All"))
        foot = (_("All"), *value["column_totals"], value["total"])
        return Table(head, rows, hours=frozenset(range(1, len(head))), foot=foot)
    if figure.unit == "curve" and value:
        return Table(tuple(value[0]), tuple(tuple(point.values()) for point in value))
    return None


def _called(name: str) -> str:
    """Return what a row or a column is called: the names of the catalogue in words, others as they are."""
    if name in GROUPS:
        return saying.group(name)
    words = {
        "paid": _("Paid"),
        "unpaid": _("Unpaid"),
        "commissioning": _("Commissioning"),
        "design": _("Design"),
        "delivery": _("Delivery"),
        "assessment": _("Assessment"),
        "hours": _("Hours"),
        "planning_community": _("Planned by users and community"),
        "planning_professionals": _("Planned by professionals"),
        "delivery_community": _("Delivered by users and community"),
        "delivery_professionals": _("Delivered by professionals"),
        "": _("No area"),
    }
    return words.get(name, name)


def _lines(table: dict[str, Any]) -> Iterable[tuple[Any, list[Any], Any]]:
    return zip(table["rows"], table["cells"], table["row_totals"], strict=True)
