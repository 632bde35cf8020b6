"""Find every field of every form that anybody is shown, and fill it with hostile texts and files.

The forms are found by opening every page of test_access.py's town, as nobody, as a member and as an administrator. So a
new form is attacked without anybody thinking of it.
"""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.hostile.escapes import escapes
from tests.hostile.uploads import Upload
from tests.house.decided import NAMED
from tests.house.test_access import Town, Visitor, own_path_to, path_to, rules_of, visitors
from tests.make import PASSWORD
from tests.web.reading import Element, Page
from timebank.members.models import Role
from timebank.submissions.service import new_key

WHO = (None, Role.MEMBER, Role.ADMINISTRATOR)
# It would end the walk.
NOT_SENT = "/sign-out"
# What no page fills in and a form wants, so that it goes as far as it can with the hostile text.
USUAL = {"until_now": PASSWORD, "name": "Ann Adams", "time": "1 hour", "reason": "x", "what": "x", "step": "send"}
_ONE_OF_MANY = re.compile(r"/[0-9a-f]{16}\b|/[\w-]{43}\b")


@dataclass
class Form:
    """A form as it was found: where, where it is sent, and what it holds."""

    found_on: str
    method: str
    action: str
    sent: MultiDict[str, str]
    names: list[str]

    @property
    def kind(self) -> str:
        """What it has in common with the same form about something else."""
        return f"{self.method} {_ONE_OF_MANY.sub('/…', self.action.partition('?')[0])}"


@dataclass
class Report:
    """What was tried, and what came of it."""

    tried: int = 0
    taken: int = 0
    fields: set[tuple[str, str]] = field(default_factory=set)
    escapes: list[str] = field(default_factory=list)

    def note(self, answer: TestResponse, what: str) -> None:
        """Count an answer, and keep what broke out in it."""
        self.tried += 1
        self.taken += answer.status_code in (200, 302)
        self.escapes += [f"{what}: {found}" for found in escapes(answer)]


def pages_of(app: Flask, town: Town, role: Role | None) -> list[str]:
    """Every address that somebody can ask for."""
    paths = []
    for rule in rules_of(app):
        if "GET" in (rule.methods or set()) and rule.endpoint != "static":
            paths.append(path_to(app, rule, town.places))
            if role in town.own and rule.rule in NAMED and NAMED[rule.rule].own:
                paths.append(own_path_to(app, rule, town, role))
    return paths


def forms_on(client: FlaskClient, path: str) -> list[Form]:
    """The forms that somebody finds at the address."""
    answer = client.get(path)
    if answer.status_code != 200 or answer.mimetype != "text/html":
        return []
    return [form for element in Page(answer).root.every("form") if (form := form_of(element, path)).names]


def form_of(element: Element, path: str) -> Form:
    """Return the form with what a browser would send, and with something usual where nothing is filled in."""
    sent: MultiDict[str, str] = MultiDict()
    names = []
    for part in element.every():
        name, kind = part.attributes.get("name"), part.attributes.get("type", part.tag)
        if name is None or name == "csrf_token" or kind == "submit":
            continue
        if name not in names:
            names.append(name)
        if kind not in ("radio", "checkbox") or "checked" in part.attributes:
            sent.add(name, value_of(part) or USUAL.get(name, ""))
    sent.setdefault("step", "send")
    method = element.attributes.get("method", "get").upper()
    return Form(path, method, element.attributes.get("action") or path, sent, names)


def value_of(part: Element) -> str:
    """What stands in a field."""
    if part.tag == "select":
        options = part.every("option")
        chosen = [option for option in options if "selected" in option.attributes] or options[-1:]
        return chosen[0].attributes.get("value", "") if chosen else ""
    if part.tag == "textarea":
        return "".join(text for text in part.inside if isinstance(text, str)).removeprefix("\n")
    return part.attributes.get("value", "")


def new_forms(app: Flask, town: Town, visitor: Visitor, known: set[tuple[str, str]]) -> list[Form]:
    """The forms that this visitor finds and whose fields nobody has tried yet; these are known from now on."""
    found = []
    for path in pages_of(app, town, visitor.role):
        for form in forms_on(visitor.client, path):
            names = [name for name in form.names if (form.kind, name) not in known]
            if names and form.action != NOT_SENT:
                known |= {(form.kind, name) for name in names}
                found.append(Form(form.found_on, form.method, form.action, form.sent, names))
    return found


def send(visitor: Visitor, form: Form, changes: dict[str, Any]) -> TestResponse:
    """Send the form as the visitor, with these changes and a key of its own."""
    data: MultiDict[str, Any] = MultiDict(form.sent)
    if "key" in data:
        data["key"] = new_key()
    data["csrf_token"] = visitor.token
    for name, value in changes.items():
        data[name] = value
    if form.method == "GET":
        return visitor.client.get(form.action, query_string=data)
    return visitor.client.post(form.action, data=data)


def attack_fields(app: Flask, sign_in: Any, town: Town, texts: Iterator[str], *, each: int) -> Report:
    """Send every form with a hostile text in each of its fields, `each` times, and look at all pages at the end."""
    report = Report()
    for visitor in visitors(app, sign_in, town):
        if visitor.role not in WHO:
            continue
        forms = new_forms(app, town, visitor, report.fields)
        for form in forms:
            for name in form.names:
                for text in itertools.islice(texts, each):
                    report.note(send(visitor, form, {name: text}), f"{form.kind} {name} {text!r}")
        for path in pages_of(app, town, visitor.role):
            report.note(visitor.client.get(path), f"looking at {path}")
    return report


def attack_with_files(app: Flask, sign_in: Any, town: Town, uploads: Iterable[Upload], *, each: int) -> Report:
    """Send a file instead of every field of every form, `each` times."""
    report, endless = Report(), itertools.cycle(uploads)
    for visitor in visitors(app, sign_in, town):
        if visitor.role not in WHO:
            continue
        for form in new_forms(app, town, visitor, report.fields):
            for upload in itertools.islice(endless, each if form.method == "POST" else 0):
                files = {name: (io.BytesIO(upload.content), upload.name, upload.type) for name in form.names}
                report.note(send(visitor, form, files), f"{form.kind} {upload.name!r}")
    return report
