"""Make the demonstration bank, through the same services as the pages use."""

from __future__ import annotations

import datetime as dt
import random
import unicodedata
from collections.abc import Callable

from timebank.banks import service as banks
from timebank.banks.models import Activity, Bank, Involvement, Stage
from timebank.costs import service as costs
from timebank.costs.models import CostKind
from timebank.demonstration import newcomers, story
from timebank.demonstration.story import InventedActivity, Plot
from timebank.exchanges import service as exchanges
from timebank.exchanges.draft import ExchangeDraft, PartyDraft
from timebank.exchanges.models import Answer, Exchange, Side, Status
from timebank.gifts import service as gifts
from timebank.ledger import queries as ledger
from timebank.ledger import seals
from timebank.ledger.models import Book
from timebank.ledger.months import Month
from timebank.members import clearing
from timebank.members import service as members
from timebank.members.models import Capacity, Membership
from timebank.months import service as months
from timebank.organisations import service as organisations
from timebank.organisations.queries import Holder, holders_of
from timebank.sign_in import service as sign_in
from timebank.sign_in.passwords import hash_password
from timebank.stories import service as stories
from timebank.stories.models import Readers

PASSWORD = "hour-for-hour"  # noqa: S105  (The demonstration is open to everybody; production refuses to load it.)
MONTHS = 12
EXPIRES_AFTER_DAYS = 60

SIGN_INS = {
    "member@example.org": "Jean Morris, a patient",
    "professional@example.org": "Ana Silva, a practice nurse",
    "coordinator@example.org": "Ruth Adeyemi, the coordinator",
    "admin@example.org": "Tom Hughes, who sets the rules",
}

Tick = Callable[[int], None]


def build_demonstration(*, now: dt.datetime, tick: Tick) -> Bank:
    """Return the demonstration bank: the same for everybody who makes it on the same day."""
    return _Demonstration(now, tick).build()


