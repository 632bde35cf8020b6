"""Bugs in the laws: each clause of each of them, left out."""

from __future__ import annotations

from tests.mutation.mutation import LEDGER, Mutation, mutations_of

VERIFY = "tests/ledger/test_damage.py tests/ledger/test_verify.py -k sqlite"
GUARDS = "tests/ledger/test_seals.py tests/ledger/test_guards.py -k 'is_named or switched_off or taken_away'"
ACTS_OTHERWISE = "tests/ledger/test_damage.py -k acts_otherwise"

_verify = mutations_of(f"{LEDGER}/verify.py", VERIFY)
_reasons = mutations_of("timebank/exchanges/reasons.py", "tests/exchanges/test_reasons.py -k sqlite")
_guards = mutations_of(f"{LEDGER}/guards.py", GUARDS)
_roles = mutations_of(f"{LEDGER}/roles.py", "tests/ledger/test_roles.py")


def _left_out(clause: str, instead: str = "", tests: str = VERIFY) -> Mutation:
    name = f"a law without: {' '.join(clause.split())}"
    return _verify(
        f"{name}, but: {' '.join(instead.split())}" if instead.strip() else name, clause, instead, tests=tests
    )


VERIFY_MUTATIONS = (
    # Accounts and banks.
    _left_out(" AND b.bank_id = a.bank_id\n"),
    _left_out("HAVING count(b.book) <> 2", "HAVING count(b.book) > 2"),
    _left_out("WHERE k.id IS NULL OR a.kind NOT IN", "WHERE a.kind NOT IN"),
    _left_out("k.id IS NULL OR a.kind NOT IN ('member', 'organisation', 'community', 'opening')", "k.id IS NULL"),
    _left_out("HAVING count(a.id) <> 2 OR count(DISTINCT a.kind) <> 2", "HAVING count(DISTINCT a.kind) <> 2"),
    _left_out(" OR count(DISTINCT a.kind) <> 2"),
    # Transfers.
    _left_out("WHERE f.id IS NULL OR o.id IS NULL OR", "WHERE o.id IS NULL OR"),
    _left_out("WHERE f.id IS NULL OR o.id IS NULL OR", "WHERE f.id IS NULL OR"),
    _left_out(" OR f.bank_id <> t.bank_id"),
    _left_out(" OR o.bank_id <> t.bank_id"),
    _left_out(" OR f.id = o.id"),
    _left_out("t.minutes NOT BETWEEN 1 AND 100000000", "t.minutes < 1"),
    _left_out("t.minutes NOT BETWEEN 1 AND 100000000", "t.minutes > 100000000"),
    _left_out(" OR t.book NOT IN ('credit', 'record')"),
    _left_out("\n              OR t.kind NOT IN ('exchange', 'history', 'donation', 'grant', 'opening', 'reversal')"),
    # Reversals.
    _left_out("(kind = 'reversal') <> (reverses_id IS NOT NULL)", "kind = 'reversal' AND reverses_id IS NULL"),
    _left_out("(kind = 'reversal') <> (reverses_id IS NOT NULL)", "kind <> 'reversal' AND reverses_id IS NOT NULL"),
    _left_out("(t.id IS NULL OR t.reverses_id IS NOT NULL", "(t.reverses_id IS NOT NULL"),
    _left_out(" OR t.reverses_id IS NOT NULL\n", "\n"),
    _left_out("              OR t.from_account_id <> r.to_account_id\n"),
    _left_out("              OR t.to_account_id <> r.from_account_id OR", "              OR"),
    _left_out(" OR t.minutes <> r.minutes"),
    _left_out(" OR t.book <> r.book"),
    _left_out(
        "AND o.id < r.id", "AND o.id < r.id AND 1 = 2", "tests/ledger/test_damage.py -k second_reversal_is_named"
    ),
    # Days and months.
    _left_out("WHERE t.effective_on <> t.happened_on AND", "WHERE t.effective_on < t.happened_on AND"),
    _left_out("m.bank_id = t.bank_id AND m.last_day >= t.happened_on", "m.last_day >= t.happened_on"),
    _left_out(" AND m.last_day >= t.happened_on\n", "\n"),
    _left_out("\n               AND {day_before} = m.last_day"),
    _left_out("WHERE {not_the_last_day}", "WHERE m.last_day IS NULL"),
    # Snapshots.
    _left_out("AND e.book = s.book AND e.effective_on <= s.last_day", "AND e.effective_on <= s.last_day"),
    _left_out("e.book = s.book AND e.effective_on <= s.last_day", "e.book = s.book AND e.effective_on < s.last_day"),
    _left_out("OR e.effective_on > s.last_before)", "OR e.effective_on >= s.last_before)"),
    _left_out("m.bank_id = s.bank_id AND m.bank_id = a.bank_id", "m.bank_id = s.bank_id"),
    _left_out(" AND m.last_day = s.last_day\n", "\n"),
    _left_out("told WHERE bank_id IS NULL OR minutes <>", "told WHERE minutes <>"),
    _left_out("bank_id IS NULL OR minutes <> coalesce(before, 0) + since", "bank_id IS NULL"),
    _left_out("WHERE s.account_id IS NULL AND EXISTS (", "WHERE s.account_id IS NULL AND NOT EXISTS ("),
    _left_out("AND s.book = b.book AND s.last_day = m.last_day", "AND s.last_day = m.last_day"),
    _left_out("AND s.book = b.book AND s.last_day = m.last_day", "AND s.book = b.book"),
    _left_out("AND e.book = b.book AND e.effective_on <= m.last_day)", "AND e.book = b.book)"),
    _left_out(
        "AND e.book = b.book AND e.effective_on <= m.last_day)", "AND e.book = b.book AND e.effective_on < m.last_day)"
    ),
    # What SQLite keeps.
    *(
        _left_out(clause, instead)
        for clause, instead in (
            (
                "WHERE typeof(minutes) <> 'integer' OR typeof(bank_id) <> 'integer'\n",
                "WHERE typeof(bank_id) <> 'integer'\n",
            ),
            (" OR typeof(bank_id) <> 'integer'\n", "\n"),
            ("OR typeof(from_account_id) <> 'integer' OR typeof(to", "OR typeof(to"),
            (" OR typeof(to_account_id) <> 'integer'\n", "\n"),
            ("OR typeof(coalesce(reverses_id, 0)) <> 'integer' OR happened_on", "OR happened_on"),
            (" OR happened_on IS NOT date(happened_on)\n", "\n"),
            ("OR effective_on IS NOT date(effective_on) OR datetime", "OR datetime"),
            (" OR datetime(posted_at) IS NULL", ""),
            (
                "WHERE typeof(minutes) <> 'integer' OR typeof(number) <> 'integer'\n",
                "WHERE typeof(number) <> 'integer'\n",
            ),
            (" OR typeof(number) <> 'integer'\n", "\n"),
            (
                "OR typeof(balance_minutes) <> 'integer' OR typeof(account_id) <> 'integer'",
                "OR typeof(account_id) <> 'integer'",
            ),
            (" OR typeof(account_id) <> 'integer'\n", "\n"),
            ("\n             OR effective_on IS NOT date(effective_on) ORDER BY id", " ORDER BY id"),
            ("WHERE typeof(b.minutes) <> 'integer' OR typeof(b.entries)", "WHERE typeof(b.entries)"),
            (" OR typeof(b.entries) <> 'integer'", ""),
        )
    ),
    # Heads, and what was asked for.
    _verify("half a head is enough", "{16,64}", "{1,64}", tests="tests/ledger/test_seals.py -k 'sqlite and TestHeads'"),
    _verify(
        "any head is right",
        "elif not hmac.compare_digest(seal.digest[: len(head.digest)], head.digest):",
        "elif not seal.digest:",
        tests="tests/ledger/test_seals.py -k 'sqlite and TestHeads'",
    ),
    _verify(
        "a head of no seal is right",
        '        if seal is None:\n            yield Problem(name, "is not there',
        '        if seal is None:\n            continue\n            yield Problem(name, "is not there',
        tests="tests/ledger/test_seals.py -k 'sqlite and TestHeads'",
    ),
    _verify(
        "a head is that of any bank",
        "WHERE k.code = :bank AND s.number = :number",
        "WHERE s.number = :number",
        tests="tests/ledger/test_damage.py -k 'sqlite and head_of_each_bank'",
    ),
    _verify(
        "what was asked for is not compared",
        "if request_hash != digest_of_request(*asked_for):",
        "if not digest_of_request(*asked_for):",
    ),
    _verify(
        "what was asked for is not compared after another bank's seal",
        "ON s.bank_id = k.id GROUP BY",
        "ON s.bank_id IS NOT NULL GROUP BY",
    ),
    _verify(
        "guards are not looked at",
        'yield from (Problem(f"guard {name}", what) for name, what in guard_problems())',
        "yield from ()",
        tests=GUARDS,
    ),
    _verify(
        "SQLite's own are forgotten",
        'laws += _LAWS_OF_TRANSFERS + (_LAWS_OF_SQLITE if db.engine.dialect.name == "sqlite" else ())',
        "laws += _LAWS_OF_TRANSFERS",
    ),
    _verify(
        "laws about transfers are asked only where entries do not fit",
        "if broken or self._replay.unlawful:",
        "if broken:",
    ),
    _verify(
        "laws about transfers are not asked where entries do not fit",
        "if broken or self._replay.unlawful:",
        "if self._replay.unlawful:",
    ),
)

