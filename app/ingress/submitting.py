"""Hands a submission to the writer, with the proof of work that its org may ask for."""

from __future__ import annotations

from typing import NamedTuple

from app.domain.capture.capture import Capture
from app.domain.spam.proof import Fault
from app.domain.submission.submission import Submission
from app.ingress.admission_requests import make_capture, make_request, proof_of_work
from app.ingress.capture_router import CaptureRouter
from app.ingress.head import Head
from app.ingress.visit import Visit
from app.queue.admission import AdmissionRequest, AdmissionResult, AdmissionStatus


class Submitted(NamedTuple):
    """A capture, how it asked for admission, and the result."""

    capture: Capture
    request: AdmissionRequest
    result: AdmissionResult


async def submit(
    writer: CaptureRouter, visit: Visit, head: Head, submission: Submission
) -> Submitted:
    """Submit it. Without a proof where one is needed, it is quarantined and answered like any.

    Raises what `CaptureRouter.accept` raises.
    """
    proof = proof_of_work(visit.org, visit.caller, submission)
    submitted = await _submit(writer, visit, head, submission, proof)
    if submitted.result.status is AdmissionStatus.PROOF_USED:
        return await _submit(writer, visit, head, submission, Fault.USED)
    return submitted


async def _submit(
    writer: CaptureRouter, visit: Visit, head: Head, submission: Submission, proof: str | Fault
) -> Submitted:
    is_faulty = isinstance(proof, Fault)
    quarantine = str(proof) if is_faulty else visit.quarantine
    org, caller = visit.org, visit.caller
    capture = make_capture(org, caller, head, visit.address, submission, quarantine)
    key = head.idempotency_key or submission.controls.idempotency_key
    used_up = "" if is_faulty else proof
    request = make_request(capture, submission, org, caller, visit.rates, key, used_up)
    return Submitted(capture, request, await writer.accept(request))
