"""Room for connections, as far as the machine allows."""

from __future__ import annotations

import resource

from config.descriptors import OTHERS, make_room


def test_the_limit_of_descriptors_is_raised_as_far_as_connections_need() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
        assert make_room(600) == 600
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (600 + OTHERS, hard)
        assert make_room(100) == 100
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (600 + OTHERS, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