GUARDS_MUTATIONS = (
    _guards(
        "a guard that is missing is passed over",
        '            yield name, "is missing from the database"\n',
        "            continue\n",
    ),
    _guards("a strange trigger is passed over", "for name in sorted(wanted | present):", "for name in sorted(wanted):"),
    _guards("a changed guard is passed over", "elif wanted[name] != present[name]:", "elif not present[name]:"),
    _guards("a guard that is switched off is there", "t.tgenabled IN ('O', 'A')", "t.tgenabled <> 'X'"),
    _guards("what a guard does is not looked at", "\n      p.prosrc,", ""),
    _guards("as whom a guard acts is not looked at", " p.prosecdef,", ""),
    _guards("when a guard acts is not looked at", "t.tgtype, ", "", tests=ACTS_OTHERWISE),
    _guards("on what condition a guard acts is not looked at", "t.tgqual IS NULL, ", "", tests=ACTS_OTHERWISE),
    _guards(
        "where a guard looks for its tables is not looked at",
        "array_to_string(p.proconfig, ',') = format('search_path=%I, pg_temp', current_schema()),",
        "true,",
        tests=ACTS_OTHERWISE,
    ),
    _guards("whose a guard is is not looked at", "p.proowner = c.relowner)", "true)", tests=ACTS_OTHERWISE),
    *(
        _guards(
            f"strange triggers on {table} are passed over",
            f'    "{table}",\n',
            "",
        )
        for table in ("account", "seal")
    ),
)

