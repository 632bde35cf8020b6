"""A form is accepted once under its key, however often it is sent."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.make import AT, make_bank
from timebank.banks.models import Bank
from timebank.extensions import db
from timebank.submissions import service
from timebank.submissions.models import Submission

KEY = "0123456789abcdef"
CONTENT: dict[str, Any] = {"name": "Ben Brown", "minutes": 60, "day": AT.date()}


@pytest.fixture
def bank(app: Flask) -> Bank:
    return make_bank()


def accept(bank: Bank, key: str = KEY, content: dict[str, Any] | None = None) -> Submission:
    return service.accept(bank.id, key, CONTENT if content is None else content, at=AT)


def test_a_new_key_has_no_result_yet_and_keeps_the_one_it_is_given(bank: Bank) -> None:
    first = accept(bank)
    assert first.result is None
    first.result = "made"
    db.session.commit()
    assert accept(bank).result == "made"
    assert len(db.session.scalars(select(Submission)).all()) == 1


def test_the_order_of_the_content_does_not_matter(bank: Bank) -> None:
    accept(bank)
    assert accept(bank, content=dict(reversed(CONTENT.items()))).key == KEY


@pytest.mark.parametrize("change", [{"minutes": 61}, {"name": "ben brown"}, {"more": None}])
def test_the_same_key_with_something_else_is_refused(bank: Bank, change: dict[str, Any]) -> None:
    accept(bank)
    with pytest.raises(service.SentWithOtherDetails):
        accept(bank, content=CONTENT | change)


def test_another_bank_may_use_the_same_key_for_something_else(bank: Bank) -> None:
    accept(bank).result = "here"
    assert accept(make_bank(), content={"other": 1}).result is None


@pytest.mark.parametrize(
    "key", ["", "short", "x" * 15, "x" * 65, "0123456789abcde!", "0123456789abcdé0", "0" * 15 + " "]
)
def test_what_is_no_key_is_refused(bank: Bank, key: str) -> None:
    with pytest.raises(service.KeyMissing):
        accept(bank, key)
    assert db.session.scalars(select(Submission)).all() == []


def test_every_form_gets_a_key_of_its_own_that_is_accepted(bank: Bank) -> None:
    keys = {service.new_key() for _ in range(100)}
    assert len(keys) == 100
    for key in keys:
        accept(bank, key)


def test_of_two_that_arrive_at_once_the_second_finds_what_the_first_made(app: Flask, bank: Bank) -> None:
    bank_id = bank.id
    db.session.commit()
    start = threading.Barrier(4)

    def send(number: int) -> tuple[int, str]:
        with app.app_context():
            start.wait(timeout=10)
            submission = service.accept(bank_id, KEY, CONTENT, at=AT)
            if submission.result is None:
                submission.result = f"made by {number}"
            result = str(submission.result)
            db.session.commit()
            return number, result

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4), timeout=60))
    assert len({result for _number, result in answers}) == 1
    assert len(db.session.scalars(select(Submission)).all()) == 1


def test_what_is_taken_back_frees_its_key(bank: Bank) -> None:
    db.session.commit()
    accept(bank).result = "made"
    db.session.rollback()
    assert accept(bank, content={"other": 1}).result is None


def test_the_same_words_from_the_same_page_are_taken_once_and_others_are_taken_too(bank: Bank) -> None:
    def is_first(key: str = KEY, **content: Any) -> bool:
        return service.is_first(bank.id, key=key, content={"message": "Which garden?"} | content, at=AT)

    assert is_first()
    db.session.commit()
    assert not is_first()
    assert is_first(message="Whose garden? 🌻")
    assert is_first(key=KEY[::-1])
    assert not is_first()
    assert service.is_first(make_bank().id, key=KEY, content={"message": "Which garden?"}, at=AT)


def test_without_a_key_everything_is_taken(bank: Bank) -> None:
    assert all(service.is_first(bank.id, key="", content={}, at=AT) for _time in range(2))


def test_words_that_were_not_committed_are_taken_when_they_come_again(bank: Bank) -> None:
    db.session.commit()
    bank_id = bank.id
    assert service.is_first(bank_id, key=KEY, content={}, at=AT)
    db.session.rollback()
    assert service.is_first(bank_id, key=KEY, content={}, at=AT)
