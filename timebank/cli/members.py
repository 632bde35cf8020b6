"""Bring members into a time bank, and let them sign in."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from timebank import clock
from timebank.audit import service as audit
from timebank.audit.models import Action
from timebank.cli.edge import bank_of, bank_option, says_what_is_wrong
from timebank.cli.files import begin, load_file
from timebank.extensions import db
from timebank.imports.members import MemberLoader
from timebank.members import queries, service
from timebank.members.models import Capacity, Membership, Role
from timebank.sign_in.second_factor import take_away
from timebank.sign_in.service import set_password

group = AppGroup("members", help="Load and add members, and let them sign in.")


@group.command("set-role")
@click.argument("email")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@bank_option
@says_what_is_wrong
def set_role(email: str, role: str, bank_code: str) -> None:
    """Give the member with EMAIL this ROLE; system_administrator is given here alone. Their sessions end."""
    member = _person_with(email, bank_code)[0]
    service.change_role(member, Role(role), changed_by=None, at=clock.now())
    db.session.commit()
    click.echo(f"{member.name} now has the role {member.role}. Every session of theirs has ended.")


@group.command("load")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@bank_option
@click.option("--dry-run", is_flag=True, help="Look at every line and write nothing.")
@says_what_is_wrong
def load_members(file: Path, bank_code: str, dry_run: bool) -> None:
    """Load members from a CSV FILE with the columns number, name, email, phone, joined_on, capacity, address, postcode.

    All of it is loaded, or nothing. The same file again changes nothing.
    """
    begin(dry_run)
    bank, now = bank_of(bank_code), clock.now()

    def record(count: int) -> None:
        audit.record(
            Action.MEMBERS_LOADED, bank_id=bank.id, by=None, on_what="bank", reference=bank.code, at=now, members=count
        )

    load_file(file, MemberLoader(bank, file, at=now), dry_run=dry_run, what="members", record=record)


@group.command("add")
@bank_option
@click.option("--name", required=True, help="Full name.")
@click.option("--email", default="", help="Address to sign in with.")
@click.option("--phone", default="", help="Telephone number.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.MEMBER.value, help="Role.")
@click.option(
    "--capacity",
    type=click.Choice([capacity.value for capacity in Capacity]),
    default=Capacity.NOT_STATED.value,
    help="Capacity in which they usually take part.",
)
@says_what_is_wrong
def add(bank_code: str, name: str, email: str, phone: str, role: str, capacity: str) -> None:
    """Add one member, such as a new time bank's first administrator."""
    bank, now = bank_of(bank_code), clock.now()
    member = service.add_member(
        bank,
        name=name,
        email=email,
        phone=phone,
        role=Role(role),
        capacity=Capacity(capacity),
        joined_on=bank.day_of(now),
        added_by=None,
        at=now,
    )
    db.session.commit()
    click.echo(f"{member.name} is member {member.number} of {bank.code}, with the role {member.role}.")


@group.command("end-second-factor")
@click.argument("email")
@click.option("--bank", "bank_code", metavar="CODE", help="Only in this time bank; needed where several have EMAIL.")
@says_what_is_wrong
def end_second_factor_of(email: str, bank_code: str | None) -> None:
    """Take the second factor from whoever signs in with EMAIL and lost it, and end their sessions."""
    take_away(_person_with(email, bank_code)[0], at=clock.now())
    db.session.commit()
    click.echo("The second factor is gone. Where their role needs one, they set it up when they sign in next.")


@group.command("set-password")
@click.argument("email")
@click.option("--bank", "bank_code", metavar="CODE", help="Only in this time bank; needed where several have EMAIL.")
@click.password_option(help="The new password; asked for when it is not given.")
@says_what_is_wrong
def set_password_of(email: str, bank_code: str | None, password: str) -> None:
    """Set the password of whoever signs in with EMAIL, and end their sessions."""
    set_password(_person_with(email, bank_code)[0].person, password, at=clock.now())
    db.session.commit()
    click.echo("The password is set. Every session with the old one has ended.")


def _person_with(email: str, bank_code: str | None) -> list[Membership]:
    """Return the memberships of the one person who signs in with this address."""
    members = queries.memberships_with_email(email)
    if bank_code:
        members = [member for member in members if member.bank_id == bank_of(bank_code).id]
    if not members:
        raise click.ClickException(f"Nobody has the address {email}.")
    if len({member.person for member in members}) > 1:
        codes = ", ".join(sorted(member.bank.code for member in members))
        raise click.ClickException(f"Several time banks have {email}: {codes}. Say which with --bank.")
    return members
