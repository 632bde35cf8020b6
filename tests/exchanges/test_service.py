"""The life of an exchange: every status, every way from one to the next, and every refusal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from tests.exchanges.scene import Scene, build_scene, credit, party, recorded, steps, sum_of_entries, transfers
from tests.make import (
    AT,
    approved_exchange,
    confirmed_exchange,
    draft_exchange,
    give_hours,
    log_exchange,
    make_bank,
    make_coordinator,
    make_member,
    make_organisation,
    set_rules,
)
from timebank.errors import NotFound
from timebank.exchanges import service
from timebank.exchanges.models import LONGEST_MESSAGE, Answer, AnsweredBy, Exchange, Status
from timebank.extensions import db
from timebank.ledger.models import Book, TransferKind
from timebank.ledger.queries import community_account
from timebank.ledger.service import AlreadyReversed, NotEnoughHours
from timebank.members import service as members
from timebank.members.models import Capacity, Role

LATER = AT + dt.timedelta(hours=1)


@pytest.fixture
def scene(app: object) -> Scene:
    return build_scene()


def confirm(scene: Scene, exchange: Exchange, by: object, **details: object) -> Exchange:
    return service.confirm_exchange(scene.bank, exchange, confirmed_by=by, at=LATER, **details)


def query(scene: Scene, exchange: Exchange, by: object, *, as_coordinator: bool = False) -> Exchange:
    return service.query_exchange(
        scene.bank, exchange, queried_by=by, message="Was it not two hours?", at=LATER, as_coordinator=as_coordinator
    )


def reply(scene: Scene, exchange: Exchange, by: object, *, as_coordinator: bool = False) -> Exchange:
    return service.answer_query(
        scene.bank, exchange, answered_by=by, message="It was one.", at=LATER, as_coordinator=as_coordinator
    )


def approve(scene: Scene, exchange: Exchange, by: object) -> Exchange:
    return service.approve_exchange(scene.bank, exchange, approved_by=by, at=LATER)


def decline(scene: Scene, exchange: Exchange, by: object, message: str = "It was a birthday present") -> Exchange:
    return service.decline_exchange(scene.bank, exchange, declined_by=by, message=message, at=LATER)


def reverse(scene: Scene, exchange: Exchange, by: object, message: str = "Logged twice") -> Exchange:
    return service.reverse_exchange(scene.bank, exchange, reversed_by=by, message=message, at=LATER)


def settled(scene: Scene, status: Status) -> Exchange:
    """An exchange that reached this end of its life."""
    exchange = scene.confirmed() if status in (Status.APPROVED, Status.REVERSED) else scene.logged()
    if status == Status.DECLINED:
        decline(scene, exchange, scene.cara)
    elif status == Status.WITHDRAWN:
        service.withdraw_exchange(scene.bank, exchange, withdrawn_by=scene.ann, at=LATER)
    elif status == Status.EXPIRED:
        service.settle_by_rule(scene.bank, at=AT + dt.timedelta(days=90))
    else:
        approve(scene, exchange, scene.cara)
        if status == Status.REVERSED:
            reverse(scene, exchange, scene.cara)
    assert exchange.status == status
    return exchange


# Logging


def test_whoever_logs_has_confirmed_and_the_other_is_waited_for(scene: Scene) -> None:
    exchange = scene.logged()
    assert exchange.status == Status.LOGGED
    assert party(exchange, scene.ann).answer == Answer.CONFIRMED
    assert party(exchange, scene.ann).answered_how == AnsweredBy.PARTY
    assert party(exchange, scene.ben).answer == Answer.WAITING
    assert steps(exchange) == ["logged"]
    assert transfers() == []


def test_logging_by_the_receiver_waits_for_the_giver(scene: Scene) -> None:
    exchange = scene.logged(logged_by=scene.ben)
    assert party(exchange, scene.ben).answer == Answer.CONFIRMED
    assert party(exchange, scene.ann).answer == Answer.WAITING


def test_a_coordinator_who_logs_for_others_confirms_for_nobody(scene: Scene) -> None:
    exchange = scene.logged(logged_by=scene.cara)
    assert exchange.status == Status.LOGGED
    assert {one.answer for one in exchange.parties} == {Answer.WAITING}


def test_the_community_account_is_confirmed_by_the_coordinator_s_approval(scene: Scene) -> None:
    pot = community_account(scene.bank.id)
    exchange = scene.logged(receiver=pot)
    assert exchange.status == Status.CONFIRMED
    assert party(exchange, pot).answered_how == AnsweredBy.COORDINATOR
    assert transfers() == []


def test_an_organisation_without_a_contact_is_confirmed_by_the_coordinator_s_approval(scene: Scene) -> None:
    exchange = scene.logged(receiver=make_organisation(scene.bank))
    assert exchange.status == Status.CONFIRMED


def test_an_organisation_s_contact_is_waited_for_and_confirms_for_it(scene: Scene) -> None:
    surgery = make_organisation(scene.bank, contact=scene.eve)
    exchange = scene.logged(receiver=surgery)
    assert exchange.status == Status.LOGGED
    confirm(scene, exchange, scene.eve)
    assert exchange.status == Status.CONFIRMED
    assert party(exchange, surgery).answered_by_id == scene.eve.id


def test_what_a_contact_logs_with_their_own_organisation_is_confirmed_for_both(scene: Scene) -> None:
    surgery = make_organisation(scene.bank, contact=scene.ann)
    assert scene.logged(receiver=surgery).status == Status.CONFIRMED


# Confirming


def test_an_exchange_that_everybody_confirmed_waits_for_approval(scene: Scene) -> None:
    exchange = confirm(scene, scene.logged(), scene.ben)
    assert exchange.status == Status.CONFIRMED
    assert party(exchange, scene.ben).answered_by_id == scene.ben.id
    assert party(exchange, scene.ben).answered_at == LATER
    assert steps(exchange) == ["logged", "confirmed"]
    assert transfers() == []


def test_one_of_several_is_not_everybody(scene: Scene) -> None:
    exchange = scene.logged(receiver=[scene.ben, scene.eve])
    confirm(scene, exchange, scene.ben)
    assert exchange.status == Status.LOGGED
    confirm(scene, exchange, scene.eve)
    assert exchange.status == Status.CONFIRMED


@pytest.mark.parametrize("who", ["eve", "cara"])
def test_nobody_but_those_who_took_part_confirms(scene: Scene, who: str) -> None:
    exchange = scene.logged()
    with pytest.raises(service.NotYours) as refusal:
        confirm(scene, exchange, getattr(scene, who))
    assert refusal.value.status == 404
    assert party(exchange, scene.ben).answer == Answer.WAITING


def test_a_coordinator_who_logged_it_does_not_confirm_as_if_they_took_part(scene: Scene) -> None:
    exchange = scene.logged(logged_by=scene.cara)
    with pytest.raises(service.NotYours):
        confirm(scene, exchange, scene.cara)


def test_an_exchange_of_another_bank_does_not_exist(scene: Scene) -> None:
    exchange = scene.logged()
    with pytest.raises(NotFound):
        service.confirm_exchange(make_bank(), exchange, confirmed_by=scene.ben, at=LATER)


def test_confirming_twice_changes_nothing(scene: Scene) -> None:
    exchange = confirm(scene, scene.logged(), scene.ben)
    confirm(scene, exchange, scene.ben)
    assert exchange.status == Status.CONFIRMED
    assert steps(exchange) == ["logged", "confirmed"]


def test_confirming_again_after_approval_changes_nothing(scene: Scene) -> None:
    exchange = approve(scene, scene.confirmed(), scene.cara)
    confirm(scene, exchange, scene.ben)
    assert exchange.status == Status.APPROVED
    assert len(transfers()) == 1


@pytest.mark.parametrize("status", [Status.DECLINED, Status.WITHDRAWN, Status.EXPIRED])
def test_what_is_settled_cannot_be_confirmed_any_more(scene: Scene, status: Status) -> None:
    exchange = settled(scene, status)
    with pytest.raises(service.NoLongerOpen):
        confirm(scene, exchange, scene.ben)
    assert party(exchange, scene.ben).answer == Answer.WAITING


@pytest.mark.parametrize(
    "status", [Status.APPROVED, Status.DECLINED, Status.WITHDRAWN, Status.EXPIRED, Status.REVERSED]
)
@pytest.mark.parametrize("act", [query, reply])
def test_what_is_settled_can_be_neither_queried_nor_answered(
    scene: Scene, status: Status, act: Callable[..., Exchange]
) -> None:
    exchange = settled(scene, status)
    with pytest.raises(service.NoLongerOpen):
        act(scene, exchange, scene.ben)
    with pytest.raises(service.NoLongerOpen):
        act(scene, exchange, scene.cara, as_coordinator=True)
    with pytest.raises(service.NoLongerOpen):
        service.deny_exchange(scene.bank, exchange, denied_by=scene.ben, message="", at=LATER)
    with pytest.raises(service.NoLongerOpen):
        service.confirm_for_others(scene.bank, exchange, confirmed_by=scene.cara, message="By telephone", at=LATER)
    assert exchange.status == status


def test_capacities_are_corrected_while_confirming_and_only_one_s_own(scene: Scene) -> None:
    exchange = scene.logged()
    wanted = {scene.ben.account_id: Capacity.CARER, scene.ann.account_id: Capacity.PROFESSIONAL}
    confirm(scene, exchange, scene.ben, capacities=wanted)
    assert party(exchange, scene.ben).capacity == Capacity.CARER
    assert party(exchange, scene.ann).capacity == Capacity.NOT_STATED


def test_a_coordinator_records_that_everybody_confirmed_and_how_they_were_asked(scene: Scene) -> None:
    exchange = scene.logged()
    with pytest.raises(service.MessageNeeded):
        service.confirm_for_others(scene.bank, exchange, confirmed_by=scene.cara, message=" \n ", at=LATER)
    service.confirm_for_others(scene.bank, exchange, confirmed_by=scene.cara, message=" By telephone ", at=LATER)
    assert exchange.status == Status.CONFIRMED
    assert party(exchange, scene.ben).answered_how == AnsweredBy.COORDINATOR
    assert party(exchange, scene.ben).answered_by_id == scene.cara.id
    assert party(exchange, scene.ann).answered_how == AnsweredBy.PARTY
    assert steps(exchange) == ["logged", "confirmed for"]


# Questions


def test_a_question_holds_an_exchange_until_whoever_asked_confirms(scene: Scene) -> None:
    exchange = query(scene, scene.logged(), scene.ben)
    assert exchange.status == Status.QUERIED
    assert party(exchange, scene.ben).answer == Answer.QUERIED
    reply(scene, exchange, scene.ann)
    assert exchange.status == Status.QUERIED
    confirm(scene, exchange, scene.ben)
    assert exchange.status == Status.CONFIRMED
    assert steps(exchange) == ["logged", "queried", "answered", "confirmed"]


def test_a_coordinator_s_answer_does_not_settle_a_party_s_question(scene: Scene) -> None:
    exchange = reply(scene, query(scene, scene.logged(), scene.ben), scene.cara, as_coordinator=True)
    assert exchange.status == Status.QUERIED


def test_somebody_else_s_confirmation_does_not_settle_a_question(scene: Scene) -> None:
    exchange = query(scene, scene.logged(receiver=[scene.ben, scene.eve]), scene.ben)
    confirm(scene, exchange, scene.eve)
    assert exchange.status == Status.QUERIED


def test_a_coordinator_s_own_question_is_settled_by_an_answer(scene: Scene) -> None:
    exchange = query(scene, scene.confirmed(), scene.cara, as_coordinator=True)
    assert exchange.status == Status.QUERIED
    assert {one.answer for one in exchange.parties} == {Answer.CONFIRMED}
    reply(scene, exchange, scene.ann)
    assert exchange.status == Status.CONFIRMED


def test_a_coordinator_s_question_before_everybody_confirmed_goes_back_to_waiting(scene: Scene) -> None:
    exchange = query(scene, scene.logged(), scene.cara, as_coordinator=True)
    reply(scene, exchange, scene.ann)
    assert exchange.status == Status.LOGGED


def test_a_question_after_confirming_holds_the_approval_back(scene: Scene) -> None:
    exchange = query(scene, scene.confirmed(), scene.ben)
    with pytest.raises(service.StillQueried):
        approve(scene, exchange, scene.cara)
    assert transfers() == []


@pytest.mark.parametrize("act", [query, reply])
def test_somebody_who_did_not_take_part_neither_asks_nor_answers(scene: Scene, act: Callable[..., Exchange]) -> None:
    exchange = scene.logged()
    with pytest.raises(service.NotYours):
        act(scene, exchange, scene.eve)
    assert exchange.status == Status.LOGGED


@pytest.mark.parametrize(
    ("message", "refusal"),
    [
        ("", service.MessageNeeded),
        (" \n\t ", service.MessageNeeded),
        ("x" * (LONGEST_MESSAGE + 1), service.MessageTooLong),
    ],
)
def test_a_question_an_answer_and_a_decision_need_words_of_a_fitting_length(
    scene: Scene, message: str, refusal: type[Exception]
) -> None:
    exchange, by = scene.logged(), scene.cara
    with pytest.raises(refusal):
        service.query_exchange(scene.bank, exchange, queried_by=by, message=message, at=LATER, as_coordinator=True)
    with pytest.raises(refusal):
        service.answer_query(scene.bank, exchange, answered_by=by, message=message, at=LATER, as_coordinator=True)
    with pytest.raises(refusal):
        decline(scene, exchange, by, message)
    with pytest.raises(refusal):
        reverse(scene, exchange, by, message)
    assert steps(exchange) == ["logged"]


def test_the_longest_message_is_taken(scene: Scene) -> None:
    decline(scene, exchange := scene.logged(), scene.cara, "x" * LONGEST_MESSAGE)
    assert exchange.status == Status.DECLINED


def test_somebody_says_that_it_did_not_happen_and_need_not_say_more(scene: Scene) -> None:
    exchange = scene.logged()
    service.deny_exchange(scene.bank, exchange, denied_by=scene.ben, message="", at=LATER)
    assert exchange.status == Status.QUERIED
    assert party(exchange, scene.ben).answer == Answer.DENIED
    assert steps(exchange) == ["logged", "denied"]
    with pytest.raises(service.StillQueried):
        approve(scene, exchange, scene.cara)


def test_a_denial_is_settled_by_a_coordinator_or_by_whoever_denied(scene: Scene) -> None:
    asked, withdrawn = scene.logged(), scene.logged()
    for exchange in (asked, withdrawn):
        service.deny_exchange(scene.bank, exchange, denied_by=scene.ben, message="No", at=LATER)
    service.confirm_for_others(scene.bank, asked, confirmed_by=scene.cara, message="He remembers now", at=LATER)
    confirm(scene, withdrawn, scene.ben)
    assert asked.status == withdrawn.status == Status.CONFIRMED


def test_somebody_who_did_not_take_part_cannot_deny_it(scene: Scene) -> None:
    exchange = scene.logged()
    with pytest.raises(service.NotYours):
        service.deny_exchange(scene.bank, exchange, denied_by=scene.eve, message="", at=LATER)
    with pytest.raises(service.MessageTooLong):
        service.deny_exchange(scene.bank, exchange, denied_by=scene.ben, message="x" * 1001, at=LATER)
    assert exchange.status == Status.LOGGED


# Withdrawing


def test_whoever_logged_it_takes_it_back_once(scene: Scene) -> None:
    exchange = scene.logged()
    for _ in range(2):
        service.withdraw_exchange(scene.bank, exchange, withdrawn_by=scene.ann, at=LATER)
    assert exchange.status == Status.WITHDRAWN
    assert steps(exchange) == ["logged", "withdrawn"]


@pytest.mark.parametrize("who", ["ben", "cara", "eve"])
def test_nobody_else_takes_it_back(scene: Scene, who: str) -> None:
    exchange = scene.logged()
    with pytest.raises(service.NotYoursToWithdraw):
        service.withdraw_exchange(scene.bank, exchange, withdrawn_by=getattr(scene, who), at=LATER)
    assert exchange.status == Status.LOGGED


@pytest.mark.parametrize("status", [Status.APPROVED, Status.DECLINED, Status.EXPIRED, Status.REVERSED])
def test_what_is_settled_is_not_taken_back(scene: Scene, status: Status) -> None:
    exchange = settled(scene, status)
    with pytest.raises(service.NoLongerOpen):
        service.withdraw_exchange(scene.bank, exchange, withdrawn_by=scene.ann, at=LATER)
    assert exchange.status == status


def test_a_queried_or_confirmed_exchange_is_still_taken_back(scene: Scene) -> None:
    for exchange in (scene.confirmed(), query(scene, scene.logged(), scene.ben)):
        service.withdraw_exchange(scene.bank, exchange, withdrawn_by=scene.ann, at=LATER)
        assert exchange.status == Status.WITHDRAWN


# Approving and declining


def test_approving_moves_the_hours_from_receiver_to_giver(scene: Scene) -> None:
    exchange = approve(scene, scene.confirmed(minutes=90), scene.cara)
    assert exchange.status == Status.APPROVED
    assert (exchange.decided_by_id, exchange.decided_at) == (scene.cara.id, LATER)
    assert (credit(scene.ann), credit(scene.ben)) == (90, -90)
    (transfer,) = transfers()
    assert (transfer.from_account_id, transfer.to_account_id) == (scene.ben.account_id, scene.ann.account_id)
    assert (transfer.linked_by, transfer.kind) == (exchange.reference, TransferKind.EXCHANGE)
    assert (transfer.happened_on, transfer.posted_at) == (exchange.happened_on, LATER)


def test_what_not_everybody_confirmed_is_not_approved(scene: Scene) -> None:
    exchange = scene.logged()
    with pytest.raises(service.NotConfirmed):
        approve(scene, exchange, scene.cara)
    assert exchange.status == Status.LOGGED
    assert transfers() == []


def test_nobody_approves_their_own_hours_where_another_coordinator_can(scene: Scene) -> None:
    exchange = scene.confirmed(receiver=scene.cara)
    with pytest.raises(service.OwnExchange):
        approve(scene, exchange, scene.cara)
    assert transfers() == []
    approve(scene, exchange, scene.dev)
    assert len(transfers()) == 1


def test_the_only_coordinator_approves_their_own_hours(scene: Scene) -> None:
    members.leave(scene.dev, recorded_by=scene.dev, at=AT)
    exchange = approve(scene, scene.confirmed(receiver=scene.cara), scene.cara)
    assert exchange.status == Status.APPROVED


def test_an_administrator_counts_as_another_coordinator(scene: Scene) -> None:
    members.change_role(scene.dev, Role.ADMINISTRATOR, changed_by=None, at=AT)
    with pytest.raises(service.OwnExchange):
        approve(scene, scene.confirmed(receiver=scene.cara), scene.cara)


def test_a_coordinator_of_another_bank_is_no_other_coordinator(scene: Scene) -> None:
    make_coordinator(make_bank())
    members.change_role(scene.dev, Role.MEMBER, changed_by=None, at=AT)
    assert approve(scene, scene.confirmed(receiver=scene.cara), scene.cara).status == Status.APPROVED


def test_the_second_coordinator_is_told_what_the_first_decided(scene: Scene) -> None:
    exchange = approve(scene, scene.confirmed(), scene.cara)
    for act in (approve, decline):
        with pytest.raises(service.AlreadyDecided) as told:
            act(scene, exchange, scene.dev)
        assert told.value.text == "This was already approved by Cara Cole. Nothing was changed"
    assert exchange.decided_by_id == scene.cara.id
    assert len(transfers()) == 1


def test_approving_what_was_declined_says_who_declined_it(scene: Scene) -> None:
    exchange = decline(scene, scene.confirmed(), scene.dev)
    with pytest.raises(service.AlreadyDecided, match="AlreadyDecided") as told:
        approve(scene, exchange, scene.cara)
    assert told.value.text == "This was already declined by Dev Desai. Nothing was changed"
    assert transfers() == []


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (Status.WITHDRAWN, "already withdrawn by Ann Adams"),
        (Status.EXPIRED, "already expired by the bank’s rules"),
        (Status.REVERSED, "already reversed by Cara Cole"),
    ],
)
def test_approving_what_is_settled_says_how_it_was_settled(scene: Scene, status: Status, said: str) -> None:
    exchange = settled(scene, status)
    with pytest.raises(service.AlreadyDecided) as told:
        approve(scene, exchange, scene.dev)
    assert said in told.value.text


def test_declining_keeps_the_reason_and_posts_nothing(scene: Scene) -> None:
    exchange = decline(scene, scene.logged(), scene.cara)
    assert exchange.status == Status.DECLINED
    assert (exchange.decided_by_id, exchange.decided_at) == (scene.cara.id, LATER)
    assert service.queries.last_step(exchange).message == "It was a birthday present"
    assert transfers() == []


def test_an_approval_that_the_ledger_refuses_leaves_everything_as_it_was(scene: Scene) -> None:
    set_rules(scene.bank, floor_minutes=-30)
    exchange = scene.confirmed()
    db.session.commit()
    with pytest.raises(NotEnoughHours):
        approve(scene, exchange, scene.cara)
    db.session.rollback()
    assert exchange.status == Status.CONFIRMED
    assert transfers() == []


# Reversing


def test_reversing_posts_the_opposite_once(scene: Scene) -> None:
    exchange = approve(scene, scene.confirmed(), scene.cara)
    reverse(scene, exchange, scene.dev)
    assert exchange.status == Status.REVERSED
    assert (credit(scene.ann), credit(scene.ben)) == (0, 0)
    first, second = transfers()
    assert second.reverses_id == first.id
    with pytest.raises(AlreadyReversed):
        reverse(scene, exchange, scene.cara)
    assert len(transfers()) == 2


@pytest.mark.parametrize("status", [Status.DECLINED, Status.WITHDRAWN, Status.EXPIRED])
def test_only_what_was_posted_is_reversed(scene: Scene, status: Status) -> None:
    for exchange in (settled(scene, status), scene.confirmed(), scene.logged()):
        with pytest.raises(service.NotApproved):
            reverse(scene, exchange, scene.cara)
    assert transfers() == []


def test_hours_that_were_spent_since_can_still_be_reversed(scene: Scene) -> None:
    exchange = approve(scene, scene.confirmed(minutes=120), scene.cara)
    approved_exchange(scene.bank, giver=scene.eve, receiver=scene.ann, minutes=120, approved_by=scene.cara)
    reverse(scene, exchange, scene.dev)
    assert (credit(scene.ann), credit(scene.ben), credit(scene.eve)) == (-120, 0, 120)


def test_a_floor_does_not_hold_a_reversal_back(scene: Scene) -> None:
    give_hours(scene.bank, scene.ben, 60)
    set_rules(scene.bank, floor_minutes=0)
    exchange = approve(scene, scene.confirmed(), scene.cara)
    approved_exchange(scene.bank, giver=scene.eve, receiver=scene.ann, approved_by=scene.cara)
    reverse(scene, exchange, scene.dev)
    assert credit(scene.ann) == -60


# The bank's rules


def test_without_confirmation_a_logged_exchange_waits_for_approval_only(app: object) -> None:
    scene = build_scene(confirmation_needed=False)
    exchange = scene.logged()
    assert exchange.status == Status.CONFIRMED
    assert party(exchange, scene.ben).answer == Answer.WAITING
    assert transfers() == []
    approve(scene, exchange, scene.cara)
    assert len(transfers()) == 1


def test_without_approval_hours_are_posted_when_everybody_confirmed(app: object) -> None:
    scene = build_scene(approval_needed=False)
    exchange = scene.logged()
    assert (exchange.status, transfers()) == (Status.LOGGED, [])
    confirm(scene, exchange, scene.ben)
    assert exchange.status == Status.APPROVED
    assert exchange.decided_by_id is None
    assert (credit(scene.ann), credit(scene.ben)) == (60, -60)


def test_without_both_hours_are_posted_at_once(app: object) -> None:
    scene = build_scene(confirmation_needed=False, approval_needed=False)
    exchange = scene.logged()
    assert exchange.status == Status.APPROVED
    assert steps(exchange) == ["logged", "approved"]
    assert credit(scene.ann) == 60


def test_without_both_what_the_ledger_refuses_is_not_logged(app: object) -> None:
    scene = build_scene(confirmation_needed=False, approval_needed=False, floor_minutes=0)
    draft = draft_exchange(scene.bank, giver=scene.ann, receiver=scene.ben)
    with pytest.raises(NotEnoughHours):
        service.log_exchange(scene.bank, draft, logged_by=scene.ann, at=AT)


def test_paid_hours_never_move_credit(scene: Scene) -> None:
    exchange = approve(scene, scene.confirmed(book=Book.RECORD, paid=True), scene.cara)
    assert exchange.book == Book.RECORD
    assert (credit(scene.ann), credit(scene.ben)) == (0, 0)
    assert (recorded(scene.ann), recorded(scene.ben)) == (60, -60)
    reverse(scene, exchange, scene.dev)
    assert (recorded(scene.ann), credit(scene.ann)) == (0, 0)


# Groups


def test_a_class_of_five_earns_the_teacher_an_hour_and_the_community_four(scene: Scene) -> None:
    students = [make_member(scene.bank) for _ in range(5)]
    exchange = confirmed_exchange(scene.bank, giver=scene.ann, receiver=students)
    approve(scene, exchange, scene.cara)
    pot = community_account(scene.bank.id)
    assert [credit(student) for student in students] == [-60] * 5
    assert (credit(scene.ann), credit(pot)) == (60, 240)
    assert sum_of_entries() == 0
    assert len(transfers()) == 5


def test_reversing_a_class_reverses_every_transfer(scene: Scene) -> None:
    students = [make_member(scene.bank) for _ in range(5)]
    exchange = approve(scene, confirmed_exchange(scene.bank, giver=scene.ann, receiver=students), scene.cara)
    reverse(scene, exchange, scene.dev)
    holders = [*students, scene.ann, community_account(scene.bank.id)]
    assert [credit(holder) for holder in holders] == [0] * 7
    originals, reversals = transfers()[:5], transfers()[5:]
    assert [transfer.reverses_id for transfer in reversals] == [transfer.id for transfer in originals]


def test_several_who_gave_to_one_each_earn_their_own_time(scene: Scene) -> None:
    exchange = confirmed_exchange(scene.bank, giver=[scene.ann, scene.eve, scene.dev], receiver=scene.ben)
    approve(scene, exchange, scene.cara)
    assert [credit(who) for who in (scene.ann, scene.eve, scene.dev, scene.ben)] == [60, 60, 60, -180]
    assert sum_of_entries() == 0


def test_the_community_among_those_who_received_pays_its_own_hour_to_the_giver(scene: Scene) -> None:
    pot = community_account(scene.bank.id)
    exchange = log_exchange(scene.bank, giver=scene.ann, receiver=[scene.ben, pot, scene.eve])
    confirm(scene, exchange, scene.ben)
    confirm(scene, exchange, scene.eve)
    approve(scene, exchange, scene.cara)
    # Three hours received, one earned: two are left for the community, which paid one of them itself.
    assert [credit(who) for who in (scene.ann, scene.ben, scene.eve, pot)] == [60, -60, -60, 60]
    assert sum_of_entries() == 0


def test_the_community_gives_to_one(scene: Scene) -> None:
    pot = community_account(scene.bank.id)
    exchange = log_exchange(scene.bank, giver=pot, receiver=scene.ben, logged_by=scene.ben)
    approve(scene, exchange, scene.cara)
    assert (credit(pot), credit(scene.ben)) == (60, -60)


def test_the_community_gives_a_class(scene: Scene) -> None:
    pot = community_account(scene.bank.id)
    exchange = log_exchange(scene.bank, giver=pot, receiver=[scene.ben, scene.eve], logged_by=scene.ben)
    confirm(scene, exchange, scene.eve)
    approve(scene, exchange, scene.cara)
    assert [credit(who) for who in (pot, scene.ben, scene.eve)] == [120, -60, -60]
    assert sum_of_entries() == 0
