"""Several hosts in DATABASE_URL: the one that takes writes, and the last one first."""

from __future__ import annotations

import pytest

from app.storage.connection.hosts import which_server
from config.settings import BadSetting


@pytest.mark.parametrize(
    ("url", "last", "options"),
    [
        ("postgresql://rex:pw@one:5433/rex", ("one", 5433), None),
        ("postgresql:///rex", None, None),
        ("postgresql://one,two/rex", None, ("one,two", "5432,5432", "read-write")),
        ("postgresql://one:1,two/rex", ("two", 5432), ("two,one", "5432,1", "read-write")),
        ("postgresql://one,two,three/rex?port=7", ("three", 7), ("three,one,two", "7,7,7", None)),
        ("postgresql:///rex?host=one,two&port=1,2", ("one", 1), ("one,two", "1,2", None)),
        ("postgresql://one,two/rex?target_session_attrs=any", None, ("one,two", None, "any")),
        # The same host twice: its ports tell.
        ("postgresql://one:1,one:2/rex", ("one", 2), ("one,one", "2,1", None)),
        # A server that the URL does not name, behind a proxy: the order stays.
        ("postgresql://one,two/rex", ("three", 5432), ("one,two", None, None)),
    ],
)
def test_options_for_connecting(
    url: str, last: tuple[str, int] | None, options: tuple[str | None, ...] | None
) -> None:
    found = which_server(url, last)
    if options is None:
        assert found == {}
        return
    names = ("host", "port", "target_session_attrs")
    expected = {name: value for name, value in zip(names, options, strict=True) if value}
    assert found == {**found, **expected}


@pytest.mark.parametrize(
    "url", ["postgresql://one/rex?secret=1", "postgresql:///rex?host=secret,two&port=1,2,3"]
)
def test_what_libpq_would_refuse_is_refused_at_once_without_its_text(url: str) -> None:
    with pytest.raises(BadSetting, match=r"^DATABASE_URL: expected ") as refused:
        which_server(url)
    assert "secret" not in str(refused.value)
