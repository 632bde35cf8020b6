"""Stories beside the figures: only with consent, only for whom it was given, and only for as long."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from tests import make
from tests.web.reading import Page, token_of
from timebank.audit.models import AuditRecord
from timebank.demonstration import contrasts
from timebank.evidence import pack, release_queries, service
from timebank.evidence.periods import parse
from timebank.evidence.reading import read_release
from timebank.extensions import db
from timebank.members.models import Role
from timebank.privacy import erasing
from timebank.stories import queries
from timebank.stories import service as stories
from timebank.stories.models import LONGEST_STORY, Readers, Story

NOW = dt.datetime(2026, 4, 10, 9, tzinfo=dt.UTC)


@pytest.fixture
def bank(app):
    """The co-produced bank, with the first quarter of 2026."""
    invented = contrasts.CO_PRODUCED
    return contrasts.build_contrast(invented, now=NOW, password_hash="x", tick=lambda _months: None, months=3)


def sent(client, path: str, **changed: str):
    """Send the form that is at this address, and then the same form once more."""
    form = {
        "csrf_token": token_of(client),
        "key": Page(client.get(path)).fields(path)["key"][0],
        "words": "They drove me, and now I telephone.",
        "shown_to": "everybody",
        "name": "with",
        "agrees": "y",
    } | changed
    return client.post(path, data=form), client.post(path, data=form)


def actions(bank) -> list[str]:
    found = db.session.scalars(
        select(AuditRecord.action).where(AuditRecord.bank_id == bank.id, AuditRecord.on_what == "story")
    )
    return list(found)


def test_a_member_tells_a_story_a_coordinator_reads_it_and_it_stands_beside_the_figures(app, bank, sign_in):
    dai = make.make_member(bank, name="Dr Dai Ŵyn 🌱", at=NOW)
    client, desk, board = app.test_client(), app.test_client(), app.test_client()
    sign_in(client, dai)
    sign_in(desk, make.make_coordinator(bank, at=NOW))
    sign_in(board, make.make_member(bank, role=Role.BOARD_READER, at=NOW))
    for wrong, said in (
        ({"words": " "}, "Enter the story"),
        ({"words": "x" * (LONGEST_STORY + 1)}, "Use 600 characters or fewer"),
        ({"shown_to": "world"}, "Choose who may read it"),
        ({"name": ""}, "Choose whether the first name"),
        ({"agrees": ""}, "Tick that you agree"),
    ):
        first, _again = sent(client, "/me/stories", **wrong)
        assert first.status_code == 422
        assert said in first.text
    assert actions(bank) == []
    told = "<b>\U0001f697</b> They drove me\nand now I telephone."
    assert [answer.status_code for answer in sent(client, "/me/stories", words=told)] == [302, 302]
    [story] = queries.stories_of(dai)
    assert (story.told_as, story.shown_at, story.words) == ("Dai", None, told)
    seen = "&lt;b&gt;\U0001f697&lt;/b&gt; They drove me"
    assert "Waits until a coordinator has read it" in client.get("/me/stories").text
    assert seen not in board.get("/evidence").text
    assert seen in desk.get("/stories").text
    for _twice in range(2):
        assert desk.post(f"/stories/{story.reference}/show", data={"csrf_token": token_of(desk)}).status_code == 302
    for audience in ("board", "public"):
        page = board.get(f"/evidence?audience={audience}").text
        assert seen in page
        assert "Dai" in page
        assert "Ŵyn" not in page
    for _twice in range(2):
        back = client.post(f"/stories/{story.reference}/take-back", data={"csrf_token": token_of(client)})
        assert back.location == "/me/stories"
    assert seen not in board.get("/evidence").text
    assert desk.post(f"/stories/{story.reference}/show", data={"csrf_token": token_of(desk)}).status_code == 409
    db.session.refresh(story)
    assert (story.words, story.told_as) == ("", "")
    assert actions(bank) == ["story told", "story shown", "story taken back"]


def test_a_coordinator_writes_one_down_for_the_board_alone_and_takes_it_back(app, bank, sign_in):
    doris = make.make_member(bank, name="Doris Hambly", at=NOW)
    desk, board = app.test_client(), app.test_client()
    sign_in(desk, make.make_coordinator(bank, at=NOW))
    sign_in(board, make.make_member(bank, role=Role.BOARD_READER, at=NOW))
    path = f"/people/{doris.reference}/stories"
    wanted = {"shown_to": "board", "name": "without", "consented_on": ["9", "4", "2026"]}
    assert "has not come yet" in sent(desk, path, **wanted | {"consented_on": ["11", "4", "2099"]})[0].text
    assert [answer.status_code for answer in sent(desk, path, **wanted)] == [302, 302]
    [story] = queries.stories_of(doris)
    assert (story.consented_on, story.told_as) == (dt.date(2026, 4, 9), "")
    page = board.get("/evidence?audience=board").text
    assert story.words in page
    assert "A member of the time bank" in page
    assert "Doris" not in page
    assert story.words not in board.get("/evidence?audience=public").text
    db.session.commit()
    service.release_evidence(bank, parse("2026-Q1"), released_by=make.make_coordinator(bank, at=NOW), at=NOW)
    [release] = release_queries.releases_of(bank)
    assert release.stories == ""
    db.session.commit()
    back = desk.post(f"/stories/{story.reference}/take-back", data={"csrf_token": token_of(desk)})
    assert back.location == path
    assert "One story" not in board.get("/evidence?audience=board").text
    # Nothing can be told for somebody of whom nothing is kept.
    administrator = make.make_administrator(bank, at=NOW)
    erasing.erase(doris, gives_balance=False, erased_by=administrator, at=NOW)
    with pytest.raises(stories.TellerForgotten):
        make.tell_story(doris, at=NOW)


def test_a_release_shows_its_stories_until_they_are_taken_back_and_is_the_same_for_as_long(bank, app):
    coordinator = make.make_coordinator(bank, at=NOW)
    ann, ben, cy = (make.make_member(bank, name=name, at=NOW) for name in ("Ann Lee", "Ben Roe", "Cy Poe"))
    for member in (ann, ben, cy):
        make.tell_story(member, words=f"Said by {member.name}", with_first_name=True, written_by=coordinator, at=NOW)
    make.tell_story(ann, words="Nobody has read this", at=NOW)
    make.tell_story(ann, words="For the board", shown_to=Readers.BOARD, written_by=coordinator, at=NOW)
    release = service.release_evidence(bank, parse("2026-Q1"), released_by=coordinator, at=NOW)
    make.tell_story(ann, words="Told too late", written_by=coordinator, at=NOW)
    frozen = release.figures

    def made() -> tuple[list[str], str, bytes]:
        found = pack.stories_of(release)
        pdf = pack.pdf_of(read_release(release, [release], today=NOW.date()))
        return sorted(story.words for story in found.told), found.missing, pdf

    said, missing, pdf = made()
    assert (said, missing) == (["Said by Ann Lee", "Said by Ben Roe", "Said by Cy Poe"], "")
    ann.rename("Somebody Else")
    assert made() == (said, missing, pdf)
    stories.take_back_story(queries.stories_of(ben)[0], taken_back_by=ben, at=NOW)
    said, missing, without_ben = made()
    assert said == ["Said by Ann Lee", "Said by Cy Poe"]
    assert "one was taken back" in missing
    assert without_ben != pdf
    assert made()[2] == without_ben
    erasing.erase(cy, gives_balance=False, erased_by=make.make_administrator(bank, at=NOW), at=NOW)
    assert db.session.scalars(select(Story).where(Story.told_by_id == cy.id)).all() == []
    said, missing, _pdf = made()
    assert said == ["Said by Ann Lee"]
    assert "2 were taken back" in missing
    assert release.figures == frozen
