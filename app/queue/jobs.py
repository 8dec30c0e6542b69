"""The whole contract between those who enqueue and those who work.

Two queues, two actors. Jobs are sent by name, so that the ingress loads no worker code:

    captures    record_captures([capture, ...])   the captures themselves: nothing is stored yet
    deliveries  deliver(webhook_id)               "look": what is due stands in PostgreSQL

A notifier that is already ringing is not rung again, so a burst of events costs one message.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import redis

from app.queue.keys import (
    NAMESPACE,
    WAKE_EXPIRY_MS,
    WAKE_TOKENS,
    payloads_key,
    waiting_key,
    wake_key,
)
from app.queue.messages import encode_message

CAPTURES = "captures"
DELIVERIES = "deliveries"

RECORD_CAPTURES = "record_captures"
DELIVER = "deliver"

#: Set of the webhooks whose notifier rings: a message waits and nobody has taken it yet.
NOTIFIED_KEY = f"{NAMESPACE}:rung"

_RING = f"""
local rung = 0
for i = 1, #ARGV, 3 do
  if redis.call('SADD', KEYS[1], ARGV[i]) == 1 then
    redis.call('HSET', KEYS[2], ARGV[i + 1], ARGV[i + 2])
    redis.call('RPUSH', KEYS[3], ARGV[i + 1])
    rung = rung + 1
  end
end
if rung > 0 then
  redis.call('LPUSH', KEYS[4], '1')
  redis.call('LTRIM', KEYS[4], 0, {WAKE_TOKENS - 1})
  redis.call('PEXPIRE', KEYS[4], {WAKE_EXPIRY_MS})
end
return rung
"""

# Not while twice as many messages wait as bells ring: none can have been lost then that matters,
# and with no worker alive every round would add another message for each webhook.
_FORGET = """
if redis.call('LLEN', KEYS[2]) <= 2 * redis.call('SCARD', KEYS[1]) then
  return redis.call('DEL', KEYS[1])
end
return 0
"""


class DeliveryNotifier:
    """Tells delivery workers that a webhook has something due."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._ring = client.register_script(_RING)
        self._forget = client.register_script(_FORGET)

    def notify(self, webhook_ids: Iterable[str]) -> bool:
        """Ring for these webhooks; False when Redis is away.

        Nothing is lost then: the scheduler finds what is due and rings again.
        """
        arguments: list[Any] = []
        for webhook_id in webhook_ids:
            arguments += [webhook_id, *encode_message(DELIVERIES, DELIVER, [webhook_id])]
        keys = [
            NOTIFIED_KEY,
            payloads_key(DELIVERIES),
            waiting_key(DELIVERIES),
            wake_key(DELIVERIES),
        ]
        try:
            if arguments:
                self._ring(keys=keys, args=arguments)
        except redis.RedisError:
            return False
        return True

    def take(self, webhook_id: str) -> None:
        """Note that somebody looks now; whatever comes later must ring again."""
        self._client.srem(NOTIFIED_KEY, webhook_id)

    def reset(self) -> bool:
        """Forget who rang, lest a lost message silence its bell; False when Redis is away."""
        try:
            self._forget(keys=[NOTIFIED_KEY, waiting_key(DELIVERIES)])
        except redis.RedisError:
            return False
        return True
