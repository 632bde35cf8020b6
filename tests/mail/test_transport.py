"""What is sent over a network is encrypted for the server that is meant, or not sent."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.mail.post import Office, office
from timebank.mail.message import Envelope
from timebank.mail.transport import MailServer, Refused, ServerAway, SomebodyElses, transport_to

# On this machine, and not one of its usual names, so that it is treated as another machine.
ELSEWHERE = "127.0.0.2"
ENVELOPE = Envelope("ref", "hours@example.org", "jo@example.org", b"Subject: x\r\n\r\n.\r\ny\r\n")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=post"),
            *("-addext", f"subjectAltName=IP:{ELSEWHERE}"),
            *("-keyout", folder / "key.pem", "-out", folder / "certificate.pem"),
        ],
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture
def context(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "certificate.pem", certificate / "key.pem")
    return context


@pytest.fixture
def elsewhere(context: ssl.SSLContext) -> Iterator[Office]:
    def authenticate(
        _server: object, _session: object, _envelope: object, _how: str, data: LoginPassword
    ) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"bank@x", b"p@ss/word"), handled=False)

    with office(
        hostname=ELSEWHERE, tls_context=context, require_starttls=True, auth_required=True, authenticator=authenticate
    ) as post:
        post.url = post.url.replace("127.0.0.1", ELSEWHERE)
        yield post


def send(url: str) -> None:
    server = transport_to(url, seconds=5)
    try:
        server.deliver(ENVELOPE, before_the_end=lambda: True)
    finally:
        server.close()


def with_name(url: str, name: str = "bank%40x:p%40ss%2Fword") -> str:
    return url.replace("//", f"//{name}@")


def test_a_server_elsewhere_is_spoken_to_in_secret(
    elsewhere: Office, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "certificate.pem"))
    send(with_name(elsewhere.url))
    assert elsewhere.taken[0].content == ENVELOPE.content


def test_a_wrong_password_is_the_server_s_trouble_and_is_not_repeated(
    elsewhere: Office, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "certificate.pem"))
    with pytest.raises(ServerAway, match=r"^535 ") as refused:
        send(with_name(elsewhere.url, "bank%40x:wrong-password"))
    assert "wrong-password" not in str(refused.value)


def test_a_server_whose_certificate_nobody_knows_gets_nothing(elsewhere: Office) -> None:
    with pytest.raises(ServerAway, match="certificate verify failed"):
        send(with_name(elsewhere.url))
    assert elsewhere.taken == []


def test_a_server_elsewhere_without_encryption_gets_nothing() -> None:
    with office(hostname=ELSEWHERE) as post, pytest.raises(ServerAway, match="STARTTLS"):
        send(post.url.replace("127.0.0.1", ELSEWHERE))
    assert post.taken == []


def test_smtps_is_encrypted_from_the_beginning(
    context: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "certificate.pem"))
    with office(hostname=ELSEWHERE, ssl_context=context) as post:
        send(post.url.replace("smtp://127.0.0.1", f"smtps://{ELSEWHERE}"))
    assert len(post.taken) == 1


def test_it_is_not_ended_before_the_database_knows() -> None:
    with office() as post:
        server = transport_to(post.url, seconds=5)
        with pytest.raises(SomebodyElses):
            server.deliver(ENVELOPE, before_the_end=lambda: False)

        def trouble() -> bool:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            server.deliver(ENVELOPE, before_the_end=trouble)
        assert post.taken == []
        server.deliver(ENVELOPE, before_the_end=lambda: post.taken == [])
        server.close()
    assert len(post.taken) == 1
    assert post.connections == 3


def test_a_refusal_leaves_the_connection_good_for_the_next() -> None:
    with office() as post:
        post.to_message = lambda _to: "554 5.7.1 spam"
        server = transport_to(post.url, seconds=5)
        with pytest.raises(Refused, match=r"^554 5\.7\.1 spam$"):
            server.deliver(ENVELOPE, before_the_end=lambda: True)
        post.to_message = lambda _to: None
        server.deliver(ENVELOPE, before_the_end=lambda: True)
        server.close()
    assert post.connections == 1


def test_a_connection_is_not_used_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("timebank.mail.transport.MOST_IN_A_CONNECTION", 2)
    with office() as post:
        server = transport_to(post.url, seconds=5)
        for _number in range(5):
            server.deliver(ENVELOPE, before_the_end=lambda: True)
        server.close()
    assert (len(post.taken), post.connections) == (5, 3)


def test_ports_are_the_usual_ones() -> None:
    ports = {url: MailServer(url, seconds=1).port for url in ("smtp://h", "smtps://h", "smtp://h:2525")}
    assert ports == {"smtp://h": 587, "smtps://h": 465, "smtp://h:2525": 2525}
