"""Links that are mailed: what is secret in them is derived when the mail is written, and only its digest is kept.

A mail's words are made when it is sent, and made again, the same, should it have to be sent twice. So a secret drawn by
lot would have to lie somewhere until then. This one is the HMAC of the link's reference under the installation's own
key: the database alone does not give it away, nor does the key alone.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac

from flask import current_app
from sqlalchemy import delete

from timebank.columns import new_reference
from timebank.extensions import db
from timebank.members.models import Membership
from timebank.sign_in.models import EmailedLink, Purpose

# Until then it can be seen what became of a link; after that it is only somebody's address.
KEPT_DAYS = 30


def secret_of(purpose: str, reference: str) -> str:
    """Return the secret part of the link of that reference."""
    key = str(current_app.secret_key).encode()
    digest = hmac.new(key, f"emailed link|{purpose}|{reference}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def hash_of(secret: str) -> str:
    """Return the digest under which a link is found."""
    return hashlib.sha256(secret.encode()).hexdigest()


def make_link(
    member: Membership, *, purpose: Purpose, email: str, until_now: str | None = None, at: dt.datetime
) -> EmailedLink:
    """Return a new link that is to be mailed to this address. The member's from long ago are dropped."""
    long_ago = at - dt.timedelta(days=KEPT_DAYS)
    db.session.execute(
        delete(EmailedLink).where(EmailedLink.membership_id == member.id, EmailedLink.made_at < long_ago)
    )
    reference = new_reference()
    link = EmailedLink(
        bank_id=member.bank_id,
        membership=member,
        reference=reference,
        purpose=purpose,
        secret_hash=hash_of(secret_of(purpose, reference)),
        sign_in_version=member.person.sign_in_version,
        email=email,
        until_now=until_now,
        made_at=at,
    )
    db.session.add(link)
    db.session.flush()
    return link
