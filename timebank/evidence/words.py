"""Why a figure is not there, in words."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

UNDEFINED = {
    "users_who_contribute": _l("Nobody took part as somebody who uses the service."),
    "user_professional_reciprocity": _l("No hours went between people who use the service and professionals."),
    "user_professional_ratio": _l("Professionals gave no hours to people who use the service."),
    "leverage": _l("Professionals gave no hours."),
    "peer_share": _l("People who use the service gave no hours."),
    "voice_and_action": _l("People who use the service gave no hours to delivery."),
    "spend_ratio": _l("No credit was earned."),
    "velocity": _l("Nobody held any credit."),
    "gini_of_giving_small_sample": _l("Fewer than two people took part, or nobody gave anything."),
    "receiver_to_giver_conversion": _l(
        "Nobody who uses the service began by receiving in this period, or none of them was followed for long enough."
    ),
    "receiver_to_giver_curve": _l("Nobody who uses the service began by receiving in this period."),
    "density": _l("Fewer than two people took part."),
    "reciprocity": _l("No hours went from one person to another."),
    "rho": _l("No hours went from one person to another, or everybody helped everybody."),
    "weighted_reciprocity": _l("No hours went from one person to another."),
    "weighted_reciprocity_expected": _l("No hours went from one person to another."),
    "rho_w": _l("No hours went from one person to another, or any other way of giving them would go both ways too."),
    "coproduction_matrix": _l("No hours of planning or delivery are recorded."),
}

NO_REQUESTS = _l("Requests are not kept in this time bank, so nobody knows how long they waited.")
NOBODY_BEGAN = _l("Nobody had a first exchange in this period.")
NOTHING = _l("Nothing was recorded in this period.")

WITHHELD = _l("Withheld: so few people are behind it that somebody could be found out.")
PARTLY_WITHHELD = _l("Partly withheld: behind some of it are so few people that somebody could be found out.")
NETWORK_TOO_SMALL = _l("Withheld: fewer than 20 people took part.")
ONLY_INSIDE = _l("Withheld: what the pot holds can tell what one person gave to it.")


def undefined(name: str) -> str:
    """Return why this figure is not defined."""
    if name.startswith("days_to_match"):
        return str(NO_REQUESTS)
    if name.startswith("days_to_first"):
        return str(NOBODY_BEGAN)
    return str(UNDEFINED.get(name, NOTHING))


def fewer_than(threshold: int) -> str:
    """Return what stands for a count of a few people, in words."""
    return _("There are some, but fewer than %(threshold)s, so the number is not shown.", threshold=threshold)
