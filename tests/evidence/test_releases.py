from __future__ import annotations

import datetime as dt
import random

import pytest

from tests.evidence.invented import END, START, random_hours
from timebank.evidence.audience import Audience
from timebank.evidence.releases import Period, shown_alone, shown_in_turn, spans_of
from timebank.evidence.tables import HoursTables

SPRING, SUMMER = Period(START, dt.date(2026, 4, 1)), Period(dt.date(2026, 4, 1), END)
BOTH = Period(START, END)


def in_spans(hours, *periods):
    return {span: [one for one in hours if span.start <= one.day < span.end] for span in spans_of(periods)}


@pytest.mark.parametrize(
    ("periods", "spans"),
    [
        ([BOTH], [BOTH]),
        ([BOTH, SPRING], [SPRING, SUMMER]),
        ([SUMMER, SPRING], [SPRING, SUMMER]),
        # Nobody was told anything of the days between.
        ([Period(START, dt.date(2026, 2, 1)), SUMMER], [Period(START, dt.date(2026, 2, 1)), SUMMER]),
    ],
)
def test_spans_lie_between_all_ends_and_in_some_period(periods, spans):
    assert spans_of(periods) == spans


def test_the_first_release_is_shown_as_if_it_were_alone_and_again_the_same():
    hours = random_hours(random.Random(1))
    alone = shown_alone(HoursTables(hours), Audience.BOARD)
    assert shown_in_turn(in_spans(hours, BOTH), [BOTH, BOTH], Audience.BOARD) == [alone, alone]


def test_quarters_that_do_not_overlap_are_each_shown_as_if_alone():
    hours = random_hours(random.Random(4))
    spans = in_spans(hours, SPRING, SUMMER)
    shown = shown_in_turn(spans, [SPRING, SUMMER], Audience.PUBLIC)
    alone = [shown_alone(HoursTables(spans[one]), Audience.PUBLIC) for one in (SPRING, SUMMER)]
    assert [one.values for one in shown] == [one.values for one in alone]


def test_what_would_give_away_the_days_between_is_not_shown_any_more():
    hours = random_hours(random.Random(4))
    # All but one hour is from the spring, and by those who helped then.
    early = [one for one in hours if one.day < SPRING.end]
    late = [next(one for one in hours if one.day >= SPRING.end)]
    spans = in_spans([*early, *late], SPRING, BOTH)
    first, second = shown_in_turn(spans, [SPRING, BOTH], Audience.BOARD)
    assert first.get("total") is not None
    assert second.get("total") is None
    alone = shown_alone(HoursTables([*early, *late]), Audience.BOARD)
    assert alone.get("total") is not None
