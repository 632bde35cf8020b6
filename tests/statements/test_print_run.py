"""The print run: who is in it, in which order, each on sheets of their own; labels; and the list for the telephone."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import replace

import pikepdf
import pytest

from tests import make
from tests.statements.sheets import pages
from timebank.columns import new_reference
from timebank.extensions import db
from timebank.ledger import queries as ledger
from timebank.ledger.models import Book
from timebank.ledger.months import Month
from timebank.members import service as members
from timebank.members.models import Membership
from timebank.statements import print_run
from timebank.statements.letters import statement_as_pdf
from timebank.statements.models import How, StatementChoice
from timebank.statements.print_run import (
    NobodyToWriteTo,
    NothingToPrint,
    Sort,
    print_contacts,
    print_labels,
    print_statements,
    recipients,
)

MARCH = Month(2026, 3)
APRIL = dt.datetime(2026, 4, 7, 12, tzinfo=dt.UTC)
MAY = dt.datetime(2026, 5, 7, 12, tzinfo=dt.UTC)


def choose(member: Membership, how: How, **wishes: bool) -> None:
    db.session.add(
        StatementChoice(
            membership_id=member.id, bank_id=member.bank_id, how=how, reference=new_reference(), chosen_at=make.AT,
            **wishes,
        )
    )  # fmt: skip
    db.session.flush()


def live_at(member: Membership, address: str, postcode: str) -> None:
    member.address, member.postcode = address, postcode
    db.session.flush()


@pytest.fixture
def bank(app):
    bank = make.make_bank(code="ELMS", help_contact="Ruth Adeyemi, 01632 960103")
    make.make_activity(bank, name="Gardening")
    return bank


@pytest.fixture
def town(bank):
    """People who get their statements in every way there is, and a month that is closed."""
    ruth = make.make_coordinator(bank, name="Ruth Adeyemi", number="0009", email="ruth@example.org")
    people = {
        "Doris Hambly": make.make_member(bank, name="Doris Hambly", number="0001", phone="01632 960101"),
        "Arthur Finch": make.make_member(bank, name="Arthur Finch", number="0002"),
        "Zoë Żak": make.make_member(bank, name="Zoë Żak", number="0003", email="zoe@example.org"),
        "Ivy Rowntree": make.make_member(bank, name="Ivy Rowntree", number="0004"),
        "Bo Li": make.make_member(bank, name="Bo Li", number="0005", email="bo@example.org"),
        "Cy Orr": make.make_member(bank, name="Cy Orr", number="0006", email="cy@example.org"),
        "Al Gray": make.make_member(bank, name="Al Gray", number="0007"),
    }
    choose(people["Zoë Żak"], How.PAPER, large_print=True)
    choose(people["Ivy Rowntree"], How.ONLINE)
    choose(people["Cy Orr"], How.EMAIL)
    choose(people["Al Gray"], How.EMAIL_WITH_PDF)
    live_at(people["Doris Hambly"], "1 Elm Street\nBristol\nBS6 5AA", "BS6 5AA")
    live_at(people["Zoë Żak"], "2 Elm Street\nBristol", "bs1 1aa")
    live_at(people["Al Gray"], "3 Elm Street\nBristol", "BS1 1AB")
    doris = people["Doris Hambly"]
    make.make_organisation(bank, name="Lunch Club", contact=doris, added_by=ruth)
    make.approved_exchange(bank, giver=doris, receiver=people["Al Gray"], minutes=95, approved_by=ruth)
    make.approved_exchange(
        bank, giver=doris, receiver=people["Al Gray"], minutes=20, book=Book.RECORD, approved_by=ruth
    )
    make.close_and_issue(bank, MARCH, at=APRIL)
    return people


def printed(bank, *, sort: Sort = Sort.POSTCODE, one_sided: bool = False) -> tuple[bytes, list[print_run.Contact]]:
    file = io.BytesIO()
    contacts = print_statements(
        bank, MARCH, recipients(bank, MARCH, sort=sort), to=file, one_sided=one_sided,
        printed_on=APRIL.date(), tick=lambda _count: None,
    )  # fmt: skip
    return file.getvalue(), contacts


def names(bank, sort: Sort) -> list[str]:
    return [one.member.name for one in recipients(bank, MARCH, sort=sort)]


def holder_on(page: str) -> str | None:
    return page.partition("Account holder")[2].lstrip(": ").partition(" Account number")[0] or None


def test_paper_goes_to_who_chose_it_and_to_who_cannot_get_mail_but_not_to_who_only_looks_online(bank, town):
    assert names(bank, Sort.NAME) == ["Al Gray", "Arthur Finch", "Doris Hambly", "Zoë Żak"]
    # Those without a postcode come last.
    assert names(bank, Sort.POSTCODE) == ["Zoë Żak", "Al Gray", "Doris Hambly", "Arthur Finch"]
    with pytest.raises(NothingToPrint):
        recipients(bank, Month(2026, 4), sort=Sort.NAME)


def test_whoever_left_gets_their_own_and_no_longer_that_of_an_organisation(bank, town):
    doris = town["Doris Hambly"]

    def in_the_envelope() -> list[int]:
        [found] = [one for one in recipients(bank, MARCH, sort=Sort.NAME) if one.member is doris]
        return [account.id for account in found.accounts]

    assert len(in_the_envelope()) == 2
    members.leave(doris, recorded_by=make.make_administrator(bank), at=APRIL)
    assert in_the_envelope() == [doris.account_id]


def test_as_many_questions_are_asked_for_many_as_for_few(bank, town, statements_counted):
    with statements_counted() as few:
        recipients(bank, MARCH, sort=Sort.NAME)
    for _one in range(20):
        make.make_member(bank, at=make.AT)
    make.close_and_issue(bank, MARCH.plus(1), at=MAY)
    db.session.expire_all()
    db.session.refresh(bank)
    with statements_counted() as many:
        assert len(recipients(bank, MARCH.plus(1), sort=Sort.NAME)) > 20
    assert len(many) <= len(few)


def test_each_statement_has_its_own_pages_and_begins_on_a_new_sheet(bank, town):
    file, _contacts = printed(bank)
    every = pages(file)
    firsts = {holder_on(page): at for at, page in enumerate(every) if "Account holder" in page}
    assert list(firsts) == ["Zoë Żak", "Al Gray", "Doris Hambly", "Lunch Club", "Arthur Finch"]
    assert all(at % 2 == 0 for at in firsts.values())
    assert all("Page 1 of" in every[at] for at in firsts.values())
    with pikepdf.open(io.BytesIO(file)) as pdf:
        # A tag that is gone is not asked for.
        assert all("/StructParents" not in page for page in pdf.pages)
    assert "2 Elm Street Bristol bs1 1aa" in every[0]
    assert "Lunch Club Doris Hambly 1 Elm Street Bristol BS6 5AA Account" in every[firsts["Lunch Club"]]


def test_one_sided_or_in_small_pieces_it_says_the_same_and_as_each_persons_own_pdf(bank, town, monkeypatch):
    both, _contacts = printed(bank)
    assert printed(bank)[0] == both
    one, _contacts = printed(bank, one_sided=True)
    assert "" in pages(both)
    assert [page for page in pages(both) if page] == pages(one)
    own = pages(statement_as_pdf(bank, town["Zoë Żak"].account, MARCH, printed_on=APRIL.date()))
    assert own == pages(one)[: len(own)]
    with monkeypatch.context() as smaller:
        smaller.setattr(print_run, "STATEMENTS_IN_A_PIECE", 1)
        assert pages(printed(bank)[0]) == pages(both)
    with monkeypatch.context() as smaller:
        smaller.setattr(print_run, "ENTRIES_IN_A_PIECE", 1)
        assert pages(printed(bank)[0]) == pages(both)


def test_labels_are_for_those_who_have_an_address_21_on_a_sheet(bank, town):
    def labels(people) -> list[str]:
        file = io.BytesIO()
        print_labels(bank, people, to=file, printed_on=APRIL.date())
        return pages(file.getvalue())

    people = recipients(bank, MARCH, sort=Sort.POSTCODE)
    assert labels(people) == [
        "Zoë Żak 2 Elm Street Bristol bs1 1aa "
        "Al Gray 3 Elm Street Bristol BS1 1AB "
        "Doris Hambly 1 Elm Street Bristol BS6 5AA"
    ]
    for count, on_each in ((21, [21]), (22, [21, 1]), (421, [21] * 20 + [1])):
        assert [page.count("Zoë Żak") for page in labels(people[:1] * count)] == on_each
    for member in town.values():
        member.address = ""
    with pytest.raises(NobodyToWriteTo):
        labels(people)


def test_the_list_for_the_telephone_says_what_is_read_out(bank, town):
    _file, contacts = printed(bank)
    file = io.BytesIO()
    print_contacts(bank, MARCH, contacts, to=file, printed_on=APRIL.date())
    (page,) = pages(file.getvalue())
    assert "Doris Hambly 0001 01632 960101 1 hour 35 minutes to use 1 hour 55 minutes 0 minutes" in page
    assert "Al Gray 0007 1 hour 35 minutes more used than came in 0 minutes 1 hour 55 minutes" in page
    assert "Lunch Club" in page
    assert "−" not in page


def test_help_that_was_taken_back_later_is_not_read_out_as_if_it_had_been_given(bank, town):
    _file, (contact, *_others) = printed(bank)
    file = io.BytesIO()
    less = replace(contact, given_minutes=-75, received_minutes=-20)
    print_contacts(bank, MARCH, [less], to=file, printed_on=APRIL.date())
    assert "as was used −1:15 −0:20" in pages(file.getvalue())[0]


def test_a_statement_is_in_the_names_that_its_holder_may_read_and_to_whom_it_concerns(bank, town):
    page = pages(statement_as_pdf(bank, town["Doris Hambly"].account, MARCH, printed_on=APRIL.date()))[0]
    assert "Al G. Gardening" in page
    assert "Al Gray" not in page
    assert "you had 1 hour 35 minutes to use" in page
    community = ledger.community_account(bank.id)
    page = pages(statement_as_pdf(bank, community, MARCH, printed_on=APRIL.date()))[0]
    assert "this account" in page
    assert "Community account Account holder" in page
