"""Bugs in sealing, and in what proves that a ledger is as it must be."""

from __future__ import annotations

from tests.mutation.mutation import LEDGER, mutations_of

SEALS = "tests/ledger/test_seals.py -k sqlite"
DIGESTS = "tests/ledger/test_damage.py -k 'sqlite and as_it_ever_was'"
VERIFY = "tests/ledger/test_damage.py tests/ledger/test_verify.py -k sqlite"

FITTING = "tests/ledger/test_damage.py -k everything_else_fits"

_seals = mutations_of(f"{LEDGER}/seals.py", SEALS)
_lines = mutations_of(f"{LEDGER}/lines.py", SEALS)
_replay = mutations_of(f"{LEDGER}/replay.py", VERIFY)

SEALS_MUTATIONS = (
    mutations_of(f"{LEDGER}/models.py", SEALS)(
        "a head does not say of which seal it is", 'return f"{self.number}:{self.digest}"', "return self.digest"
    ),
    *(
        _seals(name, "seal|{bank_id}|{number}|{before}", instead, tests=DIGESTS)
        for name, instead in (
            ("a seal stands without the one before it", "seal|{bank_id}|{number}|"),
            ("a seal has no number", "seal|{bank_id}|{before}"),
            ("a seal is of no bank", "seal|{number}|{before}"),
        )
    ),
    _seals("a seal covers no rows", '|{before}", *rows)', '|{before}", *list(rows)[:0])'),
    _seals("marks are the end of a digest", ".digest()[:MARK_BYTES]", ".digest()[-MARK_BYTES:]", tests=DIGESTS),
    _seals("the head is the first seal", "order_by(Seal.number.desc())", "order_by(Seal.number)"),
    _seals(
        "the head is that of any bank",
        "select(Seal).where(Seal.bank_id == bank_id).order_by(Seal.number.desc())",
        "select(Seal).order_by(Seal.number.desc())",
    ),
    _seals(
        "a month's seal is the last",
        "last_day >= last_day).order_by(Seal.number).limit",
        "last_day >= last_day).order_by(Seal.number.desc()).limit",
    ),
    _seals("a month's seal is a later month's", "Seal.last_day >= last_day", "Seal.last_day > last_day"),
    _seals("the last sealed transfer is not sealed", 'AND id > :last"', 'AND id >= :last"'),
    _seals(
        "a month is sealed before what is in it", "if are_all else []", "if accounts or transfers or are_all else []"
    ),
    _seals(
        "a month is left for ever where a part is just full",
        "len(transfers)) < TRANSFERS_IN_A_SEAL",
        "len(transfers)) != TRANSFERS_IN_A_SEAL - 1",
    ),
    _seals("accounts are not sealed", "(*accounts, *transfers, *months)", "(*transfers, *months)"),
    _seals("transfers are not sealed", "(*accounts, *transfers, *months)", "(*accounts, *months)"),
    _seals("months are not sealed", "(*accounts, *transfers, *months)", "(*accounts, *transfers)"),
    _seals("rows are sealed in another order", "(*accounts, *transfers, *months)", "(*transfers, *accounts, *months)"),
    _seals("every seal has the same number", "number = last.number + 1 if last else 1", "number = 1"),
    _seals(
        "the last account of a seal is one too low",
        "last_account_id=accounts[-1][0] if",
        "last_account_id=accounts[-1][0] - 1 if",
    ),
    _seals(
        "the last account of a seal is its first",
        "last_account_id=accounts[-1][0] if",
        "last_account_id=accounts[0][0] if",
    ),
    _seals(
        "the last transfer of a seal is one too low",
        "last_transfer_id=transfers[-1][0] if",
        "last_transfer_id=transfers[-1][0] - 1 if",
    ),
    _seals(
        "the last transfer of a seal is its first",
        "last_transfer_id=transfers[-1][0] if",
        "last_transfer_id=transfers[0][0] if",
    ),
    _seals("the last month of a seal is its first", "fromisoformat(months[-1][0])", "fromisoformat(months[0][0])"),
    _seals("a seal counts every row as a transfer", "transfers=len(transfers),", "transfers=len(rows),"),
    _seals("every seal follows none", "last.digest if last else FIRST, rows)", "FIRST, rows)"),
    _seals("a seal has no marks", 'marks=b"".join(map(mark_of, rows))', 'marks=b""'),
    _seals(
        "a seal begins with what the last one ended with",
        "t.bank_id = :bank_id AND t.id > :after",
        "t.bank_id = :bank_id AND t.id >= :after",
    ),
    _seals(
        "a seal covers every bank's transfers",
        "FROM transfer t WHERE t.bank_id = :bank_id AND",
        "FROM transfer t WHERE",
    ),
    _seals(
        "a seal covers every bank's accounts", "FROM account a WHERE a.bank_id = :bank_id AND", "FROM account a WHERE"
    ),
    _seals("a seal covers every bank's months", "WHERE m.bank_id = :bank_id AND m.last_day", "WHERE m.last_day"),
    _seals("the last month is sealed again", "m.last_day > :after", "m.last_day >= :after"),
    _seals("the last month is not sealed", "m.last_day <= :until", "m.last_day < :until"),
    _seals("transfers are sealed the newest first", "ORDER BY t.id LIMIT", "ORDER BY t.id DESC LIMIT"),
    _seals(
        "a seal waits for nobody",
        'if db.engine.dialect.name != "postgresql":\n        return',
        "if db.engine.dialect.name:\n        return",
        tests="tests/ledger/test_locks.py tests/ledger/test_seals.py -k postgresql",
    ),
    _seals(
        "a seal waits for ever",
        "SET LOCAL lock_timeout = '{_PATIENCE}'",
        "SET LOCAL lock_timeout = '300s'",
        tests="tests/ledger/test_locks.py -k postgresql",
    ),
    _seals(
        "who seals loses patience for good",
        "SET LOCAL lock_timeout = DEFAULT",
        "SELECT 1",
        tests="tests/ledger/test_locks.py -k postgresql",
    ),
    _seals(
        "a seal waits for another bank's postings",
        '_BANK_LOCK}, :bank_id)"), {"bank_id": bank_id}',
        '_BANK_LOCK}, 0)")',
        tests="tests/ledger/test_locks.py tests/ledger/test_seals.py -k postgresql",
    ),
)

