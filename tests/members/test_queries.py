"""Finding people by name or number: signs that databases give a meaning stand for themselves."""

from __future__ import annotations

import pytest

from tests.make import AT, make_administrator, make_bank, make_coordinator, make_member
from timebank.banks.models import Bank
from timebank.errors import NotFound
from timebank.members import queries, service
from timebank.members.models import Role


@pytest.fixture
def bank(app: object) -> Bank:
    return make_bank()


def found(bank: Bank, words: str) -> list[str]:
    return [member.name for member in queries.members_matching(bank, words, limit=20)]


def test_signs_that_databases_give_a_meaning_stand_for_themselves(bank: Bank) -> None:
    for name in ("Percy 100%", "Una Under_score", "Bo Back\\slash", "Ann O'Hara", "Ann Adams"):
        make_member(bank, name=name)
    assert found(bank, "%") == ["Percy 100%"]
    assert found(bank, "_") == ["Una Under_score"]
    assert found(bank, "\\") == ["Bo Back\\slash"]
    assert found(bank, "'") == ["Ann O'Hara"]
    assert found(bank, "a%a") == []
    assert queries.count_members(bank, "%") == 1


def test_names_are_found_in_any_case_and_by_any_part(bank: Bank) -> None:
    for name in ("Zoë Ångström", "ЖАННА Иванова", "Ayşe Işık", "Straße Weiß"):
        make_member(bank, name=name)
    assert found(bank, "ÅNGSTRÖM zoË") == ["Zoë Ångström"]
    assert found(bank, "жанна") == ["ЖАННА Иванова"]
    assert found(bank, "STRASSE") == ["Straße Weiß"]
    assert found(bank, "ngst") == ["Zoë Ångström"]


def test_a_number_is_found_whole_and_not_in_part(bank: Bank) -> None:
    make_member(bank, name="Ann Adams", number="A-12")
    make_member(bank, name="Ben Brown", number="12")
    assert found(bank, "a-12") == ["Ann Adams"]
    assert found(bank, "12") == ["Ben Brown"]
    assert found(bank, "1") == []


def test_people_of_another_bank_and_those_who_left_are_not_found(bank: Bank) -> None:
    make_member(make_bank(), name="Ann Other")
    gone = make_member(bank, name="Ann Gone")
    service.leave(gone, recorded_by=gone, at=AT)
    assert found(bank, "ann") == []
    assert queries.count_members(bank, "ann") == 1


def test_a_member_of_another_bank_does_not_exist_by_reference(bank: Bank) -> None:
    stranger = make_member(make_bank())
    with pytest.raises(NotFound):
        queries.member_with_reference(bank, stranger.reference)
    assert queries.member_with_number(bank, "no such number") is None


def test_those_who_have_one_of_the_roles_are_counted(bank: Bank) -> None:
    make_member(bank)
    make_coordinator(bank)
    make_administrator(bank)
    gone = make_coordinator(bank)
    service.leave(gone, recorded_by=gone, at=AT)
    assert [queries.count_with_roles(bank, [role]) for role in Role] == [1, 0, 0, 1, 1, 0]
    assert queries.count_with_roles(bank, [Role.COORDINATOR, Role.ADMINISTRATOR]) == 2
