"""TLS to Redis: with the certificate authority that REDIS_URL names, and with no other."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest
import redis

from app.queue.async_connection import connect_async
from app.queue.connection import connect
from scripts.system.embedded import Embedded
from scripts.system.ports import LOOPBACK, free_port
from tests.tls import Authority

USER = "rex"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ours")


@pytest.fixture
def server(authority: Authority) -> Iterator[str]:
    """host:port of a server with TLS and a user."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed (apt-get install redis-server)")
    certificate, port = str(authority.issue(LOOPBACK)), free_port()
    settings = {
        "tls-port": str(port),
        "tls-cert-file": certificate,
        "tls-key-file": certificate,
        "tls-auth-clients": "no",
        "user": f"{USER} on >s3cret ~* &* +@all",
    }
    with Embedded(postgres=False, valkey_settings=settings, valkey_program=Path(program)):
        yield f"{LOOPBACK}:{port}"


async def ping(url: str) -> bool:
    client = connect_async(url, connections=1, patience_seconds=5, connect_seconds=5, waits=False)
    try:
        return bool(await client.ping())
    finally:
        await client.aclose()


def test_the_authority_in_the_url_is_trusted_and_no_other(
    server: str, authority: Authority, tmp_path: Path
) -> None:
    ours = f"ssl_ca_certs={quote(str(authority.ca_file), safe='')}"
    theirs = f"ssl_ca_certs={quote(str(Authority(tmp_path, 'theirs').ca_file), safe='')}"

    for query, name in ((ours, server), (f"{ours}&ssl_check_hostname=false", server)):
        url = f"rediss://{USER}:s3cret@{name}/0?{query}"
        with closing(connect(url, connections=1)) as client:
            assert client.acl_whoami() == USER
        assert asyncio.run(ping(url))

    other_name = server.replace(LOOPBACK, "localhost")
    for query, name in (("", server), (theirs, server), (ours, other_name)):
        url = f"rediss://{USER}:s3cret@{name}/0?{query}"
        client = connect(url, connections=1, retries=0)
        with pytest.raises(redis.ConnectionError, match="CERTIFICATE_VERIFY_FAILED") as refused:
            client.ping()
        with pytest.raises(redis.ConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
            asyncio.run(ping(url))
        assert "s3cret" not in str(refused.value)
