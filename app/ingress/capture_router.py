"""Spreads captures over the streams, each on a shard of its own.

A stream's captures go to another one while its shard is away. What was answered there is unknown
here: a repeat is admitted, and PostgreSQL finds that it is one (docs/decisions/0018).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from app.domain.capture.capture_streams import stream_order
from app.ingress.capture_writer import CaptureWriter
from app.queue.admission import AdmissionRequest, AdmissionResult

_encode = msgspec.json.Encoder().encode


class CaptureRouter:
    """Takes captures in, for the writer of the stream that each belongs to."""

    def __init__(self, writers: Sequence[CaptureWriter]) -> None:
        self._writers = writers

    async def accept(self, request: AdmissionRequest) -> AdmissionResult:
        """The result on a capture: see `CaptureWriter.accept`."""
        if len(self._writers) == 1:
            return await self._writers[0].accept(request)
        return await self._writer_for(request).accept(recognisable(request))

    async def charge(self, key: str, rate: int) -> AdmissionResult | None:
        """Take a token for what is not accepted: see `CaptureWriter.charge`."""
        order = stream_order(key, len(self._writers))
        return await self._writers[order[0]].charge(key, rate)

    async def keep_warm(self) -> None:
        """Keep a connection to the fallback open, until cancelled."""
        await self._writers[0].keep_warm()

    async def drain(self) -> None:
        """Finish what was taken in."""
        await asyncio.gather(*(writer.drain() for writer in self._writers))

    def _writer_for(self, request: AdmissionRequest) -> CaptureWriter:
        """That of the first stream in order whose shard answers; of the first, if none does."""
        order = stream_order(shard_key(request), len(self._writers))
        writers = [self._writers[number] for number in order]
        return next((writer for writer in writers if writer.has_queue), writers[0])


def shard_key(request: AdmissionRequest) -> str:
    """What decides on the stream: all that must be found together has it in common.

    An Idempotency-Key that may stand for one body only; else the contact.
    """
    return request.bound_key or request.email_key


def recognisable(request: AdmissionRequest) -> AdmissionRequest:
    """The same, its capture marked so that recording it finds another one with equal content."""
    mark = {"identity": request.dedupe_key, "identity_ms": request.dedupe_ms}
    return request._replace(capture=request.capture[:-1] + b"," + _encode(mark)[1:])
