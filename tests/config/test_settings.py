"""Every knob is read, has a default, and refuses what cannot be used in one line that names it."""

from __future__ import annotations

import base64
from dataclasses import fields
from ipaddress import ip_network

import pytest

from config.settings import _PARSERS, BadSetting, Settings, read_settings

REQUIRED = {
    "DATABASE_URL": "postgresql://rex@localhost/rex",
    "REDIS_URL": "redis://localhost:6379/0",
    "SECRET_KEY": base64.b64encode(b"k" * 32).decode(),
}


def test_the_required_ones_are_enough_and_the_rest_has_defaults() -> None:
    settings = read_settings(REQUIRED)
    assert settings.secret_key == b"k" * 32
    assert (settings.port, settings.webhook_concurrency_max, settings.retry_max_attempts) == (
        8000,
        256,
        15,
    )


@pytest.mark.parametrize("name", sorted(REQUIRED))
@pytest.mark.parametrize("value", ["", "   "])
def test_a_required_one_that_is_missing_or_empty_is_named(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=rf"^{name}: not set; expected "):
        read_settings({**REQUIRED, name: value})


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("PORT", "80", 80),
        ("BASE_DOMAIN", "RexGTM.com", "rexgtm.com"),
        ("DEFAULT_ORG", "acme-2", "acme-2"),
        ("ALLOW_PRIVATE_WEBHOOKS", "1", True),
        ("ALLOW_PRIVATE_WEBHOOKS", "off", False),
        ("TRUSTED_PROXIES", "10.0.0.0/8, ::1", (ip_network("10.0.0.0/8"), ip_network("::1"))),
        ("WEBHOOK_PORTS", "443,8443", (443, 8443)),
        ("BLOCKED_NETWORKS", "2a00:1450::/96", (ip_network("2a00:1450::/96"),)),
        ("RETRY_BASE_SECONDS", "0.5", 0.5),
        ("RETRY_MAX_ATTEMPTS_LIMIT", "20", 20),
        ("DELIVERY_TOTAL_SECONDS_LIMIT", "20", 20.0),
        ("CAPTURE_RATE_PER_EMAIL", "0", 0),
        ("LOG_LEVEL", "DEBUG", "debug"),
        ("BOOTSTRAP_API_KEY", "rex_live_" + "a" * 24, "rex_live_" + "a" * 24),
    ],
)
def test_a_value_is_read(name: str, value: str, expected: object) -> None:
    assert getattr(read_settings({**REQUIRED, name: value}), name.lower()) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://localhost/rex"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "redis://localhost:six/0"),
        ("REDIS_URL", "rediss://localhost/0?ssl_ca_certs=/no/such/file.pem"),
        ("DATABASE_URL", "postgresql://rex@localhost:65536/rex"),
        ("DATABASE_URL", "postgresql://rex@one:5432,two:65536/rex"),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", base64.b64encode(b"k" * 31).decode()),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "٣"),
        ("PORT", "1e3"),
        ("BASE_DOMAIN", "https://example.com"),
        ("DEFAULT_ORG", "Acme Inc"),
        ("BOOTSTRAP_API_KEY", "secret"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("TRUSTED_PROXIES", "proxy.internal"),
        ("ALLOW_PRIVATE_WEBHOOKS", "maybe"),
        ("RETRY_BASE_SECONDS", "nan"),
        ("RETRY_BASE_SECONDS", "-1"),
        ("RETRY_MAX_ATTEMPTS", "1.5"),
        ("DELIVERY_TOTAL_SECONDS_LIMIT", "31"),
        ("WEBHOOK_CONCURRENCY_MAX", "9" * 40),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_in_one_line(name: str, value: str) -> None:
    with pytest.raises(BadSetting) as refused:
        read_settings({**REQUIRED, name: value})
    message = str(refused.value)
    assert message.startswith(f"{name}: expected ")
    assert "\n" not in message
    assert len(message) < 200


def test_a_refused_secret_is_not_shown() -> None:
    with pytest.raises(BadSetting) as refused:
        read_settings({**REQUIRED, "SECRET_KEY": "topsecret"})
    assert "topsecret" not in str(refused.value)
    with pytest.raises(BadSetting) as refused:
        read_settings({**REQUIRED, "DATABASE_URL": "postgresql://rex:top/secret@localhost/rex"})
    assert "top" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("RETRY_BASE_SECOND", "RETRY_BASE_SECONDS"),
        ("RETY_BASE_SECONDS", "RETRY_BASE_SECONDS"),
        ("TRUSTED_PROXY", "TRUSTED_PROXIES"),
        ("WEBHOOK_PORT", "WEBHOOK_PORTS"),
        ("WORKER_PROCESS", "WORKER_PROCESSES"),
        ("CAPTURE_RATE_PER_ADRESS", "CAPTURE_RATE_PER_ADDRESS"),
        ("BASE_DOMIAN", "BASE_DOMAIN"),
        ("LOG_LEVLE", "LOG_LEVEL"),
    ],
)
def test_a_mistyped_name_is_refused_and_the_right_one_is_told(name: str, meant: str) -> None:
    with pytest.raises(BadSetting) as refused:
        read_settings({**REQUIRED, name: "1"})
    assert str(refused.value) == f"{name}: not a setting; did you mean {meant}?"


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_a_required_name_that_is_mistyped_is_told_before_it_counts_as_missing(name: str) -> None:
    mistyped = f"{name[:-2]}{name[-1]}{name[-2]}"
    environ = {**REQUIRED, mistyped: REQUIRED[name]}
    del environ[name]
    with pytest.raises(BadSetting, match=f"{mistyped}: .* did you mean {name}"):
        read_settings(environ)


@pytest.mark.parametrize(
    "name",
    [
        *("SECRET_KEY_BASE", "REDIS_TLS_URL", "DATABASE_URL_2", "LOG_LEVEL_ROOT", "LOGLEVEL"),
        *("HOSTNAME", "HOSTS", "PORTS", "DATABASE_URI", "REDIS_URLS", "retry_base_second"),
        *("WEBHOOK_URL", "WORKER_CLASS", "WEB_MEMORY", "BASE_URL", "DATA_DIR", "API_RATE"),
    ],
)
def test_names_of_other_programs_are_none_of_ours(name: str) -> None:
    assert read_settings({**REQUIRED, name: "1"}).port == 8000


def test_every_field_has_a_parser_and_every_parser_a_field() -> None:
    assert set(_PARSERS) == {field.name for field in fields(Settings)}


def test_settings_are_frozen() -> None:
    with pytest.raises(AttributeError):
        read_settings(REQUIRED).port = 1  # type: ignore[misc]
