"""How much of a machine a system takes, and whom it trusts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

#: Name and module with arguments of every long-running process of the product.
PROCESSES: Mapping[str, tuple[str, ...]] = {
    "web": ("app.serve",),
    "captures": ("workers.main", "captures"),
    "deliveries": ("workers.main", "deliveries"),
    "scheduler": ("workers.main", "scheduler"),
}

#: One more where CONSOLE_PORT is set.
CONSOLE = ("app.serve", "console")


@dataclass(frozen=True)
class Profile:
    """What a system is made of. The environment goes before `settings`."""

    settings: Mapping[str, str]
    processes: Mapping[str, tuple[str, ...]]
    #: Settings of the embedded servers, on top of their own.
    postgres: Mapping[str, str] = field(default_factory=dict)
    valkey: Mapping[str, str] = field(default_factory=dict)


#: To try the product, and for tests: receivers may be on this machine.
LOCAL = Profile(settings={"ALLOW_PRIVATE_WEBHOOKS": "1"}, processes=PROCESSES)

#: For a small machine that is open to the world: 256 MiB in all (docs/operating.md).
SMALL = Profile(
    settings={
        "WORKER_THREADS": "100",
        # Each further arena of the C library keeps what its threads have freed.
        "MALLOC_ARENA_MAX": "2",
    },
    processes={
        "web": PROCESSES["web"],
        "captures": ("workers.main", "captures", "scheduler"),
        "deliveries": PROCESSES["deliveries"],
    },
    postgres={
        "shared_buffers": "24MB",
        "max_connections": "60",
        "max_worker_processes": "1",
        "max_parallel_workers": "0",
        "max_logical_replication_workers": "0",
        "max_wal_senders": "2",
        "autovacuum_max_workers": "1",
        "io_method": "sync",
        "maintenance_work_mem": "16MB",
        "jit": "off",
    },
    # Above 85 % of it, captures go to PostgreSQL.
    valkey={"maxmemory": "32mb"},
)
