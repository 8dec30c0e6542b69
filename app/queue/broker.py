"""dramatiq's broker on Redis Streams: each queue is a stream with one consumer group.

The queue of captures may be spread over several streams (shards), each read with a connection of
its own: to dramatiq they are queues `captures`, `captures-1`, … with the same actors.

    consumer   reads, acknowledges, gives back    batches  jobs for one call of an actor
    heartbeat  says that this process lives       rescuer  what dead processes held
    stream     how a job moves in Redis           policy   what becomes of one that failed

At least once: a job leaves Redis only when its actor returned. A failed one is tried again after
growing pauses; one that fails for good becomes a dead letter. docs/queue.md shows it in Redis.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from dramatiq import Actor, Broker, Message, Middleware
from dramatiq.errors import QueueJoinTimeout, QueueNotFound

from app.queue import log_limits
from app.queue.batches import BatchReader
from app.queue.connection import connect
from app.queue.consumer import StreamsConsumer
from app.queue.figures import Depth, depth_of, sum_depths
from app.queue.jobs import CAPTURES, part_name
from app.queue.lifecycle import Lifecycle
from app.queue.policy import Policy
from app.queue.process_reports import new_process_name
from app.queue.running import RunningBatches
from app.queue.shards import Shard
from app.queue.stream import STEP

#: Connections beyond one for each thread that enqueues.
SPARE_CONNECTIONS = 10
#: `join` polls, as only tests wait for a queue to be empty.
JOIN_POLL_SECONDS = 0.02


class StreamsBroker(Broker):
    """Make it after a fork: its consumer name is the process's. Says nothing to Redis yet.

    `threads`: how many run jobs, or enqueue. The middleware is the whole list: no Retries, limits
    or callbacks of dramatiq's. Commands raise `ConnectionClosed` when Redis cannot be reached.
    Jobs are enqueued on the first of the `capture_streams`; admission spreads captures.
    """

    def __init__(
        self,
        redis_url: str,
        *,
        threads: int = 8,
        middleware: Sequence[Middleware] = (),
        policy: Policy | None = None,
        capture_streams: int = 1,
    ) -> None:
        super().__init__(middleware=[])
        self.policy = policy or Policy()
        self.consumer_name = new_process_name()
        self._shards = [
            Shard(redis_url, number, self.policy, self.consumer_name, threads + SPARE_CONNECTIONS)
            for number in range(capture_streams)
        ]
        self.client = self._shards[0].client
        #: The parts of all queues, by dramatiq's names.
        self._parts: dict[str, tuple[str, Shard]] = {}
        self.actor_options |= {"throws", "batching"}
        self._threads = threads
        self._redis_url = redis_url
        self._stopping = threading.Event()
        self._running = RunningBatches()
        log_limits.limit_lines("WorkerThread")
        heartbeats = [shard.heartbeat for shard in self._shards]
        for each in (Lifecycle(heartbeats, self._stopping), *middleware):
            self.add_middleware(each)

    def declare_queue(self, queue_name: str) -> None:
        """Know a queue. No delay queue goes with it: dramatiq starts no consumer for one."""
        for shard in self._shards_of(queue_name):
            name = part_name(queue_name, shard.number)
            if name not in self._parts:
                self.emit_before("declare_queue", name)
                shard.add(queue_name)
                self._parts[name] = queue_name, shard
                log_limits.limit_lines(f"ConsumerThread({name})")
                self.emit_after("declare_queue", name)

    def _shards_of(self, queue: str) -> list[Shard]:
        return self._shards if queue == CAPTURES else self._shards[:1]

    def declare_actor(self, actor: Actor[Any, Any]) -> None:
        """Know an actor and its queue."""
        log_limits.hide_arguments(actor.logger)
        super().declare_actor(actor)

    def get_declared_queues(self) -> set[str]:
        """Every queue that was declared here."""
        return set(self._parts)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 0) -> StreamsConsumer:
        """Make a consumer for at most `threads` batches at a time; its waits are its own."""
        if queue_name not in self._parts:
            raise QueueNotFound(queue_name)
        queue, shard = self._parts[queue_name]
        return StreamsConsumer(
            self.consumer_name,
            min(prefetch, self._threads),
            shard.streams[queue],
            # No silent retry: the reply to a read may have been lost, and its jobs with it.
            connect(self._redis_url, connections=1, retries=0, keys=shard.policy.keys),
            BatchReader(queue, self.actors, queue_name),
            shard.policy,
            shard.outage,
            self._running,
            self._stopping,
        )

    def enqueue(self, message: Message[Any], *, delay: int | None = None) -> Message[Any]:
        """Enqueue what `Actor.send` built. ValueError on a delay: schedules live in PostgreSQL."""
        if delay is not None:
            raise ValueError("This broker does not delay messages; schedule in PostgreSQL.")
        self.emit_before("enqueue", message, delay)
        self.enqueue_many(message.queue_name, [message.encode()])
        self.emit_after("enqueue", message, delay)
        return message

    def enqueue_many(self, queue: str, payloads: Sequence[bytes]) -> None:
        """Enqueue payloads (`encode_job`), in order. After an error some may be in the queue."""
        for start in range(0, len(payloads), STEP):
            with self.client.pipeline(transaction=False) as pipe:
                for payload in payloads[start : start + STEP]:
                    pipe.xadd(self.policy.keys.stream(queue), {"job": payload})
                self._shards[0].on_redis(pipe.execute)

    def flush(self, queue_name: str) -> None:
        """Drop all jobs of a queue."""
        for shard in self._shards_of(queue_name):
            keys = shard.policy.keys
            names = keys.stream(queue_name), keys.retry(queue_name), keys.dead_letters(queue_name)
            shard.on_redis(partial(shard.client.delete, *names))

    def join(self, queue_name: str, *, timeout: int | None = None) -> None:
        """Wait until every job of a queue is done; QueueJoinTimeout after `timeout` ms."""
        deadline = None if timeout is None else time.monotonic() + timeout / 1000
        while self.depth(queue_name).unfinished:
            if deadline is not None and time.monotonic() > deadline:
                raise QueueJoinTimeout(queue_name)
            time.sleep(JOIN_POLL_SECONDS)

    def depth(self, queue: str) -> Depth:
        """How full the queue is."""
        shards = self._shards_of(queue)
        return sum_depths(
            shard.on_redis(partial(depth_of, shard.client, queue, shard.policy.keys))
            for shard in shards
        )

    def heartbeats(self, queue: str) -> dict[bytes, bytes]:
        """The heartbeat of each process that consumes from a queue."""
        shard = self._shards[0]
        return shard.on_redis(shard.streams[queue].heartbeats)

    def watch(self) -> None:
        """Rescue what dead workers held and retry what is due, also if no worker lives here."""
        for shard in self._shards:
            shard.heartbeat.start()

    def close(self) -> None:
        """End the heartbeats and hang up."""
        for shard in self._shards:
            shard.heartbeat.stop()
            shard.client.close()
