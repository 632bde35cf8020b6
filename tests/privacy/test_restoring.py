"""A backup from before an erasure does not bring anybody back."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import select

from tests import make
from tests.backups.test_round_trip import create, restored
from tests.privacy.scene import DETAILS, LATER, PRIVATE, WRITTEN, build_scene
from tests.privacy.test_erasing import marks_in
from timebank.extensions import db
from timebank.members.models import Membership, Role
from timebank.privacy import erasing, queries
from timebank.privacy.records import text_of


def test_who_was_erased_since_a_backup_is_erased_again_when_it_is_restored(
    app: Flask, cli: FlaskCliRunner, database_url: str, tmp_path: Path
) -> None:
    scene, file = build_scene(), tmp_path / "backup"
    # Nobody else was an administrator when the backup was made.
    scene.person.role = Role.ADMINISTRATOR
    create(cli, file)
    make.make_administrator(scene.bank, name="Ada Okafor")
    erasing.erase(scene.person, gives_balance=True, erased_by=None, at=LATER)
    db.session.commit()
    number, listed = scene.person.number, text_of(queries.every_erasure())
    said = restored(cli, file, "--replace")
    assert "Of 1 who are erased in the time bank that was replaced, 1 were erased again." in said
    db.session.remove()
    assert marks_in(database_url, DETAILS | WRITTEN) == set()
    assert marks_in(database_url, PRIVATE) == PRIVATE
    names = set(db.session.scalars(select(Membership.name)))
    assert f"A former member ({number})" in names
    assert "Ada Okafor" not in names
    assert len(text_of(queries.every_erasure()).splitlines()) == len(listed.splitlines()) == 2
    checked = cli.invoke(args=["ledger", "verify"])
    assert checked.exit_code == 0, checked.output
