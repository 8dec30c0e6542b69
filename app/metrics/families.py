"""Every metric that processes count for themselves; docs/metrics.md says what each means.

The scheduler has those about servers and backlogs (app/monitoring/facts.py). Orgs and URLs are
never labels. `labels()` costs as much as counting, so hot paths keep the labelled children.
"""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)

disable_created_metrics()  # a gauge beside each counter, for the time of its first increment
REGISTRY = CollectorRegistry()

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
_WAITS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 600.0)

BUILD_INFO = Gauge(
    "rex_build_info",
    "1 for the version that a process of the role runs.",
    ("version", "role"),
    registry=REGISTRY,
    multiprocess_mode="livemax",
)

# web
ACCEPTED = Counter(
    "rex_captures_accepted",
    "Captures answered as accepted, by where they are: queue, fallback, or earlier (a repetition).",
    ("store",),
    registry=REGISTRY,
)
REFUSED = Counter(
    "rex_captures_refused",
    "Captures answered with an error, by its code; overload: refused unread.",
    ("reason",),
    registry=REGISTRY,
)
WRITE_SECONDS = Histogram(
    "rex_capture_write_seconds",
    "Time until a group of captures is on disk, by store.",
    ("store",),
    registry=REGISTRY,
    buckets=_FAST,
)
CONNECTIONS_IN_USE = Gauge(
    "rex_database_connections_in_use",
    "Connections that are lent by pools of web processes.",
    registry=REGISTRY,
    multiprocess_mode="livesum",
)

# captures
RECORDED = Counter(
    "rex_captures_recorded",
    "Captures by what became of them: recorded, quarantined, rejected or repeated.",
    ("outcome",),
    registry=REGISTRY,
)
RECORD_DELAY = Histogram(
    "rex_capture_record_delay_seconds",
    "From the answer to a capture to its commit in PostgreSQL.",
    registry=REGISTRY,
    buckets=_WAITS,
)

# captures and deliveries
JOBS = Counter(
    "rex_jobs",
    "Jobs that actors ran, by outcome: done or failed.",
    ("queue", "outcome"),
    registry=REGISTRY,
)
JOB_SECONDS = Histogram(
    "rex_job_batch_seconds",
    "Time of one call of an actor, with all its jobs.",
    ("queue",),
    registry=REGISTRY,
    buckets=(*_FAST, 5.0, 30.0),
)
ORPHANS_RESCUED = Counter(
    "rex_orphans_rescued",
    "Jobs of dead workers that were given to others.",
    ("queue",),
    registry=REGISTRY,
)

# deliveries
ATTEMPTS = Counter(
    "rex_attempts",
    "Attempts by outcome and class of the answer's status; none: there was no answer.",
    ("outcome", "status"),
    registry=REGISTRY,
)
ATTEMPT_SECONDS = Histogram(
    "rex_attempt_seconds",
    "Time of one attempt, connecting included.",
    registry=REGISTRY,
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0),
)
DELIVERY_DELAY = Histogram(
    "rex_delivery_delay_seconds",
    "From an event's commit to the first attempt of its delivery.",
    registry=REGISTRY,
    buckets=_WAITS,
)
SLOTS = Gauge(
    "rex_slots",
    "Slots of delivery processes: in_use is what is in flight, total what is allowed.",
    ("state",),
    registry=REGISTRY,
    multiprocess_mode="livesum",
)

# scheduler
LEASES_EXPIRED = Counter(
    "rex_leases_expired",
    "Deliveries whose worker died or froze, made due again.",
    registry=REGISTRY,
)
TASKS = Counter(
    "rex_scheduler_tasks",
    "Runs of periodic tasks by outcome: done, postponed (a server is away) or failed.",
    ("task", "outcome"),
    registry=REGISTRY,
)

ACCEPTED_BY_QUEUE = ACCEPTED.labels("queue")
ACCEPTED_BY_FALLBACK = ACCEPTED.labels("fallback")
ACCEPTED_EARLIER = ACCEPTED.labels("earlier")
QUEUE_WRITE_SECONDS = WRITE_SECONDS.labels("queue")
FALLBACK_WRITE_SECONDS = WRITE_SECONDS.labels("fallback")
