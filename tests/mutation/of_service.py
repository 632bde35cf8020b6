"""Bugs in what is posted, reversed, closed and asked."""

from __future__ import annotations

from tests.mutation.mutation import LEDGER, Change, Mutation, mutations_of

SERVICE = "tests/ledger/test_service.py -k sqlite"
MONTHS = "tests/ledger/test_months.py -k sqlite"
RACES = "tests/ledger/test_races.py tests/ledger/test_locks.py -k postgresql"
STATEMENTS = "tests/statements/test_queries.py -k sqlite"

_service = mutations_of(f"{LEDGER}/service.py", SERVICE)
_queries = mutations_of(f"{LEDGER}/queries.py", MONTHS)
_by_month = mutations_of(f"{LEDGER}/queries.py", "tests/ledger/test_by_month.py -k sqlite")

# {field of a request: its line in the service, and how verifying asks for it}
_FIELDS = {
    "from_account_id": ("            self.from_account_id,\n", "from_account_id, to_account_id", "to_account_id"),
    "to_account_id": ("            self.to_account_id,\n", "from_account_id, to_account_id", "from_account_id"),
    "minutes": ("            self.minutes,\n", "to_account_id, minutes,", "to_account_id,"),
    "book": ("            self.book.value,\n", "minutes, book, kind", "minutes, kind"),
    "kind": ("            self.kind.value,\n", "minutes, book, kind", "minutes, book"),
    "happened_on": ("            self.happened_on.isoformat(),\n", "kind, {day}, linked_by", "kind, linked_by"),
    "linked_by": ("            self.linked_by,\n", "{day}, linked_by,", "{day},"),
    "reverses_id": (
        "            self.reverses_id,\n",
        "linked_by,\n                  reverses_id\n",
        "linked_by\n",
    ),
}


def _without_field(field: str) -> Mutation:
    """Return a mutation that leaves a field out of what is asked for, in verifying too, so that they still agree."""
    line, asked, instead = _FIELDS[field]
    return _service(
        f"the digest of a request leaves out {field}", line, "", Change(f"{LEDGER}/verify.py", asked, instead)
    )


