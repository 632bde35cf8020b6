"""Release the figures of a period to outside readers: the only write of this package."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from flask_babel import lazy_gettext as _l

from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.banks.models import Bank
from timebank.columns import new_reference
from timebank.costs.queries import costs_within
from timebank.errors import RuleBroken
from timebank.evidence import files, release_queries
from timebank.evidence.audience import Audience
from timebank.evidence.figures import figures_of
from timebank.evidence.models import EvidenceRelease
from timebank.evidence.periods import Period, releasable
from timebank.evidence.releases import Period as Days
from timebank.extensions import db
from timebank.ledger import seals
from timebank.members.models import Membership
from timebank.stories import queries as stories
from timebank.stories.models import Readers, Story

# A pack is read, and is no archive.
MOST_STORIES = 12


class NotAPeriodToRelease(RuleBroken):
    """Figures of other days could be taken from those of whole quarters and years, and what is hidden found out."""

    field = "period"
    message = _l("Choose a whole quarter or year that is over")


def release_evidence(bank: Bank, period: Period, *, released_by: Membership, at: dt.datetime) -> EvidenceRelease:
    """Return the figures of the period, frozen as everybody may see them; as they were, if it was released before.

    What would follow from them together with all that was released before is withheld. Raises NotAPeriodToRelease.
    """
    if period not in releasable(first=period.start, today=bank.day_of(at)):
        raise NotAPeriodToRelease()
    release_queries.lock(bank)
    before = release_queries.release_of_days(bank, start=period.start, last_day=period.last.last_day)
    if before is not None:
        return before
    figures = figures_of(
        bank,
        start=period.start,
        end=period.end,
        audience=Audience.PUBLIC,
        earlier=[_days(one) for one in release_queries.releases_of(bank)],
    )
    seals.seal(bank.id, sealed_at=at)
    release = EvidenceRelease(
        bank_id=bank.id,
        reference=new_reference(),
        period=period.written,
        starts_on=period.start,
        last_day=period.last.last_day,
        figures=files.as_json(figures),
        head=seals.head_of(bank.id) or "",
        stories=" ".join(story.reference for story in _stories(bank)),
        costs=" ".join(cost.reference for cost in costs_within(bank, start=period.start, end=period.end)),
        made_at=at,
        made_by_id=released_by.id,
    )
    db.session.add(release)
    db.session.flush()
    audit.record(
        Action.EVIDENCE_RELEASED,
        bank_id=bank.id,
        by=released_by.id,
        on_what="evidence release",
        reference=release.reference,
        at=at,
        period=period.written,
    )
    return release


def _stories(bank: Bank) -> Sequence[Story]:
    return stories.stories_beside_figures(bank, readers=Readers.EVERYBODY, limit=MOST_STORIES)


def _days(release: EvidenceRelease) -> Days:
    return Days(release.starts_on, release.last_day + dt.timedelta(days=1))
