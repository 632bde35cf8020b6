"""Say whether the installation is well, and what to do where it is not."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from timebank.doctor.examination import findings
from timebank.doctor.findings import Level


@click.command("doctor")
@click.option("--quiet", is_flag=True, help="Print only what is wrong.")
@with_appcontext
def doctor(quiet: bool) -> None:
    """Look at settings, database, clock, disk, mail, seals and backups, and say what to do. Exit code 1 on a fatal one.

    Nothing is written and nothing is sent.
    """
    is_fatal = False
    for finding in findings():
        is_fatal = is_fatal or finding.level == Level.FATAL
        if quiet and finding.level == Level.OK:
            continue
        click.echo(
            f"{finding.level.value:<8}{finding.about}: {finding.says}." + (f" {finding.do}" if finding.do else "")
        )
    if is_fatal:
        raise SystemExit(1)