SERVICE_MUTATIONS = (
    *(_without_field(field) for field in _FIELDS),
    _service(
        "the same key with other content is taken for the same",
        "            raise KeyReused()\n    return fresh",
        "            continue\n    return fresh",
    ),
    _service("the same twice in one request is not seen", "            posted[draft.key] = draft.request_hash\n", ""),
    _service(
        "everything is posted again",
        "_without_those_posted(drafts, known.request_hashes):",
        "_without_those_posted(drafts, {}):",
    ),
    _service("all drafts are counted as new", "    return len(fresh)", "    return len(drafts)"),
    _service(
        "the last day of a closed month seems open",
        "effective_on <= closed_through:",
        "effective_on < closed_through:",
        tests=MONTHS,
    ),
    _service(
        "what is late counts on the last closed day",
        "effective_on = closed_through + dt.timedelta(days=1)",
        "effective_on = closed_through",
        tests=MONTHS,
    ),
    _service(
        "what is late counts a day after the first open one",
        "effective_on = closed_through + dt.timedelta(days=1)",
        "effective_on = closed_through + dt.timedelta(days=2)",
        tests=MONTHS,
    ),
    _service(
        "nothing is tried again when a month was closed meanwhile",
        "            if known == looked_at:\n                raise\n",
        "            raise\n",
        tests=RACES,
    ),
    _service(
        "nothing is tried again when the same was posted meanwhile",
        "if known == looked_at:",
        "if known.closed_through == looked_at.closed_through:",
        tests=RACES,
    ),
    _service("what is refused is tried again for ever", "if known == looked_at:", "if known is looked_at:"),
    _service(
        "several are posted without waiting for whoever posts in their accounts",
        "    if len(drafts) > 1:\n",
        "    if len(drafts) > 3:\n",
        tests=RACES,
    ),
    _service(
        "only who gives is waited for",
        "for id_ in (draft.from_account_id, draft.to_account_id)})",
        "for id_ in (draft.from_account_id,)})",
        tests=RACES,
    ),
    _service(
        "a refusal leaves the transaction broken",
        "        if not isinstance(error, OperationalError):\n            connection.execute(_BACK_TO_SAVEPOINT)\n",
        "",
        tests="tests/ledger/test_service.py -k postgresql",
    ),
    _service(
        "a closed account is said to be a closed month",
        'account is closed": AccountClosed',
        'account is closed": MonthClosed',
    ),
    _service("a floor is not said to be one", '    "ledger: below the floor": NotEnoughHours,\n', ""),
    _service(
        "a second reversal under another key is not said to be one",
        '    "ledger: already reversed": AlreadyReversed,\n',
        "",
    ),
    _service(
        "a second reversal under another key is not said to be one on PostgreSQL",
        '    "uq_transfer_reverses_id": AlreadyReversed,\n',
        "",
        tests="tests/ledger/test_service.py -k postgresql",
    ),
    _service(
        "another bank's key is not said to be used",
        '    "uq_transfer_bank_id_key": KeyReused,\n',
        "",
        tests=RACES,
    ),
    _service(
        "a name that was reversed is reversed again",
        "if not originals or len(linked) > len(originals):",
        "if not originals:",
    ),
    _service(
        "what was never posted is reversed in silence",
        "    if not originals or len(linked) > len(originals):\n",
        "    if not originals:\n        return []\n    if len(linked) > len(originals):\n",
    ),
    _service(
        "a reversal of reversals",
        "originals = [transfer for transfer in linked if transfer.reverses_id is None]",
        "originals = linked",
    ),
    _service(
        "who comes second to reverse is told that it was done",
        "    if not posted:\n        raise AlreadyReversed()\n",
        "",
        tests=RACES,
    ),
    _service(
        "who comes second to reverse, on another day, is told of a key",
        "        raise AlreadyReversed() from None",
        "        raise",
        tests=RACES,
    ),
    _service(
        "a reversal of one of those that belong together",
        "for transfer in originals\n    ]",
        "for transfer in originals[:1]\n    ]",
    ),
    _service("a reversal counts when the mistake did", "happened_on=reversed_on", "happened_on=transfer.happened_on"),
    _service(
        "a reversal has a name of its own",
        "            linked_by=linked_by,\n            reverses_id",
        '            linked_by=f"reversal:{transfer.id}",\n            reverses_id',
    ),
    _service(
        "closing a month seals nothing",
        "    for _seal in seals.seal_everything(bank_id, sealed_at=closed_at):\n        pass\n",
        "",
        tests="tests/ledger/test_seals.py -k sqlite",
    ),
    _service(
        "closing a month again is refused",
        "month.last_day < closed_through",
        "month.last_day <= closed_through",
        tests=MONTHS,
    ),
    _service(
        "an earlier month is closed after a later one",
        "        raise MonthClosed()\n    return closed_through == month.last_day",
        "        return True\n    return closed_through == month.last_day",
        tests=MONTHS,
    ),
    _service(
        "who closes at the same time is refused",
        "        if _is_closed(bank_id, month):\n            return False\n        raise",
        "        raise",
        tests=RACES,
    ),
    _service(
        "a snapshot leaves out the last day",
        "Entry.effective_on <= last_day)",
        "Entry.effective_on < last_day)",
        tests=MONTHS,
    ),
    _service("a snapshot is of both books", "Entry.book == Balance.book, ", "", tests=MONTHS),
    _service(
        "a snapshot is of every bank",
        "total).where(Balance.bank_id == bank_id)",
        "total)",
        tests=MONTHS,
    ),
    _service(
        "a floor is for the record book",
        "floors = {Book.CREDIT: floor_minutes, Book.RECORD: None}",
        "floors = {Book.CREDIT: None, Book.RECORD: floor_minutes}",
    ),
    _service(
        "a floor is for both books",
        "floors = {Book.CREDIT: floor_minutes, Book.RECORD: None}",
        "floors = dict.fromkeys(Book, floor_minutes)",
    ),
    _service(
        "a new floor is for the record book too",
        ".where(Balance.book == Book.CREDIT, Balance.account_id",
        ".where(Balance.account_id",
    ),
    _service(
        "a new floor is for accounts of every kind",
        "Account.bank_id == bank_id, Account.kind.in_(kinds))",
        "Account.bank_id == bank_id)",
    ),
    _service(
        "a new floor is for every bank",
        "Account.bank_id == bank_id, Account.kind.in_(kinds))",
        "Account.kind.in_(kinds))",
    ),
    _service("an account that is opened again stays closed", "    account.closed_at = None\n", ""),
    _service(
        "balances that somebody holds are passed over",
        "key_share=True)",
        "key_share=True, skip_locked=True)",
        tests=RACES,
    ),
    _service(
        "balances are held against closing a month",
        ".with_for_update(key_share=True)",
        ".with_for_update()",
        tests=RACES,
    ),
    _service("nobody waits for anybody", "        .with_for_update(key_share=True)\n", "", tests=RACES),
    _service(
        "balances are locked in another order than by the guards",
        ".order_by(Balance.account_id, Balance.book)",
        ".order_by(Balance.account_id.desc(), Balance.book)",
        tests=RACES,
    ),
    _service("an account is closed in the middle of a posting", "    _lock_balances([account.id])\n", "", tests=RACES),
    _service(
        "a new floor locks balances in whatever order they lie", "    _lock_balances(of_these_kinds)\n", "", tests=RACES
    ),
)

