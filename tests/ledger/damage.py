"""Everything that somebody who may do anything in the database could do to a ledger, and what has to be named for it.

Guards and foreign keys are switched off first and on again afterwards, so nothing but the rows tells. Names in braces
are ids of the scene; {number} is the number of the giver's account and {code} the bank's code. January is closed and
sealed; what was posted in March came after the seal.
"""

from __future__ import annotations

from tests.ledger.attacks import a_transfer

GIVERS_CREDIT = "account_id = {giver} AND book = 'credit'"

# A transfer taken out with everything that it did: what a careful thief would do.
TAKEN_OUT = (
    "UPDATE balance SET minutes = minutes - (SELECT minutes FROM entry e WHERE e.transfer_id = {which} "
    "AND e.account_id = balance.account_id AND e.book = balance.book), entries = entries - 1 "
    "WHERE EXISTS (SELECT 1 FROM entry e WHERE e.transfer_id = {which} AND e.account_id = balance.account_id "
    "AND e.book = balance.book); "
    "DELETE FROM entry WHERE transfer_id = {which}; DELETE FROM transfer WHERE id = {which}"
)


def taken_out(which: str) -> str:
    """Return SQL that removes a transfer, its entries and what it moved."""
    return TAKEN_OUT.replace("{which}", which)


def sealed_transfer(change: str) -> tuple[str, list[str]]:
    """Return a change of one column of the sealed transfer, and what has to be named for it."""
    return (
        f"UPDATE transfer SET {change} WHERE id = {{sealed}}",
        ["transfer {sealed} is not as it was when it was sealed (seal 1 of bank {code})"],
    )


def late_transfer(change: str) -> tuple[str, list[str]]:
    """Return a change of a transfer that is not sealed yet, and what has to be named for it."""
    return (
        f"UPDATE transfer SET {change} WHERE id = {{transfer}}",
        ["transfer {transfer} is not what was asked for when it was posted"],
    )


