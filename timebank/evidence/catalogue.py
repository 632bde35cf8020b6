"""Every figure there is, by the name under which it is printed, with its unit and what it is computed from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """What is known of a figure before it is computed."""

    name: str
    unit: str
    inputs: tuple[str, ...] = ()


def _entries(unit: str, *names: str, inputs: tuple[str, ...] = ()) -> tuple[Entry, ...]:
    return tuple(Entry(name, unit, inputs) for name in names)


GROUPS = ("users", "professionals", "neighbourhood", "not_stated")
# The letter under which a group stands in the name of a figure, such as hours_up.
LETTERS = {"users": "u", "professionals": "p", "neighbourhood": "n", "not_stated": "x"}
STAGES = ("commissioning", "design", "delivery", "assessment")
_PAIRS = tuple(f"hours_{LETTERS[giver]}{LETTERS[receiver]}" for giver in GROUPS for receiver in GROUPS)

CATALOGUE: tuple[Entry, ...] = (
    *_entries("share", "hidden_resource_share", inputs=("flows",)),
    *_entries("share", "hidden_resource_share_without_paid", inputs=("hours_by_payment",)),
    *_entries("share", "users_who_contribute", inputs=("users_active", "users_giving")),
    *_entries("share", "user_professional_reciprocity", inputs=("hours_up", "hours_pu")),
    *_entries("ratio", "user_professional_ratio", inputs=("hours_up", "hours_pu")),
    *_entries("ratio", "leverage", inputs=("hours_by_users", "hours_by_neighbourhood", "hours_by_professionals")),
    *_entries("share", "neighbourhood_dividend", inputs=("hours_un", "hours_pn", "hours_given")),
    *_entries("share", "peer_share", inputs=("hours_uu", "hours_by_users")),
    *_entries("share", "blurred_roles", inputs=("people_in_several_capacities", "active_members")),
    *_entries("ratio", "voice_and_action", inputs=("voice_hours", "action_hours")),
    *_entries("hours", "voice_hours", "action_hours", inputs=("hours_by_stage",)),
    *_entries("share", "confirmed_by_both", "entered_by_coordinator", "confirmed_by_neither", inputs=("hours_given",)),
    *_entries("hours", "hours_given", "person_hours_received", inputs=("ledger",)),
    *_entries("hours", "paid_hours", "mandated_hours", "consultation_hours", inputs=("ledger",)),
    *_entries("hours", *_PAIRS, inputs=("flows",)),
    *_entries("hours", *(f"hours_by_{group}" for group in GROUPS), inputs=("flows",)),
    *_entries("share", "not_stated_share", inputs=("flows",)),
    *_entries("table", "flows", "hours_by_payment", "hours_by_stage", "hours_by_service", inputs=("ledger",)),
    *_entries("table", "hours_by_month", inputs=("ledger",)),
    *_entries("curve", "coproduction_matrix", inputs=("hours_by_service",)),
    *_entries(
        "people", "active_members", "new_members", "returning_members", "reactivated_members", inputs=("ledger",)
    ),
    *_entries("people", "lapsed_members", "active_before", inputs=("ledger",)),
    *_entries("people", "users_active", "users_giving", "people_in_several_capacities", inputs=("ledger",)),
    *_entries("people", "two_way_people", "give_only_people", "receive_only_people", inputs=("ledger",)),
    *_entries("share", "two_way_share", "give_only_share", "receive_only_share", inputs=("active_members",)),
    *_entries("share", "scheme_mutuality", inputs=("ledger",)),
    *_entries("curve", "give_receive_histogram", inputs=("ledger",)),
    *_entries("share", "gini_of_giving", "gini_of_giving_small_sample", inputs=("ledger",)),
    *_entries("ratio", "spend_ratio", inputs=("credit_spent_hours", "credit_earned_hours")),
    *_entries("hours", "credit_spent_hours", "credit_earned_hours", inputs=("ledger",)),
    *_entries("a year", "velocity", inputs=("credit_moved_hours", "mean_credit_held_hours")),
    *_entries("hours", "credit_moved_hours", "mean_credit_held_hours", "pot_hours", inputs=("ledger",)),
    *_entries("curve", "balances_in_bands", inputs=("ledger",)),
    *_entries("share", "receiver_to_giver_conversion", inputs=("receiver_to_giver_curve",)),
    *_entries("people", "receiver_to_giver_people", "receiver_to_giver_converted", inputs=("ledger",)),
    *_entries("curve", "receiver_to_giver_curve", inputs=("ledger",)),
    *_entries("days", *(f"days_to_match_{what}" for what in ("lower_quartile", "median", "upper_quartile"))),
    *_entries(
        "days",
        *(f"days_to_first_exchange_{what}" for what in ("lower_quartile", "median", "upper_quartile")),
        inputs=("ledger",),
    ),
    *_entries("people", "people_in_network", inputs=("ledger",)),
    *_entries("links", "links", "reciprocated_links", inputs=("ledger",)),
    *_entries("index", "density", "reciprocity", "rho", inputs=("people_in_network", "links", "reciprocated_links")),
    *_entries("share", "weighted_reciprocity", inputs=("ledger",)),
    *_entries("share", "weighted_reciprocity_expected", inputs=("ledger",)),
    *_entries("index", "rho_w", inputs=("weighted_reciprocity", "weighted_reciprocity_expected")),
    *_entries("share", "largest_component_share", inputs=("people_in_network",)),
    *_entries("hours", "late_hours", inputs=("ledger",)),
    *_entries("exchanges", "exchanges", "reversed_exchanges", inputs=("ledger",)),
    *_entries("hours", "sum_of_balances", inputs=("ledger",)),
)

INPUTS = {entry.name: entry.inputs for entry in CATALOGUE}
