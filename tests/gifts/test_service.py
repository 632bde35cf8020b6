"""Hours given away: only what is there, once, and taken back once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.exchanges.scene import Scene, build_scene, credit, sum_of_entries, transfers
from tests.make import AT, approved_exchange, give_hours, make_bank, make_member, make_organisation, set_rules
from timebank.audit.models import Action, AuditRecord
from timebank.banks.models import Bank
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.gifts import service
from timebank.gifts.models import LONGEST_REASON, Gift, GiftKind
from timebank.ledger.models import TransferKind
from timebank.ledger.queries import community_account, opening_account
from timebank.ledger.service import AccountClosed, AlreadyReversed, NotInThisBank
from timebank.members import service as members
from timebank.members.queries import membership_with_id


@pytest.fixture
def scene(app: object) -> Scene:
    return build_scene()


def donate(scene: Scene, to: Any, minutes: int, *, giver: Any = None, reason: str = "") -> Gift:
    return service.donate_hours(
        scene.bank,
        giver=giver or scene.ann,
        to_account_id=getattr(to, "account_id", to.id),
        minutes=minutes,
        reason=reason,
        at=AT,
    )


def grant(scene: Scene, to: Any, minutes: int = 60, *, reason: str = "In hospital") -> Gift:
    return service.grant_hours(
        scene.bank,
        granted_by=scene.cara,
        to_account_id=getattr(to, "account_id", to.id),
        minutes=minutes,
        reason=reason,
        at=AT,
    )


def test_a_donation_moves_hours_to_whoever_they_are_for(scene: Scene) -> None:
    give_hours(scene.bank, scene.ann, 90)
    gift = donate(scene, scene.ben, 60, reason=" Get well soon ")
    assert (credit(scene.ann), credit(scene.ben)) == (30, 60)
    assert (gift.kind, gift.reason, gift.given_on) == (GiftKind.DONATION, "Get well soon", AT.date())
    transfer = transfers()[-1]
    assert (transfer.kind, transfer.linked_by) == (TransferKind.DONATION, gift.reference)
    record = db.session.scalars(select(AuditRecord).where(AuditRecord.action == Action.HOURS_DONATED)).one()
    assert (record.membership_id, record.details) == (scene.ann.id, {"minutes": 60})


def test_everything_can_be_donated_and_not_a_minute_more(scene: Scene) -> None:
    give_hours(scene.bank, scene.ann, 90)
    with pytest.raises(service.MoreThanYouHave) as refusal:
        donate(scene, scene.ben, 91)
    assert refusal.value.text == "You can donate up to 1 hour 30 minutes"
    donate(scene, scene.ben, 90)
    assert credit(scene.ann) == 0


@pytest.mark.parametrize("minutes", [0, -60])
def test_whoever_has_nothing_donates_nothing(scene: Scene, minutes: int) -> None:
    if minutes:
        give_hours(scene.bank, scene.eve, 60)
        donate(scene, scene.ben, 60, giver=scene.eve)
        approved_exchange(scene.bank, giver=scene.ben, receiver=scene.ann, approved_by=scene.cara)
    assert credit(scene.ann) == minutes
    with pytest.raises(service.NothingToDonate):
        donate(scene, scene.ben, 1)
    assert credit(scene.ann) == minutes


def test_nobody_donates_to_themselves(scene: Scene) -> None:
    give_hours(scene.bank, scene.ann, 60)
    with pytest.raises(service.GiftToItself):
        donate(scene, scene.ann, 30)


def test_a_donation_goes_to_the_community_or_an_organisation_too(scene: Scene) -> None:
    give_hours(scene.bank, scene.ann, 90)
    pot, surgery = community_account(scene.bank.id), make_organisation(scene.bank)
    donate(scene, pot, 30)
    donate(scene, surgery, 60)
    assert (credit(pot), credit(surgery), credit(scene.ann)) == (30, 60, 0)


def test_a_donation_does_not_leave_the_bank_nor_go_to_opening_balances_or_a_closed_account(scene: Scene) -> None:
    give_hours(scene.bank, scene.ann, 90)
    members.leave(scene.eve, recorded_by=scene.cara, at=AT)
    stranger = make_member(make_bank())
    db.session.commit()
    for to, refusal in (
        (stranger, NotInThisBank),
        (opening_account(scene.bank.id), service.NotAGiftAccount),
        (scene.eve, AccountClosed),
    ):
        with pytest.raises(refusal):
            donate(scene, to, 30)
        db.session.rollback()
        assert credit(scene.ann) == 90


def test_a_message_has_a_longest_length(scene: Scene) -> None:
    give_hours(scene.bank, scene.ann, 90)
    with pytest.raises(service.RuleBroken):
        donate(scene, scene.ben, 30, reason="x" * (LONGEST_REASON + 1))
    donate(scene, scene.ben, 30, reason="x" * LONGEST_REASON)


def test_two_donations_at_once_never_take_anybody_below_nothing(app: Flask, scene: Scene) -> None:
    give_hours(scene.bank, scene.ann, 60)
    bank_id, giver, others = scene.bank.id, scene.ann.id, [scene.ben.account_id, scene.eve.account_id] * 2
    start = threading.Barrier(len(others))

    def give(to: int) -> str:
        with app.app_context():
            start.wait(timeout=10)
            try:
                service.donate_hours(
                    db.session.get_one(Bank, bank_id),
                    giver=membership_with_id(giver),
                    to_account_id=to,
                    minutes=40,
                    reason="",
                    at=AT,
                )
                db.session.commit()
            except RuleBroken as broken:
                db.session.rollback()
                return type(broken).__name__
            return "given"

    db.session.commit()
    with ThreadPoolExecutor(len(others)) as pool:
        came_of_it = sorted(pool.map(give, others, timeout=60))
    assert came_of_it == ["MoreThanYouHave"] * 3 + ["given"]
    db.session.expire_all()
    assert credit(scene.ann) == 20
    assert len(db.session.scalars(select(Gift)).all()) == 1


def test_the_second_donation_waits_for_the_first_and_sees_what_is_left(app: Flask, scene: Scene) -> None:
    give_hours(scene.bank, scene.ann, 60)
    bank_id, giver, to = scene.bank.id, scene.ann.id, scene.eve.account_id
    db.session.commit()

    def second() -> str:
        with app.app_context():
            try:
                bank = db.session.get_one(Bank, bank_id)
                who = membership_with_id(giver)
                service.donate_hours(bank, giver=who, to_account_id=to, minutes=60, reason="", at=AT)
                db.session.commit()
            except RuleBroken as broken:
                db.session.rollback()
                return type(broken).__name__
            return "given"

    donate(scene, scene.ben, 50)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(second)
        with pytest.raises(TimeoutError):
            answer.result(timeout=0.4)
        db.session.commit()
        assert answer.result(timeout=30) == "MoreThanYouHave"
    db.session.expire_all()
    assert credit(scene.ann) == 10


def test_a_grant_comes_from_the_community_which_may_go_below_nothing(scene: Scene) -> None:
    set_rules(scene.bank, floor_minutes=0)
    gift = grant(scene, scene.ben, 120)
    pot = community_account(scene.bank.id)
    assert (credit(pot), credit(scene.ben)) == (-120, 120)
    assert (gift.kind, gift.given_by_id) == (GiftKind.GRANT, scene.cara.id)
    assert sum_of_entries() == 0


@pytest.mark.parametrize("reason", ["", " \n", "x" * (LONGEST_REASON + 1)])
def test_a_grant_has_a_reason_of_a_fitting_length(scene: Scene, reason: str) -> None:
    with pytest.raises(RuleBroken):
        grant(scene, scene.ben, reason=reason)
    assert transfers() == []


def test_the_community_is_not_granted_its_own_hours(scene: Scene) -> None:
    with pytest.raises(service.GrantToItself):
        grant(scene, community_account(scene.bank.id))


def test_a_grant_stays_in_the_bank(scene: Scene) -> None:
    with pytest.raises(NotInThisBank):
        grant(scene, make_member(make_bank()))


def test_a_gift_is_reversed_once_and_says_why(scene: Scene) -> None:
    gift = grant(scene, scene.ben)
    service.reverse_gift(scene.bank, gift, reason=" The wrong Ben ", reversed_by=scene.dev, at=AT)
    assert (credit(scene.ben), gift.reversal_reason, gift.reversed_by_id) == (0, "The wrong Ben", scene.dev.id)
    with pytest.raises(AlreadyReversed):
        service.reverse_gift(scene.bank, gift, reason="Again", reversed_by=scene.cara, at=AT)
    assert len(transfers()) == 2
    assert gift.reversal_reason == "The wrong Ben"


def test_a_gift_that_was_passed_on_can_still_be_reversed(scene: Scene) -> None:
    give_hours(scene.bank, scene.ann, 60)
    gift = donate(scene, scene.ben, 60)
    donate(scene, scene.eve, 60, giver=scene.ben)
    service.reverse_gift(scene.bank, gift, reason="A mistake", reversed_by=scene.cara, at=AT)
    assert (credit(scene.ann), credit(scene.ben), credit(scene.eve)) == (60, -60, 60)


def test_a_reversal_of_a_gift_needs_a_reason(scene: Scene) -> None:
    gift = grant(scene, scene.ben)
    with pytest.raises(service.ReasonNeeded):
        service.reverse_gift(scene.bank, gift, reason=" ", reversed_by=scene.cara, at=AT)
    assert (gift.reversed_at, credit(scene.ben)) == (None, 60)


def test_nobody_grants_hours_to_themselves_or_takes_back_their_own_gift_where_somebody_else_can(scene: Scene) -> None:
    surgery = make_organisation(scene.bank, contact=scene.cara)
    for to in (scene.cara, surgery):
        with pytest.raises(service.OwnGift):
            grant(scene, to)
    gift = service.grant_hours(
        scene.bank, granted_by=scene.dev, to_account_id=scene.cara.account_id, minutes=60, reason="Ill", at=AT
    )
    with pytest.raises(service.OwnGift):
        service.reverse_gift(scene.bank, gift, reason="No", reversed_by=scene.cara, at=AT)
    members.leave(scene.dev, recorded_by=scene.dev, at=AT)
    assert grant(scene, scene.cara).minutes == 60