DAMAGE: dict[str, tuple[str, list[str]]] = {
    # Balances.
    "an edited balance": (
        f"UPDATE balance SET minutes = minutes + 600 WHERE {GIVERS_CREDIT}",
        ["balance of account {number} in the credit book is", "bank {code} has balances in the credit book"],
    ),
    "an edited number of entries": (
        f"UPDATE balance SET entries = 99 WHERE {GIVERS_CREDIT}",
        ["balance of account {number} in the credit book is"],
    ),
    "two balances edited so that they still add up to nothing": (
        "UPDATE balance SET minutes = minutes + CASE account_id WHEN {giver} THEN 60 ELSE -60 END "
        "WHERE account_id IN ({giver}, {receiver}) AND book = 'credit'",
        ["balance of account {number} in the credit book is"],
    ),
    "a deleted balance": (
        "DELETE FROM balance WHERE account_id = {newcomer} AND book = 'record'",
        ["does not have one balance in each book"],
    ),
    "a deleted balance that had moved": (
        f"DELETE FROM balance WHERE {GIVERS_CREDIT}",
        ["account {number} has transfers of bank {code} but no balance there for them"],
    ),
    "an enormous balance": (
        f"UPDATE balance SET minutes = 9223372036854775807 WHERE {GIVERS_CREDIT}",
        ["balance of account {number} in the credit book is 9223372036854775807 minutes"],
    ),
    # Entries.
    "an edited entry": (
        "UPDATE entry SET minutes = minutes + 1 WHERE id = {entry}",
        ["transfer {transfer} does not have exactly", "entry {entry} is in another account, bank or book"],
    ),
    "an edited running balance": (
        "UPDATE entry SET balance_minutes = balance_minutes + 1 WHERE id = {entry}",
        ["entry {entry} breaks the running number or the running balance"],
    ),
    "an edited running number": (
        "UPDATE entry SET number = 77 WHERE id = {entry}",
        ["entry {entry} breaks the running number or the running balance"],
    ),
    "a deleted entry": ("DELETE FROM entry WHERE id = {entry}", ["transfer {transfer} does not have exactly"]),
    "a forged entry": (
        "INSERT INTO entry (bank_id, transfer_id, account_id, book, number, minutes, balance_minutes, effective_on) "
        "VALUES ({bank}, {transfer}, {newcomer}, 'credit', 1, 45, 45, '2026-03-05')",
        ["is of no transfer, or of an account that had no part in its transfer"],
    ),
    "an entry in the wrong book": (
        "UPDATE entry SET book = 'record', number = 50 WHERE id = {entry}",
        ["entry {entry} is in another account, bank or book than transfer {transfer}"],
    ),
    "an entry on another day": (
        "UPDATE entry SET effective_on = '2026-03-31' WHERE id = {entry}",
        ["entry {entry} is in another account, bank or book than transfer {transfer}, or of other minutes"],
    ),
    "an entry in another bank": (
        "UPDATE entry SET bank_id = {other_bank} WHERE id = {entry}",
        ["entry {entry} is in another account, bank or book than transfer {transfer}"],
    ),
    "an entry moved to somebody else": (
        "UPDATE entry SET account_id = {newcomer}, number = 1 WHERE id = {entry}",
        ["transfer {transfer} does not have exactly", "entry {entry} is in another account"],
    ),
    "two entries that changed places": (
        "UPDATE entry SET number = -number WHERE account_id = {giver} AND book = 'credit' AND number IN (2, 3); "
        "UPDATE entry SET number = 5 + number, balance_minutes = balance_minutes WHERE number < 0",
        ["breaks the running number or the running balance of account {number}"],
    ),
    "an enormous entry": (
        "UPDATE entry SET minutes = 2147483647 WHERE id = {entry}",
        ["transfer {transfer} does not have exactly", "entry {entry} is in another account"],
    ),
    # Transfers.
    "a forged transfer": (
        a_transfer(key="'forged'", id="{reversal} + 100"),
        ["does not have exactly one entry in each of its two accounts", "is not what was asked for"],
    ),
    "a transfer in the name of another bank": (
        "UPDATE transfer SET bank_id = {other_bank} WHERE id = {transfer}",
        ["transfer {transfer} is between accounts of another bank", "transfer {transfer} does not have exactly"],
    ),
    "a transfer in the name of a bank that is not there": (
        "UPDATE transfer SET bank_id = 4711 WHERE id = {transfer}",
        ["transfer {transfer} is of bank 4711, which is not there"],
    ),
    "an edited transfer": (
        "UPDATE transfer SET minutes = minutes * 2 WHERE id = {transfer}",
        ["transfer {transfer} does not have exactly"],
    ),
    "a transfer edited with its entries and its balances": (
        "UPDATE transfer SET minutes = minutes + 60 WHERE id = {transfer}; "
        "UPDATE entry SET balance_minutes = balance_minutes + CASE WHEN minutes < 0 THEN -60 ELSE 60 END, "
        "minutes = minutes + CASE WHEN minutes < 0 THEN -60 ELSE 60 END WHERE transfer_id = {transfer}",
        ["transfer {transfer} is not what was asked for when it was posted"],
    ),
    "a transfer turned round": (
        "UPDATE transfer SET from_account_id = to_account_id, to_account_id = from_account_id WHERE id = {transfer}",
        ["transfer {transfer} does not have exactly"],
    ),
    "a transfer put on another day": (
        "UPDATE transfer SET effective_on = '2026-03-31' WHERE id = {transfer}",
        ["transfer {transfer} counts neither on the day it happened", "entry {entry} is in another account"],
    ),
    "a transfer put on another day with its entries": (
        "UPDATE transfer SET effective_on = '2026-03-31', happened_on = '2026-03-31' WHERE id = {transfer}; "
        "UPDATE entry SET effective_on = '2026-03-31' WHERE transfer_id = {transfer}",
        ["transfer {transfer} is not what was asked for"],
    ),
    "a transfer that says it was for something else": late_transfer("linked_by = 'something else'"),
    "an exchange that says it was a grant": late_transfer("kind = 'grant'"),
    "another digest of what was asked for": late_transfer("request_hash = 'x'"),
    "a reversal that says it is an exchange": (
        "UPDATE transfer SET kind = 'exchange', reverses_id = NULL WHERE id = {reversal}",
        ["transfer {reversal} is not what was asked for"],
    ),
    "a reversal of nothing": (
        "UPDATE transfer SET kind = 'reversal' WHERE id = {transfer}",
        ["transfer {transfer} is a reversal that reverses nothing"],
    ),
    "a reversal that is not the opposite": (
        "UPDATE transfer SET reverses_id = {transfer} WHERE id = {reversal}",
        ["transfer {reversal} says it reverses transfer {transfer}"],
    ),
    "the last transfer deleted": (
        "DELETE FROM transfer WHERE id = {reversal}",
        ["is of no transfer, or of an account that had no part in its transfer"],
    ),
    "a transfer to another bank": (
        "UPDATE transfer SET to_account_id = {stranger} WHERE id = {transfer}",
        ["transfer {transfer} is between accounts of another bank", "transfer {transfer} does not have exactly"],
    ),
    "a transfer with itself": (
        "UPDATE transfer SET to_account_id = from_account_id WHERE id = {transfer}",
        ["transfer {transfer} is between accounts of another bank, of one account with itself"],
    ),
    "a transfer slipped into a closed month": (
        "UPDATE transfer SET happened_on = '2026-01-20', effective_on = '2026-01-20' WHERE id = {transfer}; "
        "UPDATE entry SET effective_on = '2026-01-20' WHERE transfer_id = {transfer}",
        ["snapshot of account {number} in the credit book at 2026-01-31"],
    ),
    # What was sealed, even where everything still adds up.
    "a sealed transfer under another key": sealed_transfer("key = 'x'"),
    "a sealed transfer of another moment": sealed_transfer("posted_at = '2025-12-31 00:00:00'"),
    "a sealed transfer of another kind": sealed_transfer("kind = 'grant'"),
    "a sealed transfer for something else": sealed_transfer("linked_by = 'x'"),
    "a sealed transfer with another digest of its request": sealed_transfer("request_hash = 'x'"),
    "a sealed transfer of another day": (
        "UPDATE transfer SET happened_on = '2026-01-02', effective_on = '2026-01-02' WHERE id = {sealed}; "
        "UPDATE entry SET effective_on = '2026-01-02' WHERE transfer_id = {sealed}",
        ["transfer {sealed} is not as it was when it was sealed"],
    ),
    "a sealed transfer taken out with all it did": (
        taken_out("{sealed}"),
        ["1 rows that were sealed are gone (seal 1 of bank {code})"],
    ),
    "an account of another kind": (
        "UPDATE account SET kind = 'organisation' WHERE id = {giver}",
        ["account with the id {giver} is not as it was when it was sealed"],
    ),
    "an account of no kind": ("UPDATE account SET kind = 'x' WHERE id = {newcomer}", ["is in no bank, or of no kind"]),
    "a community account turned into a member's": (
        "UPDATE account SET kind = 'member' WHERE id = {community}",
        ["bank {code} does not have exactly one community account"],
    ),
    "an account under another number": (
        "UPDATE account SET number = 'x' WHERE id = {giver}",
        ["account with the id {giver} is not as it was when it was sealed"],
    ),
    "an account in another bank": (
        "UPDATE account SET bank_id = {other_bank} WHERE id = {giver}",
        ["account {number} does not have one balance in each book, in its own bank"],
    ),
    "a deleted account": (
        "DELETE FROM account WHERE id = {giver}",
        ["1 rows that were sealed are gone", "transfer {transfer} is between accounts of another bank"],
    ),
    "a deleted account that had done nothing": (
        "DELETE FROM balance WHERE account_id = {floored}; DELETE FROM account WHERE id = {floored}",
        ["1 rows that were sealed are gone"],
    ),
    # Months.
    "an edited snapshot": (
        f"UPDATE snapshot SET minutes = minutes + 60 WHERE {GIVERS_CREDIT}",
        ["snapshot of account {number} in the credit book at 2026-01-31 is 150 minutes", "add up to 90"],
    ),
    "a deleted snapshot": (
        f"DELETE FROM snapshot WHERE {GIVERS_CREDIT}",
        ["closed month 2026-01-31 of bank {code} has no snapshot of account {number}", "closed month of 2026-01-31"],
    ),
    "a snapshot of a month that is open": (
        "DELETE FROM closed_month",
        ["snapshot of account {number} in the credit book at 2026-01-31", "1 rows that were sealed are gone"],
    ),
    "a month that was opened again": (
        "DELETE FROM snapshot; DELETE FROM closed_month",
        ["1 rows that were sealed are gone (seal 1 of bank {code})"],
    ),
    "a month closed in its middle": (
        "INSERT INTO closed_month (bank_id, last_day, closed_at) VALUES ({bank}, '2026-02-15', '2026-03-01 00:00:00')",
        ["closed month 2026-02-15 of bank {code} does not end on the last day of a month"],
    ),
    "a month closed at another moment": (
        "UPDATE closed_month SET closed_at = '2026-02-20 00:00:00'",
        ["closed month of 2026-01-31 of bank {code} is not as it was when it was sealed"],
    ),
    # Seals.
    "a seal with another digest": (
        f"UPDATE seal SET digest = '{'0' * 64}'",
        ["seal 1 of bank {code} is not the digest of what it covers and of the seal before it"],
    ),
    "a seal with other marks": (
        "UPDATE seal SET marks = marks, last_transfer_id = last_transfer_id + 1",
        ["seal 1 of bank {code} is not the digest of what it covers"],
    ),
    "a seal with another number": (
        "UPDATE seal SET number = 2",
        ["seal 1 of bank {code} is not there, though later ones are"],
    ),
}

