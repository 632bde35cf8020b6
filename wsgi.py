"""What a WSGI server and the `flask` command load."""

import click

from config import SettingsRefused
from timebank import create_app

try:
    app = create_app()
except SettingsRefused as refused:
    # `flask` prints the sentence that says what to set, and nothing else. A WSGI server ends its log with it.
    raise click.ClickException(str(refused)) from None
