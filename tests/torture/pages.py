"""What a client reads on the pages."""

from __future__ import annotations

import re
from dataclasses import dataclass

BOOKS = ("credit", "record")

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_KEY = re.compile(r'name="key"[^>]*value="([0-9a-f]+)"')
_STATUS = re.compile(r"ch-tag--(\w+)")
_TICKS = re.compile(r'name="exchange" value="(\w+)"')
_QUEUED = re.compile(r'<a class="govuk-link" href="/approvals/(\w+)')
_OWN = re.compile(r'<a class="govuk-link" href="/hours/(\w+)">')
_TO_CONFIRM = re.compile(r'href="/hours/(\w+)">Please confirm')
_MESSAGES = re.compile(r'ch-timeline__message">op (\S+)</blockquote>')
_APPROVED = re.compile(r"(\d+) exchanges? approved")
_FIGURES = re.compile(r'data-label="(?:Hours in|Hours out|Balance)">(?:<div class="ch-table__value">([^<]*)</div>)?')
_STATED = re.compile(r'ch-figures__words">(Opening balance|Closing balance|Balance now)</dt>[^>]*>([^<]*)</dd>')


class PageWrong(Exception):
    """A page contradicts itself, or is not what it should be."""


def token_of(text: str) -> str:
    found = _TOKEN.search(text)
    if found is None:
        raise PageWrong("there is no token in the page")
    return found[1]


def has_key(text: str) -> bool:
    return _KEY.search(text) is not None


def key_of(text: str) -> str:
    found = _KEY.search(text)
    if found is None:
        raise PageWrong("there is no key in the form")
    return found[1]


def status_of(text: str) -> str:
    """Return the status that the page of an exchange shows."""
    found = _STATUS.search(text)
    if found is None:
        raise PageWrong("there is no status on the page of an exchange")
    return found[1]


def messages_of(text: str) -> list[str]:
    """Return the operations whose messages stand among what happened to the exchange."""
    return _MESSAGES.findall(text)


def ticks_of(text: str) -> list[str]:
    return _TICKS.findall(text)


def queued_on(text: str) -> list[str]:
    return list(dict.fromkeys(_QUEUED.findall(text)))


def own_on(text: str) -> list[str]:
    return list(dict.fromkeys(_OWN.findall(text)))


def to_confirm_on(text: str) -> list[str]:
    return _TO_CONFIRM.findall(text)


def approved_said_by(text: str) -> int:
    """Return how many ticked exchanges the page says were approved."""
    found = _APPROVED.search(text)
    return int(found[1]) if found else 0


def minutes_of(figures: str) -> int:
    """Return the minutes that are written as 1:30, or as −0:45 with a true minus sign."""
    hours, _, minutes = figures.strip().removeprefix("−").partition(":")
    total = int(hours) * 60 + int(minutes)
    return -total if figures.strip().startswith("−") else total


@dataclass(frozen=True)
class Stated:
    """One book of a statement, as its page shows it: signed minutes in order."""

    opening_minutes: int
    minutes: tuple[int, ...]
    closing_minutes: int


def statement_on(text: str) -> dict[str, Stated]:
    """Return each book of a statement. Raises PageWrong where it does not add up on the page itself."""
    stated = {}
    for book in BOOKS:
        part = text.partition(f'aria-labelledby="book-{book}"')[2].partition("</section>")[0]
        if not part:
            raise PageWrong(f"the statement has no {book} book")
        stated[book] = _book(part)
    return stated


def _book(part: str) -> Stated:
    figures = {words: minutes_of(figure) for words, figure in _STATED.findall(part)}
    opening = figures.pop("Opening balance", 0)
    closing = next(iter(figures.values()), 0)
    cells = _FIGURES.findall(part)
    rows = [cells[first : first + 3] for first in range(0, len(cells), 3)]
    minutes = []
    balance = opening
    for in_, out, after in rows[1:-1]:
        minutes.append(minutes_of(in_) if in_ else -minutes_of(out))
        balance += minutes[-1]
        if balance != minutes_of(after):
            raise PageWrong(f"the balance beside {in_ or '−' + out} should be {balance} minutes, not {after}")
    if balance != closing:
        raise PageWrong(f"the statement closes with {closing} minutes, but its entries add up to {balance}")
    if rows:
        total_in, total_out, total = (minutes_of(figure) for figure in rows[-1])
        if (total_in - total_out, total) != (sum(minutes), closing):
            raise PageWrong("the totals of the statement are not those of its lines")
    return Stated(opening, tuple(minutes), closing)
