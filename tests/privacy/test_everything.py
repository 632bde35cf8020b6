"""Whoever asks gets everything that is held about them, and nothing that is somebody else's."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from sqlalchemy import select

from tests import make
from tests.privacy.scene import (
    DETAILS,
    FIRST_NAME,
    IN_CONFIDENCE,
    MAIL_PROBLEM,
    MARCH,
    ORIGIN,
    PRIVATE,
    WRITTEN,
    WRITTEN_TO,
    Scene,
    build_scene,
)
from tests.web.reading import assert_refused_beside, everything, send
from timebank.audit.models import Action, AuditRecord
from timebank.extensions import db
from timebank.members.models import Membership
from timebank.privacy.archive import archive_of
from timebank.statements.queries import latest_issue

OWN = DETAILS | WRITTEN | WRITTEN_TO | {FIRST_NAME, MAIL_PROBLEM, ORIGIN, "Mill Lane", "Elm Surgery"}


@pytest.fixture
def scene(app: Flask) -> Scene:
    return build_scene()


def files_in(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def about(member: Membership) -> dict[str, str]:
    return files_in(archive_of(member, at=make.AT))


def records() -> list[AuditRecord]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditRecord).where(AuditRecord.action == Action.PERSONAL_DATA_EXPORTED)))


def test_all_of_one_s_own_is_in_both_files_and_nothing_private_of_anybody_else(scene: Scene) -> None:
    files = about(scene.person)
    assert set(files) == {"everything.html", "everything.json"}
    for name, text in files.items():
        assert {mark for mark in OWN if mark not in text} == set(), name
        assert {mark for mark in PRIVATE | {IN_CONFIDENCE} if mark in text} == set(), name
        assert "Ned F." in text


def test_the_marks_of_the_neighbour_are_in_theirs(scene: Scene) -> None:
    """Otherwise the test above would find nothing of the neighbour's because there is nothing."""
    for text in about(scene.neighbour).values():
        assert {mark for mark in PRIVATE if mark not in text} == set()
        # That one's own words may name another is no reason to keep them back.
        others = DETAILS - {"07700 900117"} | {MAIL_PROBLEM, ORIGIN}
        assert {mark for mark in others if mark in text} == set()


def test_every_column_about_a_person_is_in_it_or_known_to_be_left_out(scene: Scene) -> None:
    """A new column of a membership is a new fact, or has to be named here with its reason."""
    left_out = {
        "id", "bank_id", "person_id", "account_id",  # numbers of rows, which mean nothing outside
        "search_name", "search_short_name",  # the name again
        "erased_at",  # after which there is nothing
    }  # fmt: skip
    [details] = json.loads(about(scene.person)["everything.json"])["details"]
    assert {column.name for column in Membership.__table__.columns} - left_out <= set(details)


def test_the_figures_are_those_of_the_ledger_and_the_codes_those_of_the_statements(scene: Scene) -> None:
    data = json.loads(about(scene.person)["everything.json"])
    credit = [entry for entry in data["entries"] if entry["book"] == "credit"]
    assert sum(entry["minutes"] for entry in credit) == credit[-1]["balance_minutes"]
    assert data["balances"] == [{"credit_minutes": credit[-1]["balance_minutes"], "record_minutes": 0}]
    issued = latest_issue(scene.person.account, MARCH)
    assert issued is not None
    assert [each["issue"] for each in data["statements"]] == [1, 2]
    assert data["statements"][-1]["code"] == issued.code


def test_what_one_did_for_the_bank_is_in_it_without_those_for_whom(scene: Scene) -> None:
    texts = about(scene.coordinator)
    data = json.loads(texts["everything.json"])
    said = {each["words"] for each in data["elsewhere"]}
    assert {"reason-of-ruth-for-declining", "grant-reason-of-ruth", "reason-of-ruth-for-issuing-again"} <= said
    for text in texts.values():
        assert {mark for mark in PRIVATE | DETAILS | WRITTEN | {FIRST_NAME, "Ned"} if mark in text} == set()


def test_whoever_is_new_gets_what_there_is(app: Flask) -> None:
    bank = make.make_bank()
    for name in ("Ann 🌳", "عائشة <b>بنت</b>", "X"):
        files = about(make.make_member(bank, name=name))
        assert json.loads(files["everything.json"])["details"][0]["name"] == name
        assert "<b>" not in files["everything.html"]


def test_it_is_handed_over_for_the_password_and_written_down(scene: Scene, client: FlaskClient, sign_in: Any) -> None:
    sign_in(client, scene.person)
    assert "/me/everything" in client.get("/me").text
    answer = send(client, "/me/everything", {"until_now": make.PASSWORD})
    assert (answer.status_code, answer.content_type) == (200, "application/zip")
    assert answer.headers["Content-Disposition"].endswith(f"everything-ELM-{scene.person.number}.zip")
    assert answer.headers["Cache-Control"] == "no-store"
    data = json.loads(files_in(answer.data)["everything.json"])
    # That it was handed over is a record about the person, too.
    assert data["audit"][-1]["action"] == Action.PERSONAL_DATA_EXPORTED
    [record] = records()
    assert (record.membership_id, record.reference) == (scene.person.id, scene.person.reference)


def test_without_the_right_password_nothing_is_handed_over_and_nothing_is_changed(
    scene: Scene, client: FlaskClient, sign_in: Any
) -> None:
    sign_in(client, scene.person)
    before = everything()
    for password, words in (("not " + make.PASSWORD, "not your password"), ("", "Enter your current password")):
        answer = send(client, "/me/everything", {"until_now": password})
        assert_refused_beside(answer, "until_now", words)
    assert everything() == before


def test_the_command_writes_it_for_its_owner_alone(scene: Scene, cli: FlaskCliRunner, tmp_path: Path) -> None:
    file = tmp_path / "zelda.zip"
    arguments = ["privacy", "export", scene.person.number, "--bank", "ELM", "--output", str(file)]
    done = cli.invoke(args=arguments)
    assert done.exit_code == 0, done.output
    text = files_in(file.read_bytes())["everything.json"]
    assert {mark for mark in OWN if mark not in text} == set()
    assert {mark for mark in PRIVATE if mark in text} == set()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    [record] = records()
    assert (record.membership_id, record.reference) == (None, scene.person.reference)
