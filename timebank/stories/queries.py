"""What can be asked about stories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from timebank.banks.models import Bank
from timebank.errors import NotFound
from timebank.extensions import db
from timebank.members.models import Membership
from timebank.stories.models import Readers, Story


def stories_of(member: Membership) -> Sequence[Story]:
    """Return what the member told, the newest first, with what they took back."""
    query = select(Story).where(Story.told_by_id == member.id)
    return db.session.scalars(query.order_by(Story.id.desc())).all()


def stories_of_bank(bank: Bank, *, offset: int, limit: int) -> Sequence[Story]:
    """Return the bank's stories that were not taken back: those that nobody has looked at first, then the newest."""
    query = _kept(bank).order_by(Story.shown_at.is_not(None), Story.id.desc()).options(joinedload(Story.told_by))
    return db.session.scalars(query.offset(offset).limit(limit)).all()


def count_stories(bank: Bank) -> int:
    """Return how many stories of the bank were not taken back."""
    return db.session.scalar(_kept(bank).with_only_columns(func.count())) or 0


def story_with(bank: Bank, reference: str) -> Story:
    """Return the bank's story of that reference. Raises NotFound."""
    story = db.session.scalar(select(Story).where(Story.bank_id == bank.id, Story.reference == reference))
    if story is None:
        raise NotFound()
    return story


def stories_beside_figures(bank: Bank, *, readers: Readers, limit: int) -> Sequence[Story]:
    """Return stories that stand beside the figures and that these readers may read, the newest first."""
    query = _kept(bank).where(Story.shown_at.is_not(None))
    if readers == Readers.EVERYBODY:
        query = query.where(Story.shown_to == Readers.EVERYBODY)
    return db.session.scalars(query.order_by(Story.shown_at.desc(), Story.id.desc()).limit(limit)).all()


def stories_still_told(bank: Bank, references: Sequence[str]) -> list[Story]:
    """Return of the stories with these references those that were not taken back, in the same order."""
    found = {story.reference: story for story in db.session.scalars(_kept(bank).where(Story.reference.in_(references)))}
    return [found[reference] for reference in references if reference in found]


def _kept(bank: Bank) -> Select[Any]:
    return select(Story).where(Story.bank_id == bank.id, Story.taken_back_at.is_(None))