_FIELDS_OF_LINES = {
    "a bank of a transfer": '            "t.bank_id",\n',
    "a book": '            "t.book",\n',
    "a kind of a transfer": '            "t.kind",\n',
    "who gives the minutes": '            "t.from_account_id",\n',
    "who gets the minutes": '            "t.to_account_id",\n',
    "the minutes": '            "t.minutes",\n',
    "the day of the help": '            day.format("t.happened_on"),\n',
    "the day that it counts": '            day.format("t.effective_on"),\n',
    "the moment of posting": '            moment.format("t.posted_at"),\n',
    "the key": '            word("t.key"),\n',
    "the digest of the request": '            word("t.request_hash"),\n',
    "the name": '            word("t.linked_by"),\n',
    "what is reversed": '            "coalesce(t.reverses_id, 0)",\n',
    "a kind of an account": '            "a.kind",\n',
    "an account's number": '            word("a.number"),\n',
    "when an account was opened": '            moment.format("a.opened_at"),\n',
    "when a month was closed": '            moment.format("m.closed_at"),\n',
}

LINES_MUTATIONS = (
    *(_lines(f"a seal does not cover {what}", line, "") for what, line in _FIELDS_OF_LINES.items()),
    _lines("a seal does not count snapshots", 'AND s.last_day = m.last_day)"', 'AND s.last_day <> m.last_day)"'),
    _lines("two rows can have the same line", "return f\"length({column}) || ':' || {column}\"", "return column"),
    _lines(
        "a moment has no parts of a second",
        "HH24:MI:SS.US",
        "HH24:MI:SS",
        tests="tests/ledger/test_seals.py -k postgresql",
    ),
    _lines(
        "a moment is that of the server's clock",
        "AT TIME ZONE 'UTC'",
        "AT TIME ZONE 'Asia/Kathmandu'",
        tests="tests/ledger/test_seals.py -k postgresql",
    ),
)

