"""What a statement says in words, the same on a page, in a letter and in a mail."""

from __future__ import annotations

from collections.abc import Sequence

from babel.dates import format_date
from flask_babel import get_locale, gettext

from timebank.hours import in_figures, in_words
from timebank.statements.build import CommunityLine, HelpInMonth, Statement, Thanks
from timebank.statements.chart import ChartWords
from timebank.statements.models import How
from timebank.web.setup import month as month_in_words


def of_how(how: How) -> str:
    """Return the way in which a statement comes, in a word or two."""
    return {
        How.EMAIL_WITH_PDF: gettext("Email with PDF"),
        How.EMAIL: gettext("Email"),
        How.PAPER: gettext("Paper"),
        How.ONLINE: gettext("Only online"),
    }[how]


def balance(minutes: int, *, hides_sign: bool) -> str:
    """Return a balance in figures, or with words in place of its sign, for whoever does not want to see a minus."""
    if not hides_sign:
        return in_figures(minutes)
    hours = in_figures(abs(minutes))
    if minutes > 0:
        return gettext("%(hours)s to use", hours=hours)
    return gettext("%(hours)s more used", hours=hours) if minutes < 0 else hours


def moved(minutes: int, *, hides_sign: bool) -> str:
    """Return what gifts and the like came to, in figures, or with words in place of its sign."""
    if not hides_sign:
        return in_figures(minutes)
    hours = in_figures(abs(minutes))
    return gettext("%(hours)s went out", hours=hours) if minutes < 0 else gettext("%(hours)s came in", hours=hours)


def help_(minutes: int, *, hides_sign: bool) -> str:
    """Return how much help was given or received, in figures; below nothing where an earlier month's was reversed."""
    if minutes < 0 and hides_sign:
        return gettext("%(hours)s taken off", hours=in_figures(-minutes))
    return in_figures(minutes)


def size(minutes: int) -> str:
    """Return how much help it was, in words; below nothing, where an earlier month's was reversed, in figures."""
    return in_words(minutes) if minutes >= 0 else in_figures(minutes)


def of_months(months: Sequence[HelpInMonth], *, is_own: bool) -> str:
    """Return what was given and received in these twelve months, in one sentence."""
    given, received = _sums(months)
    if not given and not received:
        return gettext("No help was given or received in these twelve months.")
    if is_own:
        return gettext(
            "In these twelve months you gave %(given)s and received %(received)s.",
            given=size(given),
            received=size(received),
        )
    return gettext(
        "In these twelve months this account gave %(given)s and received %(received)s.",
        given=size(given),
        received=size(received),
    )


def of_year(statement: Statement, *, is_own: bool) -> str:
    """Return what was given and received in this calendar year until the end of the month, in one sentence."""
    given, received = _sums(statement.this_year)
    year = statement.month.year
    if is_own:
        return gettext(
            "In %(year)s so far you gave %(given)s and received %(received)s.",
            year=year,
            given=size(given),
            received=size(received),
        )
    return gettext(
        "In %(year)s so far this account gave %(given)s and received %(received)s.",
        year=year,
        given=size(given),
        received=size(received),
    )


def _sums(months: Sequence[HelpInMonth]) -> tuple[int, int]:
    return sum(each.given_minutes for each in months), sum(each.received_minutes for each in months)


def of_community(line: CommunityLine, statement: Statement) -> str:
    """Return what the community account did in the month, in one line."""
    flow = gettext(
        "Community account: %(came_in)s came in and %(went_out)s went out in %(month)s.",
        came_in=in_words(line.in_minutes),
        went_out=in_words(line.out_minutes),
        month=month_in_words(statement.month),
    )
    hours = in_words(line.closing_minutes)
    if line.closing_minutes > 0:
        held = gettext("It holds %(hours)s, for whoever needs them.", hours=hours)
    elif line.closing_minutes < 0:
        held = gettext("It has given %(hours)s more than came in.", hours=hours)
    else:
        held = gettext("It is even: as much came in as went out.")
    return f"{flow} {held}"


def of_thanks(thanks: Thanks) -> str:
    """Return who says thank you, and their words."""
    return gettext("Thank you from %(name)s: %(words)s", name=thanks.from_whom, words=thanks.words)


def of_chart(statement: Statement, *, is_own: bool) -> ChartWords:
    """Return the words of the picture of twelve months."""
    months = statement.twelve_months
    return ChartWords(
        title=gettext(
            "Help given and received from %(first)s to %(last)s",
            first=month_in_words(months[0].month),
            last=month_in_words(months[-1].month),
        ),
        description=of_months(months, is_own=is_own),
        given=gettext("You gave") if is_own else gettext("Given"),
        received=gettext("You received") if is_own else gettext("Received"),
        letters=tuple(_letter(each) for each in months),
    )


def _letter(help_: HelpInMonth) -> str:
    return str(format_date(help_.month.first_day, "LLLLL", locale=get_locale() or "en_GB"))
