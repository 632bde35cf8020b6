"""`flask statements pdf`, `verify` and `print-run`."""

from __future__ import annotations

import datetime as dt

import pytest

from tests import make
from tests.ledger.plain import run_unguarded
from tests.statements.sheets import pages
from timebank.extensions import db
from timebank.ledger.months import Month
from timebank.members.queries import member_with_number
from timebank.statements import issue
from timebank.statements.signed_file import signed

MARCH = Month(2026, 3)
APRIL = dt.datetime(2026, 4, 7, 12, tzinfo=dt.UTC)


@pytest.fixture
def bank(app):
    bank = make.make_bank(code="ELMS")
    ruth = make.make_coordinator(bank, name="Ruth Adeyemi", number="0003", email="ruth@example.org")
    jean = make.make_member(bank, name="Jean Morris", number="0001", phone="01632 960101")
    ana = make.make_member(bank, name="Ana Silva", number="0002", email="ana@example.org")
    make.approved_exchange(bank, giver=jean, receiver=ana, minutes=95, approved_by=ruth)
    make.close_and_issue(bank, MARCH, at=APRIL)
    db.session.commit()
    return bank


@pytest.fixture
def write(cli, tmp_path):
    """Write a statement and return its file: `write("0001", "2026-03")`."""

    def written(number: str, month: str, *more: str):
        path = tmp_path / f"{number}-{month}.pdf"
        done = cli.invoke(args=["statements", "pdf", number, month, "--bank", "ELMS", "--output", str(path), *more])
        assert done.exit_code == 0, done.stderr
        return path

    return written


def verify(cli, path):
    done = cli.invoke(args=["statements", "verify", str(path)])
    return done.exit_code, done.stdout, done.stderr


def test_a_statement_is_written_and_known_again(cli, bank, write):
    path = write("0001", "2026-03")
    assert "Jean Morris" in pages(path.read_bytes())[0]
    code, said, wrong = verify(cli, path)
    assert (code, wrong) == (0, "")
    assert said.splitlines() == [
        "Statement for 2026-03, issue 1, of ELMS.",
        "The file is byte for byte as the bank made it.",
        "The ledger still says what it said when this statement was issued.",
        "This statement is genuine.",
    ]


def test_in_large_print_it_is_another_file_and_as_genuine(cli, bank, write):
    small, large = write("0001", "2026-03").read_bytes(), write("0001", "2026-03", "--large-print")
    assert len(pages(large.read_bytes())) > len(pages(small))
    assert verify(cli, large)[0] == 0


def test_a_file_that_was_changed_is_found(cli, bank, write):
    path = write("0001", "2026-03")
    file = path.read_bytes()
    middle = len(file) // 2
    path.write_bytes(file[:middle] + bytes([file[middle] ^ 1]) + file[middle + 1 :])
    code, said, wrong = verify(cli, path)
    assert code == 1
    assert "The file was changed after the bank made it, or somebody else made it." in wrong
    assert "genuine" not in said


def test_the_last_line_of_one_statement_under_another_is_found(cli, bank, write):
    jean, ana = write("0001", "2026-03"), write("0002", "2026-03")
    line = ana.read_bytes().splitlines(keepends=True)[-1]
    jean.write_bytes(jean.read_bytes().rpartition(b"%common-hours")[0] + line)
    assert verify(cli, jean)[0] == 1


def test_a_file_with_a_code_that_nobody_issued_is_found(cli, bank, tmp_path):
    path = tmp_path / "forged.pdf"
    path.write_bytes(signed(b"%PDF-1.7\n%%EOF\n", code="0" * 16, proof_key=bank.proof_key))
    assert verify(cli, path) == (1, "", "Error: No statement was issued with the code 0000000000000000.\n")


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n%%EOF\n", b"a letter"])
def test_a_file_from_elsewhere_is_found(cli, bank, tmp_path, content):
    path = tmp_path / "foreign.pdf"
    path.write_bytes(content)
    code, said, wrong = verify(cli, path)
    assert (code, said) == (1, "")
    assert "does not end as they do" in wrong


def test_an_open_month_is_written_and_is_no_proof_of_anything(cli, bank, write):
    path = write("0001", "2026-04")
    assert "This statement is not final." in pages(path.read_bytes())[0]
    assert verify(cli, path)[0] == 1


def test_a_statement_that_was_issued_again_is_genuine_no_more(cli, bank, write):
    first = write("0001", "2026-03")
    kept = first.read_bytes()
    jean = member_with_number(bank, "0001")
    issue.issue_again(bank, jean.account, MARCH, reason="A name was wrong", issued_by=jean, at=APRIL)
    db.session.commit()
    second = write("0001", "2026-03")
    assert verify(cli, second)[0] == 0
    assert "Reason: A name was wrong" in " ".join(pages(second.read_bytes()))
    first.write_bytes(kept)
    code, said, wrong = verify(cli, first)
    assert code == 1
    assert "byte for byte" in said
    assert "It was issued again later: the later one counts." in wrong


def test_figures_that_are_not_the_ledgers_any_more_are_found(cli, bank, write, database_url):
    path = write("0001", "2026-03")
    run_unguarded(database_url, "UPDATE entry SET minutes = minutes + 1 WHERE minutes > 0")
    code, said, wrong = verify(cli, path)
    assert code == 1
    assert "byte for byte" in said
    assert "The ledger no longer says what it said" in wrong


def test_a_run_with_labels_and_a_list_is_written(cli, bank, tmp_path):
    member_with_number(bank, "0001").address = "14 Elm Street"
    db.session.commit()
    files = [tmp_path / name for name in ("run.pdf", "labels.pdf", "list.pdf")]
    done = cli.invoke(
        args=["statements", "print-run", "2026-03", "--bank", "ELMS", "--output", str(files[0]), "--sort", "name",
              "--labels", str(files[1]), "--contact-sheet", str(files[2]), "--one-sided"]
    )  # fmt: skip
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "1 statements for 1 people are written.\n"
    assert all("Jean Morris" in pages(file.read_bytes())[0] for file in files)


def test_who_has_no_address_is_counted(cli, bank, tmp_path):
    arguments = ["statements", "print-run", "2026-03", "--bank", "ELMS", "--output", str(tmp_path / "run.pdf")]
    done = cli.invoke(args=arguments)
    assert done.exit_code == 0
    assert done.stderr.startswith("1 of these people have no address")


def test_nothing_is_left_behind_where_nothing_is_printed(cli, bank, tmp_path):
    for month in ("2026-04", "2026-13"):
        path = tmp_path / "printed" / "run.pdf"
        path.parent.mkdir(exist_ok=True)
        done = cli.invoke(args=["statements", "print-run", month, "--bank", "ELMS", "--output", str(path)])
        assert done.exit_code == 1
        assert list(path.parent.iterdir()) == []


def test_an_account_that_is_not_there_is_named(cli, bank, tmp_path):
    done = cli.invoke(
        args=["statements", "pdf", "0099", "2026-03", "--bank", "ELMS", "--output", str(tmp_path / "x.pdf")]
    )
    assert (done.exit_code, done.stderr) == (1, "Error: ELMS has no account with the number 0099.\n")
