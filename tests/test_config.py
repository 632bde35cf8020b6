"""Settings: what production refuses, and what a first start makes for itself."""

from __future__ import annotations

import secrets
import stat
from pathlib import Path

import pytest

import config
from config import KNOWN_SECRETS, SettingsRefused, database_url, settings_from

SECRET = secrets.token_hex(32)
PRODUCTION = {
    "TIMEBANK_ENVIRONMENT": "production",
    "TIMEBANK_SECRET_KEY": SECRET,
    "TIMEBANK_DATABASE_URL": "postgresql://bank@db/bank",
    "TIMEBANK_TRUSTED_HOSTS": "bank.example.org, www.bank.example.org",
}


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for what an installation keeps, in place of this one's own."""
    folder = tmp_path / "instance"
    monkeypatch.setattr(config, "INSTANCE", folder)
    return folder


class TestProduction:
    def test_starts_with_everything_set(self) -> None:
        settings = settings_from(PRODUCTION)
        assert settings["SECRET_KEY"] == SECRET
        assert settings["SQLALCHEMY_DATABASE_URI"] == "postgresql+psycopg://bank@db/bank"
        assert settings["TRUSTED_HOSTS"] == ["bank.example.org", "www.bank.example.org"]
        assert settings["SESSION_COOKIE_SECURE"] is settings["SESSION_COOKIE_HTTPONLY"] is True
        assert settings["SESSION_COOKIE_NAME"] == "__Host-session"
        assert settings["SESSION_COOKIE_SAMESITE"] == "Lax"
        assert settings["TIMEBANK_IS_PRODUCTION"] is True

    @pytest.mark.parametrize("missing", ["TIMEBANK_SECRET_KEY", "TIMEBANK_DATABASE_URL", "TIMEBANK_TRUSTED_HOSTS"])
    @pytest.mark.parametrize("how", ["absent", "empty"])
    def test_refuses_to_start_without(self, missing: str, how: str) -> None:
        environ = {name: value for name, value in PRODUCTION.items() if name != missing}
        if how == "empty":
            environ[missing] = ""
        with pytest.raises(SettingsRefused, match=missing):
            settings_from(environ)

    @pytest.mark.parametrize(
        "secret", [*sorted(KNOWN_SECRETS), "DEV", "Secret", "short", "x" * 31, " " * 40, "x" * 40, "abcdefg" * 9]
    )
    def test_refuses_a_secret_that_is_known_or_short(self, secret: str) -> None:
        with pytest.raises(SettingsRefused, match="TIMEBANK_SECRET_KEY") as refused:
            settings_from(PRODUCTION | {"TIMEBANK_SECRET_KEY": secret})
        assert secret not in str(refused.value).replace("SECRET_KEY", "")

    @pytest.mark.parametrize("debug", ["1", "true", "on"])
    def test_refuses_the_debugger(self, debug: str) -> None:
        with pytest.raises(SettingsRefused, match="FLASK_DEBUG"):
            settings_from(PRODUCTION | {"FLASK_DEBUG": debug})

    @pytest.mark.parametrize("debug", ["", "0", "false"])
    def test_starts_with_the_debugger_off(self, debug: str) -> None:
        assert settings_from(PRODUCTION | {"FLASK_DEBUG": debug})["TIMEBANK_IS_PRODUCTION"]

    def test_refuses_to_let_anybody_try_as_often_as_they_like(self) -> None:
        with pytest.raises(SettingsRefused, match="TIMEBANK_RATE_LIMITS"):
            settings_from(PRODUCTION | {"TIMEBANK_RATE_LIMITS": "off"})

    @pytest.mark.parametrize("hosts", [",", " , ", " "])
    def test_refuses_a_list_of_no_hosts(self, hosts: str) -> None:
        with pytest.raises(SettingsRefused, match="TIMEBANK_TRUSTED_HOSTS"):
            settings_from(PRODUCTION | {"TIMEBANK_TRUSTED_HOSTS": hosts})

    @pytest.mark.parametrize("environment", ["Production", "prod", "staging", ""])
    def test_refuses_an_environment_it_does_not_know(self, environment: str) -> None:
        with pytest.raises(SettingsRefused, match="TIMEBANK_ENVIRONMENT"):
            settings_from(PRODUCTION | {"TIMEBANK_ENVIRONMENT": environment})

    def test_makes_no_file_of_its_own(self, instance: Path) -> None:
        settings_from(PRODUCTION)
        assert not instance.exists()


