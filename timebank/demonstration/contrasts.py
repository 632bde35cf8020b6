"""Three invented time banks whose evidence comes out differently, to learn reading it by. Nobody in them exists.

In the first, professionals do everything for the people who use the service. In the second, volunteers do, and it goes
one way. In the third, users, professionals and neighbours plan and deliver together, and more so from month to month.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass

from timebank.banks import service as banks
from timebank.banks.models import Activity, Bank, Stage
from timebank.exchanges import service as exchanges
from timebank.exchanges.draft import ExchangeDraft, PartyDraft
from timebank.exchanges.models import Side
from timebank.ledger import seals
from timebank.ledger.models import Book
from timebank.ledger.months import Month
from timebank.members import service as members
from timebank.members.models import Capacity, Membership, Role
from timebank.organisations.queries import Holder, holders_of
from timebank.sign_in import service as sign_in

MONTHS = 24

U, P, N, C = Capacity.SERVICE_USER, Capacity.PROFESSIONAL, Capacity.NEIGHBOUR, Capacity.CARER


@dataclass(frozen=True)
class Habit:
    """Something that happens again and again: who helps whom with what, and how often a month, at first and at last."""

    activity: str
    service_area: str
    giver: Capacity
    receiver: Capacity
    minutes: tuple[int, ...]
    at_first: int
    at_last: int
    stage: Stage = Stage.DELIVERY
    paid: bool = False
    # Whose usual capacity is another: a patient who gives as a neighbour.
    usually: Capacity | None = None


@dataclass(frozen=True)
class InventedBank:
    """A time bank that does not exist: how many people of each capacity it has, and what they do."""

    code: str
    name: str
    people: dict[Capacity, int]
    habits: tuple[Habit, ...]


_VISIT, _PLAN, _REVIEW = "Visit at home", "Planning the service", "Looking at how it went"

TRADITIONAL = InventedBank(
    "LARCH",
    "Larch Lane Day Centre (invented)",
    {U: 44, P: 24, N: 20, C: 6},
    (
        Habit(_VISIT, "Care at home", P, U, (45, 60), 7, 7, paid=True),
        Habit("Day group", "Health", P, U, (60, 90), 5, 5, paid=True),
        Habit("Advice on benefits and housing", "Housing", P, U, (30, 45), 2, 2, paid=True),
        Habit(_PLAN, "Care at home", P, P, (60, 90), 2, 2, Stage.DESIGN, paid=True),
        Habit(_PLAN, "Health", P, P, (60,), 2, 2, Stage.COMMISSIONING, paid=True),
        Habit("Making tea", "Health", U, N, (30,), 1, 1),
        Habit("A lift", "Care at home", N, U, (30, 45), 1, 1),
    ),
)
ONE_WAY = InventedBank(
    "HARBOUR",
    "Harbour Street Befrienders (invented)",
    {U: 40, P: 4, N: 44, C: 8},
    (
        Habit("Befriending", "Care at home", N, U, (60, 90), 9, 9),
        Habit("A lift", "Health", N, U, (30, 45, 60), 6, 6),
        Habit("Shopping", "Care at home", N, U, (45, 60), 4, 4),
        Habit("Gardening", "Housing", N, C, (60, 90), 1, 1),
        Habit("Matching volunteers", "Care at home", P, N, (60,), 1, 1, Stage.DESIGN, paid=True),
        Habit("A card and a chat", "Care at home", U, N, (15,), 0, 1),
    ),
)
CO_PRODUCED = InventedBank(
    "MILL",
    "Mill Road Together (invented)",
    {U: 46, P: 22, N: 28, C: 10},
    (
        Habit("Clinic for long illnesses", "Health", P, U, (30, 45), 6, 4, paid=True),
        Habit("Living with it, taught by those who do", "Health", U, U, (60,), 1, 5),
        Habit("Calling people at home", "Health", U, U, (20, 30), 2, 5),
        Habit("Reception and letters", "Health", U, P, (60, 90), 0, 4),
        Habit(_PLAN, "Health", U, P, (60, 90), 0, 3, Stage.DESIGN),
        Habit(_PLAN, "Health", P, U, (60, 90), 3, 3, Stage.DESIGN, paid=True),
        Habit("Litter pick and gardens", "Housing", U, N, (90, 120), 1, 4),
        Habit("Repairs", "Housing", N, U, (45, 60), 3, 3),
        Habit("Calling people at home", "Care at home", N, C, (30,), 0, 3, usually=U),
        Habit("Estate walk with the officer", "Housing", P, N, (60,), 2, 1, paid=True),
        Habit(_PLAN, "Housing", N, P, (60,), 0, 2, Stage.COMMISSIONING),
        Habit(_PLAN, "Housing", P, N, (60,), 2, 2, Stage.COMMISSIONING, paid=True),
        Habit("Sitting with somebody", "Care at home", U, C, (60, 90), 0, 2),
        Habit("Sitting with somebody", "Care at home", N, C, (60,), 2, 2),
        Habit(_REVIEW, "Health", U, P, (45,), 0, 2, Stage.ASSESSMENT),
    ),
)
EVERY = (TRADITIONAL, ONE_WAY, CO_PRODUCED)

_FIRST = (
    "Ada", "Bram", "Cerys", "Dilip", "Edna", "Femi", "Greta", "Hugh", "Iris", "Jomo", "Kit", "Lena", "Mair", "Nils",
    "Oona", "Piet", "Rhian", "Saul", "Tess", "Uma", "Vera", "Wyn", "Yara", "Zeb",
)  # fmt: skip
_LAST = ("Larkfield", "Mossbank", "Thornhill", "Quayle", "Brindley", "Fairweather", "Osgood")


def build_contrast(
    invented: InventedBank, *, now: dt.datetime, password_hash: str, tick: Callable[[int], None], months: int = MONTHS
) -> Bank:
    """Return one of the three with the last months: the same for everybody who makes it on the same day.

    Its coordinator has an address of their own, with the password whose hash is given.
    """
    return _Contrast(invented, now, months).build(password_hash, tick)


def coordinator_of(invented: InventedBank) -> str:
    """Return the address with which the coordinator of one of the three signs in."""
    return f"{invented.code.lower()}@example.org"


class _Contrast:
    """A bank while it is being made."""

    def __init__(self, invented: InventedBank, now: dt.datetime, months: int) -> None:
        self.invented, self.now, self.months = invented, now, months
        # Seeded by the bank and the day; nothing secret hangs on it.
        self.chance = random.Random(f"{invented.code} {now.date().isoformat()}")
        self.first_month = Month.of(now.date()).plus(-months)
        self.begins_at = dt.datetime.combine(self.first_month.first_day, dt.time(9), tzinfo=dt.UTC)
        self.people: dict[Capacity, list[Membership]] = {}
        self.activities: dict[tuple[str, str], Activity] = {}
        self.holders: dict[int, Holder] = {}

    def build(self, password_hash: str, tick: Callable[[int], None]) -> Bank:
        """Make the bank, month by month."""
        self.bank = banks.create_bank(
            code=self.invented.code, name=self.invented.name, time_zone="Europe/London", at=self.begins_at
        )
        self._join(password_hash)
        for habit in self.invented.habits:
            key = (habit.activity, habit.service_area)
            if key not in self.activities:
                self.activities[key] = banks.add_activity(
                    self.bank,
                    name=f"{habit.activity}: {habit.service_area}",
                    service_area=habit.service_area,
                    added_by=self.coordinator.id,
                    at=self.begins_at,
                )
        for number in range(self.months):
            self._live_through(number)
            tick(1)
        seals.seal(self.bank.id, sealed_at=self.now)
        return self.bank

    def _join(self, password_hash: str) -> None:
        names = [f"{first} {last}" for last in _LAST for first in _FIRST]
        self.chance.shuffle(names)
        every = iter(names)
        for capacity, count in self.invented.people.items():
            self.people[capacity] = [self._member(next(every), capacity) for _ in range(count)]
        self.coordinator = self._member(next(every), N, email=coordinator_of(self.invented), role=Role.COORDINATOR)
        sign_in.set_password_hash(self.coordinator.person, password_hash, at=self.begins_at)
        accounts = [member.account_id for group in self.people.values() for member in group]
        self.holders = holders_of(self.bank, accounts)

    def _member(self, name: str, capacity: Capacity, *, email: str = "", role: Role = Role.MEMBER) -> Membership:
        return members.add_member(
            self.bank,
            name=name,
            email=email,
            capacity=capacity,
            role=role,
            joined_on=self.begins_at.date(),
            added_by=None,
            at=self.begins_at,
        )

    def _live_through(self, number: int) -> None:
        month = self.first_month.plus(number)
        steps = max(self.months - 1, 1)
        for habit in self.invented.habits:
            for _time in range(habit.at_first + (habit.at_last - habit.at_first) * number // steps):
                self._help(
                    habit, month.first_day + dt.timedelta(days=self.chance.randrange(28)), 40 + 60 * number // steps
                )

    def _help(self, habit: Habit, day: dt.date, known: int) -> None:
        giver = self._one_of(habit.usually or habit.giver, known)
        receiver = self._one_of(habit.receiver, known, but=giver)
        draft = ExchangeDraft(
            parties=(
                PartyDraft(self.holders[giver.account_id], Side.GIVER, habit.giver),
                PartyDraft(self.holders[receiver.account_id], Side.RECEIVER, habit.receiver),
            ),
            activity=self.activities[habit.activity, habit.service_area],
            happened_on=day,
            minutes=self.chance.choice(habit.minutes),
            stage=habit.stage,
            book=Book.RECORD if habit.paid or habit.stage != Stage.DELIVERY else Book.CREDIT,
            note="",
            paid=habit.paid,
        )
        at = dt.datetime.combine(day, dt.time(18), tzinfo=dt.UTC)
        exchange = exchanges.log_exchange(self.bank, draft, logged_by=giver, at=at, any_day=True)
        exchanges.confirm_exchange(self.bank, exchange, confirmed_by=receiver, at=at + dt.timedelta(hours=2))
        exchanges.approve_exchange(self.bank, exchange, approved_by=self.coordinator, at=at + dt.timedelta(hours=14))

    def _one_of(self, capacity: Capacity, known: int, *, but: Membership | None = None) -> Membership:
        # People come one after the other, so that some are new in every period.
        group = self.people[capacity]
        there = [member for member in group[: max(2, len(group) * known // 100)] if member is not but]
        return self.chance.choice(there)
