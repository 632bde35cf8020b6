"""Accept a form once."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql, sqlite

from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.submissions.models import Submission


class SentWithOtherDetails(RuleBroken):
    """The same key cannot stand for two different requests."""

    message = _l("This page was already used for something else. Nothing was changed. Start again from a new page")


class KeyMissing(RuleBroken):
    """Without a key, the same form sent twice could not be told from two forms."""

    status = 400
    message = _l(
        "This page was incomplete or out of date. Nothing was changed. Open the page again and repeat what you did"
    )


def new_key() -> str:
    """Return a fresh key for a form that is about to be shown."""
    return secrets.token_hex(16)


def accept(bank_id: int, key: str, content: dict[str, Any], *, at: dt.datetime) -> Submission:
    """Claim `key` for this content, and return its row; `result` is set when the same was accepted before.

    Of two that arrive at once, the second waits here until the first is done. Raises SentWithOtherDetails or
    KeyMissing.
    """
    if not (16 <= len(key) <= 64 and key.isascii() and key.isalnum()):
        raise KeyMissing()
    request_hash = hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
    db.session.execute(_insert_unless_there(bank_id=bank_id, key=key, request_hash=request_hash, at=at))
    submission = db.session.get_one(Submission, (bank_id, key))
    if submission.request_hash != request_hash:
        raise SentWithOtherDetails()
    return submission


def is_first(bank_id: int, *, key: str, content: dict[str, Any], at: dt.datetime) -> bool:
    """Claim what somebody does on a page with this key, and return whether they do it for the first time.

    For acts that make nothing of their own, and of which several different ones may come from one page: the same words
    sent twice are one question, other words are another. Without a key, which a page from before this rule lacks,
    nobody can tell, so it counts as the first time. Of two that arrive at once, the second waits here.
    """
    if not key:
        return True
    digest = hashlib.sha256(json.dumps([key, content], sort_keys=True, default=str).encode()).hexdigest()
    claim = _insert_unless_there(bank_id=bank_id, key=digest, request_hash=digest, at=at)
    return db.session.scalar(claim.returning(Submission.key)) is not None


def _insert_unless_there(**values: Any) -> Insert:
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    return insert(Submission).values(**values).on_conflict_do_nothing()
