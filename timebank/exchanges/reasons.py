"""Every transfer has its reason beside the ledger, and says the same as it: an exchange, a gift, or opening credit.

Whoever forges a transfer that adds up has to forge its reason too, with everybody who confirmed it; and whoever changes
an exchange or a gift that was posted is found out by the ledger.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import text

from timebank.extensions import db
from timebank.ledger.verify import Problem

# Each question selects the rows that break one law; where all is well there are none.
_LAWS = (
    (
        "transfer {0}",
        "is for no exchange, gift or opening credit that there is",
        """SELECT t.id FROM transfer t
           LEFT JOIN exchange x ON x.reference = t.linked_by AND x.bank_id = t.bank_id
           LEFT JOIN gift g ON g.reference = t.linked_by AND g.bank_id = t.bank_id
           WHERE x.id IS NULL AND g.id IS NULL AND NOT EXISTS (
             SELECT 1 FROM membership m WHERE 'opening:' || m.reference = t.linked_by AND m.bank_id = t.bank_id
               AND t.kind = 'opening' AND m.account_id = t.to_account_id) ORDER BY t.id""",
    ),
    (
        "transfer {0}",
        "has other minutes, accounts, or another day, kind or book, than exchange {1}",
        """SELECT t.id, x.reference FROM transfer t
           JOIN exchange x ON x.reference = t.linked_by AND x.bank_id = t.bank_id
           WHERE t.minutes <> x.minutes OR t.book <> x.book
             OR t.kind NOT IN ('exchange', 'history', 'reversal') OR (t.kind <> 'reversal' AND (
               t.happened_on <> x.happened_on
               OR NOT EXISTS (SELECT 1 FROM party p WHERE p.exchange_id = x.id AND p.account_id = t.from_account_id
                              AND p.side = 'receiver')
               OR NOT EXISTS (SELECT 1 FROM party p WHERE p.exchange_id = x.id AND p.account_id = t.to_account_id
                              AND p.side = 'giver')
                 AND NOT EXISTS (SELECT 1 FROM account a WHERE a.id = t.to_account_id AND a.kind = 'community')))
           ORDER BY t.id""",
    ),
    # Every transfer of an exchange is between two who took part, or from one of them to the community: one fewer than
    # there are parties.
    (
        "exchange {0}",
        "is {1}, but {2} transfers were posted for it and {3} of them reversed",
        """SELECT reference, status, posted, reversed FROM (
             SELECT x.reference, x.status, (SELECT count(*) FROM party p WHERE p.exchange_id = x.id) AS parties,
               (SELECT count(*) FROM transfer t WHERE t.bank_id = x.bank_id AND t.linked_by = x.reference
                  AND t.reverses_id IS NULL) AS posted,
               (SELECT count(*) FROM transfer t WHERE t.bank_id = x.bank_id AND t.linked_by = x.reference
                  AND t.reverses_id IS NOT NULL) AS reversed
             FROM exchange x) told
           WHERE posted <> CASE WHEN status IN ('approved', 'reversed') THEN parties - 1 ELSE 0 END
              OR reversed <> CASE status WHEN 'reversed' THEN posted ELSE 0 END
           ORDER BY reference""",
    ),
    (
        "gift {0}",
        "is not what was posted for it: {1} transfers, {2} of them reversed",
        """SELECT reference, posted, reversed FROM (
             SELECT g.reference, g.reversed_at, (SELECT count(*) FROM transfer t
                 WHERE t.bank_id = g.bank_id AND t.linked_by = g.reference AND t.kind = g.kind AND t.book = 'credit'
                   AND t.minutes = g.minutes AND t.happened_on = g.given_on
                   AND t.from_account_id = g.from_account_id AND t.to_account_id = g.to_account_id) AS posted,
               (SELECT count(*) FROM transfer t WHERE t.bank_id = g.bank_id AND t.linked_by = g.reference
                  AND t.reverses_id IS NOT NULL) AS reversed,
               (SELECT count(*) FROM transfer t WHERE t.bank_id = g.bank_id AND t.linked_by = g.reference) AS every
             FROM gift g) told
           WHERE posted <> 1 OR every <> posted + reversed
              OR reversed <> CASE WHEN reversed_at IS NULL THEN 0 ELSE 1 END
           ORDER BY reference""",
    ),
)


def problems() -> Iterator[Problem]:
    """Yield each transfer without its reason, and each exchange or gift that says something else than was posted."""
    for row, what, question in _LAWS:
        for values in db.session.execute(text(question)):
            yield Problem(row=row.format(*values), what=what.format(*values))