QUERIES_MUTATIONS = (
    _queries("a balance before a day counts the day", "Entry.effective_on < day\n", "Entry.effective_on <= day\n"),
    _queries(
        "a balance before a day starts from the month that the day ends",
        "Snapshot.last_day < day)",
        "Snapshot.last_day <= day)",
    ),
    _queries(
        "a snapshot's last day is counted twice",
        "since.where(Entry.effective_on > snapshot.last_day)",
        "since.where(Entry.effective_on >= snapshot.last_day)",
    ),
    _queries("a snapshot is left out", "+ (snapshot.minutes if snapshot else 0)", ""),
    _queries("a balance starts from the other book's snapshot", "Snapshot.book == book, ", ""),
    _queries(
        "a balance is of both books",
        "Entry.account_id == account_id, Entry.book == book, Entry.effective_on < day",
        "Entry.account_id == account_id, Entry.effective_on < day",
    ),
    _queries(
        "a statement leaves out the last day",
        "Entry.effective_on <= last_day,",
        "Entry.effective_on < last_day,",
        tests="tests/statements/test_time.py -k sqlite-Europe",
    ),
    _queries(
        "a statement leaves out the first day",
        "Entry.effective_on >= first_day,",
        "Entry.effective_on > first_day,",
        tests="tests/statements/test_time.py -k sqlite-Europe",
    ),
    _queries(
        "a statement is in the order of writing",
        ".order_by(Entry.effective_on, Entry.number)",
        ".order_by(Entry.number)",
        tests=STATEMENTS,
    ),
    _queries(
        "a statement has the lines of a day in any order",
        ".order_by(Entry.effective_on, Entry.number)",
        ".order_by(Entry.effective_on, Entry.minutes)",
        tests=STATEMENTS,
    ),
    _queries(
        "months are closed until the first",
        "scalar(select(func.max(ClosedMonth.last_day))",
        "scalar(select(func.min(ClosedMonth.last_day))",
    ),
    _queries(
        "what is posted knows the first closed month alone",
        '    select(func.max(ClosedMonth.last_day)).where(ClosedMonth.bank_id == bindparam("bank_id"))',
        '    select(func.min(ClosedMonth.last_day)).where(ClosedMonth.bank_id == bindparam("bank_id"))',
    ),
    _queries(
        "what is posted knows every bank's closed months",
        '    select(func.max(ClosedMonth.last_day)).where(ClosedMonth.bank_id == bindparam("bank_id"))',
        "    select(func.max(ClosedMonth.last_day))",
    ),
    _queries(
        "months are closed in every bank",
        "select(func.max(ClosedMonth.last_day)).where(ClosedMonth.bank_id == bank_id)",
        "select(func.max(ClosedMonth.last_day))",
    ),
    _queries(
        "the last closed month seems open",
        "month.last_day <= closed",
        "month.last_day < closed",
        tests="tests/statements/test_views.py -k sqlite tests/ledger/test_months.py",
    ),
    _queries(
        "keys are those of every bank",
        'Transfer.bank_id == bindparam("bank_id"), Transfer.key',
        "Transfer.key",
        tests=SERVICE,
    ),
    _queries(
        "names are those of every bank",
        "Transfer.bank_id == bank_id, Transfer.linked_by",
        "Transfer.linked_by",
        tests=SERVICE,
    ),
    _by_month("a month's end is only what moved in it", "credit += in_credit or 0", "credit = in_credit or 0"),
    _by_month(
        "a month has no last day",
        "between(month.first_day, month.last_day)",
        "between(month.first_day, month.last_day.replace(day=28))",
    ),
    _by_month("the last month is left out", "first_month.number + 1\n", "first_month.number\n"),
    _by_month(
        "a long history begins anew every five years",
        "        credit = record = 0\n        for piece,",
        "        for piece,",
        Change(
            f"{LEDGER}/queries.py",
            "strict=True):\n            for month, in_credit",
            "strict=True):\n            credit = record = 0\n            for month, in_credit",
        ),
    ),
)

_months = mutations_of(f"{LEDGER}/months.py", MONTHS)
_banks = mutations_of("timebank/banks/models.py", "tests/statements/test_time.py -k test_a_moment")
_statements = mutations_of("timebank/statements/queries.py", "tests/statements/test_time.py -k 'joins and sqlite'")

MONTHS_MUTATIONS = (
    _months(
        "February has 28 days",
        "calendar.monthrange(self.year, self.number)[1])",
        "28 if self.number == 2 else calendar.monthrange(self.year, self.number)[1])",
    ),
    _months(
        "the months after December are of the same year",
        "index = self.year * 12 + self.number - 1 + months",
        "index = self.year * 12 + (self.number - 1 + months) % 12",
    ),
    _banks("a day is Greenwich's", "moment.astimezone(self.zone).date()", "moment.astimezone(dt.UTC).date()"),
    _banks("a day is as it is written", "moment.astimezone(self.zone).date()", "moment.date()"),
    _statements(
        "an account was opened on Greenwich's day",
        "Month.of(bank.day_of(account.opened_at))",
        "Month.of(account.opened_at.date())",
    ),
)
