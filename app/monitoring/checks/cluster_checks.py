"""Checks how the streams of captures lie on the shards of a Redis Cluster."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.system.finding import Outcome, ok, warning
from app.queue.server_facts import RedisFacts


def has_a_shard_for_each_stream(servers: Sequence[RedisFacts]) -> Outcome:
    """No shard of a cluster has two streams of captures."""
    if len(servers) == 1:
        return ok("one server")
    shards = {str(facts.info.get("run_id")) for facts in servers}
    found = f"{len(servers)} streams on {len(shards)} shards"
    if len(shards) == len(servers):
        return ok(found)
    return warning(found, "see CLUSTER KEYSLOT of their tags (docs/queue.md), and move slots")


def goes_on_without_a_shard(servers: Sequence[RedisFacts]) -> Outcome:
    """A shard that is away does not stop the other shards of a cluster."""
    answer = servers[0].config.get("cluster-require-full-coverage", "no")
    if len(servers) == 1 or answer == "no":
        return ok("yes")
    return warning(
        "no: cluster-require-full-coverage yes",
        "CONFIG SET cluster-require-full-coverage no on every node; until then PostgreSQL takes"
        " all captures while one shard is away",
    )


CHECKS = (has_a_shard_for_each_stream, goes_on_without_a_shard)
