"""Every kind of act in the audit has words for people."""

from __future__ import annotations

import re

from flask import Flask

from timebank.audit.models import Action
from timebank.banks.service import RULES
from timebank.members.profiles import Choices
from timebank.members.service import _CHANGED_BY_HAND
from timebank.oversight import words

# What `pages.py` fills in.
GAPS = {
    *("who", "changes", "name", "member", "fields", "count", "hours", "giver", "receiver", "givers", "receivers"),
    *("day", "month", "how", "helper", "made_at", "period"),
}


def test_no_kind_of_act_is_without_a_sentence_and_a_name() -> None:
    assert set(words.SENTENCES) == set(Action)
    assert set(words.NAMES) == set(Action)


def test_no_two_kinds_of_acts_have_the_same_name_or_sentence(app_without_data: Flask) -> None:
    with app_without_data.test_request_context():
        for texts in (words.NAMES, words.SENTENCES):
            assert len({str(text) for text in texts.values()}) == len(Action)


def test_nothing_stands_in_a_sentence_that_nobody_fills_in(app_without_data: Flask) -> None:
    with app_without_data.test_request_context():
        asked = {gap for text in words.SENTENCES.values() for gap in re.findall(r"%\((\w+)\)s", str(text))}
    assert asked == GAPS


def test_no_rule_and_no_detail_of_a_member_is_without_a_word() -> None:
    assert set(words.RULES) == set(RULES)
    assert set(words.FIELDS) == {*_CHANGED_BY_HAND, *vars(Choices())}


def test_what_was_before_and_what_came_after_is_said_as_people_say_it(app_without_data: Flask) -> None:
    changes = {
        "floor_minutes": [-2400, None],
        "approval_needed": [True, False],
        "rounding_minutes": [1, 15],
        "language": ["en", "en"],
        "help_contact": ["", "Ann <b>Jones</b>"],
    }
    with app_without_data.test_request_context():
        assert words.of_changes(Action.BANK_RULES_CHANGED, {"changes": changes}) == [
            "floor from −40:00 to none",
            "a coordinator must approve from yes to no",
            "minutes that time is rounded to from 1 to 15",
            "language from English to English",
            "whom members can ask for help from none to Ann <b>Jones</b>",
        ]
        assert words.of_changes(Action.MEMBER_ROLE_CHANGED, {"role": ["member", "coordinator"]}) == [
            "from Member to Coordinator"
        ]
        assert words.of_changes(Action.MAIL_STOPPED, {"before": "email", "after": "online"}) == [
            "from Email to Only online"
        ]
