"""Hostile input breaks out of nothing, and is no error of ours. `python -m tests.hostile` tries all of it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, redirect, render_template_string, request
from flask.testing import FlaskClient
from markupsafe import Markup

from tests.hostile import strings
from tests.hostile.escapes import escapes, led_to
from tests.hostile.places import EVIL, HOSTS, NEXT
from tests.hostile.uploads import UPLOADS
from tests.hostile.walk import attack_fields, attack_with_files
from tests.house.test_access import build_town
from tests.make import PASSWORD, let_sign_in, make_bank, make_member
from timebank.sign_in.session import own_path

# The full product takes a quarter of an hour; without this, every field gets some text of every class.
IN_FULL = os.environ.get("TIMEBANK_TEST_HOSTILE") == "full"

on_one_kind_of_database = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


def some_of_every_class() -> Iterator[str]:
    """Yield four texts that hold one of every class between them, and four with others of it in the next round."""
    of = {name: itertools.cycle(texts) for name, texts in strings.CLASSES.items()}
    while True:
        yield next(of["csv"]) + next(of["html"]) + next(of["template"])
        yield next(of["query"]) + next(of["header"])
        yield next(of["path"])
        yield next(of["odd"])


def test_there_are_as_many_as_were_asked_for() -> None:
    assert len(set(strings.EVERY)) >= 500
    assert len(set(NEXT)) >= 200
    assert len(set(HOSTS)) >= 50
    assert len(set(UPLOADS)) >= 30


@on_one_kind_of_database
def test_no_text_in_any_field_breaks_out(app: Flask, sign_in: Any, capsys: Any) -> None:
    texts, each = some_of_every_class(), 4
    if IN_FULL:
        texts, each = itertools.cycle(strings.EVERY), len(strings.EVERY)
    report = attack_fields(app, sign_in, build_town(), texts, each=each)
    if IN_FULL:
        with capsys.disabled():
            print(f"\n{len(report.fields)} fields, {report.tried} answers, {report.taken} of them taken")  # noqa: T201
    assert report.escapes == []
    assert len(report.fields) > 60
    assert report.taken > len(report.fields)


@on_one_kind_of_database
def test_no_file_in_any_field_is_taken(app: Flask, sign_in: Any) -> None:
    report = attack_with_files(app, sign_in, build_town(), UPLOADS, each=len(UPLOADS) if IN_FULL else 2)
    assert report.escapes == []
    assert report.tried >= len(UPLOADS)


def test_no_place_after_signing_in_is_elsewhere() -> None:
    for place in NEXT:
        target = own_path(place)
        assert target is None or led_to(target) == "localhost", place
    assert own_path("/hours") == "/hours"


@on_one_kind_of_database
def test_nobody_is_led_elsewhere_after_signing_in(app: Flask) -> None:
    email = let_sign_in(make_member(make_bank()))
    for place in NEXT if IN_FULL else NEXT[::25]:
        client = app.test_client()
        page = client.get("/sign-in", query_string={"next": place})
        token = page.text.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
        sent = {"next": place, "email": email, "password": PASSWORD, "csrf_token": token}
        answer = client.post("/sign-in", data=sent)
        assert (answer.status_code, escapes(answer)) == (302, []), place


def test_no_name_of_another_host_is_answered(app_without_data: Flask) -> None:
    client = app_without_data.test_client()
    for host in HOSTS:
        answer = client.get("/sign-in", headers={"Host": host})
        assert answer.status_code == 400, host
        assert EVIL not in answer.text + str(answer.headers), host


PLANTS = {
    "html": lambda text: f"<p>{text}</p>",
    "attribute": lambda text: f'<input value="{text}">',
    "csv": lambda text: Response(f'"{text.replace(chr(34), chr(34) * 2)}"', mimetype="text/csv"),
    "header": lambda text: Response("", headers=[("Zz-Mark", "x")] if "Zz-Mark" in text else []),
    "template": render_template_string,
    "path": lambda text: Path(text).read_text(encoding="utf-8"),
    "next": redirect,
    "error": lambda text: {}[text],
}


@pytest.mark.parametrize("plant", PLANTS)
def test_a_hole_of_each_kind_is_found(plant: str) -> None:
    """Each plant does with what was sent what we never do; one of all the texts has to show it."""
    app = Flask(__name__)

    @app.post("/")
    def _hole() -> Any:
        try:
            return PLANTS[plant](request.form["text"])
        except (OSError, ValueError):
            return ""
        except Exception:
            if plant == "template":
                return ""
            raise

    client: FlaskClient = app.test_client()
    found = [text for text in (*strings.EVERY, *NEXT) if escapes(client.post("/", data={"text": text}))]
    assert found


def test_what_is_escaped_is_no_hole() -> None:
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: f'<p title="{Markup.escape(request.form["text"])}"></p>', methods=["POST"])
    client = app.test_client()
    assert [text for text in strings.EVERY if escapes(client.post("/", data={"text": text}))] == []
