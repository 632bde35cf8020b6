"""Print the figures of evidence."""

from __future__ import annotations

import datetime as dt

import click
from flask.cli import AppGroup
from flask_babel import gettext as _

from timebank.cli.edge import bank_of, bank_option, says_what_is_wrong
from timebank.evidence import files
from timebank.evidence.audience import Audience
from timebank.evidence.figures import Figures, figures_of
from timebank.evidence.releases import Period
from timebank.extensions import read_one_moment

group = AppGroup("evidence", help="Say what the ledger is evidence of.")

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@group.command("figures")
@bank_option
@click.option("--from", "first", type=_DAY, required=True, metavar="DAY", help="The first day, like 2026-01-01.")
@click.option("--to", "end", type=_DAY, required=True, metavar="DAY", help="The day after the last.")
@click.option(
    "--audience",
    type=click.Choice([audience.value for audience in Audience]),
    default=Audience.PUBLIC.value,
    show_default=True,
    help="Who will read them.",
)
@click.option(
    "--released",
    "released",
    multiple=True,
    metavar="DAY..DAY",
    help="A period, from the first day to the day after the last, whose figures the same readers have. Again for each.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "csv", "text"]),
    default="text",
    show_default=True,
    help="For programs, for a spreadsheet, or for reading.",
)
@says_what_is_wrong
def print_figures(
    bank_code: str, first: dt.datetime, end: dt.datetime, audience: str, released: tuple[str, ...], form: str
) -> None:
    """Print every figure of a bank for the days from one up to, and without, another.

    What is not defined, or withheld so that nobody can be found out, is null with a reason.
    """
    if not first < end:
        raise click.BadParameter("must be after --from", param_hint="--to")
    read_one_moment()
    bank = bank_of(bank_code)
    figures = figures_of(
        bank,
        start=first.date(),
        end=end.date(),
        audience=Audience(audience),
        earlier=[_period(text) for text in released],
    )
    click.echo(FORMATS[form](figures), nl=False)


def _period(text: str) -> Period:
    try:
        start, end = (dt.date.fromisoformat(day) for day in text.split(".."))
    except ValueError:
        raise click.BadParameter("write it like 2026-01-01..2026-07-01", param_hint="--released") from None
    if not start < end:
        raise click.BadParameter("the second day must be after the first", param_hint="--released")
    return Period(start, end)


def _as_text(figures: Figures) -> str:
    lines = [f"{figures.bank_code}, {figures.start} – {figures.end}, {figures.audience.value}"]
    for figure in figures.figures.values():
        value = _("none") if figure.value is None else files.in_one_cell(figure.value)
        lines.append(f"{figure.name}: {value}" + (f" ({figure.reason})" if figure.reason else ""))
    return "\n".join(lines) + "\n"


FORMATS = {"json": files.as_json, "csv": files.as_csv, "text": _as_text}