ROLES_MUTATIONS = (
    _roles(
        "the application may change a transfer", '"transfer": "SELECT, INSERT"', '"transfer": "SELECT, INSERT, UPDATE"'
    ),
    _roles("the application may delete a seal", '"seal": "SELECT, INSERT"', '"seal": "SELECT, INSERT, DELETE"'),
    _roles("the application may write an entry", '"entry": "SELECT"', '"entry": "SELECT, INSERT"'),
    _roles("the application may move a balance", "UPDATE (floor_minutes)", "UPDATE (floor_minutes, minutes)"),
    _roles("the application may move an account", "UPDATE (closed_at)", "UPDATE (closed_at, bank_id)"),
    _roles(
        "the application may change the audit",
        '"audit_record": "SELECT, INSERT, UPDATE (came_from)"',
        '"audit_record": "SELECT, INSERT, UPDATE"',
    ),
    _roles(
        "the application may draw the ledger's numbers",
        'NUMBERED_BY_GUARDS = ("account_id_seq", "entry_id_seq", "transfer_id_seq")',
        'NUMBERED_BY_GUARDS = ("account_id_seq", "entry_id_seq")',
    ),
    _roles(
        "the owner of the tables may run the application",
        '    if connection.scalar(text(_TOO_MIGHTY), {"role": role}):\n        raise RoleTooMighty(role=role)\n',
        "",
    ),
    _roles(
        "who may become the owner may run the application",
        "pg_has_role(r.oid, t.tableowner, 'MEMBER')",
        "r.rolname = t.tableowner",
    ),
    _roles(
        "rights that a role had stay",
        '    connection.execute(text(f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {quoted}"))\n',
        "",
    ),
)


