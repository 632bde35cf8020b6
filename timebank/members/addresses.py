"""Where letters go: the lines of an address and a postcode, as they fit into the window of an envelope."""

from __future__ import annotations

import re

from flask_babel import lazy_gettext as _l

from timebank.errors import RuleBroken
from timebank.members.models import LONGEST_ADDRESS, LONGEST_POSTCODE

MOST_LINES = 6
_POSTCODE = re.compile(r"[0-9A-Z](?:[0-9A-Z -]*[0-9A-Z])?", re.ASCII)


class AddressUnfit(RuleBroken):
    """An address has to fit into the window of an envelope."""

    field = "address"
    message = _l("Enter an address of up to %(most)s lines and %(longest)s characters, without the name and postcode")


class PostcodeUnfit(RuleBroken):
    """Letters are sorted by their postcode, so it is short and plain."""

    field = "postcode"
    message = _l("Enter a postcode like SW1A 1AA, of up to %(longest)s letters and digits, or leave it empty")


def checked_address(address: str) -> str:
    """Return the lines of the address as they are kept, or "" for none. Raises AddressUnfit."""
    lines = [" ".join(line.split()) for line in address.splitlines()]
    lines = [line for line in lines if line]
    tidy = "\n".join(lines)
    if len(lines) > MOST_LINES or len(tidy) > LONGEST_ADDRESS:
        raise AddressUnfit(most=MOST_LINES, longest=LONGEST_ADDRESS)
    return tidy


def checked_postcode(postcode: str) -> str:
    """Return the postcode as it is kept, in capitals, or "" for none. Raises PostcodeUnfit."""
    tidy = " ".join(postcode.upper().split())
    if tidy and (len(tidy) > LONGEST_POSTCODE or not _POSTCODE.fullmatch(tidy)):
        raise PostcodeUnfit(longest=LONGEST_POSTCODE)
    return tidy
