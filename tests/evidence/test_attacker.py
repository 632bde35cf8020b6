"""Nothing that is hidden can be worked out from all that is shown.

`python -m tests.evidence.attacker 1000` tries more of it.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest

from tests.evidence import attacker
from tests.evidence.attacker import Reader
from tests.evidence.invented import random_hours
from timebank.evidence import disclosure
from timebank.evidence.audience import Audience
from timebank.evidence.tables import HoursTables

BANKS = 6
RELEASES = 1


def test_an_attacker_finds_nothing_out():
    result = sum((attacker.attack(seed) for seed in range(BANKS)), Counter())
    assert result["found out"] == result["people found out"] == 0
    # And there was something to be found out, and something to be read.
    assert min(result["hidden"], result["shown"], result["few people"]) > 50


def test_an_attacker_who_has_two_releases_finds_nothing_out_between_them():
    result = sum((attacker.attack_releases(seed) for seed in range(RELEASES)), Counter())
    assert result["found between"] == 0
    assert min(result["between"], result["shown again"]) > 50


@pytest.mark.parametrize("left_out", ["solver", "second gaps and solver", "the board reads the public's figures too"])
def test_the_attacker_would_notice(left_out, monkeypatch):
    if left_out.endswith("too"):
        monkeypatch.setattr(Audience, "within", None)
    else:
        monkeypatch.setattr(disclosure._Hiding, "hid_one_more", lambda _self: False)
    if left_out.startswith("second"):
        monkeypatch.setattr(disclosure._Hiding, "complement", lambda _self: None)
    result = sum((attacker.attack(seed) for seed in range(2)), Counter())
    assert result["found out"] > 0


def test_a_reader_knows_what_is_left_of_a_total():
    reader = Reader()
    reader.sum("total", "one", "other")
    reader.read("total", 10, Audience.BOARD)
    reader.read("one", 7, Audience.BOARD)
    ((low, high),) = reader.bounds_of(["other"]).values()
    assert (round(low, 3), round(high, 3)) == (3, 3)


def test_every_table_adds_up_to_all_hours():
    for seed in range(20):
        tables = HoursTables(random_hours(random.Random(seed)))
        for one in tables.sums():
            assert sum(factor * tables.minutes(name) for name, factor in one.items()) == 0, one
