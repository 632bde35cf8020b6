"""What our own clients do: each is a process with an application of its own, and goes through the services."""

from __future__ import annotations

import datetime as dt
import itertools
import random
import sys
import uuid
from collections.abc import Callable
from typing import Any

from benchmarks import crowd
from timebank import create_app
from timebank.banks.models import Activity, Bank, Stage
from timebank.exchanges import queries as exchange_queries
from timebank.exchanges import service as exchanges
from timebank.exchanges.draft import ExchangeDraft, PartyDraft
from timebank.exchanges.models import Exchange, Side
from timebank.extensions import db, read_only
from timebank.ledger import service as ledger
from timebank.ledger.models import Account, Book, TransferKind
from timebank.ledger.months import Month
from timebank.ledger.service import TransferDraft
from timebank.members.models import Capacity, Membership
from timebank.members.queries import membership_with_bank
from timebank.organisations.queries import holders_of
from timebank.statements.queries import statement_of

# Noon on a Tuesday, in a month that is open.
NOW = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)


def draft(from_account_id: int, to_account_id: int, *, key: str) -> TransferDraft:
    """Return an hour from one account to another."""
    return TransferDraft(
        from_account_id=from_account_id,
        to_account_id=to_account_id,
        minutes=60,
        book=Book.CREDIT,
        kind=TransferKind.EXCHANGE,
        happened_on=NOW.date(),
        key=key,
        linked_by=key,
    )


def posting(asked: dict[str, Any], _number: int) -> crowd.Act:
    """Post an hour between two accounts, and commit."""
    accounts = asked["account_ids"]

    def post() -> None:
        giving, getting = random.sample(accounts, 2)
        _commit_or_roll_back(lambda: _post(asked["bank_id"], draft(giving, getting, key=uuid.uuid4().hex)))

    return post


def replaying(asked: dict[str, Any], number: int) -> crowd.Act:
    """Send again what was posted before."""
    accounts = asked["account_ids"]
    again = [draft(accounts[count], accounts[count + 1], key=f"again {number} {count}") for count in range(20)]
    for one in again:
        _commit_or_roll_back(lambda one=one: _post(asked["bank_id"], one))
    drafts = itertools.cycle(again)

    def replay() -> None:
        if _commit_or_roll_back(lambda: _post(asked["bank_id"], next(drafts))) != 0:
            raise AssertionError("the same request was posted twice")

    return replay


def _post(bank_id: int, one: TransferDraft) -> int:
    return ledger.post_transfers(bank_id, [one], posted_at=NOW)


def _commit_or_roll_back(work: Callable[[], Any]) -> Any:
    try:
        done = work()
        db.session.commit()
    except Exception:
        db.session.rollback()
        raise
    return done


def helping(asked: dict[str, Any], _number: int) -> crowd.Act:
    """Log an exchange, confirm it as the other side, approve it as a coordinator: three requests, three commits."""
    members = asked["member_ids"]

    def help_somebody() -> None:
        giver, receiver = random.sample(range(len(members)), 2)
        reference = _request(
            members[giver], lambda member: _log(member, asked["account_ids"][receiver], asked["activity_id"])
        )
        _request(
            members[receiver],
            lambda member: exchanges.confirm_exchange(
                member.bank, _exchange(member.bank, reference), confirmed_by=member, at=NOW
            ),
        )
        _request(
            asked["coordinator_id"],
            lambda member: exchanges.approve_exchange(
                member.bank, _exchange(member.bank, reference), approved_by=member, at=NOW
            ),
        )

    return help_somebody


def _request(member_id: int, work: Callable[[Membership], Any]) -> Any:
    """Let somebody do something as the pages do: know who it is and in which bank, do it, commit."""

    def known_and_done() -> Any:
        member = membership_with_bank(member_id)
        assert member is not None
        return work(member)

    try:
        return _commit_or_roll_back(known_and_done)
    finally:
        db.session.remove()


def _exchange(bank: Bank, reference: str) -> Exchange:
    return exchange_queries.exchange_with_reference(bank, reference, for_update=True)


def _log(giver: Membership, receiver_account_id: int, activity_id: int) -> str:
    holders = holders_of(giver.bank, [giver.account_id, receiver_account_id])
    help_given = ExchangeDraft(
        parties=(
            PartyDraft(holders[giver.account_id], Side.GIVER, Capacity.NEIGHBOUR),
            PartyDraft(holders[receiver_account_id], Side.RECEIVER, Capacity.NEIGHBOUR),
        ),
        activity=db.session.get_one(Activity, activity_id),
        happened_on=NOW.date(),
        minutes=60,
        stage=Stage.DELIVERY,
        book=Book.CREDIT,
    )
    return exchanges.log_exchange(giver.bank, help_given, logged_by=giver, at=NOW).reference


def reading(asked: dict[str, Any], _number: int) -> crowd.Act:
    """Make a member's statement of one month."""
    month = Month(*asked["month"])

    def read_statement() -> None:
        try:
            read_only()
            bank = db.session.get_one(Bank, asked["bank_id"])
            account = db.session.get_one(Account, asked["statement_account_id"])
            statement = statement_of(bank, account, month, viewer=None, in_full=True)
            if len(statement.book(Book.CREDIT).lines) != asked["lines"]:
                raise AssertionError("the statement has not the entries that were posted")
        finally:
            db.session.remove()

    return read_statement


ACTS: dict[str, Callable[[dict[str, Any], int], crowd.Act]] = {
    "post": posting,
    "replay": replaying,
    "help": helping,
    "statement": reading,
}


def _make_act_for(asked: dict[str, Any]) -> Callable[[int], crowd.Act]:
    def make_act(number: int) -> crowd.Act:
        create_app({"SQLALCHEMY_DATABASE_URI": asked["url"]}).app_context().push()
        return ACTS[asked["act"]](asked, number)

    return make_act


if __name__ == "__main__":
    crowd.answer(_make_act_for, sys.argv[1:])
