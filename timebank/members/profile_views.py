"""The directory, and the page on which each member chooses what the others see of them there."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from timebank import clock
from timebank.errors import RuleBroken
from timebank.extensions import db, limiter
from timebank.members import profiles, queries
from timebank.members.forms import DirectoryForm, ProfileForm
from timebank.members.permissions import Permission, current_membership, requires
from timebank.members.profiles import Choices
from timebank.web.paging import Page

blueprint = Blueprint("profiles", __name__)

LONGEST_SEARCH = 120
# Enough for whoever reads it, and not enough to copy a whole town in a minute.
PAGES = "60 per minute; 600 per hour"


@blueprint.get("/directory")
@limiter.limit(PAGES)
@requires(Permission.FIND_PEOPLE)
def directory() -> str:
    """List the members who want to be found, with what each of them shows."""
    bank, form = current_membership().bank, DirectoryForm(request.args)
    typed = (form.words.data or "")[:LONGEST_SEARCH]
    page = Page.asked_for(queries.count_listed(bank, typed))
    found = queries.listed_members(bank, typed, offset=page.offset, limit=page.rows)
    people = [profiles.seen(profile.membership, profile) for profile in found]
    return render_template("members/directory.html", people=people, page=page, search=form, typed=typed)


@blueprint.get("/directory/<reference>")
@limiter.limit(PAGES)
@requires(Permission.FIND_PEOPLE)
def person(reference: str) -> str:
    """Show what one of them shows."""
    profile = queries.listed_member(current_membership().bank, reference)
    return render_template("members/seen.html", person=profiles.seen(profile.membership, profile), is_own=False)


@blueprint.route("/me/profile", methods=["GET", "POST"])
@requires(Permission.OWN_DETAILS)
def own() -> Response | str | tuple[str, int]:
    """Choose, one by one, what others see of oneself."""
    membership = current_membership()
    form = ProfileForm(obj=profiles.choices_of(membership))
    if form.validate_on_submit():
        try:
            profiles.choose(membership, _chosen(form), at=clock.now())
            db.session.commit()
        except RuleBroken as broken:
            db.session.rollback()
            form.show(broken, otherwise="about")
        else:
            flash(gettext("Your choice is kept. This is how others see you"), "success")
            return redirect(url_for("profiles.preview"))
    page = render_template("members/profile.html", form=form, member=membership)
    return page, 422 if form.errors else 200


@blueprint.get("/me/profile/seen")
@requires(Permission.OWN_DETAILS)
def preview() -> str:
    """Show how others see oneself, made the same way as their pages."""
    membership = current_membership()
    profile = queries.profile_of(membership)
    return render_template(
        "members/seen.html",
        person=profiles.seen(membership, profile),
        is_own=True,
        is_listed=profile is not None and profile.is_listed,
    )


def _chosen(form: ProfileForm) -> Choices:
    return Choices(
        area=form.area.data or "",
        about=form.about.data or "",
        offers=form.offers.data or "",
        is_listed=bool(form.is_listed.data),
        shows_full_name=bool(form.shows_full_name.data),
        shows_phone=bool(form.shows_phone.data),
        shows_email=bool(form.shows_email.data),
        shows_area=bool(form.shows_area.data),
        shows_about=bool(form.shows_about.data),
        shows_offers=bool(form.shows_offers.data),
    )