# SQLite keeps whatever it is given, in whatever column.
DAMAGE_ON_SQLITE: dict[str, tuple[str, list[str]]] = {
    "a transfer of a word": (
        "UPDATE transfer SET minutes = 'many' WHERE id = {transfer}",
        ["transfer {transfer} holds something that is no whole number, day or moment"],
    ),
    "a transfer of half a minute": (
        "UPDATE transfer SET minutes = 44.5 WHERE id = {transfer}",
        ["transfer {transfer} holds something that is no whole number, day or moment"],
    ),
    "a transfer on no day": (
        "UPDATE transfer SET happened_on = 'soon' WHERE id = {transfer}",
        ["transfer {transfer} holds something that is no whole number, day or moment"],
    ),
    "an entry of a word": (
        "UPDATE entry SET minutes = 'many' WHERE id = {entry}",
        ["entry {entry} holds something that is no whole number or day"],
    ),
    "an entry of more than can be added up": (
        "UPDATE entry SET minutes = 9223372036854775807 WHERE id = {entry}",
        ["entry {entry} is in another account", "transfer {transfer} does not have exactly"],
    ),
    "entries of more than can be added up, before the close": (
        "UPDATE entry SET minutes = 9223372036854775807 WHERE transfer_id = {sealed}",
        ["transfer {sealed} does not have exactly", "snapshot of account {number}"],
    ),
    "a balance of a word": (
        f"UPDATE balance SET minutes = 'many' WHERE {GIVERS_CREDIT}",
        ["balance of account {number} in the credit book holds something that is no whole number"],
    ),
}
