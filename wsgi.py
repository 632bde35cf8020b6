"""What a WSGI server and the `flask` command load."""

from timebank import create_app

app = create_app()
