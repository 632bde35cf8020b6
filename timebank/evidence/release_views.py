"""Pages of released evidence: for coordinators who release it, and for everybody where the bank shows it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as BaseResponse

from timebank import clock
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.errors import RuleBroken
from timebank.evidence import behind_queries, files, pack, pages, release_queries, service
from timebank.evidence.models import EvidenceRelease
from timebank.evidence.periods import parse, releasable
from timebank.evidence.reading import CHARTS, Frozen, read_release
from timebank.extensions import db
from timebank.members.permissions import Permission, current_membership, requires
from timebank.stories import words
from timebank.web.access import public
from timebank.web.forms import Form

blueprint = Blueprint("releases", __name__)

Answer = BaseResponse | str | tuple[str, int]


@blueprint.route("/evidence/releases", methods=["GET", "POST"])
@requires(Permission.RELEASE_EVIDENCE)
def every() -> Answer:
    """List what was released, and release the figures of another period."""
    membership = current_membership()
    bank, now = membership.bank, clock.now()
    form = Form()
    problem = ""
    if form.validate_on_submit():
        try:
            period = parse(request.form.get("period", ""))
            release = service.release_evidence(bank, period, released_by=membership, at=now)
        except (ValueError, service.NotAPeriodToRelease) as broken:
            db.session.rollback()
            problem = str(broken.message if isinstance(broken, RuleBroken) else service.NotAPeriodToRelease.message)
        else:
            db.session.commit()
            flash(gettext("The evidence of %(period)s is released", period=period.called))
            return redirect(url_for("releases.release", reference=release.reference))
    released = release_queries.releases_of(bank)
    known = {one.period for one in released}
    first, today = behind_queries.first_day(bank), bank.day_of(now)
    left = [one for one in releasable(first=first, today=today) if one.written not in known] if first else []
    page = render_template(
        "evidence/releases.html",
        form=form,
        problem=problem,
        periods=[{"value": one.written, "text": one.called} for one in left],
        releases=_listed(released),
    )
    return (page, 400) if problem else page


@blueprint.get("/evidence/releases/<reference>")
@requires(Permission.SEE_EVIDENCE)
def release(reference: str) -> str:
    """Show one release as a funder reads it."""
    found = _release(current_membership().bank, reference)
    return _page(found, endpoints=("releases.pdf", "releases.data"), reference=reference)


@blueprint.get("/evidence/releases/<reference>/pack.pdf")
@requires(Permission.SEE_EVIDENCE)
def pdf(reference: str) -> Response:
    """Hand over one release on paper."""
    return _pdf(_release(current_membership().bank, reference))


@blueprint.get("/evidence/releases/<reference>/figures.<ending>")
@requires(Permission.SEE_EVIDENCE)
def data(reference: str, ending: str) -> Response:
    """Hand over every figure of one release for other programs."""
    return _data(_release(current_membership().bank, reference), ending)


@blueprint.get("/published/<code>")
@public
def published(code: str) -> str:
    """Show everybody what a bank released, if it wants everybody to read it."""
    bank = _open_bank(code)
    return render_template("evidence/published.html", of=bank, releases=_listed(release_queries.releases_of(bank)))


@blueprint.get("/published/<code>/<reference>")
@public
def published_release(code: str, reference: str) -> str:
    """Show everybody one release."""
    found = _release(_open_bank(code), reference)
    return _page(found, endpoints=("releases.published_pdf", "releases.published_data"), code=code, reference=reference)


@blueprint.get("/published/<code>/<reference>/pack.pdf")
@public
def published_pdf(code: str, reference: str) -> Response:
    """Hand everybody one release on paper."""
    return _pdf(_release(_open_bank(code), reference))


@blueprint.get("/published/<code>/<reference>/figures.<ending>")
@public
def published_data(code: str, reference: str, ending: str) -> Response:
    """Hand everybody every figure of one release for other programs."""
    return _data(_release(_open_bank(code), reference), ending)


def _open_bank(code: str) -> Bank:
    bank = banks.bank_with_code(code)
    if bank is None or not bank.publishes_evidence:
        abort(404)
    return bank


def _release(bank: Bank, reference: str) -> EvidenceRelease:
    return release_queries.release_with(bank, reference) or abort(404)


def _reading(found: EvidenceRelease) -> Frozen:
    today = found.bank.day_of(clock.now())
    return read_release(found, release_queries.releases_of(found.bank), today=today)


def _listed(releases: list[EvidenceRelease]) -> list[dict[str, str]]:
    return [
        {"called": parse(one.period).called, "reference": one.reference, "day": str(one.bank.day_of(one.made_at))}
        for one in reversed(releases)
    ]


def _chosen(found: EvidenceRelease) -> list[str]:
    """Return which questions the address asks for, all of them where it names none; 404 for one that there is not."""
    wanted, questions = request.args.getlist("question"), pack.questions_of(found)
    if not set(wanted) <= set(questions):
        abort(404)
    return [name for name in questions if name in wanted] or list(questions)


def _page(found: EvidenceRelease, *, endpoints: tuple[str, str], **where: Any) -> str:
    reading, chosen, questions = _reading(found), _chosen(found), pack.questions_of(found)
    limited: dict[str, Any] = {} if len(chosen) == len(questions) else {"question": chosen}
    return render_template(
        "evidence/release.html",
        reading=reading,
        of=found.bank,
        pdf_href=url_for(endpoints[0], **where, **limited),
        questions=[{"value": name, "text": title, "checked": name in chosen} for name, title in questions.items()],
        data_hrefs={ending: url_for(endpoints[1], ending=ending, **where) for ending in files.MEDIA},
        **pages.hidden_resource(reading),
        stories=pack.stories_of(found),
        said=words,
        flows=pages.for_page(CHARTS["flows"](reading)),
        parts=[
            part | {"charts": [pages.for_page(chart) for chart in part["charts"]]}
            for part in pack.parts_of(reading, chosen)
        ],
        method=pack.method_of(),
        limits=pack.limits_of(reading, chosen),
        seal=pack.sealed_by(found),
    )


def _pdf(found: EvidenceRelease) -> Response:
    response = Response(pack.pdf_of(_reading(found), _chosen(found)), content_type="application/pdf")
    name = f"evidence-{found.bank.code}-{found.period}.pdf"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def _data(found: EvidenceRelease, ending: str) -> Response:
    if ending not in files.MEDIA:
        abort(404)
    made = found.figures if ending == "json" else files.as_csv(files.figures_from(found.figures))
    response = Response(made, content_type=files.MEDIA[ending])
    name = f"evidence-{found.bank.code}-{found.period}.{ending}"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
