"""A funder's pack: one release with its figures, pictures, method and limits, on a page and as a PDF.

Both are made of the release alone, so the same pack again has the same bytes, whatever was added to the ledger since.
What can leave it is a story, when whoever told it takes it back: then the pack says so, and is the same from there on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import ngettext as _n

from timebank.costs.queries import costs_with
from timebank.evidence import pages
from timebank.evidence.charts import Chart, Table
from timebank.evidence.costing import costing_of
from timebank.evidence.models import EvidenceRelease
from timebank.evidence.reading import CHARTS, Frozen
from timebank.statements.pdf import compiled
from timebank.stories import queries as stories
from timebank.stories.models import Story
from timebank.stories.words import teller_of
from timebank.web.languages import LOCALES
from timebank.web.setup import day


def limits_of(reading: Frozen, chosen: Collection[str]) -> list[str]:
    """Return what has to be known to read the figures right."""
    left_out = [title for name, title in questions_of(reading.release).items() if name not in chosen]
    return [
        pages.what_is_hidden(reading),
        _("A change is not an effect: without others to compare with, nobody knows what would have happened anyway."),
        _("The ledger holds what people wrote down. Help that nobody recorded is not in it."),
        _("There is no total score, and no figure is about one person. No hour is given a price."),
        _("Whoever had only these figures, and all that were released before, could not find out what is hidden."),
        *(
            [_("Left out of this pack, and in the release: %(titles)s.", titles="; ".join(left_out))]
            if left_out
            else []
        ),
    ]


def method_of() -> list[str]:
    """Return how the figures are made."""
    return [
        _("Every figure is computed from the ledger of the time bank, a double-entry record that nobody can change."),
        _("Exchanges count that were approved and not reversed, on the day that help was given."),
        _("An hour counts once, at its giver. A class of five for one hour is one hour given and five received."),
        _(
            "Users are people who use the service, the neighbourhood is neighbours, family and carers and the community"
            " account, each in the capacity in which they took part."
        ),
    ]


def sealed_by(release: EvidenceRelease) -> list[str]:
    """Return by what the pack can be told from any other."""
    digest = hashlib.sha256(release.figures.encode()).hexdigest()
    return [
        _("Released on %(day)s.", day=day(release.bank.day_of(release.made_at))),
        _("Digest of the figures (SHA-256): %(digest)s", digest=digest),
        _("Head of the ledger’s seals at that moment: %(head)s", head=release.head or "–"),
    ]


@dataclass(frozen=True)
class StoriesOfRelease:
    """What is still told of the stories that a release was made with, and how many were taken back since."""

    told: list[Story]
    taken_back: int

    @property
    def missing(self) -> str:
        """What is said of those that are not there any more; nothing where all are."""
        if not self.taken_back:
            return ""
        return _n(
            "Of the stories released, one was taken back since by whoever told it. The figures are as they were.",
            "Of the stories released, %(num)s were taken back since by those who told them. The figures are as they"
            " were.",
            self.taken_back,
        )


def stories_of(release: EvidenceRelease) -> StoriesOfRelease:
    """Return the stories of a release that nobody has taken back."""
    references = release.stories.split()
    told = stories.stories_still_told(release.bank, references)
    return StoriesOfRelease(told, len(references) - len(told))


def questions_of(release: EvidenceRelease) -> dict[str, str]:
    """Return what a pack of this release can answer, by the name with which it is chosen."""
    cost = {"cost": _("What the time bank costs")} if release.costs else {}
    return {name: str(section.title) for name, section in pages.SECTIONS.items()} | cost


def parts_of(reading: Frozen, chosen: Collection[str]) -> list[dict[str, Any]]:
    """Return each chosen question with its pictures and figures, by the names that the template has for them."""
    parts = []
    for name, section in pages.SECTIONS.items():
        if name not in chosen:
            continue
        figures = [pages.shown(reading.figures, one) for one in section.figures]
        if name == "six-elements":
            figures = [one for _title, several in pages.elements(reading.figures) for one in several]
        parts.append(
            {
                "title": str(section.title),
                "asks": str(section.asks),
                "figures": figures,
                # That one stands at the beginning.
                "charts": [
                    CHARTS[chart](reading) for chart in section.charts if chart != "flows" and reading.may_see(chart)
                ],
            }
        )
    return parts + ([_cost_part(reading)] if "cost" in chosen else [])


def _cost_part(reading: Frozen) -> dict[str, Any]:
    release = reading.release
    sums, amounts = pages.cost_of(costing_of(costs_with(release.bank, release.costs.split()), reading.figures))
    return {
        "title": _("What the time bank costs"),
        "asks": _("From the books of the time bank itself, with what was assumed. Others’ figures are not in it."),
        "figures": sums + amounts,
        "charts": [],
    }


def pdf_of(reading: Frozen, chosen: Collection[str] | None = None) -> bytes:
    """Return the pack as a PDF on A4, in the bank's language: of the chosen questions, or of all.

    The same choice gives the same bytes, in whatever order it was made.
    """
    release = reading.release
    language = release.bank.language
    with force_locale(LOCALES.get(language, language)):
        first = pages.hidden_resource(reading)
        found = stories_of(release)
        chosen = questions_of(release) if chosen is None else chosen
        data = {
            "lang": language,
            "title": _("The hidden resource: %(period)s", period=reading.period.called),
            "author": release.bank.name,
            "page": _("Page {page}"),
            "sentence": first["sentence"],
            "more": first["not_counted"],
            "figure_head": [_("Figure"), _("Value")],
            "headline": _lines(first["headline"] + [first["without_paid"], first["leverage"], *first["trust"]]),
            "flows": _picture(CHARTS["flows"](reading)),
            "stories_title": _("Stories"),
            "stories": [{"words": story.words, "by": teller_of(story)} for story in found.told],
            "stories_missing": found.missing,
            "changed_title": _("What changed since last year"),
            "changed": _table(first["compared"]) if first["compared"] else None,
            "parts": [
                part | {"figures": _lines(part["figures"]), "charts": [_picture(chart) for chart in part["charts"]]}
                for part in parts_of(reading, chosen)
            ],
            "words": [
                {"title": _("Method"), "lines": method_of()},
                {"title": _("Limits"), "lines": limits_of(reading, chosen)},
                {"title": _("Seal"), "lines": sealed_by(release)},
            ],
        }
        return compiled("evidence.typ", data, made_on=release.bank.day_of(release.made_at))


def _lines(figures: list[pages.ShownFigure]) -> list[dict[str, str]]:
    return [{"title": one.title, "value": one.value, "words": one.reason or one.meaning} for one in figures]


def _picture(chart: Chart) -> dict[str, Any]:
    return {
        "title": chart.title,
        "sentence": chart.sentence,
        "hidden": chart.hidden,
        "svg": chart.svg,
        "table": _table(chart.table) if chart.table.rows else None,
    }


def _table(table: Table) -> dict[str, Any]:
    head, rows, foot = pages.cells_of(table)
    return {
        "head": [cell["text"] for cell in head],
        "rows": [[_text(cell) for cell in row] for row in [*rows, *([foot] if foot else [])]],
    }


def _text(cell: Any) -> str:
    return str(cell["value"] if isinstance(cell, dict) else cell)
