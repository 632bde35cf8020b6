"""The commands of `flask`."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Add every command."""
    from timebank.cli import (
        backups,
        banks,
        demo,
        doctor,
        evidence,
        exchanges,
        ledger,
        mail,
        members,
        paper,
        prepare,
        privacy,
        statements,
    )

    for package in (banks, members, exchanges, statements, mail, ledger, evidence, privacy, backups, demo):
        app.cli.add_command(package.group)
    for command in paper.COMMANDS:
        statements.group.add_command(command)
    app.cli.add_command(prepare.prepare)
    app.cli.add_command(doctor.doctor)
