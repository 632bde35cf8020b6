"""Every kind of write, each as one request, command or call that can be made again."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient, FlaskCliRunner

from tests.exchanges.desk import written
from tests.exchanges.scene import Scene
from tests.imports import sheets
from tests.make import AT, begin_session, draft_transfer, make_administrator
from tests.web.reading import Page, look, token_of
from timebank import clock
from timebank.attempts import DatabaseTrouble, attempted
from timebank.errors import RuleBroken
from timebank.extensions import db
from timebank.ledger import seals
from timebank.ledger import service as ledger
from timebank.ledger.months import Month
from timebank.submissions.service import new_key

# What came of it: it is done (or was done before), or the database was in trouble.
DONE, TROUBLE = "done", "trouble"

Act = Callable[[], str]

_numbers = itertools.count(1)


@dataclass
class Desk:
    """Everybody who writes, each signed in in a browser of their own."""

    scene: Scene
    browsers: dict[str, FlaskClient]
    tokens: dict[str, str]
    cli: FlaskCliRunner
    folder: Path

    def sends(self, who: str, path: str, **fields: Any) -> Act:
        """A form that somebody sends."""
        browser, token = self.browsers[who], self.tokens[who]

        def act() -> str:
            answer = browser.post(path, data=fields | {"csrf_token": token})
            if answer.status_code == 503:
                page = Page(answer)
                assert page.heading == "Please try again"
                assert int(answer.headers["Retry-After"]) > 0
                kept = page.fields(path)
                assert {name: kept[name] for name in fields} == {
                    name: [str(one) for one in (value if isinstance(value, list) else [value])]
                    for name, value in fields.items()
                }
                return TROUBLE
            # Whoever is told that it was done before is told so on a page (409), or where it is looked at.
            assert answer.status_code in (302, 409), Page(answer).text
            return DONE

        return act

    def runs(self, *command: str) -> Act:
        """A command that somebody runs."""

        def act() -> str:
            result = self.cli.invoke(args=list(command))
            if result.exit_code == 0:
                return DONE
            assert result.exit_code == 1
            assert "database" in result.stderr, result.output
            return TROUBLE

        return act

    def calls(self, do: Callable[[], Any]) -> Act:
        """A service that is called where nobody has made a page of it yet."""

        def and_commit() -> None:
            do()
            db.session.commit()

        def act() -> str:
            try:
                attempted(and_commit)
            except DatabaseTrouble:
                return TROUBLE
            except RuleBroken:
                db.session.rollback()
            return DONE

        return act


def desk_of(scene: Scene, app: Any, cli: FlaskCliRunner, folder: Path) -> Desk:
    """Let everybody be signed in, by the cookie that the form would have given them: checking a password is slow."""
    browsers, tokens = {}, {}
    people = {"ann": scene.ann, "ben": scene.ben, "cara": scene.cara, "ada": make_administrator(scene.bank)}
    for name, who in people.items():
        browsers[name] = app.test_client()
        session_id = begin_session(who)
        with browsers[name].session_transaction() as cookie:
            cookie["_user_id"] = session_id
        tokens[name] = token_of(browsers[name])
    return Desk(scene, browsers, tokens, cli, folder)


def post_one(desk: Desk) -> Act:
    bank, draft = desk.scene.bank.id, draft_transfer(desk.scene.ann, desk.scene.ben)
    return desk.calls(lambda: ledger.post_transfers(bank, [draft], posted_at=AT))


def post_linked(desk: Desk) -> Act:
    scene, name = desk.scene, f"linked-{next(_numbers)}"
    drafts = [
        draft_transfer(one, scene.ann, key=f"{name}:{place}", linked_by=name)
        for place, one in enumerate((scene.ben, scene.cara, scene.eve))
    ]
    bank = scene.bank.id
    return desk.calls(lambda: ledger.post_transfers(bank, drafts, posted_at=AT))


def reverse_linked(desk: Desk) -> Act:
    post_linked(desk)()
    bank, name = desk.scene.bank.id, f"linked-{next(_numbers) - 1}"
    return desk.calls(lambda: ledger.reverse_transfers(bank, name, reversed_on=AT.date(), posted_at=AT))


def close_month(desk: Desk) -> Act:
    # Every write closes the month after the last, so that each finds one that is open.
    bank, month = desk.scene.bank.id, Month(1990, 1).plus(next(_numbers))
    return desk.calls(lambda: ledger.close_month(bank, month, closed_at=AT))


def seal(desk: Desk) -> Act:
    # Every seal has something of its own to seal.
    assert post_one(desk)() == DONE
    bank = desk.scene.bank.id
    return desk.calls(lambda: seals.seal(bank, sealed_at=AT))


def log(desk: Desk) -> Act:
    scene = desk.scene
    return desk.sends(
        "ann",
        "/hours/log",
        **{
            "key": new_key(),
            "step": "log",
            "side": "giver",
            "with_whom-0": scene.ben.number,
            "activity": scene.activity.reference,
            "happened_on": written(scene.bank.day_of(clock.now())),
            "time": "1",
            "note": "We dug the beds 🌻",
            "stage": "",
            "capacity": "neighbour",
        },
    )


def confirm(desk: Desk) -> Act:
    path = f"/hours/{desk.scene.logged().reference}/answer"
    return desk.sends("ben", path, answer="confirmed", capacity="neighbour", message="")


def query(desk: Desk) -> Act:
    path = f"/hours/{desk.scene.logged().reference}/answer"
    return desk.sends("ben", path, answer="queried", capacity="neighbour", message="Was it not two hours?")


def withdraw(desk: Desk) -> Act:
    return desk.sends("ann", f"/hours/{desk.scene.logged().reference}/withdraw")


def approve(desk: Desk) -> Act:
    return desk.sends("cara", f"/approvals/{desk.scene.confirmed().reference}", decision="approve", message="")


def decline(desk: Desk) -> Act:
    return desk.sends("cara", f"/approvals/{desk.scene.confirmed().reference}", decision="decline", message="No")


def reverse(desk: Desk) -> Act:
    path = f"/approvals/{desk.scene.confirmed().reference}"
    desk.sends("cara", path, decision="approve", message="")()
    return desk.sends("cara", path, decision="reverse", message="Entered twice")


def approve_ticked(desk: Desk) -> Act:
    return desk.sends("cara", "/approvals", exchange=[desk.scene.confirmed().reference for _ in range(2)])


def donate(desk: Desk) -> Act:
    fields = {"key": new_key(), "step": "give", "with_whom": desk.scene.ben.number, "time": "0:01", "reason": "Thanks"}
    return desk.sends("ann", "/donate", **fields)


def grant(desk: Desk) -> Act:
    fields = {"key": new_key(), "step": "give", "with_whom": desk.scene.ben.number, "time": "1", "reason": "Thanks"}
    return desk.sends("cara", "/grant", **fields)


def add_member(desk: Desk) -> Act:
    fields = {"key": new_key(), "name": "Zoë أحمد", "email": f"zoe{next(_numbers)}@example.org", "phone": ""}
    joined = written(dt.date(2026, 3, 1))
    return desk.sends("cara", "/people/new", **fields, number="", capacity="neighbour", joined_on=joined)


def change_rules(desk: Desk) -> Act:
    fields = look(desk.browsers["ada"], "/rules").fields("/rules")
    del fields["csrf_token"]
    return desk.sends("ada", "/rules", **(fields | {"floor_minutes": [f"-{1000 + next(_numbers)}"]}))


def load_members(desk: Desk) -> Act:
    number = next(_numbers)
    path = desk.folder / f"members-{number}.csv"
    path.write_text(sheets.sheet([sheets.member(7000 + number * 2 + more) for more in (0, 1)]))
    return desk.runs("members", "load", str(path), "--bank", desk.scene.bank.code)


def load_exchanges(desk: Desk) -> Act:
    number, scene = next(_numbers), desk.scene
    path = desk.folder / f"exchanges-{number}.csv"
    people = {"giver": scene.ann.number, "receiver": scene.ben.number, "activity": scene.activity.name}
    path.write_text(sheets.sheet([sheets.exchange(number * 2 + more, **people) for more in (0, 1)]))
    return desk.runs("exchanges", "load", str(path), "--bank", scene.bank.code)


def settle(desk: Desk) -> Act:
    desk.scene.logged()
    return desk.runs("exchanges", "settle")


WRITES: tuple[Callable[[Desk], Act], ...] = (
    post_one,
    post_linked,
    reverse_linked,
    close_month,
    seal,
    log,
    confirm,
    query,
    withdraw,
    approve,
    decline,
    reverse,
    approve_ticked,
    donate,
    grant,
    add_member,
    change_rules,
    load_members,
    load_exchanges,
    settle,
)
