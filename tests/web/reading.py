"""Read pages as people and browsers do, and the whole database as it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from timebank.extensions import db

_ALONE = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)


@dataclass
class Element:
    """One element of a page."""

    tag: str
    attributes: dict[str, str]
    inside: list[Element | str] = field(default_factory=list)

    def every(self, tag: str = "", **attributes: str) -> list[Element]:
        """Every element below this one with this tag, and with these words in its attributes."""
        found = []
        for child in self.inside:
            if isinstance(child, Element):
                if (not tag or child.tag == tag) and child.has(**attributes):
                    found.append(child)
                found += child.every(tag, **attributes)
        return found

    def has(self, **attributes: str) -> bool:
        """Whether each attribute is there, and has this word among its words."""
        return all(word in self.attributes.get(name.strip("_"), "").split() for name, word in attributes.items())

    @property
    def text(self) -> str:
        """What people read, in one line."""
        parts = [child if isinstance(child, str) else child.text for child in self.inside if _is_read(child)]
        return " ".join(" ".join(parts).split())


def _is_read(child: Element | str) -> bool:
    return isinstance(child, str) or child.tag not in ("script", "style", "head")


class Builder(HTMLParser):
    """Puts a page together from its tags; `root` is above all of them."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes: dict[str, str] = {}
        for name, value in attrs:
            attributes.setdefault(name, value or "")
        element = Element(tag, attributes)
        self.open[-1].inside.append(element)
        if tag not in _ALONE:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag in [element.tag for element in self.open]:
            while self.open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


class Page:
    """A page that was answered with."""

    def __init__(self, answer: TestResponse) -> None:
        builder = Builder()
        builder.feed(answer.text)
        self.root = builder.root
        self.main = self.root.every("main")[0]

    @property
    def text(self) -> str:
        """What people read in the page's own part."""
        return self.main.text

    @property
    def heading(self) -> str:
        """The first heading."""
        return self.root.every("h1")[0].text

    @property
    def ids(self) -> list[str]:
        """The id of every element that has one."""
        return [element.attributes["id"] for element in self.root.every() if "id" in element.attributes]

    @property
    def summary(self) -> list[tuple[str, str]]:
        """Where each line of the error summary leads, and what it says."""
        return [
            (link.attributes["href"], link.text)
            for box in self.root.every(_class="govuk-error-summary")
            for link in box.every("a")
        ]

    @property
    def errors(self) -> dict[str, str]:
        """What is said beside each field, by the field's id."""
        return {
            element.attributes["id"].removesuffix("-error"): element.text.removeprefix("Error: ")
            for element in self.root.every(_class="govuk-error-message")
        }

    def form(self, path: str) -> Element:
        """The form that is sent to this path; where there are several, the last."""
        forms = [
            form
            for form in self.root.every("form")
            if form.attributes.get("action", path) == path
            or any(button.attributes.get("formaction") == path for button in form.every("button"))
        ]
        assert forms, f"there is no form for {path}"
        return next((form for form in reversed(forms) if form.every("textarea")), forms[-1])

    def fields(self, path: str) -> dict[str, list[str]]:
        """What a browser would send with the form for this path, before anybody changes anything."""
        sent: dict[str, list[str]] = {}
        for element in self.form(path).every():
            name, kind = element.attributes.get("name"), element.attributes.get("type", "")
            if name is None or element.tag == "button":
                continue
            if element.tag == "textarea":
                # A browser drops the one line break that may follow the tag.
                text = "".join(part for part in element.inside if isinstance(part, str))
                sent.setdefault(name, []).append(text.removeprefix("\n"))
            elif element.tag == "select":
                chosen = [o.attributes["value"] for o in element.every("option") if "selected" in o.attributes]
                sent.setdefault(name, []).append((chosen or [element.every("option")[0].attributes["value"]])[0])
            elif kind not in ("radio", "checkbox", "submit") or "checked" in element.attributes:
                sent.setdefault(name, []).append(element.attributes.get("value", "on"))
        return sent


def look(client: FlaskClient, path: str, status: int = 200) -> Page:
    """Open a page, which must answer with this status."""
    answer = client.get(path)
    assert answer.status_code == status, f"{path} answered with {answer.status_code}"
    return Page(answer)


def token_of(client: FlaskClient) -> str:
    """The token against forged requests, as every page of somebody signed in carries it."""
    return Page(client.get("/help")).root.every("input", name="csrf_token")[0].attributes["value"]


def send(client: FlaskClient, path: str, changes: dict[str, Any], *, page: str = "") -> TestResponse:
    """Open the page with a form, fill in what changes, and send it to the path. None takes a field away."""
    fields: dict[str, Any] = dict(look(client, page or path).fields(path))
    return client.post(path, data=_changed(fields, changes))


def _changed(fields: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (fields | changes).items() if value is not None}


def path_of(answer: TestResponse) -> str:
    """Where a redirect leads."""
    assert answer.status_code == 302, Page(answer).text
    return urlsplit(answer.location).path


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table as its driver gives it, so that two moments can be compared."""
    db.session.commit()
    # Asked of the driver, because thousands of tests ask, each for every table.
    cursor = db.session.connection().connection.cursor()
    rows = {}
    for table in db.metadata.tables:
        cursor.execute(f'SELECT * FROM "{table}"')
        rows[table] = sorted(cursor.fetchall(), key=repr)
    cursor.close()
    db.session.commit()
    return rows


def assert_refused_beside(answer: TestResponse, field_id: str, words: str, *, status: int = 422) -> Page:
    """Say beside the field what to do, and in the summary, which leads to something that is on the page."""
    page = Page(answer)
    assert answer.status_code == status, page.text
    assert words in page.errors.get(field_id, ""), page.errors
    assert any(words in text for _, text in page.summary), page.summary
    for href, _ in page.summary:
        assert page.ids.count(href.removeprefix("#")) == 1, f"{href} leads nowhere"
    described = [
        e for e in page.root.every() if f"{field_id}-error" in e.attributes.get("aria-describedby", "").split()
    ]
    assert described, f"nothing is described by {field_id}-error"
    assert page.root.every("title")[0].text.startswith("Error: ")
    return page