class TestLocal:
    def test_starts_with_nothing_set(self, instance: Path) -> None:
        settings = settings_from({})
        assert settings["SQLALCHEMY_DATABASE_URI"] == f"sqlite:///{instance / 'timebank.db'}"
        assert settings["TRUSTED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
        assert settings["SESSION_COOKIE_SECURE"] is False
        assert settings["SESSION_COOKIE_HTTPONLY"] is True
        assert settings["RATELIMIT_ENABLED"] is True
        assert settings["TIMEBANK_IS_PRODUCTION"] is False

    def test_makes_its_own_secret_once(self, instance: Path) -> None:
        first = settings_from({})["SECRET_KEY"]
        assert len(first) == 64
        assert settings_from({})["SECRET_KEY"] == first

    def test_keeps_the_secret_from_others_on_the_machine(self, instance: Path) -> None:
        settings_from({})
        assert stat.S_IMODE((instance / "secret_key").stat().st_mode) == 0o600

    def test_two_installations_have_two_secrets(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        made = set()
        for name in ("one", "other"):
            monkeypatch.setattr(config, "INSTANCE", tmp_path / name)
            made.add(settings_from({})["SECRET_KEY"])
        assert len(made) == 2

    def test_a_given_secret_is_used(self, instance: Path) -> None:
        assert settings_from({"TIMEBANK_SECRET_KEY": "mine"})["SECRET_KEY"] == "mine"
        assert not (instance / "secret_key").exists()

    def test_limits_can_be_switched_off(self, instance: Path) -> None:
        assert settings_from({"TIMEBANK_RATE_LIMITS": "off"})["RATELIMIT_ENABLED"] is False


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql+psycopg://u@/d?host=/s", "postgresql+psycopg://u@/d?host=/s"),
        ("sqlite:////srv/bank.db", "sqlite:////srv/bank.db"),
    ],
)
def test_a_database_address_gets_the_driver_that_is_installed(given: str, used: str) -> None:
    assert database_url({"TIMEBANK_DATABASE_URL": given}) == used


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TIMEBANK_PROXIES", "1   # one"),
        ("TIMEBANK_PROXIES", ""),
        ("TIMEBANK_PROXIES", "-1"),
        ("TIMEBANK_LOG_LEVEL", "LOUD"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named(instance: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsRefused, match=name):
        settings_from({name: value})


MAIL = {
    "TIMEBANK_MAIL_SERVER": "smtp://bank:p%40ss@post.example.org:587",
    "TIMEBANK_MAIL_FROM": "hours@example.org",
    "TIMEBANK_ADDRESS": "https://bank.example.org/",
}


class TestMail:
    def test_is_off_in_production_unless_there_is_a_server(self) -> None:
        assert settings_from(PRODUCTION)["TIMEBANK_MAIL_SERVER"] is None
        settings = settings_from(PRODUCTION | MAIL)
        assert settings["TIMEBANK_MAIL_SERVER"] == MAIL["TIMEBANK_MAIL_SERVER"]
        assert settings["TIMEBANK_ADDRESS"] == "https://bank.example.org"
        assert settings["TIMEBANK_MAIL_BOUNCES_TO"] is None

    def test_is_written_into_a_folder_on_one_person_s_machine(self, instance: Path) -> None:
        settings = settings_from({})
        assert settings["TIMEBANK_MAIL_SERVER"] == f"folder:{instance / 'mail'}"
        assert settings["TIMEBANK_ADDRESS"] == "http://127.0.0.1:5000"

    @pytest.mark.parametrize(
        ("wrong", "name"),
        [
            ({"TIMEBANK_MAIL_SERVER": "folder:/tmp/mail"}, "TIMEBANK_MAIL_SERVER"),
            ({"TIMEBANK_MAIL_SERVER": "http://post.example.org"}, "TIMEBANK_MAIL_SERVER"),
            ({"TIMEBANK_MAIL_SERVER": "smtp://"}, "TIMEBANK_MAIL_SERVER"),
            ({"TIMEBANK_MAIL_SERVER": "smtp://x:secret@h:port"}, "TIMEBANK_MAIL_SERVER"),
            ({"TIMEBANK_MAIL_SERVER": "smtp://h/path"}, "TIMEBANK_MAIL_SERVER"),
            ({"TIMEBANK_MAIL_SERVER": "smtp://[h"}, "TIMEBANK_MAIL_SERVER"),
            ({"TIMEBANK_MAIL_FROM": ""}, "TIMEBANK_MAIL_FROM"),
            ({"TIMEBANK_MAIL_FROM": "Bank <hours@example.org>"}, "TIMEBANK_MAIL_FROM"),
            ({"TIMEBANK_MAIL_FROM": "hours@example.org\nBcc: x@example.org"}, "TIMEBANK_MAIL_FROM"),
            ({"TIMEBANK_MAIL_BOUNCES_TO": "nobody"}, "TIMEBANK_MAIL_BOUNCES_TO"),
            ({"TIMEBANK_MAIL_BOUNCES_TO": "a+b@example.org"}, "TIMEBANK_MAIL_BOUNCES_TO"),
            ({"TIMEBANK_ADDRESS": ""}, "TIMEBANK_ADDRESS"),
            ({"TIMEBANK_ADDRESS": "http://bank.example.org"}, "https://"),
            ({"TIMEBANK_ADDRESS": "https://evil.example.org"}, "TIMEBANK_TRUSTED_HOSTS"),
            ({"TIMEBANK_ADDRESS": "https://bank.example.org@evil.example.org"}, "TIMEBANK_ADDRESS"),
            ({"TIMEBANK_ADDRESS": "https://bank.example.org?x=1"}, "TIMEBANK_ADDRESS"),
            ({"TIMEBANK_ADDRESS": "https://[bank"}, "TIMEBANK_ADDRESS"),
        ],
    )
    def test_refuses_what_is_unsafe_and_prints_no_password(self, wrong: dict[str, str], name: str) -> None:
        with pytest.raises(SettingsRefused, match=name) as refused:
            settings_from(PRODUCTION | MAIL | wrong)
        assert "secret" not in str(refused.value)

    def test_lets_a_name_below_a_trusted_one_be_the_address(self) -> None:
        hosts = {"TIMEBANK_TRUSTED_HOSTS": ".example.org:443"}
        assert settings_from(PRODUCTION | MAIL | hosts)["TIMEBANK_ADDRESS"] == "https://bank.example.org"


class TestSigningIn:
    def test_a_second_factor_is_required_in_production_unless_that_is_set_otherwise(self, instance: Path) -> None:
        assert settings_from({})["TIMEBANK_SECOND_FACTOR"] == "offered"
        assert settings_from(PRODUCTION)["TIMEBANK_SECOND_FACTOR"] == "required"
        assert settings_from(PRODUCTION | {"TIMEBANK_SECOND_FACTOR": "Offered"})["TIMEBANK_SECOND_FACTOR"] == "offered"
        with pytest.raises(SettingsRefused, match="TIMEBANK_SECOND_FACTOR"):
            settings_from(PRODUCTION | {"TIMEBANK_SECOND_FACTOR": "no"})

    @pytest.mark.parametrize("name", ["TIMEBANK_SESSION_IDLE_MINUTES", "TIMEBANK_SESSION_HOURS"])
    @pytest.mark.parametrize("written", ["0", "-1", "1.5", "many", "", "9" * 40, "٣٠"])
    def test_how_long_a_session_lasts_is_a_whole_number(self, instance: Path, name: str, written: str) -> None:
        assert settings_from({name: "30"})[name] == 30
        with pytest.raises(SettingsRefused, match=name):
            settings_from({name: written})
