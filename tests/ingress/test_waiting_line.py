"""However many captures come at once, those that wait are bounded and the rest hear of it."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from app.domain.errors import QueueUnavailable
from app.ingress import capture_writer
from app.ingress.capture_writer import CaptureWriter
from app.queue.admission import AdmissionRequest, AdmissionResult, AdmissionStatus
from app.queue.admission_client import AdmissionClient
from app.storage.database import Database

CANDIDATE = AdmissionRequest(b"{}", b"{}", "same:1", 1, "from:1", 0, "for:1", 0)


class StalledAdmission:
    """Admits when told to."""

    def __init__(self) -> None:
        self.go = asyncio.Event()

    async def check_writable(self) -> None:
        return

    check_replicas = check_writable

    async def admit(
        self, requests: list[AdmissionRequest], *, confirm: bool
    ) -> list[AdmissionResult]:
        await self.go.wait()
        return [AdmissionResult(AdmissionStatus.ACCEPTED, 1, 1, b"") for _ in requests]


def test_a_full_waiting_room_refuses_at_once_and_those_inside_are_served(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(capture_writer, "WAITING_MAX", 3)

    async def scenario() -> list[AdmissionResult]:
        admission = StalledAdmission()
        line = CaptureWriter(cast("AdmissionClient", admission), cast("Database", None))
        inside = [asyncio.create_task(line.accept(CANDIDATE)) for _ in range(4)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        inside += [asyncio.create_task(line.accept(CANDIDATE)) for _ in range(3)]
        for _ in range(3):
            await asyncio.sleep(0)
        refused = [task for task in inside if task.done() and task.exception()]
        assert refused, "nobody was refused"
        assert all(isinstance(task.exception(), QueueUnavailable) for task in refused)
        admission.go.set()
        served = await asyncio.gather(*(task for task in inside if task not in refused))
        await line.drain()
        return served

    served = asyncio.run(scenario())
    assert served
    assert all(each.status is AdmissionStatus.ACCEPTED for each in served)
