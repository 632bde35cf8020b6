"""Pages of evidence, for those who may read it: the hidden resource, then in depth, then what is behind each figure."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, render_template, request

from timebank import clock
from timebank.costs.queries import costs_within
from timebank.evidence import behind_queries, files, pages
from timebank.evidence.audience import Audience
from timebank.evidence.catalogue import INPUTS
from timebank.evidence.costing import costing_of
from timebank.evidence.explained import behind
from timebank.evidence.reading import CHARTS, Reading, read
from timebank.exchanges.pages import show_exchanges
from timebank.members.permissions import Permission, current_membership, may, requires
from timebank.stories import words
from timebank.web.paging import Page

blueprint = Blueprint("evidence", __name__, url_prefix="/evidence")

_MEDIA = files.MEDIA | {"svg": "image/svg+xml; charset=utf-8"}


@blueprint.get("")
@requires(Permission.SEE_EVIDENCE)
def hidden_resource() -> str:
    """Show in half a minute what the people who use the service give."""
    reading, frame = _reading()
    if reading is None:
        return render_template("evidence/nothing.html", **frame)
    return render_template(
        "evidence/hidden_resource.html",
        **frame,
        **pages.hidden_resource(reading),
        flows=pages.for_page(CHARTS["flows"](reading)),
        story=pages.story_for(reading),
        said=words,
        sections=pages.SECTIONS,
        may_release=may(current_membership(), Permission.RELEASE_EVIDENCE),
    )


@blueprint.get("/in-depth/<section>")
@requires(Permission.SEE_EVIDENCE)
def in_depth(section: str) -> str:
    """Show one side of it in depth."""
    found = pages.SECTIONS.get(section) or abort(404)
    reading, frame = _reading()
    if reading is None:
        return render_template("evidence/nothing.html", **frame)
    return render_template(
        "evidence/in_depth.html",
        **frame,
        section=found,
        figures=pages.all_shown(reading.figures, found.figures),
        elements=pages.elements(reading.figures) if section == "six-elements" else [],
        charts=[pages.for_page(CHARTS[name](reading)) for name in found.charts if reading.may_see(name)],
    )


@blueprint.get("/cost")
@requires(Permission.SEE_EVIDENCE)
def cost() -> str:
    """Show what the bank costs, over all hours given and all active members, with every assumption."""
    reading, frame = _reading()
    if reading is None:
        return render_template("evidence/nothing.html", **frame)
    costs = costs_within(reading.bank, start=reading.period.start, end=reading.period.end)
    sums, amounts = pages.cost_of(costing_of(costs, reading.figures))
    may_enter = may(current_membership(), Permission.SET_RULES)
    return render_template("evidence/cost.html", **frame, sums=sums, amounts=amounts, may_enter=may_enter)


@blueprint.get("/figure/<name>")
@requires(Permission.SEE_EVIDENCE)
def figure(name: str) -> str:
    """Open one figure: what it means, what it is computed from, and to coordinators the exchanges behind it."""
    if name not in INPUTS:
        abort(404)
    reading, frame = _reading()
    if reading is None:
        return render_template("evidence/nothing.html", **frame)
    inputs = [pages.shown(reading.figures, one) for one in INPUTS[name] if one in INPUTS]
    shown = pages.shown(reading.figures, name)
    grid = pages.grid_of(reading.figures, name)
    head, rows, foot = pages.cells_of(grid) if grid else (None, None, None)
    return render_template(
        "evidence/figure.html",
        **frame,
        **_behind(name, reading),
        figure=shown,
        inputs=inputs,
        grid={"head": head, "rows": rows, "foot": foot} if grid else None,
    )


@blueprint.get("/figures.<ending>")
@requires(Permission.SEE_EVIDENCE)
def download(ending: str) -> Response:
    """Hand over every figure."""
    reading, _frame = _reading()
    if ending not in ("csv", "json") or reading is None:
        abort(404)
    made = files.as_csv(reading.figures) if ending == "csv" else files.as_json(reading.figures)
    return _file(made, reading, "figures", ending)


@blueprint.get("/picture/<name>.<ending>")
@requires(Permission.SEE_EVIDENCE)
def picture(name: str, ending: str) -> Response:
    """Hand over a picture, or the table that it draws."""
    reading, _frame = _reading()
    if name not in CHARTS or ending not in ("csv", "svg") or reading is None:
        abort(404)
    if not reading.may_see(name):
        abort(404)
    chart = CHARTS[name](reading)
    return _file(chart.table.as_csv() if ending == "csv" else chart.svg or abort(404), reading, name, ending)


def _reading() -> tuple[Reading | None, dict[str, Any]]:
    """Return what is read, and what every page says around it. Coordinators can look at what others see."""
    membership = current_membership()
    bank = membership.bank
    allowed = [Audience.BOARD, Audience.PUBLIC]
    if may(membership, Permission.APPROVE_HOURS):
        allowed.insert(0, Audience.COORDINATOR)
    wanted = request.args.get("audience", "")
    audience = next((one for one in allowed if one == wanted), allowed[0])
    reading, periods = read(
        bank, written=request.args.get("period", ""), audience=audience, today=bank.day_of(clock.now())
    )
    asked = {"period": reading.period.written if reading else "", "audience": audience.value}
    return reading, {
        "reading": reading,
        "asked": asked,
        "periods": [{"value": one.written, "text": one.called} for one in periods],
        "audiences": [{"value": one.value, "text": pages.audience_in_words(one)} for one in allowed],
        "hidden_words": pages.what_is_hidden(reading) if reading else "",
    }


def _behind(name: str, reading: Reading) -> dict[str, Any]:
    if reading.audience != Audience.COORDINATOR:
        return {"exchanges": [], "page": None}
    membership, period = current_membership(), reading.period
    only = behind(name)
    page = Page.asked_for(behind_queries.count_behind(reading.bank, start=period.start, end=period.end, only=only))
    found = behind_queries.exchanges_behind(
        reading.bank, start=period.start, end=period.end, only=only, offset=page.offset, limit=page.rows
    )
    return {"exchanges": show_exchanges(found, viewer=membership, in_full=True), "page": page}


def _file(made: str, reading: Reading, name: str, ending: str) -> Response:
    response = Response(made, content_type=_MEDIA[ending])
    called = f"{name}-{reading.bank.code}-{reading.period.written}-{reading.audience}.{ending}"
    response.headers.set("Content-Disposition", "attachment", filename=called)
    return response
