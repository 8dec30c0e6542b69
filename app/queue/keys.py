"""The names of the broker's keys in Redis, for whoever enqueues without the broker.

A message is enqueued by these commands, in one MULTI or in one script, in this order:

    HSET   payloads_key(queue)  id payload  [id payload ...]   payload: see `encode_message`
    RPUSH  waiting_key(queue)   id [id ...]
    LPUSH  wake_key(queue)      1
    LTRIM  wake_key(queue)      0 WAKE_TOKENS - 1
    PEXPIRE wake_key(queue)     WAKE_EXPIRY_MS

One wake token is enough for any number of messages. `LLEN` of the waiting list and `HLEN` of the
payloads are the queue's depth, both O(1). Every other key belongs to the scripts in lua/.
"""

from __future__ import annotations

#: In braces, so that a cluster keeps all of one broker's keys on one shard.
NAMESPACE = "{rex}"

#: How many wake tokens are kept at most, and for how long.
WAKE_TOKENS = 32
WAKE_EXPIRY_MS = 60_000


def waiting_key(queue: str, namespace: str = NAMESPACE) -> str:
    """List of the ids that wait, head first."""
    return f"{namespace}:{queue}"


def payloads_key(queue: str, namespace: str = NAMESPACE) -> str:
    """Hash of id to payload, for everything that is not done: waiting, fetched or resting."""
    return f"{namespace}:{queue}.msgs"


def wake_key(queue: str, namespace: str = NAMESPACE) -> str:
    """List of tokens on which idle consumers block."""
    return f"{namespace}:{queue}.wake"


def resting_key(queue: str, namespace: str = NAMESPACE) -> str:
    """Sorted set of failed ids by the time (server's, Unix ms) at which they wait again."""
    return f"{namespace}:{queue}.resting"


def failures_key(queue: str, namespace: str = NAMESPACE) -> str:
    """Hash of id to the number of its failed runs."""
    return f"{namespace}:{queue}.failures"


#: All keys of a queue that no process owns.
OF_A_QUEUE = (waiting_key, payloads_key, wake_key, resting_key, failures_key)


def acks_key(broker_id: str, queue: str, namespace: str = NAMESPACE) -> str:
    """Set of the ids that one process has fetched and not settled."""
    return f"{namespace}:acks:{broker_id}:{queue}"


def stop_key(broker_id: str, namespace: str = NAMESPACE) -> str:
    """List of tokens by which a stopping process wakes its own consumers."""
    return f"{namespace}:stop:{broker_id}"


def heartbeats_key(namespace: str = NAMESPACE) -> str:
    """Sorted set of broker ids by the time (server's, Unix ms) they were last heard of."""
    return f"{namespace}:heartbeats"
