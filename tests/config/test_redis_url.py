"""Every form of REDIS_URL is taken apart alike; a refusal shows no secret."""

from __future__ import annotations

import pytest

from config.redis_url import RedisKind, RedisUrl, parse_redis_url

CLUSTER, SENTINEL, SINGLE = RedisKind.CLUSTER, RedisKind.SENTINEL, RedisKind.SINGLE


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("redis://one", RedisUrl(SINGLE, (("one", 6379),))),
        ("redis://", RedisUrl(SINGLE, (("localhost", 6379),))),
        ("redis://one:7000/3", RedisUrl(SINGLE, (("one", 7000),), 3)),
        ("redis://one/?db=3", RedisUrl(SINGLE, (("one", 6379),), 3)),
        ("redis://[::1]:7000/0", RedisUrl(SINGLE, (("::1", 7000),))),
        ("redis://:p%2Fw@one", RedisUrl(SINGLE, (("one", 6379),), password="p/w")),
        ("redis://:p@w@one", RedisUrl(SINGLE, (("one", 6379),), password="p@w")),
        ("redis://rex:p:w@one", RedisUrl(SINGLE, (("one", 6379),), 0, "rex", "p:w")),
        (
            "redis://one?username=rex&password=pw",
            RedisUrl(SINGLE, (("one", 6379),), 0, "rex", "pw"),
        ),
        ("unix:///run/redis.sock", RedisUrl(SINGLE, (), socket_path="/run/redis.sock")),
        (
            "unix://rex:pw@/run/redis.sock?db=2",
            RedisUrl(SINGLE, (), 2, "rex", "pw", socket_path="/run/redis.sock"),
        ),
        (
            "rediss://one?ssl_ca_certs=%2Fca.pem&ssl_check_hostname=false",
            RedisUrl(
                *(SINGLE, (("one", 6379),)),
                tls=True,
                tls_options=(("ssl_ca_certs", "/ca.pem"), ("ssl_check_hostname", False)),
            ),
        ),
        (
            "redis+sentinel://one:5000,two,[::1]/rex/1",
            RedisUrl(SENTINEL, (("one", 5000), ("two", 26379), ("::1", 26379)), 1, service="rex"),
        ),
        (
            "rediss+sentinel://rex:pw@one/my-service?sentinel_username=s&sentinel_password=spw",
            RedisUrl(
                *(SENTINEL, (("one", 26379),), 0, "rex", "pw", True),
                service="my-service",
                sentinel_username="s",
                sentinel_password="spw",
            ),
        ),
        (
            "redis+cluster://:pw@one:7000,two,three",
            RedisUrl(
                *(CLUSTER, (("one", 7000), ("two", 6379), ("three", 6379))), 0, None, password="pw"
            ),
        ),
        ("rediss+cluster://one", RedisUrl(CLUSTER, (("one", 6379),), tls=True)),
    ],
)
def test_a_url_is_taken_apart(text: str, url: RedisUrl) -> None:
    assert parse_redis_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "one",
            "one:6379",
            "http://one",
            "redis+ring://one",
            "unix+sentinel:///run/redis.sock",
        ),
        *("redis://:secret@one:six", "redis://:secret@one:0", "redis://:secret@one:65536"),
        *("redis://rex:top/secret@one/0", "redis://rex:top?secret@one", "redis://rex:secret#1@one"),
        *("redis://:secret@one,two/0", "redis://:secret@one,,two", "redis://one two"),
        *("redis://:secret@one/zero", "redis://one/-1", "redis://one/1/2", "redis://one?db=x"),
        *("unix://", "unix://one/run/redis.sock"),
        *("redis+sentinel://:secret@one,two", "redis+sentinel://one/", "redis+sentinel://one/a b"),
        *("redis+sentinel://one/rex/zero", "redis+cluster://:secret@one,two/1"),
        *("redis://one?secret=1", "redis://one?ssl_ca_certs=/secret.pem"),
        *("redis://one?sentinel_password=secret", "rediss://one?ssl_cert_reqs=secret"),
        "rediss://one?ssl_check_hostname=secret",
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line_without_secrets(text: str) -> None:
    with pytest.raises(ValueError, match=r"^expected [^\n]{10,170}$") as refused:
        parse_redis_url(text)
    assert not any(word in str(refused.value) for word in ("top", "secret.", "secret="))
    assert "secret" not in str(refused.value).replace("sentinel_password", "")
