"""Evidence: what the ledger says about who gives and who receives, and how far it can be trusted.

Everything begins with one call:

    figures_of(bank, start=dt.date(2026, 1, 1), end=dt.date(2026, 7, 1), audience=Audience.BOARD) -> Figures

`Figures.figures` is {name: Figure}, in the order of `catalogue.CATALOGUE`, with every name of it, always. A `Figure`
has

    name     "hidden_resource_share"
    value    int, float, str ("<5"), dict, list, or None where it is undefined or withheld
    reason   in words, why the value is None or not exact; "" otherwise
    unit     "share" (0 to 1), "hours", "people", "ratio", "index", "days", "exchanges", "links",
             "a year", "table", "curve"
    inputs   the names of the figures that it was computed from

`Figures.is_withheld(name)` tells withheld (somebody could be found out) from undefined (nothing to divide by).

Figures of the unit "table" are dicts, whoever reads them:

    {"rows": [...], "columns": [...], "cells": [[...]], "row_totals": [...], "column_totals": [...], "total": ...}

with hours in the cells, None for what is withheld. `flows` is giver by receiver, both "users", "professionals",
"neighbourhood", "not_stated"; `hours_by_payment` and `hours_by_stage` are giver by "paid", "unpaid" and by the four
stages; `hours_by_service` is service by "planning_community", "planning_professionals", "delivery_community",
"delivery_professionals". `hours_by_month` has the months as rows and one column. Where the unit is "curve" the value is
a list: `receiver_to_giver_curve` of {"days", "share", "at_risk"}, `give_receive_histogram` of {"from", "to", "people"},
`balances_in_bands` of {"from_hours", "to_hours", "accounts"}, `coproduction_matrix` of {"service", "planning_share",
"delivery_share", "planning", "delivery"}, where the last two are "professionals", "together", "community",
"not_recorded" or None (withheld).
"""
