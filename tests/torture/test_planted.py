"""The bank test finds what it is there to find: each planted bug, in a run in which nothing is killed."""

from __future__ import annotations

import re

import pytest

from tests.torture.planted import PLANTS
from tests.torture.processes import forget
from tests.torture.run import Plan, run

pytestmark = pytest.mark.slow

FOUND_BY = {
    "forget_keys": r"has had its effect \d+ times",
    "approve_again": r"was approved \d+ times",
    "lose_commits": r"was acknowledged and is lost",
    "show_old_pages": r"was approved, and .* later it was shown as confirmed|is not on the page",
    "post_half_of_a_class": r"is posted as .* instead of",
}


# What is sent again finds what was done twice, and does anew what was lost.
SENT_AGAIN = dict.fromkeys(FOUND_BY, 0.9) | {"lose_commits": 0.0}


@pytest.mark.parametrize("plant", sorted(FOUND_BY))
def test_a_planted_bug_is_found(plant: str) -> None:
    plan = Plan(
        "sqlite", 3, plant, clients=3, every_seconds=None, planted=plant, writes=70, sent_again=SENT_AGAIN[plant]
    )
    report = run(plan)
    found = [example for example in report.examples if re.search(FOUND_BY[plant], example)]
    assert found, report
    for path in report.kept:
        forget(path)


def test_every_bug_that_can_be_planted_is_looked_for() -> None:
    assert set(FOUND_BY) == set(PLANTS)