def _reason(clause: str, instead: str = "") -> Mutation:
    name = f"a reason without: {' '.join(clause.split())}"
    return _reasons(f"{name}, but: {' '.join(instead.split())}" if instead.strip() else name, clause, instead)


REASONS_MUTATIONS = (
    _reason(
        "x.reference = t.linked_by AND x.bank_id = t.bank_id\n           LEFT JOIN gift",
        "x.reference = t.linked_by\n           LEFT JOIN gift",
    ),
    _reason(
        "g.reference = t.linked_by AND g.bank_id = t.bank_id\n           WHERE",
        "g.reference = t.linked_by\n           WHERE",
    ),
    _reason("WHERE x.id IS NULL AND g.id IS NULL AND NOT EXISTS", "WHERE x.id IS NULL AND NOT EXISTS"),
    _reason("WHERE x.id IS NULL AND g.id IS NULL AND NOT EXISTS", "WHERE g.id IS NULL AND NOT EXISTS"),
    _reason(
        "'opening:' || m.reference = t.linked_by AND m.bank_id = t.bank_id", "'opening:' || m.reference = t.linked_by"
    ),
    _reason("'opening:' || m.reference = t.linked_by AND", ""),
    _reason("AND t.kind = 'opening' AND m.account_id", "AND m.account_id"),
    _reason(" AND m.account_id = t.to_account_id)", ")"),
    _reason("WHERE t.minutes <> x.minutes OR t.book <> x.book\n", "WHERE t.book <> x.book\n"),
    _reason(" OR t.book <> x.book\n", "\n"),
    _reason("OR t.kind NOT IN ('exchange', 'history', 'reversal') OR (", "OR ("),
    _reason("t.happened_on <> x.happened_on\n               OR NOT EXISTS", "NOT EXISTS"),
    _reason(
        "p.account_id = t.from_account_id\n                              AND p.side = 'receiver')",
        "p.account_id = t.from_account_id)",
    ),
    _reason("p.exchange_id = x.id AND p.account_id = t.from_account_id", "p.exchange_id = x.id"),
    _reason(
        "p.account_id = t.to_account_id\n                              AND p.side = 'giver')",
        "p.account_id = t.to_account_id)",
    ),
    _reason("a.id = t.to_account_id AND a.kind = 'community'", "a.id = t.to_account_id"),
    _reason(
        "WHERE posted <> CASE WHEN status IN ('approved', 'reversed') THEN parties - 1 ELSE 0 END\n              OR reversed",
        "WHERE reversed",
    ),
    _reason("status IN ('approved', 'reversed') THEN", "status IN ('approved', 'reversed', 'declined') THEN"),
    _reason("OR reversed <> CASE status WHEN 'reversed' THEN posted ELSE 0 END"),
    _reason(
        "CASE status WHEN 'reversed' THEN posted ELSE 0 END", "CASE status WHEN 'reversed' THEN reversed ELSE 0 END"
    ),
    _reason(" AND t.kind = g.kind"),
    _reason(" AND t.book = 'credit'\n", "\n"),
    _reason("AND t.minutes = g.minutes AND t.happened_on", "AND t.happened_on"),
    _reason(" AND t.happened_on = g.given_on\n", "\n"),
    _reason("AND t.from_account_id = g.from_account_id AND t.to_account_id", "AND t.to_account_id"),
    _reason(" AND t.to_account_id = g.to_account_id)", ")"),
    _reason("WHERE posted <> 1 OR every", "WHERE every"),
    _reason(" OR every <> posted + reversed\n", "\n"),
    _reason("OR reversed <> CASE WHEN reversed_at IS NULL THEN 0 ELSE 1 END"),
)
