"""The broker: dramatiq's worker machinery on queues of our own in Redis.

dramatiq's actors, threads and command line stay as they are, and so does the shape of a message.
What moves messages is ours, because the stock Redis broker sleeps when it is idle, takes busy
workers for dead, loses retries and strands messages (docs/decisions tells the story):

    consumer   blocks until there is work             in_flight  what this process holds
    pulse      acks, heartbeats, recovery             messages   any bytes become a job
    commands   what is said to Redis (lua/)           keys       for those who enqueue without us

At least once: a message leaves Redis only when its actor returned. A failed one rests and runs
again. Nothing here schedules, retries or keeps truth; PostgreSQL does.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar
from uuid import uuid4

import redis
from dramatiq import Actor, Broker, Message, Middleware
from dramatiq.errors import ConnectionClosed, QueueJoinTimeout, QueueNotFound
from redis.exceptions import RedisError

from app.queue import keys, quiet
from app.queue.commands import Commands, Policy, Tidied
from app.queue.connection import connect
from app.queue.consumer import WakingConsumer
from app.queue.in_flight import InFlight
from app.queue.lifecycle import Lifecycle
from app.queue.messages import JobReader, encode_dramatiq, encode_message, new_message_id
from app.queue.outage import Outage
from app.queue.pulse import Pulse

#: Connections beyond one for each thread that enqueues.
SPARE_CONNECTIONS = 8

#: A process is heard of at least every second, and five times before it may be taken for dead.
LONGEST_BEAT_SECONDS = 1.0
BEATS_PER_TIMEOUT = 5

#: `join` polls, as only tests wait for a queue to be empty.
JOIN_POLL_SECONDS = 0.02

Answer = TypeVar("Answer")


class Depth(NamedTuple):
    """How much of a queue is not done."""

    #: In the queue, or resting after a failure.
    waiting: int
    #: Fetched by some process.
    in_flight: int


def connect_broker(
    redis_url: str,
    *,
    threads: int = 8,
    prefetch: int | None = None,
    middleware: Sequence[Middleware] = (),
    policy: Policy | None = None,
) -> WakingBroker:
    """Make the broker of this process; nothing is said to Redis yet.

    `threads`: how many threads will run messages, or enqueue. `prefetch`: messages in memory per
    queue, running ones included (default: twice the worker's threads). Call it after a fork: its
    id is the process's. It is the only Redis user of its process that needs no care.
    """
    return WakingBroker(redis_url, threads, prefetch, middleware, policy or Policy())


class WakingBroker(Broker):
    """See the module. Commands raise `ConnectionClosed` when Redis cannot be reached."""

    def __init__(
        self,
        redis_url: str,
        threads: int,
        prefetch: int | None,
        middleware: Sequence[Middleware],
        policy: Policy,
    ) -> None:
        super().__init__(middleware=[])
        self.broker_id = str(uuid4())
        self.policy = policy
        self.client = connect(redis_url, connections=threads + SPARE_CONNECTIONS)
        self._threads = threads
        self._redis_url = redis_url
        self._commands = self._commands_on(self.client)
        self._in_flights: dict[str, InFlight] = {}
        self._outage = Outage()
        self._stopping = threading.Event()
        self._reader = JobReader(self.actors)
        beat_seconds = policy.heartbeat_timeout_ms / 1000 / BEATS_PER_TIMEOUT
        self._pulse = Pulse(
            self._commands_on(connect(redis_url, connections=1)),
            self._in_flights,
            self._outage,
            min(LONGEST_BEAT_SECONDS, beat_seconds),
        )
        quiet.quieten_worker_threads()
        # The whole list: no Retries, limits or callbacks of dramatiq's.
        for each in (
            Lifecycle(self._pulse, self._stopping, self._wake_consumers, self._give_back, prefetch),
            *middleware,
        ):
            self.add_middleware(each)

    def _commands_on(self, client: redis.Redis) -> Commands:
        return Commands(client, self.broker_id, self.policy)

    # What dramatiq asks of a broker.

    def declare_queue(self, queue_name: str) -> None:
        """Know a queue. No delay queue goes with it: dramatiq starts no consumer for one."""
        if queue_name in self._in_flights:
            return
        self.emit_before("declare_queue", queue_name)
        self._in_flights[queue_name] = InFlight()
        quiet.quieten_consumer(queue_name)
        self.emit_after("declare_queue", queue_name)

    def declare_actor(self, actor: Actor[Any, Any]) -> None:
        """Know an actor and its queue."""
        quiet.hide_arguments(actor.logger)
        super().declare_actor(actor)

    def get_declared_queues(self) -> set[str]:
        """Every queue that was declared here."""
        return set(self._in_flights)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 0) -> WakingConsumer:
        """Make a consumer with a connection of its own; its waits do not depend on `timeout`."""
        if queue_name not in self._in_flights:
            raise QueueNotFound(queue_name)
        return WakingConsumer(
            queue_name,
            prefetch,
            # Half of those that wait in memory for a thread: no thread waits for the fetch.
            least=max(1, (prefetch - self._threads) // 2),
            # Not even one silent retry: a fetch may have been answered to nobody.
            commands=self._commands_on(connect(self._redis_url, connections=1, retries=0)),
            in_flight=self._in_flights[queue_name],
            reader=self._reader,
            outage=self._outage,
            stopping=self._stopping,
            on_finish=self._pulse.nudge,
            give_back=self._give_back,
        )

    def enqueue(self, message: Message[Any], *, delay: int | None = None) -> Message[Any]:
        """Enqueue what `Actor.send` built. ValueError on a delay: schedules live in PostgreSQL."""
        if delay is not None:
            raise ValueError("This broker does not delay messages; schedule in PostgreSQL.")
        message = message.copy(options={"redis_message_id": new_message_id()})
        self.emit_before("enqueue", message, delay)
        encoded = message.options["redis_message_id"], encode_dramatiq(message)
        self.enqueue_many(message.queue_name, [encoded])
        self.emit_after("enqueue", message, delay)
        return message

    def flush(self, queue_name: str) -> None:
        """Drop all messages of a queue that nobody has fetched, and all payloads."""
        names = [self._key(of_queue, queue_name) for of_queue in keys.OF_A_QUEUE]
        self._on_redis(lambda: self.client.delete(*names))

    def flush_all(self) -> None:
        """Drop all messages of all declared queues."""
        for queue in self._in_flights:
            self.flush(queue)

    def join(self, queue_name: str, *, timeout: int | None = None) -> None:
        """Wait until every message of a queue is done; QueueJoinTimeout after `timeout` ms."""
        deadline = None if timeout is None else time.monotonic() + timeout / 1000
        while self.depth(queue_name) != (0, 0):
            if deadline is not None and time.monotonic() > deadline:
                raise QueueJoinTimeout(queue_name)
            time.sleep(JOIN_POLL_SECONDS)

    def close(self) -> None:
        """End the pulse and hang up."""
        self._pulse.stop()
        self._commands.hang_up()

    # What our own code asks of it.

    def send(self, queue: str, actor: str, *args: Any) -> str:
        """Enqueue one message for an actor, by name; its id. The actor need not be known here."""
        message = encode_message(queue, actor, args)
        self.enqueue_many(queue, [message])
        return message[0]

    def enqueue_many(self, queue: str, messages: Sequence[tuple[str, bytes]]) -> None:
        """Enqueue what `encode_message` made, in order, in one round trip per 500 messages.

        Raises ConnectionClosed when it is unknown whether they are in the queue; the same
        messages may then be enqueued again without becoming more.
        """
        self._on_redis(lambda: self._commands.enqueue(queue, messages))

    def depth(self, queue: str) -> Depth:
        """How full the queue is, in constant time; (0, 0) only when everything is done."""
        # No MULTI: a server that is out of memory refuses to queue commands, and that is when
        # depth matters. Payloads are counted last, so nothing on its way is overlooked.
        with self.client.pipeline(transaction=False) as pipeline:
            pipeline.llen(self._key(keys.waiting_key, queue))
            pipeline.zcard(self._key(keys.resting_key, queue))
            pipeline.hlen(self._key(keys.payloads_key, queue))
            waiting, resting, unfinished = self._on_redis(pipeline.execute)
        return Depth(waiting + resting, max(0, unfinished - waiting - resting))

    def tidy(self) -> Tidied:
        """Run the janitor once. Workers do it every second; the scheduler may as well."""
        return self._on_redis(self._commands.tidy)

    def _wake_consumers(self, count: int) -> None:
        try:
            self._commands.stop_waiting(count)
        except (RedisError, OSError) as error:
            self._outage.failed(error)  # they notice within a second, without a wake-up

    def _give_back(self, queue: str, ids: Sequence[bytes]) -> None:
        # First forgotten, then returned: in the other order a consumer could have fetched one
        # again when it is forgotten.
        self._in_flights[queue].drop(ids)
        try:
            self._commands.give_back(queue, ids)
        except (RedisError, OSError) as error:
            # They come back all the same: as strays, or when this process is gone.
            self._outage.failed(error)

    def _key(self, name: Callable[[str, str], str], queue: str) -> str:
        return name(queue, self.policy.namespace)

    def _on_redis(self, command: Callable[[], Answer]) -> Answer:
        try:
            return command()
        except (RedisError, OSError) as error:
            # A server that answers but refuses (read-only, loading) may have been replaced.
            self.client.connection_pool.disconnect(inuse_connections=False)
            raise ConnectionClosed(error) from error
