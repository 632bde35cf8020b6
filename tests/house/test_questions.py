"""How often a page asks the database does not depend on how much is on it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from tests import make
from tests.house import bulk
from timebank.banks.queries import activities_of
from timebank.exchanges.models import Status
from timebank.extensions import db

MARCH_1 = dt.date(2026, 3, 1)


@pytest.fixture
def bank(app):
    bank = make.make_bank()
    for number in range(12):
        make.make_activity(bank, name=f"Activity {number}")
    return bank


@pytest.fixture
def activities(bank):
    return activities_of(bank)


@pytest.fixture
def questions(client, statements_counted):
    """Return how many statements a page sends to the database: `questions("/people")`."""

    def count(path: str, *, shows: str) -> int:
        # What the test wrote is no question of the page's.
        db.session.commit()
        with statements_counted() as statements:
            answer = client.get(path)
        assert answer.status_code == 200
        assert shows in answer.text
        return len(statements)

    return count


def in_turn(one, others, count: int):
    """Pairs of one and each of the others in turn, one giving and the other receiving."""
    return [
        (one, others[number % len(others)]) if number % 2 else (others[number % len(others)], one)
        for number in range(count)
    ]


def within_march(drafts):
    """The same drafts, all in one month."""
    return [replace(draft, happened_on=MARCH_1 + dt.timedelta(days=number % 10)) for number, draft in enumerate(drafts)]


def test_a_statement_of_1000_entries_asks_as_often_as_one_of_10(bank, activities, client, sign_in, questions):
    few, many = make.make_member(bank, name="Few"), make.make_member(bank, name="Many")
    others = bulk.add_members(bank, 60)
    for holder, count in ((few, 10), (many, 1000)):
        drafts = bulk.drafts(bank, in_turn(holder, others, count), activities, first_day=MARCH_1)
        bulk.post_past(bank, within_march(drafts), name=holder.name)
    sign_in(client, make.make_coordinator(bank))
    of_few = questions(f"/statements/{few.account.reference}/2026-03", shows="Activity 3")
    of_many = questions(f"/statements/{many.account.reference}/2026-03", shows="Activity 3")
    assert of_few == of_many
    assert of_many <= 25


def test_the_queue_of_1000_asks_as_often_as_one_of_5(bank, activities, client, sign_in, questions):
    ruth = make.make_coordinator(bank)
    people = bulk.add_members(bank, 70)
    pairs = [(people[number % 70], people[(number * 3 + 1) % 70]) for number in range(1005) if (number * 2 + 1) % 70]
    drafts = bulk.drafts(bank, pairs, activities, first_day=dt.date(2025, 3, 1))
    bulk.log_many(bank, drafts[:5], status=Status.CONFIRMED, logged_by=ruth)
    sign_in(client, ruth)
    of_few = questions("/approvals", shows="Activity 3")
    bulk.log_many(bank, drafts[5:], status=Status.CONFIRMED, logged_by=ruth)
    bulk.post_past(bank, drafts[:100])
    of_many = questions("/approvals", shows="Activity 3")
    assert questions("/approvals?page=7", shows="Activity 3") == of_many == of_few
    assert of_many <= 20


def test_the_list_of_2000_people_asks_as_often_as_one_of_5(bank, client, sign_in, questions):
    ruth = make.make_coordinator(bank, name="Ruth Adeyemi")
    bulk.add_members(bank, 4)
    sign_in(client, ruth)
    of_few = questions("/people", shows="Ruth Adeyemi")
    newcomers = [
        bulk.members.Newcomer(
            number=str(number), name=f"A Member{number}", email=f"m{number}@example.org", phone="",
            capacity=bulk.Capacity.CARER, joined_on=MARCH_1,
        )
        for number in range(3000, 5000)
    ]  # fmt: skip
    bulk.members.add_newcomers(bank, newcomers, at=make.AT)
    of_many = questions("/people", shows="A Member3000")
    assert questions("/people?page=81", shows="Ruth Adeyemi") == of_many == of_few
    assert of_many <= 8


def test_a_first_page_with_200_waiting_asks_as_often_as_one_with_2(bank, activities, client, sign_in, questions):
    ruth = make.make_coordinator(bank, name="Ruth Adeyemi")
    people = bulk.add_members(bank, 50)
    pairs = [(people[number % 50], ruth) for number in range(202)]
    drafts = bulk.drafts(bank, pairs, activities, first_day=dt.date(2025, 9, 1))
    bulk.log_many(bank, drafts[:2], status=Status.LOGGED, logged_by=people[0])
    # Whatever settles by itself when a coordinator signs in must not settle these.
    make.set_rules(bank, expires_after_days=None)
    sign_in(client, ruth)
    with_few = questions("/", shows="Please confirm")
    bulk.log_many(bank, drafts[2:], status=Status.LOGGED, logged_by=people[0])
    with_many = questions("/", shows="Please confirm")
    assert with_few == with_many
    assert with_many <= 20


def test_ones_own_hours_ask_as_often_for_25_as_for_2(bank, activities, client, sign_in, questions):
    jean = make.make_member(bank)
    others = bulk.add_members(bank, 40)
    drafts = bulk.drafts(bank, in_turn(jean, others, 400), activities, first_day=dt.date(2025, 3, 1))
    bulk.post_past(bank, drafts[:2], name="first")
    sign_in(client, jean)
    with_few = questions("/hours", shows="Activity 1")
    bulk.post_past(bank, drafts[2:])
    assert questions("/hours", shows="Activity 1") == with_few
    assert with_few <= 15


def test_a_list_of_40_organisations_asks_as_often_as_one_of_2(bank, client, sign_in, questions):
    ruth = make.make_coordinator(bank)
    contacts = bulk.add_members(bank, 20)
    for number in range(2):
        make.make_organisation(bank, name=f"Surgery {number}", contact=contacts[number], added_by=ruth)
    sign_in(client, ruth)
    with_few = questions("/organisations", shows="Surgery 1")
    for number in range(2, 40):
        make.make_organisation(bank, name=f"Surgery {number}", contact=contacts[number % 20], added_by=ruth)
    assert questions("/organisations", shows="Surgery 39") == with_few
    assert with_few <= 10


def test_a_search_for_people_asks_as_often_for_many_as_for_one(bank, client, sign_in, questions):
    ruth = make.make_coordinator(bank, name="Ruth Adeyemi")
    sign_in(client, ruth)
    with_few = questions("/people/search?q=e", shows="Ruth")
    bulk.add_members(bank, 300)
    assert questions("/people/search?q=e", shows="Member") == with_few
    assert with_few <= 12
