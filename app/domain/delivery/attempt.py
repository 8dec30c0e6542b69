"""What one attempt (one HTTP request of a delivery) came to, as it is decided on and kept."""

from enum import StrEnum

import msgspec


class ErrorClass(StrEnum):
    """Why an attempt got no answer; the value is what subscribers read in the log."""

    #: The URL may not be connected to; nor may any address of its host name, if it has one.
    REFUSED_TARGET = "refused_target"
    #: The host name's name servers answered with a failure.
    DNS_FAILED = "dns_failed"
    #: The host name's name servers did not answer in time.
    DNS_TIMEOUT = "dns_timeout"
    #: Nothing listens at the address and port.
    CONNECT_REFUSED = "connect_refused"
    #: No address accepted a connection in time.
    CONNECT_TIMEOUT = "connect_timeout"
    #: The network gave no way to the address (no route, host unreachable).
    CONNECT_FAILED = "connect_failed"
    #: The TLS handshake failed for a reason other than the certificate.
    TLS_FAILED = "tls_failed"
    #: The certificate belongs to another host name.
    TLS_NAME_MISMATCH = "tls_name_mismatch"
    #: The certificate is expired or not valid yet.
    TLS_EXPIRED = "tls_expired"
    #: The certificate was not issued by an authority that we trust.
    TLS_UNTRUSTED = "tls_untrusted"
    #: The head of an answer was not complete when the time of the whole attempt was up.
    TIMED_OUT = "timed_out"
    #: The receiver closed the connection before it had answered.
    CONNECTION_RESET = "connection_reset"
    #: What came back is not an HTTP answer that can be understood.
    INVALID_RESPONSE = "invalid_response"
    #: Our side had no means (sockets, threads) to send; the receiver is not to blame.
    SENDER_FAILED = "sender_failed"


class Timings(msgspec.Struct, frozen=True, kw_only=True):
    """Whole milliseconds per phase; None for a phase that did not happen or did not end.

    On a kept connection there is no DNS, connect and TLS phase. `first_byte_ms` counts from
    the start of sending, `total_ms` is the whole attempt.
    """

    dns_ms: int | None = None
    connect_ms: int | None = None
    tls_ms: int | None = None
    first_byte_ms: int | None = None
    total_ms: int = 0


class AttemptResult(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one HTTP request of a delivery.

    Either `status` or `error` is None: an answer counts once its head is complete, whatever
    becomes of its body. Text fields hold no control characters and are bounded, so they can be
    stored as they are.
    """

    timings: Timings
    status: int | None = None
    error: ErrorClass | None = None
    #: One sentence for the subscriber, at most 300 characters; empty without an error.
    error_detail: str = ""
    #: The answer's Retry-After as received, seconds or a date.
    retry_after: str | None = None
    #: `ip:port` of the connection used (`[ip]:port` for IPv6).
    address: str | None = None
    #: The answer's first headers in their order: at most 50 and 8 KiB.
    headers: tuple[tuple[str, str], ...] = ()
    #: The first 4 KiB of the answer's body, decompressed.
    body_prefix: bytes = b""
    #: Spent on nothing but waiting for the receiver to answer.
    waited_seconds: float = 0.0
