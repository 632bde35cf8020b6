"""Find and take out what names somebody in what others wrote. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection

from timebank.members.models import TITLES

# Shorter ones are initials, or words that stand in every second sentence.
SHORTEST_WORD = 3
LEFT_OUT = "…"


def words_that_name(name: str) -> set[str]:
    """Return the words of a name by which somebody is known to those who know them, without titles and initials."""
    words = {word.strip(".,()") for word in name.split()}
    return {word for word in words if len(word) >= SHORTEST_WORD and word.casefold() not in TITLES}


def without(text: str, named: Collection[str]) -> str:
    """Return the text with a sign in place of each of these, wherever they stand as words of their own."""
    longest_first = sorted((each for each in named if each.strip()), key=len, reverse=True)
    if not longest_first:
        return text
    any_of_them = "|".join(re.escape(each) for each in longest_first)
    return re.sub(rf"(?<!\w)(?:{any_of_them})(?!\w)", LEFT_OUT, text, flags=re.IGNORECASE)
