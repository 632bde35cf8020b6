"""What each figure is called, and what it means, in words for people who have never read a report."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from timebank.evidence import saying
from timebank.evidence.catalogue import LETTERS

# {name: (what it is called, what it means)}
_WORDS = {
    "hidden_resource_share": (
        _l("Share of hours given by service users"),
        _l(
            "Hours that people who use the service gave to each other, to professionals and to the "
            "neighbourhood, out of all hours given."
        ),
    ),
    "hidden_resource_share_without_paid": (
        _l("The same without paid hours"),
        _l("As before, but hours for which somebody was paid are left out of both."),
    ),
    "users_who_contribute": (
        _l("Service users who contribute"),
        _l("Of the people who took part as service users, the share who gave some hours."),
    ),
    "user_professional_reciprocity": (
        _l("Giving both ways between users and professionals"),
        _l(
            "Twice the smaller of the hours users gave professionals and professionals gave users, out of "
            "both together. 100 per cent is as much one way as the other."
        ),
    ),
    "user_professional_ratio": (
        _l("Users’ hours for each professional hour to them"),
        _l("Hours that users gave to professionals, for each hour that professionals gave to users."),
    ),
    "leverage": (
        _l("Community hours for each professional hour"),
        _l("Hours given by users and the neighbourhood, for each hour given by professionals."),
    ),
    "neighbourhood_dividend": (
        _l("Share of hours given to the neighbourhood"),
        _l("Hours that users and professionals gave to the neighbourhood, out of all hours given."),
    ),
    "peer_share": (
        _l("Share of users’ hours given to other users"),
        _l("Hours that service users gave to each other, out of all hours that they gave."),
    ),
    "blurred_roles": (
        _l("People active in several roles"),
        _l(
            "Of all active people, the share who took part in two or more capacities, such as neighbour and "
            "service user."
        ),
    ),
    "voice_and_action": (
        _l("Users’ hours of voice for each hour of action"),
        _l("Hours users gave to deciding, designing and assessing, for each hour they gave to delivery."),
    ),
    "voice_hours": (_l("Users’ hours of voice"), _l("Hours users gave to commissioning, design and assessment.")),
    "action_hours": (_l("Users’ hours of action"), _l("Hours users gave to delivery.")),
    "confirmed_by_both": (
        _l("Hours confirmed by both sides"),
        _l("Share of hours that giver and receiver each confirmed themselves."),
    ),
    "entered_by_coordinator": (
        _l("Hours a coordinator entered for somebody"),
        _l("Share of hours where a coordinator said so for one of them."),
    ),
    "confirmed_by_neither": (
        _l("Hours counted without the other’s word"),
        _l("Share of hours that were confirmed by rule or not at all by one side."),
    ),
    "hours_given": (
        _l("Hours given"),
        _l("All hours of approved and not reversed exchanges, each counted once, at its giver."),
    ),
    "person_hours_received": (
        _l("Person-hours received"),
        _l("A class of five for one hour is five of these. They are never added to hours given."),
    ),
    "paid_hours": (_l("Paid hours"), _l("Hours for which the giver was paid. They are part of all hours.")),
    "mandated_hours": (
        _l("Mandated hours"),
        _l("Hours that somebody had to give, by a court’s order for example. They are part of all hours."),
    ),
    "consultation_hours": (
        _l("Hours of consultation only"),
        _l("Hours in which people were asked and decided nothing. They are part of all hours."),
    ),
    "not_stated_share": (
        _l("Hours of people whose role is not stated"),
        _l("Share of hours whose giver did not state a capacity."),
    ),
    "flows": (_l("Who gave hours to whom"), _l("Hours given, by the capacity of the giver and of the receiver.")),
    "hours_by_payment": (
        _l("Paid and unpaid hours"),
        _l("Hours given, by the giver’s capacity and whether they were paid."),
    ),
    "hours_by_stage": (_l("Hours by stage"), _l("Hours given to commissioning, design, delivery and assessment.")),
    "hours_by_service": (
        _l("Planning and delivery of each service"),
        _l(
            "Hours of planning (commissioning and design) and of delivery, by users and community and by professionals."
        ),
    ),
    "hours_by_month": (_l("Hours by month"), _l("Hours given in each month, by the day that help was given.")),
    "coproduction_matrix": (
        _l("Who plans and who delivers"),
        _l(
            "Users’ and community’s share of planning and of delivery hours. Below 10 per cent professionals alone, "
            "above 90 per cent users and community alone, between them together."
        ),
    ),
    "active_members": (_l("Active people"), _l("Members who gave or received in the period.")),
    "new_members": (_l("New"), _l("Active now and never before.")),
    "returning_members": (_l("Stayed"), _l("Active now and in the period of the same length just before.")),
    "reactivated_members": (_l("Came back"), _l("Active now and long before, but not just before.")),
    "lapsed_members": (_l("Left off"), _l("Active in the period just before, and not now.")),
    "active_before": (
        _l("Active in the period before"),
        _l("Members who gave or received in the period of the same length just before."),
    ),
    "users_active": (_l("Active service users"), _l("People who gave or received as service users.")),
    "users_giving": (_l("Service users who gave"), _l("Of these, those who gave some hours.")),
    "people_in_several_capacities": (
        _l("People in several capacities"),
        _l("Active people who took part in two or more capacities."),
    ),
    "two_way_people": (_l("People who gave and received"), _l("Active people who did both.")),
    "give_only_people": (_l("People who only gave"), _l("Active people who gave and did not receive.")),
    "receive_only_people": (_l("People who only received"), _l("Active people who received and did not give.")),
    "two_way_share": (
        _l("Share who gave and received"),
        _l("Of all active people. The three shares add up to 100 per cent."),
    ),
    "give_only_share": (_l("Share who only gave"), _l("Of all active people.")),
    "receive_only_share": (_l("Share who only received"), _l("Of all active people.")),
    "scheme_mutuality": (
        _l("Mutuality of the whole bank"),
        _l(
            "Each person’s smaller side twice, out of all that is given and received. 100 per cent where everybody "
            "gives as much as they receive."
        ),
    ),
    "give_receive_histogram": (
        _l("Giving and receiving, person by person"),
        _l("Each person’s giving less receiving, out of both: −1 only receives, 0 is even, 1 only gives."),
    ),
    "gini_of_giving": (
        _l("Concentration of giving (Gini)"),
        _l("0 per cent where everybody gives the same, towards 100 per cent where one person gives everything."),
    ),
    "gini_of_giving_small_sample": (_l("Concentration of giving, for small banks"), _l("The same, times n/(n−1).")),
    "spend_ratio": (
        _l("Credit spent for each credit earned"),
        _l("Without what the community account gives out and without opening balances."),
    ),
    "credit_spent_hours": (_l("Credit spent on help"), _l("Credit hours that people spent on help in the period.")),
    "credit_earned_hours": (
        _l("Credit earned by helping"),
        _l("Credit hours that people earned by helping in the period."),
    ),
    "velocity": (
        _l("How often credit goes round in a year"),
        _l("Credit hours moved for help, over the mean of all credit held, as a yearly figure."),
    ),
    "credit_moved_hours": (_l("Credit moved"), _l("Credit hours that moved for help in the period.")),
    "mean_credit_held_hours": (
        _l("Credit held, on average"),
        _l("The mean over the days of all balances above nothing."),
    ),
    "pot_hours": (_l("In the community account"), _l("What the community account holds at the end of the period.")),
    "balances_in_bands": (
        _l("Balances in bands"),
        _l("How many members’ accounts hold how much credit at the end of the period."),
    ),
    "receiver_to_giver_conversion": (
        _l("From receiving to giving"),
        _l(
            "Of users whose first exchange was receiving, the share who gave within 180 days. Who was "
            "followed for less is counted for as long (Kaplan–Meier)."
        ),
    ),
    "receiver_to_giver_people": (
        _l("Users who began by receiving"),
        _l("Service users whose first exchange was receiving and lies in the period."),
    ),
    "receiver_to_giver_converted": (_l("Of these, who gave within 180 days"), _l("As far as they have been followed.")),
    "receiver_to_giver_curve": (_l("From receiving to giving, day by day"), _l("The Kaplan–Meier curve.")),
    "people_in_network": (
        _l("People in the web"),
        _l("Active members. Organisations and the community account are not part of it."),
    ),
    "links": (_l("Links"), _l("Pairs of people of whom the first gave the second some time.")),
    "reciprocated_links": (_l("Links that go both ways"), _l("Links whose other direction exists too.")),
    "density": (_l("Density"), _l("Links out of all that could be.")),
    "reciprocity": (
        _l("Links returned directly"),
        _l(
            "Share of links that go both ways. Indirect reciprocity is the point of a time bank: a low share"
            " is no failure."
        ),
    ),
    "rho": (
        _l("Returned more than by chance (ρ)"),
        _l("Above 0: more is returned directly than by chance; below: less (Garlaschelli and Loffredo 2004)."),
    ),
    "weighted_reciprocity": (
        _l("Hours returned directly"),
        _l("Share of hours between people that went back between the same two (Squartini and others 2013)."),
    ),
    "weighted_reciprocity_expected": (
        _l("Hours that would be returned by chance"),
        _l("The mean over at least 1,000 random webs in which everybody gives and receives as much as here."),
    ),
    "rho_w": (
        _l("Hours returned more than by chance (ρ of hours)"),
        _l("Above 0: more goes back directly than in the random webs."),
    ),
    "largest_component_share": (
        _l("People connected both ways, through others"),
        _l("Share of people in the largest group in which everybody reaches everybody along links."),
    ),
    "late_hours": (_l("Late hours"), _l("Hours that came after their month was closed, and count in a later one.")),
    "exchanges": (_l("Exchanges"), _l("Approved exchanges of the period.")),
    "reversed_exchanges": (
        _l("Reversed exchanges"),
        _l("Exchanges of the period that were approved and then taken back."),
    ),
    "sum_of_balances": (
        _l("Sum of all balances"),
        _l("Nothing, always: every hour that somebody has, somebody else has given."),
    ),
}
_QUARTILES = {
    "lower_quartile": _l("a quarter waited at most"),
    "median": _l("half waited at most"),
    "upper_quartile": _l("three quarters waited at most"),
}


@dataclass(frozen=True)
class Explained:
    """What a figure is called and what it means."""

    title: str
    meaning: str


def explained(name: str) -> Explained:
    """Return the words for a figure of the catalogue."""
    if name in _WORDS:
        title, meaning = _WORDS[name]
        return Explained(str(title), str(meaning))
    for quartile, words in _QUARTILES.items():
        if name == f"days_to_first_exchange_{quartile}":
            title = _("Days from joining to a first exchange: %(words)s", words=str(words))
            return Explained(title, _("Of members whose first exchange lies in the period."))
        if name == f"days_to_match_{quartile}":
            return Explained(_("Days to match: %(words)s", words=str(words)), _("From a request to the exchange."))
    return _of_hours(name)


def _of_hours(name: str) -> Explained:
    groups = {letter: group for group, letter in LETTERS.items()}
    what = name.removeprefix("hours_")
    if len(what) == 2 and set(what) <= set(groups):
        giver, receiver = (saying.group(groups[letter]) for letter in what)
        title = _("Hours from %(giver)s to %(receiver)s", giver=giver, receiver=receiver)
        return Explained(title, _("Hours given in the first capacity to people in the second."))
    giver = saying.group(what.removeprefix("by_"))
    return Explained(_("Hours given by %(giver)s", giver=giver), _("All hours given in this capacity."))


# The exchanges that a figure counts, for behind_queries: by the groups of giver and receiver, and what sort they are.
_OF_THE_SERVICE = {"giver": "users"}
_BEHIND: dict[str, dict[str, str]] = {
    "hidden_resource_share": _OF_THE_SERVICE,
    "hidden_resource_share_without_paid": _OF_THE_SERVICE,
    "peer_share": {"giver": "users", "receiver": "users"},
    "user_professional_reciprocity": {"giver": "users", "receiver": "professionals"},
    "user_professional_ratio": {"giver": "users", "receiver": "professionals"},
    "voice_hours": _OF_THE_SERVICE | {"stage": "commissioning design assessment"},
    "voice_and_action": _OF_THE_SERVICE | {"stage": "commissioning design assessment"},
    "action_hours": _OF_THE_SERVICE | {"stage": "delivery"},
    "paid_hours": {"paid": "yes"},
    "mandated_hours": {"mandated": "yes"},
    "consultation_hours": {"consultation": "yes"},
    "reversed_exchanges": {"status": "reversed"},
    **{f"hours_by_{group}": {"giver": group} for group in LETTERS},
    **{
        f"hours_{first}{second}": {"giver": giver, "receiver": receiver}
        for giver, first in LETTERS.items()
        for receiver, second in LETTERS.items()
    },
}


def behind(name: str) -> dict[str, str]:
    """Return what narrows the exchanges of the period down to those behind a figure; nothing where it counts all."""
    return _BEHIND.get(name, {})
