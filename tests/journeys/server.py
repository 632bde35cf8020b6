"""A real, running time bank: Gunicorn with its workers, on a port of its own."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[2]
SECONDS_TO_START = 30
SECONDS_TO_STOP = 20


@dataclass
class Running:
    """A time bank that answers at `address`, on the database at `database_url`."""

    address: str
    database_url: str
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def kill(self) -> None:
        """Kill master and workers at once, as when the machine loses its power."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(SECONDS_TO_STOP)

    def complaints(self, since: int = 0) -> list[str]:
        """The lines of the log, from this byte on, that tell of something nobody foresaw."""
        with self.log.open("rb") as log:
            log.seek(since)
            lines = log.read().decode(errors="replace").splitlines()
        return [line for line in lines if "unforeseen" in line or "Traceback" in line]


@contextlib.contextmanager
def running(database_url: str, log: Path) -> Iterator[Running]:
    """Serve the time bank on that database, and stop it afterwards."""
    with socket.socket() as listening:
        # Gunicorn is handed the open socket, so that nobody else can take the port in between.
        listening.bind(("127.0.0.1", 0))
        listening.listen(128)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", "--config", "script/gunicorn.conf.py"),
                    *("--workers", "2", "--bind", f"fd://{listening.fileno()}", "wsgi:app"),
                ],
                cwd=ROOT,
                env=environment(database_url),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=[listening.fileno()],
                start_new_session=True,
            )
    server = Running(address, database_url, log, process)
    try:
        _wait_until_it_answers(server)
        yield server
    finally:
        _stop(server)


def environment(database_url: str) -> dict[str, str]:
    """Return the settings for a process that works on that database, with the tests' own secret."""
    return os.environ | {
        "TIMEBANK_DATABASE_URL": database_url,
        "TIMEBANK_RATE_LIMITS": "off",
        "FLASK_APP": "wsgi.py",
    }


def run_flask(database_url: str, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the command line, and return how it ended."""
    return subprocess.run(
        [sys.executable, "-m", "flask", *command],
        cwd=ROOT,
        env=environment(database_url),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _wait_until_it_answers(server: Running) -> None:
    give_up_at = time.monotonic() + SECONDS_TO_START
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if Visitor(server).get("/healthz").status == 200:
                return
        if server.process.poll() is not None or time.monotonic() > give_up_at:
            raise RuntimeError(f"The time bank did not start:\n{server.log.read_text(errors='replace')[-4000:]}")
        time.sleep(0.05)


def _stop(server: Running) -> None:
    if server.process.poll() is None:
        server.process.terminate()
        try:
            server.process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            server.kill()
            raise


@dataclass(frozen=True)
class Answer:
    """What the server sent back."""

    status: int
    location: str
    text: str


class Visitor:
    """Visits the time bank without a browser: each request on its own connection, with the cookies so far."""

    def __init__(self, server: Running, cookies: dict[str, str] | None = None) -> None:
        self.server = server
        self.cookies = dict(cookies or {})

    def get(self, path: str) -> Answer:
        return self._send("GET", path)

    def post(self, path: str, *, token_from: str, **fields: str) -> Answer:
        """Send a form with the token against forged requests that another page of ours holds."""
        return self.send_form(path, token=self.token(token_from), **fields)

    def token(self, path: str) -> str:
        """Return the token that a page holds."""
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(path).text)
        assert found, f"{path} has no form with a token"
        return found[1]

    def send_form(self, path: str, *, token: str, **fields: str) -> Answer:
        return self._send("POST", path, urlencode(fields | {"csrf_token": token}))

    def sign_in(self, email: str, password: str) -> None:
        answer = self.post("/sign-in", token_from="/sign-in", email=email, password=password)
        assert answer.status == 302, answer.text

    def _send(self, method: str, path: str, body: str | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            for cookie in answer.headers.get_all("Set-Cookie") or []:
                name, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[name] = value
            return Answer(answer.status, answer.headers.get("Location", ""), text)
        finally:
            connection.close()
