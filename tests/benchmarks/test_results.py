"""What a benchmark says about what it measured."""

from __future__ import annotations

import pytest

from benchmarks.results import FIGURE, MET, MISS, NO_GOAL, NO_VERDICT, Goal, Sandwich, as_markdown, compared, costs


@pytest.mark.parametrize(
    ("measured", "word"),
    [
        (Sandwich(100, 60, 100), MET),
        (Sandwich(100, 59, 100), MISS),
        (Sandwich(100, 70, 130), MET),
        (Sandwich(100, 200, 131), NO_VERDICT),
        (Sandwich(131, 10, 100), NO_VERDICT),
    ],
)
def test_there_is_no_verdict_where_the_anchors_are_too_far_apart(measured, word):
    assert compared("post", measured, Goal(at_least=0.6), beside="plain").verdict == word


@pytest.mark.parametrize(("ours", "word"), [(50, MET), (33, MISS)])
def test_what_may_take_twice_as_long_is_half_as_often(ours, word):
    row = costs("help", Sandwich(100, ours, 100), Goal(at_most=2), beside="a post")
    assert (row.verdict, row.ratio) == (word, pytest.approx(100 / ours))


def test_a_miss_is_in_the_table_with_its_figure():
    row = compared("post", Sandwich(100, 42, 110), Goal(at_least=0.6), beside="plain")
    assert "| post | 42 /s | plain 100 and 110 /s | 0.40 | ≥ 0.6 | MISS |" in as_markdown([row])


def test_a_figure_without_a_goal_is_neither():
    assert compared("post", Sandwich(1, 1, 1), NO_GOAL, beside="plain").verdict == FIGURE
