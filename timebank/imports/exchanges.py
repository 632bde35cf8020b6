"""Load exchanges from a spreadsheet, as history that is already approved."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from timebank.banks import queries as banks
from timebank.banks import service as bank_service
from timebank.banks.models import LONGEST_NAME, Activity, Bank, Stage
from timebank.columns import new_reference
from timebank.errors import RuleBroken
from timebank.exchanges import history
from timebank.exchanges.draft import ExchangeDraft, PartyDraft, broken_rules
from timebank.exchanges.history import PastExchange
from timebank.exchanges.models import Side
from timebank.hours import LONGEST_TIME_MINUTES, parse_minutes
from timebank.imports.kinds import book_in, capacity_in, confirmed_by_in, stage_in
from timebank.imports.members import Twice
from timebank.imports.spreadsheet import CellUnfit, Problem, Row, Table, digest
from timebank.ledger import queries as ledger_queries
from timebank.ledger.models import AccountKind, Book
from timebank.organisations.queries import Holder, holders_of

NEEDED = ("id", "happened_on", "giver", "receiver")
COLUMNS = (
    "id",
    "happened_on",
    "giver",
    "receiver",
    "hours",
    "minutes",
    "giver_capacity",
    "receiver_capacity",
    "activity",
    "service_area",
    "stage",
    "book",
    "paid",
    "mandated",
    "consultation",
    "confirmed_by",
)

# Columns in which the same can be written in several ways.
_READ_BY_MEANING = frozenset({"happened_on", "hours", "minutes", "paid", "mandated", "consultation"})

# The column of the file that each field of a broken rule stands in.
_COLUMN_OF_FIELD = {"with_whom": "receiver", "happened_on": "happened_on", "activity": "activity"}


class LoadedOtherwise(RuleBroken):
    """What is in the ledger is reversed, not changed by loading it again."""

    field = "id"
    message = _l("this id was loaded before and said something else. Reverse that one, or give this line another id")


class NobodyWithNumber(RuleBroken):
    """A number that nobody has is an error, never somebody else's hours."""

    def __init__(self, column: str, number: str) -> None:
        self.field, self.number = column, number
        super().__init__()

    @property
    def text(self) -> str:
        """Which number it was."""
        if not self.number:
            return gettext("enter a number")
        return gettext("nobody in this time bank has the number %(number)s", number=self.number[:40])


