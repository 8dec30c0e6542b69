"""What went wrong in an attempt, in the words of the attempt log."""

from __future__ import annotations

import errno
import ssl

from app.domain.delivery.attempt import ErrorClass
from workers.sending.budget import AttemptStopped, Budget, Phase

DETAIL_CHARS_MAX = 300

#: Failures of our own process or machine; the receiver is not to blame.
OUR_FAILURES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

#: OpenSSL's verification results (X509_V_ERR_...) that have a class of their own.
_EXPIRED = frozenset({9, 10})
_NAME_MISMATCH = frozenset({62, 64})

_ENDS = (ssl.SSLEOFError, ssl.SSLZeroReturnError)


def explain(error: Exception, budget: Budget) -> AttemptStopped:
    """The error as the subscriber will read it; raises what the receiver cannot have caused."""
    found = error if isinstance(error, AttemptStopped) else _explain(error, budget)
    found.detail = found.detail[:DETAIL_CHARS_MAX]
    return found


def _explain(error: Exception, budget: Budget) -> AttemptStopped:
    match error:
        case ssl.SSLCertVerificationError():
            return _explain_certificate(error)
        case OSError() if error.errno in OUR_FAILURES:
            detail = "too many open sockets on our side"
            return AttemptStopped(ErrorClass.SENDER_FAILED, detail)
        case OSError() if budget.phase is Phase.CONNECT:
            return _explain_connecting(error, budget.address)
        case _ if budget.is_over():
            detail = f"no answer within {budget.total_seconds:g} s: gave up while {budget.phase}"
            return AttemptStopped(ErrorClass.TIMED_OUT, detail)
        case ssl.SSLError() if budget.phase is Phase.TLS or not isinstance(error, _ENDS):
            # OpenSSL's own word for it, without the file and line of our Python.
            reason = (error.reason or type(error).__name__).replace("_", " ").lower()
            detail = f"TLS failed while {budget.phase}: {reason}"
            return AttemptStopped(ErrorClass.TLS_FAILED, detail)
        case OSError():
            # http.client's own word for an answer that never began is one, too.
            detail = f"the connection was closed while {budget.phase}"
            return AttemptStopped(ErrorClass.CONNECTION_RESET, detail)
        case _ if budget.phase in (Phase.WAIT, Phase.READ):
            # Whatever the parsers throw at it, what they were given came from the receiver.
            detail = f"the answer is not valid HTTP ({type(error).__name__})"
            return AttemptStopped(ErrorClass.INVALID_RESPONSE, detail)
        case _:
            raise error


def _explain_certificate(error: ssl.SSLCertVerificationError) -> AttemptStopped:
    why = error.verify_message
    if error.verify_code in _EXPIRED:
        return AttemptStopped(ErrorClass.TLS_EXPIRED, f"the certificate is not valid now: {why}")
    if error.verify_code in _NAME_MISMATCH:
        return AttemptStopped(ErrorClass.TLS_NAME_MISMATCH, f"the certificate does not fit: {why}")
    return AttemptStopped(ErrorClass.TLS_UNTRUSTED, f"the certificate is not trusted: {why}")


def _explain_connecting(error: OSError, address: str | None) -> AttemptStopped:
    if isinstance(error, ConnectionRefusedError):
        return AttemptStopped(ErrorClass.CONNECT_REFUSED, f"nothing listens at {address}")
    if isinstance(error, TimeoutError):
        return AttemptStopped(ErrorClass.CONNECT_TIMEOUT, f"{address} did not accept in time")
    return AttemptStopped(ErrorClass.CONNECT_FAILED, f"{address} cannot be reached")
