"""What was kept for long enough is taken away, and nothing sooner, and nothing else."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import select, text

from tests import make
from tests.privacy.scene import LATER, ORIGIN, Scene, build_scene
from tests.web.reading import everything
from timebank.audit import service as audit
from timebank.audit.models import Action, AuditRecord
from timebank.extensions import db
from timebank.mail.models import MailState, OutgoingMail
from timebank.mail.service import queue_mail
from timebank.members import service as members
from timebank.privacy import retention
from timebank.submissions import service as submissions

A_DAY = dt.timedelta(days=1)


@pytest.fixture
def scene(app: Flask) -> Scene:
    scene = build_scene()
    members.leave(scene.third, recorded_by=scene.coordinator, at=LATER)
    audit.record(Action.SIGN_IN_REFUSED, bank_id=None, by=None, on_what="sign-in", reference="", at=make.AT)
    submissions.accept(scene.bank.id, "0123456789abcdef", {"a": 1}, at=make.AT)
    queue_mail(scene.bank, scene.person, kind="statement", about="", key="waiting", at=LATER)
    db.session.commit()
    return scene


def amounts(found: dict[retention.Rule, int]) -> dict[str, int]:
    db.session.commit()
    return {rule.key: number for rule, number in found.items()}


def moment(days: int, *, since: dt.datetime = make.AT) -> dt.datetime:
    return since + dt.timedelta(days=days)


def test_a_dry_run_says_what_applying_takes_away_and_changes_nothing(scene: Scene, cli: FlaskCliRunner) -> None:
    before, at = everything(), moment(7 * 365)
    said = amounts(retention.count(scene.bank, at=at))
    assert everything() == before
    assert min(said.values()) > 0, said
    assert amounts(retention.apply(scene.bank, at=at)) == said
    # What applying did itself is new.
    assert amounts(retention.apply(scene.bank, at=at)) == dict.fromkeys(said, 0)
    after = everything()
    assert [table for table in ("transfer", "entry", "seal", "issued_statement") if after[table] != before[table]] == []
    assert scene.third.name == f"A former member ({scene.third.number})"
    [record] = db.session.scalars(select(AuditRecord).where(AuditRecord.action == Action.RETENTION_APPLIED))
    assert record.details == said
    checked = cli.invoke(args=["ledger", "verify"])
    assert checked.exit_code == 0, checked.output


def test_nothing_is_taken_away_a_day_too_early(scene: Scene) -> None:
    days = {rule.key: rule.days for rule in retention.RULES}
    since = {"mail": LATER, "members_who_left": LATER}
    for key, number in days.items():
        begun = since.get(key, make.AT)
        early = amounts(retention.count(scene.bank, at=moment(number, since=begun)))
        late = amounts(retention.count(scene.bank, at=moment(number, since=begun) + A_DAY))
        assert (early[key], late[key] > 0) == (0, True), key


def test_what_is_still_wanted_stays(scene: Scene) -> None:
    retention.apply(scene.bank, at=moment(3 * 365))
    kept = str(everything())
    for stays in ("note-by-ned-for-her", "question-by-her", "thanks-by-ned-to-her", "zelda-mark@example.org"):
        assert stays in kept
    # How somebody came who is a member stays with the membership.
    assert {"enquiry-by-her", "interview-notes-of-ruth"} <= set(kept.split("'"))
    for gone in ("Never Joined", "withdrawn-note-by-her", "reason-of-ruth-for-declining", ORIGIN):
        assert gone not in kept
    # Mail that waits is not thrown away, however long it does.
    [mail] = db.session.scalars(select(OutgoingMail).where(OutgoingMail.bank_id == scene.bank.id))
    assert mail.state == MailState.WAITING


def test_each_bank_says_for_itself_how_long_enquiries_are_kept(scene: Scene) -> None:
    make.set_rules(scene.bank, enquiries_kept_days=30)
    said = [amounts(retention.count(scene.bank, at=moment(days)))["enquiries"] for days in (30, 31)]
    assert said == [0, 1]


def test_another_bank_is_left_alone(scene: Scene) -> None:
    elsewhere = make.make_bank()
    member = make.make_member(elsewhere, name="Far Away")
    retention.apply(scene.bank, at=moment(7 * 365))
    came_from = select(AuditRecord.came_from).where(AuditRecord.reference == member.reference)
    assert "" not in set(db.session.scalars(came_from))


def test_the_command_says_how_much_of_what(scene: Scene, cli: FlaskCliRunner) -> None:
    assert cli.invoke(args=["privacy", "retain"]).exit_code == 2
    assert cli.invoke(args=["privacy", "retain", "--dry-run", "--apply"]).exit_code == 2
    # Old enough for everything, whenever this runs.
    for table, column in (("membership", "left_at"), ("submission", "at"), ("outgoing_mail", "created_at")):
        db.session.execute(text(f"UPDATE {table} SET {column} = '2001-01-01 00:00:00' WHERE {column} IS NOT NULL"))
    before = everything()
    said = cli.invoke(args=["privacy", "retain", "--dry-run"])
    assert said.exit_code == 0, said.output
    assert everything() == before
    assert "ELM: would be taken away" in said.output
    assert "1  All that is known about somebody who left the time bank (after 2190 days)" in said.output
    db.session.remove()
    done = cli.invoke(args=["privacy", "retain", "--apply", "--bank", "ELM"])
    assert done.exit_code == 0, done.output
    assert "1  All that is known about somebody who left the time bank" in done.output
    assert "Tess Thirdmark" not in str(everything())
