"""What one caller may cost: tokens for what is refused, turns for large bodies, and a cooldown."""

from __future__ import annotations

from app.domain.errors import Invalid, RexError
from app.http.answers import rate_limit_exceeded
from app.ingress.admission_requests import Rates
from app.ingress.caller_cooldown import CallerCooldown, over_limit
from app.ingress.capture_router import CaptureRouter
from app.ingress.large_bodies import LargeBodies
from app.ingress.visit import Visit
from app.queue.admission import AdmissionResult, AdmissionStatus

#: Codes of refusals that a body was read for.
_REFUSALS_OF_BODIES = frozenset(["invalid_json", "validation_failed"])


class CallerLimits:
    """The limits of all callers."""

    def __init__(self, writer: CaptureRouter) -> None:
        self._writer = writer
        self._cooldown = CallerCooldown()
        self._large_bodies = LargeBodies()

    async def check_head(self, visit: Visit) -> None:
        """Raise `RateLimitExceeded` unless the body may be received."""
        await self._cooldown.check(visit.limit_key)

    async def check_body(self, visit: Visit) -> None:
        """Return when the body may be read. Raises `RateLimitExceeded`."""
        await self._large_bodies.wait_turn(visit.limit_key, visit.body_bytes)

    def check_admission(self, visit: Visit, rates: Rates, admission: AdmissionResult) -> None:
        """Raise why a capture was not admitted, if it was not."""
        if admission.status is AdmissionStatus.CONFLICT:
            raise Invalid({"Idempotency-Key": "was sent before with another body: send a new one"})
        if admission.status is AdmissionStatus.ADDRESS_LIMITED:
            self._cooldown.start(visit.limit_key, admission.wait_ms / 1000)
            message = f"More than {rates.per_caller} captures a minute from one caller"
            raise rate_limit_exceeded(admission.wait_ms, message)
        if admission.status is AdmissionStatus.EMAIL_LIMITED:
            message = f"More than {rates.per_email} captures a minute for this e-mail address"
            raise rate_limit_exceeded(admission.wait_ms, message)

    async def charge(self, visit: Visit | None, error: RexError) -> RexError:
        """The refusal of a body, which takes tokens; or that too few were left."""
        if visit is None or error.code not in _REFUSALS_OF_BODIES:
            return error
        charged = await self._writer.charge(visit.limit_key, visit.refusals_max)
        if charged is None or charged.status is not AdmissionStatus.ADDRESS_LIMITED:
            return error
        self._cooldown.start(visit.limit_key, charged.wait_ms / 1000)
        return over_limit(charged.wait_ms)
