"""A file with everything about somebody: one page to read, and the same for programs."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import zipfile

from flask import render_template
from flask_babel import force_locale

from timebank.members.models import Membership
from timebank.privacy.everything import everything_about
from timebank.privacy.facts import Facts
from timebank.web.languages import LOCALES

MEDIA_TYPE = "application/zip"
_UNSAFE = re.compile(r"[^A-Za-z0-9_]+")


def archive_of(member: Membership, *, at: dt.datetime) -> bytes:
    """Return a ZIP file with all that the bank holds about the member, as everything.html and everything.json."""
    bank = member.bank
    with force_locale(LOCALES.get(bank.language, bank.language)):
        parts = everything_about(member)
        page = render_template(
            "privacy/everything.html",
            member=member,
            of_bank=bank,
            parts=parts,
            made=Facts(bank.zone).moment(at),
            written_in=bank.language,
        )
    data = {
        "bank": bank.code,
        "number": member.number,
        "made_at": at.isoformat(),
        **{part.key: part.values for part in parts},
    }
    folded = io.BytesIO()
    with zipfile.ZipFile(folded, "w", zipfile.ZIP_DEFLATED) as archive:
        when = at.astimezone(bank.zone).timetuple()[:6]
        for name, text in (
            ("everything.html", page),
            ("everything.json", json.dumps(data, ensure_ascii=False, indent=2)),
        ):
            entry = zipfile.ZipInfo(name, date_time=when)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text)
    return folded.getvalue()


def file_name(member: Membership) -> str:
    """Return the name of the file, which says whose it is by the number alone."""
    parts = [_UNSAFE.sub("-", part).strip("-") for part in (member.bank.code, member.number)]
    return "-".join(["everything", *(part for part in parts if part)]) + ".zip"
