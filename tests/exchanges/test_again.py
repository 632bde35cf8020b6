"""Hours that were withdrawn or declined can be logged again, without typing everything anew."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from tests import make
from tests.web.reading import look


def test_what_was_logged_before_is_in_the_form_to_begin_with(app: Flask, client: FlaskClient, sign_in: object) -> None:
    bank = make.make_bank()
    ann, ben = make.make_member(bank, name="Ann Adams"), make.make_member(bank, name="Ben Brown")
    exchange = make.log_exchange(bank, giver=ann, receiver=ben, minutes=95)
    sign_in(client, ann)  # type: ignore[operator]
    fields = look(client, f"/hours/log?again={exchange.reference}").fields("/hours/log")
    assert fields["side"] == ["giver"]
    assert "Ben B" in fields["with_whom-0"][0]
    assert fields["time"] == ["1:35"]
    assert client.get("/hours/log?again=0000000000000000").status_code == 404