class ExchangeLoader:
    """Reads exchanges, and posts those that are new through the exchanges' service."""

    def __init__(self, bank: Bank, path: Path, *, at: dt.datetime) -> None:
        self.bank, self.at, self.today = bank, at, bank.day_of(at)
        self.table = Table(path, needed=NEEDED, known=COLUMNS)
        self._seen: dict[str, int] = {}
        self._holders = _holders_by_number(bank)
        self._activities = {activity.name.casefold(): activity for activity in banks.activities_of(bank)}
        self._there = {activity.id for activity in self._activities.values()}

    def begin_again(self) -> None:
        """Forget what was seen, before the file is read a second time."""
        self._seen.clear()
        self._activities = {activity.name.casefold(): activity for activity in banks.activities_of(self.bank)}

    def check(self, rows: list[Row]) -> tuple[list[PastExchange], int, list[Problem]]:
        """Return what is new, how many are there already as the file says, and what is wrong."""
        there = history.loaded_hashes(self.bank, (row.get("id") for row in rows))
        new, unchanged, problems = [], 0, []
        for row in rows:
            try:
                past = self._past(row)
                if row.get("id") not in there:
                    new.append(past)
                elif there[row.get("id")] == past.loaded_hash:
                    unchanged += 1
                else:
                    raise LoadedOtherwise()
            except RuleBroken as broken:
                problems.append(Problem(row.line, _column_of(broken, row), broken.text))
        return new, unchanged, problems

    def _past(self, row: Row) -> PastExchange:
        external_id = row.get("id")
        if not 1 <= len(external_id) <= LONGEST_NAME:
            raise CellUnfit("id", gettext("enter an id of up to %(longest)s characters", longest=LONGEST_NAME))
        if (before := self._seen.setdefault(external_id, row.line)) != row.line:
            raise Twice(column="id", before=before)
        draft = self._draft(row)
        for broken in broken_rules(draft, self.bank, today=self.today, is_history=True):
            raise broken
        return PastExchange(
            draft=draft,
            external_id=external_id,
            loaded_hash=_digest(row, draft),
            confirmed_by=confirmed_by_in(row, "confirmed_by"),
        )

    def _draft(self, row: Row) -> ExchangeDraft:
        activity = self._activity(row)
        paid = row.yes_or_no("paid")
        usual_book = Book.RECORD if paid else Book(activity.default_book)
        return ExchangeDraft(
            parties=(self._party(row, Side.GIVER), self._party(row, Side.RECEIVER)),
            activity=activity,
            happened_on=row.day("happened_on"),
            minutes=_minutes(row),
            stage=stage_in(row, "stage") or Stage(activity.default_stage),
            book=book_in(row, "book") or usual_book,
            # An activity that the file brings has no usual area: which one stood in another line says nothing of this.
            service_area=_short(row, "service_area") or (activity.service_area if activity.id in self._there else ""),
            paid=paid,
            mandated=row.yes_or_no("mandated"),
            consultation=row.yes_or_no("consultation"),
        )

    def _party(self, row: Row, side: Side) -> PartyDraft:
        holder = self._holders.get(row.get(side.value))
        if holder is None:
            raise NobodyWithNumber(side.value, row.get(side.value))
        if holder.is_closed:
            raise CellUnfit(side.value, gettext("the account with this number is closed"))
        if holder.kind == AccountKind.OPENING:
            raise CellUnfit(side.value, gettext("the opening account gives and receives no help"))
        return PartyDraft(holder, side, capacity_in(row, f"{side.value}_capacity") or holder.usual_capacity)

    def _activity(self, row: Row) -> Activity:
        """Return the activity that is named; history brings the activities with it that the bank does not have."""
        name = " ".join(_short(row, "activity").split()) or gettext("Help")
        if name.casefold() not in self._activities:
            self._activities[name.casefold()] = Activity(
                bank_id=self.bank.id,
                reference=new_reference(),
                name=name,
                service_area=_short(row, "service_area"),
                default_book=Book.CREDIT,
                default_stage=Stage.DELIVERY,
                offered=True,
            )
        return self._activities[name.casefold()]

    def write(self, past: list[PastExchange]) -> None:
        """Add the activities that are missing, and post the exchanges."""
        for name, activity in self._activities.items():
            if activity.id is None:
                self._activities[name] = bank_service.add_activity(
                    self.bank, name=activity.name, service_area=activity.service_area, added_by=None, at=self.at
                )
        history.post_history(
            self.bank,
            [one.with_activity(self._activities[one.draft.activity.name.casefold()]) for one in past],
            at=self.at,
        )


def _digest(row: Row, draft: ExchangeDraft) -> str:
    """Return a digest of what the row says, however a spreadsheet program writes it when it saves it again."""
    written = (row.get(column).casefold() for column in COLUMNS if column not in _READ_BY_MEANING)
    flags = (draft.paid, draft.mandated, draft.consultation)
    return digest(draft.happened_on.isoformat(), draft.minutes, flags, *written)


def _holders_by_number(bank: Bank) -> dict[str, Holder]:
    ids = ledger_queries.account_ids(bank.id)
    holders: dict[str, Holder] = {}
    for start in range(0, len(ids), 1000):
        some = holders_of(bank, ids[start : start + 1000])
        holders.update((holder.number, holder) for holder in some.values())
    return holders


def _minutes(row: Row) -> int:
    """Return the minutes of a row that gives hours, minutes, or both and then the same. Raises CellUnfit."""
    in_hours = None
    if row.get("hours"):
        try:
            in_hours = parse_minutes(row.get("hours"))
        except RuleBroken as broken:
            raise CellUnfit("hours", broken.text) from None
    written = row.get("minutes")
    if not written:
        if in_hours is None:
            column = "hours" if "hours" in row.cells or "minutes" not in row.cells else "minutes"
            raise CellUnfit(column, gettext("enter how long it took"))
        return in_hours
    is_number = written.isascii() and written.isdecimal() and len(written) <= 9
    if not (is_number and 1 <= int(written) <= LONGEST_TIME_MINUTES):
        raise CellUnfit("minutes", gettext("enter a whole number of minutes above 0"))
    minutes = int(written)
    if in_hours is not None and in_hours != minutes:
        raise CellUnfit("minutes", gettext("this is not the same as the hours: %(minutes)s minutes", minutes=in_hours))
    return minutes


def _short(row: Row, column: str) -> str:
    text = row.get(column)
    if len(text) > LONGEST_NAME:
        raise CellUnfit(column, gettext("use up to %(longest)s characters", longest=LONGEST_NAME))
    return text


def _column_of(broken: RuleBroken, row: Row) -> str:
    if broken.field == "time":
        return "minutes" if row.get("minutes") else "hours"
    return _COLUMN_OF_FIELD.get(broken.field or "id", broken.field or "id")
