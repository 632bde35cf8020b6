"""Pages of stories: one's own, those that a coordinator writes down, and all of a bank."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from timebank import clock
from timebank.errors import NotFound, RuleBroken
from timebank.extensions import db
from timebank.members import queries as members
from timebank.members.models import Membership
from timebank.members.permissions import Permission, current_membership, may, requires
from timebank.stories import queries, service, words
from timebank.stories.forms import WITH_FIRST_NAME, StoryForm, StoryOnTheirWordForm
from timebank.stories.models import Readers, Story
from timebank.submissions import service as submissions
from timebank.web.paging import Page

blueprint = Blueprint("stories", __name__)

Answer = Response | str | tuple[str, int]


@blueprint.route("/me/stories", methods=["GET", "POST"])
@requires(Permission.OWN_DETAILS)
def own() -> Answer:
    """Tell a story of one's own, see what one told, and take it back."""
    membership, form = current_membership(), StoryForm()
    if _told(form, membership, written_by=membership):
        flash(gettext("Thank you. A coordinator reads your story before anybody else does"), "success")
        return redirect(url_for("stories.own"))
    page = render_template("stories/own.html", form=form, stories=queries.stories_of(membership), said=words)
    return page, 422 if form.errors else 200


@blueprint.route("/people/<reference>/stories", methods=["GET", "POST"])
@requires(Permission.KEEP_MEMBERS)
def of_member(reference: str) -> Answer:
    """Write down a story of a member on their word, and take back what they want back."""
    coordinator, form = current_membership(), StoryOnTheirWordForm()
    member = members.member_with_reference(coordinator.bank, reference)
    if _told(form, member, written_by=coordinator):
        flash(gettext("The story is kept, and can stand beside the figures"), "success")
        return redirect(url_for("stories.of_member", reference=reference))
    page = render_template(
        "stories/of_member.html", form=form, member=member, stories=queries.stories_of(member), said=words
    )
    return page, 422 if form.errors else 200


@blueprint.get("/stories")
@requires(Permission.RELEASE_EVIDENCE)
def every() -> str:
    """List the bank's stories, those first that nobody has read."""
    bank = current_membership().bank
    page = Page.asked_for(queries.count_stories(bank))
    stories = queries.stories_of_bank(bank, offset=page.offset, limit=page.rows)
    return render_template("stories/every.html", stories=stories, said=words, page=page)


@blueprint.post("/stories/<reference>/show")
@requires(Permission.RELEASE_EVIDENCE)
def show(reference: str) -> Response:
    """Put a story beside the figures."""
    membership = current_membership()
    service.show_story(queries.story_with(membership.bank, reference), shown_by=membership, at=clock.now())
    db.session.commit()
    flash(gettext("The story can stand beside the figures now"), "success")
    return redirect(url_for("stories.every"))


@blueprint.post("/stories/<reference>/take-back")
@requires(Permission.OWN_DETAILS)
def take_back(reference: str) -> Response:
    """Take back a story: one's own, or for its teller."""
    membership = current_membership()
    story = queries.story_with(membership.bank, reference)
    is_own = story.told_by_id == membership.id
    if not is_own and not may(membership, Permission.KEEP_MEMBERS):
        raise NotFound()
    service.take_back_story(story, taken_back_by=membership, at=clock.now())
    db.session.commit()
    flash(gettext("The story is taken back. It is shown to nobody any more"), "success")
    if is_own:
        return redirect(url_for("stories.own"))
    return redirect(url_for("stories.of_member", reference=story.told_by.reference))


def _told(form: StoryForm, told_by: Membership, *, written_by: Membership) -> Story | None:
    """Return the story that was sent with the form, or None where none was, or something is wrong with it."""
    form.prepare(first_name=told_by.first_name)
    form.with_new_key()
    if not form.validate_on_submit():
        return None
    bank, now = told_by.bank, clock.now()
    agreed_on = form.consented_on.data if isinstance(form, StoryOnTheirWordForm) else bank.day_of(now)
    content = {name: form[name].data for name in ("words", "shown_to", "name", "agrees")}
    content |= {"told_by": told_by.reference, "written_by": written_by.reference}
    if isinstance(form, StoryOnTheirWordForm):
        content["consented_on"] = agreed_on
    try:
        submission = submissions.accept(bank.id, form.key.data or "", content, at=now)
        if submission.result is None:
            story = service.tell_story(
                told_by,
                words=form.words.data or "",
                shown_to=Readers(form.shown_to.data),
                with_first_name=form.name.data == WITH_FIRST_NAME,
                consented_on=agreed_on if form.agrees.data else None,
                written_by=written_by,
                at=now,
            )
            submission.result = story.reference
        story = queries.story_with(bank, submission.result)
        db.session.commit()
    except RuleBroken as broken:
        db.session.rollback()
        form.show(broken, otherwise="words")
        return None
    return story