class _Demonstration:
    """The bank while it is being made."""

    def __init__(self, now: dt.datetime, tick: Tick) -> None:
        self.now, self.tick = now, tick
        # Seeded by the day, so that the same day gives the same bank; nothing secret hangs on it.
        self.chance = random.Random(now.date().isoformat())
        self.people: dict[str, Membership] = {}
        self.by_capacity: dict[Capacity, list[Membership]] = {capacity: [] for capacity in Capacity}
        self.activities: dict[str, Activity] = {}
        self.accounts: dict[str, int] = {}
        self.holders: dict[int, Holder] = {}
        self.password_hash = hash_password(PASSWORD)

    def build(self) -> Bank:
        self.first_month = Month.of(self.now.date()).plus(-MONTHS)
        self.begins_at = self._moment(self.first_month.first_day - dt.timedelta(days=20), 9)
        self._set_up()
        for index in range(MONTHS):
            self._live_through(index)
            self.tick(1)
        self._this_month()
        newcomers.let_people_join(self.bank, by=self.coordinator, limited=self.people[story.WITH_LIMITS], at=self.now)
        self._drive_without_clearance()
        self._tell_what_it_means_and_costs()
        seals.seal(self.bank.id, sealed_at=self.now)
        return self.bank

    def _set_up(self) -> None:
        self.bank = banks.create_bank(code=story.CODE, name=story.NAME, time_zone=story.TIME_ZONE, at=self.begins_at)
        for person in story.PEOPLE:
            self._join(person)
        self.coordinator = self.people["Ruth Adeyemi"]
        self.administrator = self.people["Tom Hughes"]
        rules = {rule: getattr(self.bank, rule) for rule in banks.RULES}
        rules |= {"takes_enquiries": True, "agreement": story.AGREEMENT}
        rules |= {"expires_after_days": EXPIRES_AFTER_DAYS, "oldest_day_days": 60, "help_contact": story.HELP_CONTACT}
        banks.change_rules(self.bank, changed_by=self.administrator.id, at=self.begins_at, **rules)
        for activity in story.ACTIVITIES:
            self.activities[activity.name] = banks.add_activity(
                self.bank,
                name=activity.name,
                service_area=activity.service_area,
                default_book=activity.book,
                default_stage=activity.stage,
                involvements=activity.involves,
                added_by=self.administrator.id,
                at=self.begins_at,
            )
        self._clear_those_who_give()
        for name, contact in ((story.SURGERY, "Ana Silva"), (story.HALL, None)):
            organisation = organisations.add_organisation(
                self.bank,
                name=name,
                contact=self.people[contact] if contact else None,
                added_by=self.coordinator,
                at=self.begins_at,
            )
            self.accounts[name] = organisation.account_id
        self.accounts["community"] = ledger.community_account(self.bank.id).id
        ids = [*self.accounts.values(), *(person.account_id for person in self.people.values())]
        self.holders = holders_of(self.bank, ids)

    def _clear_those_who_give(self) -> None:
        for involvement, capacities in story.CLEARED.items():
            for member in (member for capacity in capacities for member in self.by_capacity[capacity]):
                clearing.clear(
                    member,
                    involvement=involvement,
                    cleared_on=self.begins_at.date() - dt.timedelta(days=1),
                    until_on=None,
                    cleared_by=self.administrator if member is self.coordinator else self.coordinator,
                    at=self.begins_at,
                )

    def _tell_what_it_means_and_costs(self) -> None:
        """Put one story beside the figures of the year, let another wait to be read, and enter what the year cost."""
        for name, words, readers, by in (
            (*story.TOLD_ON_HER_WORD, Readers.EVERYBODY, self.coordinator),
            (*story.TOLD_BY_HERSELF, Readers.BOARD, self.people[story.TOLD_BY_HERSELF[0]]),
        ):
            stories.tell_story(
                self.people[name],
                words=words,
                shown_to=readers,
                with_first_name=readers == Readers.EVERYBODY,
                consented_on=self.bank.day_of(self.now),
                written_by=by,
                at=self.now,
            )
        for kind, (label, pence, assumption) in story.COSTS.items():
            costs.enter_cost(
                self.bank,
                label=label,
                pence=pence,
                kind=CostKind(kind),
                starts_on=self.first_month.first_day,
                last_day=self.first_month.plus(MONTHS - 1).last_day,
                assumption=assumption,
                entered_by=self.administrator,
                at=self.now,
            )

    def _drive_without_clearance(self) -> None:
        """Leave one exchange that a coordinator approves only by saying why."""
        driver, today = self.people[story.NO_LONGER_CLEARED], self.bank.day_of(self.now)
        passenger = self.by_capacity[Capacity.SERVICE_USER][8]
        receivers = [self.holders[passenger.account_id]]
        day = today - dt.timedelta(days=2)
        exchange = self._log(story.LIFT, [driver], receivers, day, 40, by=driver, note="To the eye clinic and back")
        self._confirm(exchange, self._after(exchange.logged_at, days=1))
        clearing.clear(
            driver,
            involvement=Involvement.DRIVES,
            cleared_on=today - dt.timedelta(days=20),
            until_on=today - dt.timedelta(days=6),
            cleared_by=self.coordinator,
            at=self.now,
        )

    def _join(self, person: story.InventedPerson) -> None:
        joined_on = self.begins_at.date() - dt.timedelta(days=self.chance.randrange(0, 400))
        member = members.add_member(
            self.bank,
            name=person.name,
            email=person.email or self._address_of(person),
            phone=person.phone or story.TELEPHONES.get(person.name, ""),
            address=f"{self.chance.randrange(1, 120)} {self.chance.choice(story.STREETS)}\n{story.TOWN}",
            postcode=f"ZZ99 {self.chance.randrange(1, 10)}ZZ",
            capacity=person.capacity,
            role=person.role,
            joined_on=joined_on,
            added_by=None,
            at=self.begins_at,
        )
        if member.email:
            sign_in.set_password_hash(member.person, self.password_hash, at=self.begins_at)
        self.people[person.name] = member
        self.by_capacity[person.capacity].append(member)

    @staticmethod
    def _address_of(person: story.InventedPerson) -> str:
        """Return an address for most people; the others are never online, and the coordinator acts for them."""
        if person.name in story.OFFLINE:
            return ""
        words = unicodedata.normalize("NFKD", person.name).encode("ascii", "ignore").decode().lower().split()
        return ".".join(words) + "@example.org"

    def _live_through(self, index: int) -> None:
        """Log, confirm and approve one complete month, and let one thing of each sort go otherwise."""
        month = self.first_month.plus(index)
        logged = [
            self._log_plot(plot, self._day_in(month))
            for plot in story.PLOTS
            for _time in range(round(plot.at_first + (plot.at_last - plot.at_first) * index / (MONTHS - 1)))
        ]
        for_jean = self._log_for_jean(month)
        logged += [self._log_class(month), self._log_working_party(month), *for_jean]
        logged.sort(key=lambda exchange: (exchange.happened_on, exchange.id))
        late = for_jean[0] if index == MONTHS - 2 else None
        for number, exchange in enumerate(logged):
            if exchange is not late:
                self._settle(exchange, odd=number % 23)
        self._give_and_grant(month, index)
        if index == MONTHS - 1:
            self._reverse_one(logged)
        until = self._moment(month.plus(1).first_day + dt.timedelta(days=4), 6)
        exchanges.settle_by_rule(self.bank, at=min(until, self.now))
        # The last month is left for whoever looks at the demonstration to close.
        if index < MONTHS - 1:
            self._close(month)
        if late is not None:
            # Approved after the close, so it is on the next statement with the day it happened.
            self._settle(late, odd=0)

    def _close(self, month: Month) -> None:
        at = self._moment(month.plus(1).first_day + dt.timedelta(days=11), 16)
        message = story.MESSAGES[month.number % len(story.MESSAGES)]
        months.set_message(self.bank, month, message=message, set_by=self.coordinator.id, at=at)
        closing = months.close_month(self.bank, month, closed_by=self.coordinator.id, at=at)
        while months.go_on(self.bank, closing, at=at):
            pass

    def _settle(self, exchange: Exchange, *, odd: int) -> None:
        confirmed_at = self._after(exchange.logged_at, days=2)
        if odd == 7:
            return  # Nobody answers, and it expires.
        if odd == 11:
            by = self._with_id(exchange.logged_by_id)
            exchanges.withdraw_exchange(self.bank, exchange, withdrawn_by=by, at=confirmed_at)
            return
        if odd == 17:
            message = "This looks like the visit that was logged on Tuesday. One of them is enough."
            by = self._decider_of(exchange)
            exchanges.decline_exchange(self.bank, exchange, declined_by=by, message=message, at=confirmed_at)
            return
        self._confirm(exchange, confirmed_at)
        if exchange.status == Status.CONFIRMED:
            at = self._after(confirmed_at, days=3)
            exchanges.approve_exchange(self.bank, exchange, approved_by=self._decider_of(exchange), at=at)

    def _confirm(self, exchange: Exchange, at: dt.datetime) -> None:
        waiting = [self.holders[party.account_id] for party in exchange.parties if party.answer == Answer.WAITING]
        answering = [self._with_id(holder.answering_id) for holder in waiting]
        for by in answering:
            if by.is_online:
                thanks = self.chance.choice(story.THANKS)
                exchanges.confirm_exchange(self.bank, exchange, confirmed_by=by, at=at, thanks=thanks)
        if not all(by.is_online for by in answering):
            by = self._decider_of(exchange)
            exchanges.confirm_for_others(self.bank, exchange, confirmed_by=by, message="Asked by telephone", at=at)

    def _log_plot(self, plot: Plot, day: dt.date) -> Exchange:
        giver = self.chance.choice(self.by_capacity[plot.giver])
        if isinstance(plot.receiver, Capacity):
            others = [person for person in self.by_capacity[plot.receiver] if person.id != giver.id]
            receiver = self.holders[self.chance.choice(others).account_id]
        else:
            receiver = self.holders[self.accounts[plot.receiver]]
        by = giver
        if receiver.member is not None and self.chance.random() < 0.3:
            by = receiver.member
        return self._log(
            plot.activity, [giver], [receiver], day, self.chance.choice(plot.minutes), by=by, paid=plot.paid
        )

    def _log_class(self, month: Month) -> Exchange:
        """One teaches, several learn: the rest of the hours goes to the community account."""
        teacher = self.chance.choice(self.by_capacity[Capacity.SERVICE_USER][1:])
        others = [person for person in self.by_capacity[Capacity.SERVICE_USER] if person.id != teacher.id]
        learners = [self.holders[person.account_id] for person in self.chance.sample(others, 5)]
        activity = self.chance.choice((story.COOKING, story.WALK))
        return self._log(activity, [teacher], learners, self._day_in(month), 60, by=teacher)

    def _log_working_party(self, month: Month) -> Exchange:
        """Several give to all: the community account receives."""
        everybody = self.by_capacity[Capacity.NEIGHBOUR] + self.by_capacity[Capacity.SERVICE_USER][1:]
        givers = self.chance.sample(everybody, 6)
        community = self.holders[self.accounts["community"]]
        return self._log(story.LITTER, givers, [community], self._day_in(month), 120, by=givers[0])

    def _log_for_jean(self, month: Month) -> list[Exchange]:
        """Jean Morris has a full statement every month, in both books."""
        jean, nurse = self.people["Jean Morris"], self.people["Ana Silva"]
        jeans = self.holders[jean.account_id]
        driver = self.chance.choice(self.by_capacity[Capacity.NEIGHBOUR])
        friend = self.chance.choice(self.by_capacity[Capacity.SERVICE_USER][1:])
        surgery = self.holders[self.accounts[story.SURGERY]]
        return [
            self._log(story.LIFT, [driver], [jeans], self._day_in(month), 45, by=driver),
            self._log(story.CALL, [jean], [self.holders[friend.account_id]], self._day_in(month), 30, by=jean),
            self._log(story.OFFICE, [jean], [surgery], self._day_in(month), 120, by=jean),
            self._log(story.CHECK_UP, [nurse], [jeans], self._day_in(month), 20, by=nurse, paid=True),
            self._log(story.REDESIGN, [jean], [surgery], self._day_in(month), 90, by=jean),
        ]

    def _log(
        self,
        invented: InventedActivity,
        givers: list[Membership],
        receivers: list[Holder],
        day: dt.date,
        minutes: int,
        *,
        by: Membership,
        paid: bool = False,
        note: str | None = None,
    ) -> Exchange:
        giving = [self.holders[giver.account_id] for giver in givers]
        draft = ExchangeDraft(
            parties=(
                *(PartyDraft(holder, Side.GIVER, holder.usual_capacity) for holder in giving),
                *(PartyDraft(holder, Side.RECEIVER, holder.usual_capacity) for holder in receivers),
            ),
            activity=self.activities[invented.name],
            happened_on=day,
            minutes=minutes,
            stage=Stage(invented.stage),
            book=Book.RECORD if paid else invented.book,
            note=self.chance.choice(story.NOTES) if note is None else note,
            paid=paid,
        )
        at = self._after(self._moment(day, 18), days=1)
        # Whoever is never online hands the coordinator a paper slip.
        logged_by = by if by.is_online else self.coordinator
        return exchanges.log_exchange(self.bank, draft, logged_by=logged_by, at=at, any_day=True)

    def _give_and_grant(self, month: Month, index: int) -> None:
        at = self._moment(month.first_day + dt.timedelta(days=24), 11)
        giver = max(
            self.by_capacity[Capacity.NEIGHBOUR],
            key=lambda person: (ledger.balance_of(person.account_id, Book.CREDIT), person.number),
        )
        if ledger.balance_of(giver.account_id, Book.CREDIT) > 60:
            gifts.donate_hours(
                self.bank,
                giver=giver,
                to_account_id=self.accounts["community"],
                minutes=60,
                reason="For somebody who needs it more than I do",
                at=at,
            )
        if index % 3 == 0:
            receiver = self.chance.choice(self.by_capacity[Capacity.CARER])
            gifts.grant_hours(
                self.bank,
                granted_by=self.coordinator,
                to_account_id=receiver.account_id,
                minutes=120,
                reason="Two hours to rest, after a hard month",
                at=at,
            )

    def _reverse_one(self, logged: list[Exchange]) -> None:
        jean = self.people["Jean Morris"]
        for exchange in logged:
            if exchange.status == Status.APPROVED and exchange.party_of([jean.account_id]) is not None:
                at = self._after(exchange.decided_at or self.now, days=1)
                message = "It was logged twice: once by each of you. This one is taken back."
                by = self._decider_of(exchange)
                exchanges.reverse_exchange(self.bank, exchange, reversed_by=by, message=message, at=at)
                return

    def _this_month(self) -> None:
        """Leave something of every sort waiting, for whoever signs in first."""
        today = self.bank.day_of(self.now)
        users, neighbours = self.by_capacity[Capacity.SERVICE_USER], self.by_capacity[Capacity.NEIGHBOUR]
        for number in range(14):
            plot = story.PLOTS[number % len(story.PLOTS)]
            exchange = self._log_plot(plot, today - dt.timedelta(days=2 + number % 9))
            if number % 4 != 3:
                self._confirm(exchange, self._after(exchange.logged_at, days=1))
        jean, coordinator = self.people["Jean Morris"], self.coordinator
        jeans = self.holders[jean.account_id]
        for days, giver, activity, minutes in (
            (3, neighbours[0], story.LIFT, 45),
            (5, users[3], story.CALL, 30),
        ):
            self._log(activity, [giver], [jeans], today - dt.timedelta(days=days), minutes, by=giver)
        twice = [
            self._log(
                story.GARDEN, [neighbours[2]], [self.holders[users[5].account_id]],
                today - dt.timedelta(days=4), 120, by=neighbours[2], note="Hedge and front path",
            )
            for _time in range(2)
        ]  # fmt: skip
        long_day = self._log(
            story.SITTING, [neighbours[3]], [self.holders[self.by_capacity[Capacity.CARER][1].account_id]],
            today - dt.timedelta(days=6), 9 * 60, by=neighbours[3], note="The whole day, while he was in hospital",
        )  # fmt: skip
        for exchange in (*twice, long_day):
            self._confirm(exchange, self._after(exchange.logged_at, days=1))
        queried = self._log(
            story.OFFICE, [jean], [self.holders[self.accounts[story.SURGERY]]],
            today - dt.timedelta(days=7), 180, by=jean, note="Letters for the flu clinic",
        )  # fmt: skip
        exchanges.query_exchange(
            self.bank,
            queried,
            queried_by=coordinator,
            message="Was this on the Monday or on the Tuesday, Jean? The office has it on both.",
            at=self._after(queried.logged_at, days=1),
            as_coordinator=True,
        )

    def _decider_of(self, exchange: Exchange) -> Membership:
        took_part = exchange.party_of([self.coordinator.account_id]) is not None
        return self.administrator if took_part else self.coordinator

    def _with_id(self, membership_id: int | None) -> Membership:
        return next(person for person in self.people.values() if person.id == membership_id)

    def _day_in(self, month: Month) -> dt.date:
        return month.first_day + dt.timedelta(days=self.chance.randrange(month.last_day.day))

    def _moment(self, day: dt.date, hour: int) -> dt.datetime:
        moment = dt.datetime(day.year, day.month, day.day, hour, self.chance.randrange(60), tzinfo=dt.UTC)
        return min(moment, self.now)

    def _after(self, moment: dt.datetime, *, days: int) -> dt.datetime:
        later = moment + dt.timedelta(days=self.chance.randrange(days), minutes=self.chance.randrange(1, 600))
        return min(later, self.now)
