"""The rules that an exchange must keep, before it is logged."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.exchanges.scene import Scene, build_scene
from tests.make import AT, draft_exchange, log_exchange, make_activity, make_bank, make_member, set_rules
from timebank.banks import service as banks
from timebank.exchanges.draft import (
    MOST_PARTIES,
    ActivityNotOffered,
    ExchangeDraft,
    InTheFuture,
    ManyToMany,
    NoteTooLong,
    TooLong,
    TooLongAgo,
    TooManyParties,
    TwiceInOne,
    WithOneself,
    broken_rules,
)
from timebank.exchanges.models import LONGEST_NOTE
from timebank.hours import NoTime
from timebank.ledger.queries import opening_account
from timebank.ledger.service import AccountClosed, NotInThisBank
from timebank.members import service as members

TODAY = AT.date()
DAY = dt.timedelta(days=1)


@pytest.fixture
def scene(app: object) -> Scene:
    return build_scene()


def draft(scene: Scene, **details: Any) -> ExchangeDraft:
    given = {"giver": scene.ann, "receiver": scene.ben, "activity": scene.activity}
    return draft_exchange(scene.bank, **(given | details))


def broken(scene: Scene, one: ExchangeDraft, **details: Any) -> list[type]:
    return [type(rule) for rule in broken_rules(one, scene.bank, **({"today": TODAY} | details))]


def test_an_ordinary_hour_breaks_nothing(scene: Scene) -> None:
    assert broken(scene, draft(scene)) == []


@pytest.mark.parametrize(
    ("minutes", "rules"), [(0, [NoTime]), (-1, [NoTime]), (1, []), (1440, []), (1441, [TooLong]), (1500, [TooLong])]
)
def test_the_time_is_more_than_nothing_and_no_longer_than_the_bank_allows(
    scene: Scene, minutes: int, rules: list[type]
) -> None:
    assert broken(scene, draft(scene, minutes=minutes)) == rules


@pytest.mark.parametrize(
    ("days", "rules"), [(1, [InTheFuture]), (0, []), (-90, []), (-91, [TooLongAgo]), (-36500, [TooLongAgo])]
)
def test_the_day_is_neither_in_the_future_nor_too_long_ago(scene: Scene, days: int, rules: list[type]) -> None:
    assert broken(scene, draft(scene, happened_on=TODAY + days * DAY)) == rules


def test_a_coordinator_and_history_may_be_of_any_past_day_and_of_no_future_one(scene: Scene) -> None:
    old, new = draft(scene, happened_on=TODAY - 3650 * DAY), draft(scene, happened_on=TODAY + DAY)
    for anybody in ({"day_limit": False}, {"is_history": True}):
        assert broken(scene, old, **anybody) == []
        assert broken(scene, new, **anybody) == [InTheFuture]


@pytest.mark.parametrize(
    ("time_zone", "moment", "today"),
    [
        # A quarter of an hour before and after midnight in each zone.
        ("Pacific/Auckland", dt.datetime(2026, 3, 10, 10, 45, tzinfo=dt.UTC), dt.date(2026, 3, 10)),
        ("Pacific/Auckland", dt.datetime(2026, 3, 10, 11, 15, tzinfo=dt.UTC), dt.date(2026, 3, 11)),
        ("America/Los_Angeles", dt.datetime(2026, 3, 11, 6, 45, tzinfo=dt.UTC), dt.date(2026, 3, 10)),
        ("America/Los_Angeles", dt.datetime(2026, 3, 11, 7, 15, tzinfo=dt.UTC), dt.date(2026, 3, 11)),
    ],
)
def test_tomorrow_is_tomorrow_where_the_bank_is(
    app: object, time_zone: str, moment: dt.datetime, today: dt.date
) -> None:
    bank = make_bank(time_zone=time_zone)
    ann, ben = make_member(bank), make_member(bank)
    log_exchange(bank, giver=ann, receiver=ben, happened_on=today, at=moment)
    with pytest.raises(InTheFuture):
        log_exchange(bank, giver=ann, receiver=ben, happened_on=today + DAY, at=moment)
    oldest = today - 90 * DAY
    log_exchange(bank, giver=ann, receiver=ben, happened_on=oldest, at=moment)
    with pytest.raises(TooLongAgo):
        log_exchange(bank, giver=ann, receiver=ben, happened_on=oldest - DAY, at=moment)


def test_the_message_about_the_future_says_what_day_it_is(scene: Scene) -> None:
    (rule,) = broken_rules(draft(scene, happened_on=TODAY + DAY), scene.bank, today=TODAY)
    assert rule.text == "The day must be today or in the past. It is 10 March 2026 today"


def test_nobody_gives_to_themselves(scene: Scene) -> None:
    assert broken(scene, draft(scene, receiver=scene.ann)) == [WithOneself]
    assert broken(scene, draft(scene, receiver=[scene.ben, scene.ann])) == [WithOneself]


def test_each_side_has_somebody(scene: Scene) -> None:
    assert broken(scene, draft(scene, receiver=[])) == [WithOneself]
    assert broken(scene, draft(scene, giver=[])) == [WithOneself]


def test_nobody_takes_part_twice(scene: Scene) -> None:
    assert broken(scene, draft(scene, receiver=[scene.ben, scene.ben])) == [TwiceInOne]


def test_many_do_not_give_to_many(scene: Scene) -> None:
    assert broken(scene, draft(scene, giver=[scene.ann, scene.eve], receiver=[scene.ben, scene.cara])) == [ManyToMany]


def test_a_hundred_take_part_and_no_more(scene: Scene) -> None:
    crowd = [make_member(scene.bank) for _ in range(MOST_PARTIES - 1)]
    assert broken(scene, draft(scene, giver=scene.ann, receiver=crowd)) == []
    crowd.append(make_member(scene.bank))
    assert broken(scene, draft(scene, giver=scene.ann, receiver=crowd)) == [TooManyParties]


def test_a_closed_account_takes_no_part(scene: Scene) -> None:
    members.leave(scene.ben, recorded_by=scene.cara, at=AT)
    assert broken(scene, draft(scene)) == [AccountClosed]


def test_the_opening_account_is_nobody(scene: Scene) -> None:
    assert broken(scene, draft(scene, receiver=opening_account(scene.bank.id))) == [NotInThisBank]


def test_a_note_is_a_few_lines_long(scene: Scene) -> None:
    assert broken(scene, draft(scene, note="x" * LONGEST_NOTE)) == []
    assert broken(scene, draft(scene, note="x" * (LONGEST_NOTE + 1))) == [NoteTooLong]


def test_an_activity_of_another_bank_is_not_offered(scene: Scene) -> None:
    assert broken(scene, draft(scene, activity=make_activity(make_bank()))) == [ActivityNotOffered]
    foreign = draft(scene, activity=make_activity(make_bank()))
    assert broken(scene, foreign, is_history=True) == [ActivityNotOffered]


def test_an_activity_that_is_no_longer_offered_is_for_history_only(scene: Scene) -> None:
    banks.change_activity(
        scene.bank,
        scene.activity,
        name="Gardening",
        service_area="",
        default_book=scene.activity.default_book,
        default_stage=scene.activity.default_stage,
        offered=False,
        changed_by=scene.cara.id,
        at=AT,
    )
    assert broken(scene, draft(scene)) == [ActivityNotOffered]
    assert broken(scene, draft(scene), is_history=True) == []


def test_a_bank_s_own_limits_hold(scene: Scene) -> None:
    set_rules(scene.bank, longest_exchange_minutes=90, oldest_day_days=0)
    assert broken(scene, draft(scene, minutes=91, happened_on=TODAY - DAY)) == [TooLongAgo, TooLong]
    assert broken(scene, draft(scene, minutes=90, happened_on=TODAY)) == []