REPLAY_MUTATIONS = (
    *(
        _replay(f"an entry may be of another {what}", clause, "")
        for what, clause in {
            "number of minutes": " AND {side}.minutes = {sign}t.minutes",
            "book": " AND {side}.book = t.book",
            "bank": " AND {side}.bank_id = t.bank_id",
            "day": "\n             AND {side}.effective_on = t.effective_on",
        }.items()
    ),
    *(
        mutation
        for side in ("giver", "taker")
        for mutation in (
            _replay(
                f"running numbers of the {side} are not compared",
                f"if number != {side}_at or balance != {side}_has:",
                f"if balance != {side}_has:",
            ),
            _replay(
                f"running balances of the {side} are not compared",
                f"if number != {side}_at or balance != {side}_has:",
                f"if number != {side}_at:",
            ),
            _replay(
                f"one wrong entry makes all that follow wrong for the {side}",
                f"                number, balance = ({side}_at, {side}_has) if {side}_at is not None else (number, balance)\n",
                "",
            ),
        )
    ),
    _replay(
        "who gives is given",
        "balances.get(giver, 0) - minutes",
        "balances.get(giver, 0) + minutes",
        tests="tests/ledger/test_verify.py -k sqlite",
    ),
    # What the replay sees of a transfer by itself. Where it sees nothing, the laws that would name it are not asked.
    *(
        _replay(f"it goes unseen when not: {' '.join(clause.split())}", clause, instead, tests=FITTING)
        for clause, instead in (
            ("t.minutes BETWEEN 1 AND 100000000 AND", "t.minutes >= 1 AND"),
            (" AND t.book IN ('credit', 'record')\n", "\n"),
            (" m.bank_id = t.bank_id AND", ""),
            (" AND m.last_day >= t.happened_on\n", "\n"),
            ("\n          AND m.last_day = {day_before}))", "))"),
            ("AND typeof(t.minutes) = 'integer' AND length", "AND length"),
            (" AND length(t.happened_on) = 10 AND", " AND"),
            (" AND length(t.posted_at) >= 19\n", "\n"),
            ("AND typeof(f.number) = 'integer' AND", "AND"),
            (" AND typeof(f.balance_minutes) = 'integer'\n", "\n"),
            ("AND typeof(o.number) = 'integer' AND", "AND"),
            (' AND typeof(o.balance_minutes) = \'integer\'"""', '"""'),
            ("            if not is_whole:\n                self.unlawful = True\n", ""),
        )
    ),
    *(
        _replay(f"it goes unseen when not: {' '.join(clause.split())}", clause, "", tests=VERIFY)
        for clause in (
            "\n      AND t.kind IN ('exchange', 'history', 'donation', 'grant', 'opening', 'reversal')",
            "\n      AND (t.kind = 'reversal') = (t.reverses_id IS NOT NULL)",
        )
    ),
    _replay(
        "nothing that a transfer says by itself is seen",
        "            if not lawful:\n                self.unlawful = True\n",
        "",
    ),
    _replay(
        "the last transfer of a seal belongs to the next",
        "while id_ > bank.sealed_until and",
        "while id_ >= bank.sealed_until and",
    ),
    _replay(
        "the last seals are not looked at",
        "            while bank.seal is not None:\n                yield from self._check_seal(bank)\n",
        "            pass\n",
    ),
    _replay(
        "the first transfers of each part are left out",
        "            after = rows[-1][0]\n",
        "            after = rows[-1][0] + 1\n",
        tests="tests/ledger/test_damage.py -k sqlite",
    ),
    _replay(
        "a transfer of no bank is passed over",
        '                    yield Problem(f"transfer {id_}", f"is of bank {bank_id}, which is not there")\n',
        "",
    ),
    _replay(
        "an entry is named that is right",
        '{"transfer": transfer_id, "account": account_id}',
        '{"transfer": transfer_id, "account": 0}',
    ),
    _replay(
        "the entries of a wrong transfer are not named",
        '        for (entry,) in db.session.execute(text(_NOT_OF_ITS_TRANSFER), {"transfer": transfer_id}):',
        "        for (entry,) in ():",
    ),
    _replay("a missing seal is passed over", "if bank.seal.number != wanted:", "if bank.seal.number < wanted:"),
    _replay(
        "a seal is looked for from its own number on",
        "wanted = bank.seal.number + 1 if bank.seal else 1",
        "wanted = bank.seal.number + 2 if bank.seal else 1",
        tests=SEALS,
    ),
    _replay("digests are not compared", "if digest != seal.digest:", "if len(digest) != len(seal.digest):"),
    _replay(
        "each seal is compared as if it were the first",
        "before.digest if before else seals.FIRST, covered",
        "seals.FIRST, covered",
        tests=SEALS,
    ),
    _replay(
        "accounts are read from the beginning",
        "before.last_account_id if before else 0, seal.last",
        "0, seal.last",
        tests=SEALS,
    ),
    _replay(
        "months are read from the beginning",
        "before.last_day if before else None, seal.last",
        "None, seal.last",
        tests="tests/ledger/test_seals.py tests/ledger/test_damage.py -k sqlite",
    ),
    _replay(
        "a seal's months are read to the end",
        "if before else None, seal.last_day)",
        "if before else None, seals.dt.date.max)",
        tests="tests/ledger/test_seals.py tests/ledger/test_damage.py -k sqlite",
    ),
    _replay("seals are not counted", "        self.counts.seals += 1\n", ""),
    _replay(
        "a balance is not compared with its entries",
        "if (minutes, entries) != (led_to, counted):",
        "if entries != counted:",
    ),
    _replay(
        "how many entries a balance had is not compared",
        "if (minutes, entries) != (led_to, counted):",
        "if minutes != led_to:",
    ),
    _replay("a bank's sum is not compared", "            if total:\n", "            if total is None:\n"),
    _replay(
        "a bank's books are summed together",
        "sums[bank_id, book] = sums.get((bank_id, book), 0) + minutes",
        'sums[bank_id, ""] = sums.get((bank_id, ""), 0) + minutes',
    ),
    _replay(
        "transfers without a balance are passed over",
        "            for place in bank.numbers:\n",
        "            for place in ():\n",
    ),
    _replay("entries are not counted", "if there == 2 * self.counts.transfers:", "if there:"),
    _replay(
        "an entry of no transfer is not named", "WHERE t.id IS NULL OR e.account_id NOT IN", "WHERE e.account_id NOT IN"
    ),
    _replay(
        "an entry of somebody else is not named",
        "WHERE t.id IS NULL OR e.account_id NOT IN (t.from_account_id, t.to_account_id)",
        "WHERE t.id IS NULL",
    ),
    _replay("a changed seal is called a changed row", "    if were == marks:\n", "    if were is marks:\n"),
    _replay(
        "changed rows are not named",
        '            yield Problem(row, f"is not as it was when it was sealed ({name})")\n',
        "            pass\n",
    ),
    _replay("rows that are gone are not counted", "        if missing > 0:\n", "        if missing > 1:\n"),
    _replay(
        "the seal of changed rows is not named", '    yield Problem(name, "is not the digest of what it covers")\n', ""
    ),
    _replay(
        "the place of what is gone is off by one",
        "before = rows[new_from - 1][0] if new_from > 0",
        "before = rows[new_from][0] if new_from > 0",
        tests="tests/ledger/test_damage.py -k sqlite",
    ),
)
