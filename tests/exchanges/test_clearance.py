"""Some help is given only by members who are cleared for it, and what was given all the same can still be recorded."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import make
from tests.exchanges.scene import Scene, build_scene
from tests.make import AT, TODAY
from tests.web.reading import assert_refused_beside, everything, look, path_of, send
from timebank.audit.models import Action, AuditRecord
from timebank.banks.models import Activity, Involvement
from timebank.exchanges import draft as drafts
from timebank.exchanges import service
from timebank.exchanges.models import Exchange, Status
from timebank.exchanges.waivers import ClearanceMissing
from timebank.extensions import db
from timebank.members import clearing, queries
from timebank.members.models import Membership, Standing

A_DAY = dt.timedelta(days=1)
WHY = "She was told that she may, before we asked for this"


@pytest.fixture
def scene(app: Flask) -> Scene:
    return build_scene()


@pytest.fixture
def visit(scene: Scene) -> Activity:
    return make.make_activity(scene.bank, name="A visit", involvements=[Involvement.HOME_VISIT, Involvement.DRIVES])


@pytest.fixture
def walk(scene: Scene) -> Activity:
    return make.make_activity(scene.bank, name="Walking group", involvements=[Involvement.GROUP])


def clear(scene: Scene, member: Membership, *involvements: Involvement, **days: dt.date | None) -> None:
    for involvement in involvements:
        clearing.clear(
            member,
            involvement=involvement,
            cleared_by=scene.cara,
            at=AT,
            **({"cleared_on": TODAY, "until_on": None} | days),  # type: ignore[arg-type]
        )


def waivers() -> list[AuditRecord]:
    return list(db.session.scalars(select(AuditRecord).where(AuditRecord.action == Action.CLEARANCE_WAIVED)))


def test_the_giver_is_cleared_for_all_of_it_on_the_day_and_the_receiver_for_nothing(
    scene: Scene, visit: Activity
) -> None:
    with pytest.raises(drafts.OwnClearanceMissing) as refused:
        scene.logged(activity=visit)
    assert "In somebody’s home, Driving somebody" in refused.value.text
    clear(scene, scene.ann, Involvement.HOME_VISIT)
    with pytest.raises(drafts.OwnClearanceMissing):
        scene.logged(activity=visit)
    clear(scene, scene.ann, Involvement.DRIVES, until_on=TODAY + A_DAY)
    assert scene.logged(activity=visit).status == Status.LOGGED
    # Ben, who receives, tells of it too, and is not told what Ann lacks.
    assert scene.logged(activity=visit, logged_by=scene.ben)
    for day, at in ((TODAY - A_DAY, AT), (TODAY + 2 * A_DAY, AT + 2 * A_DAY)):
        with pytest.raises(drafts.NotCleared) as kept_back:
            scene.logged(activity=visit, logged_by=scene.ben, happened_on=day, at=at)
        assert "Ann" not in kept_back.value.text


def test_what_is_ended_or_renewed_counts_until_the_day_before(scene: Scene) -> None:
    clear(scene, scene.ann, Involvement.DRIVES)
    clear(scene, scene.ann, Involvement.DRIVES, cleared_on=TODAY + 3 * A_DAY)
    renewed, first = queries.clearances_of([scene.ann.id])[scene.ann.id]
    assert [first.covers(TODAY + number * A_DAY) for number in (0, 2, 3)] == [True, True, False]
    assert renewed.covers(TODAY + 3 * A_DAY)
    at = AT + 5 * A_DAY
    clearing.end_clearance(scene.ann, renewed, ended_by=scene.cara, at=at)
    assert [renewed.covers(day) for day in (at.date() - A_DAY, at.date())] == [True, False]
    before = everything()
    clearing.end_clearance(scene.ann, renewed, ended_by=scene.cara, at=at + A_DAY)
    assert everything() == before


def test_with_limits_people_give_and_receive_only_among_others(scene: Scene, visit: Activity, walk: Activity) -> None:
    clear(scene, scene.ann, Involvement.HOME_VISIT, Involvement.DRIVES)
    clearing.set_limits(scene.ben, limited=True, set_by=scene.cara, at=AT)
    assert scene.ben.standing == Standing.LIMITED
    for activity in (visit, scene.activity):
        for sides in ({}, {"giver": scene.ben, "receiver": scene.ann}):
            with pytest.raises(drafts.NotCleared):
                scene.logged(activity=activity, **sides)
    assert scene.logged(activity=walk)
    clearing.set_limits(scene.ben, limited=False, set_by=scene.cara, at=AT)
    assert scene.ben.standing == Standing.ACTIVE
    assert scene.logged(activity=visit)


def test_nothing_is_asked_where_an_activity_involves_nothing(scene: Scene, statements_counted: Any) -> None:
    draft = make.draft_exchange(scene.bank, giver=scene.ann, receiver=scene.ben, activity=scene.activity)
    db.session.commit()
    holders = [party.holder.member.limited_at for party in draft.parties if party.holder.member]
    activity = scene.activity.involvements
    assert (holders, activity) == ([None, None], ())
    with statements_counted() as statements:
        assert list(drafts.broken_rules(draft, scene.bank, today=TODAY)) == []
    assert [each for each in statements if "clearance" in each] == []


def test_approving_takes_a_reason_that_is_kept_beside_the_exchange(scene: Scene, visit: Activity) -> None:
    clear(scene, scene.ann, Involvement.HOME_VISIT, Involvement.DRIVES)
    exchange = scene.confirmed(activity=visit)
    for clearance in queries.clearances_of([scene.ann.id])[scene.ann.id]:
        clearing.end_clearance(scene.ann, clearance, ended_by=scene.cara, at=AT)
    with pytest.raises(ClearanceMissing) as missing:
        service.approve_exchange(scene.bank, exchange, approved_by=scene.cara, waiver="  ", at=AT)
    assert "Ann Adams is not cleared for" in missing.value.text
    with pytest.raises(drafts.WaiverTooLong):
        service.approve_exchange(scene.bank, exchange, approved_by=scene.cara, waiver="x" * 501, at=AT)
    assert (exchange.status, waivers()) == (Status.CONFIRMED, [])
    service.approve_exchange(scene.bank, exchange, approved_by=scene.cara, waiver=WHY, at=AT)
    [record] = waivers()
    assert (exchange.status, exchange.waiver, exchange.waived_by_id) == (Status.APPROVED, WHY, scene.cara.id)
    assert (record.reference, record.membership_id, record.details) == (exchange.reference, scene.cara.id, {})


def test_what_a_coordinator_says_of_themselves_is_not_enough(scene: Scene, visit: Activity) -> None:
    own = scene.logged(giver=scene.cara, activity=visit, logged_by=scene.cara, any_day=True, waiver=WHY)
    service.confirm_exchange(scene.bank, own, confirmed_by=scene.ben, at=AT)
    with pytest.raises(ClearanceMissing):
        service.approve_exchange(scene.bank, own, approved_by=scene.dev, at=AT)
    service.approve_exchange(scene.bank, own, approved_by=scene.dev, waiver="She may", at=AT)
    assert (own.waiver, own.waived_by_id) == ("She may", scene.dev.id)


def test_nothing_posts_itself_that_somebody_was_not_cleared_for(app: Flask) -> None:
    scene = build_scene(approval_needed=False)
    visit = make.make_activity(scene.bank, involvements=[Involvement.HANDLES_MONEY])
    clear(scene, scene.ann, Involvement.HANDLES_MONEY)
    assert scene.confirmed(activity=visit).status == Status.APPROVED
    exchange = scene.logged(activity=visit)
    [clearance] = queries.clearances_of([scene.ann.id])[scene.ann.id]
    clearing.end_clearance(scene.ann, clearance, ended_by=scene.cara, at=AT)
    service.confirm_exchange(scene.bank, exchange, confirmed_by=scene.ben, at=AT)
    assert exchange.status == Status.CONFIRMED


def test_nobody_clears_themselves_and_a_coordinator_is_cleared_by_an_administrator(scene: Scene) -> None:
    day = {"involvement": Involvement.DRIVES, "cleared_on": TODAY, "until_on": None, "at": AT}
    with pytest.raises(clearing.ClearingOneself):
        clearing.clear(scene.cara, cleared_by=scene.cara, **day)  # type: ignore[arg-type]
    with pytest.raises(clearing.NotYoursToChange):
        clearing.clear(scene.dev, cleared_by=scene.cara, **day)  # type: ignore[arg-type]
    with pytest.raises(clearing.NothingToClearFor):
        clearing.clear(scene.ann, cleared_by=scene.cara, **(day | {"involvement": Involvement.GROUP}))  # type: ignore[arg-type]
    with pytest.raises(clearing.UntilBeforeFrom):
        clearing.clear(scene.ann, cleared_by=scene.cara, **(day | {"until_on": TODAY - A_DAY}))  # type: ignore[arg-type]


def test_a_check_is_kept_only_where_an_activity_makes_somebody_eligible(scene: Scene) -> None:
    care = make.make_activity(scene.bank, name="Bathing", check_reason="Personal care: regulated activity")
    days = {"checked_on": TODAY, "until_on": TODAY + 1000 * A_DAY, "recorded_by": scene.cara, "at": AT}
    with pytest.raises(clearing.NobodyEligible):
        clearing.record_check(scene.ann, scene.activity, **days)  # type: ignore[arg-type]
    with pytest.raises(clearing.CheckInTheFuture):
        clearing.record_check(scene.ann, care, **(days | {"checked_on": TODAY + A_DAY}))  # type: ignore[arg-type]
    assert clearing.record_check(scene.ann, care, **days).why == "Personal care: regulated activity"  # type: ignore[arg-type]
    # It is no clearance, and none is needed: nothing is refused for want of a check.
    assert scene.logged(activity=care, giver=scene.eve)


def fill(scene: Scene, activity: Activity, **changes: Any) -> dict[str, Any]:
    return {
        "givers-0": scene.ann.name,
        "receivers-0": scene.ben.name,
        "activity": activity.reference,
        "time": "1",
        "confirmed": "y",
        "step": "check",
    } | changes


def test_on_the_pages(scene: Scene, visit: Activity, client: FlaskClient, sign_in: Any, app: Flask) -> None:
    sign_in(client, scene.cara)
    path = "/hours/log-for-others"
    assert "waiver" not in look(client, path).fields(path)
    page = assert_refused_beside(send(client, path, fill(scene, visit)), "waiver", "Ann Adams is not cleared for")
    assert page.fields(path)["givers-0"] == ["Ann Adams"]
    checked = send(client, path, fill(scene, visit, waiver=WHY))
    assert WHY in checked.text
    done = send(client, path, fill(scene, visit, waiver=WHY, step="log"))
    reference = path_of(done).split("/")[2]
    exchange = db.session.scalars(select(Exchange).where(Exchange.reference == reference)).one()
    assert (exchange.status, exchange.waiver) == (Status.CONFIRMED, WHY)
    # Said once, it is not asked again, but shown.
    page = look(client, f"/approvals/{reference}")
    assert WHY in page.text
    assert "Look twice" in page.text
    answer = client.post(
        f"/approvals/{reference}", data=page.fields(f"/approvals/{reference}") | {"decision": "approve"}
    )
    assert path_of(answer) == "/approvals"

    clear(scene, scene.ann, Involvement.HOME_VISIT, Involvement.DRIVES)
    waiting = scene.confirmed(activity=visit)
    page = look(client, "/approvals")
    assert f"exchange-{waiting.reference}" in page.ids
    for clearance in queries.clearances_of([scene.ann.id])[scene.ann.id]:
        clearing.end_clearance(scene.ann, clearance, ended_by=scene.cara, at=AT)
    page = look(client, "/approvals")
    assert f"exchange-{waiting.reference}" not in page.ids
    assert "Ann Adams is not cleared for: In somebody’s home, Driving somebody" in page.text
    # Ticked all the same, it is not approved.
    token = page.root.every("input", name="csrf_token")[0].attributes["value"]
    client.post("/approvals", data={"csrf_token": token, "exchange": waiting.reference})
    decide = f"/approvals/{waiting.reference}"
    answer = send(client, decide, {"decision": "approve"})
    assert_refused_beside(answer, "waiver", "say why it is approved all the same")
    assert path_of(send(client, decide, {"decision": "approve", "waiver": WHY})) == "/approvals"
    db.session.expire_all()
    assert waiting.status == Status.APPROVED

    anns = app.test_client()
    sign_in(anns, scene.ann)
    asked = {
        "side": "giver",
        "with_whom-0": scene.ben.name,
        "activity": visit.reference,
        "time": "1",
        "step": "check",
        # Only a coordinator may say so.
        "waiver": WHY,
    }
    assert_refused_beside(send(anns, "/hours/log", asked), "activity", "You are not cleared for this yet")
    assert WHY not in look(anns, f"/hours/{reference}").text
    clearing.set_limits(scene.ann, limited=True, set_by=scene.cara, at=AT)
    walk = make.make_activity(scene.bank, name="Walk", involvements=[Involvement.PUBLIC_PLACE])
    offered = {
        o.attributes["value"] for o in look(anns, "/hours/log").root.every("select", name="activity")[0].every("option")
    }
    assert offered == {"", walk.reference}


def test_the_coordinator_clears_on_the_members_page(scene: Scene, client: FlaskClient, sign_in: Any) -> None:
    sign_in(client, scene.cara)
    path = f"/people/{scene.ann.reference}/clearances"
    assert path in client.get(f"/people/{scene.ann.reference}").text
    assert_refused_beside(send(client, path, {}), "involvement", "Choose what this person is cleared for")
    typed = {"involvement": "drives", "until_on": ["1", "1", "2020"]}
    assert_refused_beside(send(client, path, typed), "until_on", "cannot be before the first")
    typed["until_on"] = ["1", "1", "2030"]
    form = look(client, path).fields(path) | typed
    for _twice in range(2):
        assert path_of(client.post(path, data=form)) == path
    [kept] = queries.clearances_of([scene.ann.id])[scene.ann.id]
    assert (kept.involvement, kept.until_on) == ("drives", dt.date(2030, 1, 1))
    page = look(client, path)
    assert "Driving somebody" in page.text
    end = f"{path}/{kept.reference}/end"
    assert path_of(client.post(end, data=page.fields(end))) == path
    assert "No activity of this time bank makes anybody eligible" in look(client, path).text
    limits = f"/people/{scene.ann.reference}/limits"
    for said in ("only in groups and public places", "without limits"):
        assert path_of(client.post(limits, data=look(client, path).fields(limits))) == path
        assert said in look(client, path).text
    make.make_activity(scene.bank, name="Bathing", check_reason="Personal care")
    checks = f"/people/{scene.ann.reference}/checks"
    done = send(client, checks, {"checked_on": ["1", "2", "2026"], "until_on": ["1", "2", "2029"]})
    assert path_of(done) == path
    assert "counts until 1 February 2029" in look(client, path).text
