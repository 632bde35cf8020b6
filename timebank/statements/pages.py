"""What a statement's page shows, beside what is in the statement itself."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from timebank.statements import chart, words
from timebank.statements.build import Statement


def shown(statement: Statement, *, is_own: bool, hides_sign: bool) -> dict[str, Any]:
    """Return the words and the picture for the page, by the names that its template has for them."""
    months = statement.twelve_months
    has_help = any(each.given_minutes or each.received_minutes for each in months)
    picture = chart.svg_of(months, words.of_chart(statement, is_own=is_own)) if has_help else ""
    return {
        "given_minutes": sum(part.given_minutes for part in statement.books),
        "received_minutes": sum(part.received_minutes for part in statement.books),
        # Every word in it was escaped where it was drawn.
        "picture": Markup(picture),  # noqa: S704
        "months_sentence": words.of_months(months, is_own=is_own),
        "year_sentence": words.of_year(statement, is_own=is_own),
        "community_sentence": words.of_community(statement.community, statement) if statement.community else "",
        "balance": lambda minutes: words.balance(minutes, hides_sign=hides_sign),
        "moved": lambda minutes: words.moved(minutes, hides_sign=hides_sign),
        "help_figure": lambda minutes: words.help_(minutes, hides_sign=hides_sign),
        "size": words.size,
    }
