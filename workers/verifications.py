"""Verifies captcha tokens with their providers after the lead was recorded, so they never delay it.

1. Tokens that are too old to verify are given up.
2. Some are claimed. A claim that nobody settles ends by itself, so a provider that did not answer
   and a process that was killed are the same: the token is due again, until it is too old.
3. Their providers are asked in parallel, outside any transaction.
4. The results are stored and the tokens deleted.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property, partial
from typing import TYPE_CHECKING

import msgspec

from app.domain.spam.captcha import (
    VERIFY_URLS,
    CaptchaAnswer,
    CaptchaProvider,
    Verification,
    judge,
    verify_form,
)
from app.storage.capture import verifications
from app.storage.capture.verifications import Claimed
from app.storage.database import Database, transaction
from app.storage.secret_cipher import SecretCipher, UnreadableSecret
from workers.captcha_breaker import CaptchaBreaker

if TYPE_CHECKING:
    from workers.sender import Sender

log = logging.getLogger(__name__)

#: One request as a whole, whatever the provider does; far less than a claim lasts.
TOTAL_SECONDS = 5.0
CONNECT_SECONDS = 3.0
#: Requests at once.
THREADS = 8
#: After so long a call begins no further requests: whoever stops the process waits for it.
CALL_SECONDS = 2.0
_HEADERS = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
_decode = msgspec.json.Decoder(CaptchaAnswer).decode


class Verifications:
    """Verifies what is due; one for a process."""

    def __init__(
        self,
        database: Database,
        cipher: SecretCipher,
        proxy_url: str | None = None,
        ca_file: str | None = None,
        total_seconds: float = TOTAL_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`proxy_url`: asked instead of the providers, at a path with the provider's name."""
        self._database = database
        self._cipher = cipher
        self._proxy_url, self._ca_file = proxy_url, ca_file
        self._total_seconds, self._clock = total_seconds, clock
        self._breaker = CaptchaBreaker(clock)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="captcha")

    def verify_due(self) -> None:
        """Verify until nothing is due any more, or for a while."""
        ends_at = self._clock() + CALL_SECONDS
        with transaction(self._database) as cursor:
            expired = verifications.expire(cursor)
        if expired:
            log.info("captcha.expired", extra={"captures": expired})
        while self._verify_some() == THREADS and self._clock() < ends_at:
            pass

    @cached_property
    def _sender(self) -> Sender:
        # Here, since with urllib3 it is memory that most installations have no use for.
        from workers.sender import Sender

        return Sender(
            connect_seconds=CONNECT_SECONDS,
            total_seconds=self._total_seconds,
            allow_private=self._proxy_url is not None,
            connections_per_host=THREADS,
            idle_connections=THREADS,
            ca_file=self._ca_file,
        )

    def _verify_some(self) -> int:
        with transaction(self._database) as cursor:
            claimed = verifications.claim(cursor, THREADS, self._breaker.away())
        if claimed:
            verify = partial(self._verify, self._sender)
            found = zip(claimed, self._threads.map(verify, claimed), strict=True)
            self._settle({each.capture_id: what for each, what in found if what is not None})
        return len(claimed)

    def _settle(self, found: dict[str, Verification]) -> None:
        if not found:
            return
        with transaction(self._database) as cursor:
            verifications.settle(cursor, found)
        outcomes: Sequence[str] = list(found.values())
        counts = {str(each): outcomes.count(each) for each in sorted(set(outcomes))}
        log.info("captcha.settled", extra=counts)

    def _verify(self, sender: Sender, claimed: Claimed) -> Verification | None:
        """What is known of a token now; None: nothing yet."""
        try:
            secret = self._cipher.decrypt(claimed.secret) if claimed.secret else None
        except UnreadableSecret:
            secret = None
        if secret is None:
            log.warning("captcha.no_secret", extra={"capture_id": claimed.capture_id})
            return Verification.UNVERIFIED
        answer = self._ask(sender, claimed, secret)
        if answer is None:
            return None
        verification = judge(claimed.provider, answer, is_repeat=claimed.tries > 1)
        if verification is Verification.UNVERIFIED:
            codes = ", ".join(answer.codes)[:200]
            extra = {"capture_id": claimed.capture_id, "provider": claimed.provider, "codes": codes}
            log.warning("captcha.unverified", extra=extra)
        return verification

    def _ask(self, sender: Sender, claimed: Claimed, secret: str) -> CaptchaAnswer | None:
        provider = claimed.provider
        body = verify_form(provider, secret, claimed.token, claimed.capture_id)
        result = sender.post(self._url_of(provider), _HEADERS, body)
        answer = None
        if result.status is not None and result.status < 500 and result.status != 429:
            with suppress(msgspec.DecodeError):
                answer = _decode(result.body_prefix)
        problem = f"{result.error or result.status} {result.error_detail}".strip()
        self._breaker.note(provider, None if answer else problem)
        return answer

    def _url_of(self, provider: CaptchaProvider) -> str:
        if self._proxy_url is None:
            return VERIFY_URLS[provider]
        return f"{self._proxy_url.rstrip('/')}/{provider}"
