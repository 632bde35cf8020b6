"""What every answer tells the browser: load nothing from elsewhere, frame nothing, keep nothing."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from tests.make import make_administrator, make_bank
from tests.web.reading import Page

PAGES = ("/", "/sign-in", "/help", "/nowhere", "/approvals", "/people/search?q=a", "/hours/log", "/rules", "/healthz")


def test_every_answer_carries_the_headers(app: Flask, client: FlaskClient, sign_in: Any) -> None:
    sign_in(client, make_administrator(make_bank()))
    for path in PAGES:
        headers = client.get(path).headers
        policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["object-src"] == "'none'"
        assert policy["frame-ancestors"] == "'none'"
        assert policy["base-uri"] == "'none'"
        assert policy["form-action"] == "'self'"
        assert policy["style-src"] == "'self'"
        assert re.fullmatch(r"'self' 'nonce-[\w-]{20,}'", policy["script-src"])
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        # What somebody is typing comes back when they go back; everything else is kept nowhere.
        assert headers["Cache-Control"] == ("private, no-cache" if path == "/hours/log" else "no-store")
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "Strict-Transport-Security" not in headers


def test_every_script_carries_the_nonce_of_its_own_answer_and_no_page_has_inline_styles(
    app: Flask, client: FlaskClient, sign_in: Any
) -> None:
    sign_in(client, make_administrator(make_bank()))
    nonces = set()
    for path in ("/", "/hours/log", "/rules", "/nowhere", "/approvals"):
        answer = client.get(path)
        (nonce,) = re.findall(r"'nonce-([\w-]+)'", answer.headers["Content-Security-Policy"])
        nonces.add(nonce)
        page = Page(answer)
        scripts = page.root.every("script")
        assert scripts
        assert {script.attributes.get("nonce") for script in scripts} == {nonce}
        for element in page.root.every():
            assert "style" not in element.attributes
            assert not [name for name in element.attributes if name.startswith("on")]
    assert len(nonces) == 5


def test_nothing_is_loaded_from_another_site(app: Flask, client: FlaskClient, sign_in: Any) -> None:
    sign_in(client, make_administrator(make_bank()))
    for path in ("/", "/hours/log", "/rules", "/help", "/privacy", "/accessibility", "/nowhere"):
        page = Page(client.get(path))
        for element in page.root.every():
            for name in ("src", "action", "href" if element.tag == "link" else "src"):
                address = element.attributes.get(name, "/")
                assert address.startswith("/"), (path, element.tag)
                assert not address.startswith("//"), (path, element.tag)


def test_static_files_may_be_kept(client: FlaskClient) -> None:
    answer = client.get("/static/css/common-hours.css")
    assert answer.status_code == 200
    assert "no-store" not in answer.headers.get("Cache-Control", "")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_files_beside_the_static_ones_are_out_of_reach(client: FlaskClient) -> None:
    for path in ("/static/../__init__.py", "/static/%2e%2e/__init__.py", "/static/..%2f..%2fconfig.py", "/static/"):
        assert client.get(path).status_code == 404, path
