"""What captures with an Idempotency-Key were answered first, kept for a day: forgetting a person.

The gate (admission.py) writes and reads them. One that is emptied still stands for its key, so a
late repetition of the post is answered, and does not bring the erased person back.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import redis

from app.domain.errors import QueueUnavailable
from app.queue.connection import databases_of

#: Keys that one step looks at: about a millisecond, in which Redis does nothing else.
STEP = 1000

_FORGET = (Path(__file__).with_name("lua") / "forget.lua").read_text()


def first_answer_key(org_id: str, digest: str) -> str:
    """Where the first answer to an Idempotency-Key is kept, in the gate's database."""
    return f"idem:{org_id}:{digest}"


class FirstAnswers:
    """The first answers, for threads. `client` speaks to the broker's database."""

    def __init__(self, client: redis.Redis) -> None:
        _, self._admission_db = databases_of(client.connection_pool.connection_kwargs)
        self._forget = client.register_script(_FORGET)

    def forget(self, org_id: str, contact_ids: Collection[str]) -> None:
        """Take the person out of the org's first answers; raises `QueueUnavailable`.

        Looks at every answer of a day, in steps: an erasure may take its time, captures may not
        pay for it.
        """
        pattern = first_answer_key(org_id, "*")
        cursor = b"0"
        try:
            while True:
                cursor = self._forget(
                    args=[self._admission_db, pattern, cursor, STEP, *contact_ids]
                )
                if cursor == b"0":
                    return
        except redis.RedisError as error:
            raise QueueUnavailable from error
