"""What went wrong in an attempt, in the words of the attempt log."""

from __future__ import annotations

import errno
import ssl

from app.domain.attempt import ErrorClass
from workers.sending.budget import AttemptStopped, Budget, Phase

DETAIL_CHARS_MAX = 300

Explanation = tuple[ErrorClass, str]

#: Failures of our own process or machine; the receiver is not to blame.
OUR_FAILURES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

#: OpenSSL's verification results (X509_V_ERR_...) that have a class of their own.
_EXPIRED = frozenset({9, 10})
_NAME_MISMATCH = frozenset({62, 64})

_ANSWERING = frozenset({Phase.WAIT, Phase.READ})


def explain(error: Exception, budget: Budget) -> Explanation:
    """The error's class and one sentence; raises what the receiver cannot have caused."""
    error_class, detail = _explain(error, budget)
    return error_class, detail[:DETAIL_CHARS_MAX]


def _explain(error: Exception, budget: Budget) -> Explanation:
    match error:
        case AttemptStopped():
            return error.error, error.detail
        case ssl.SSLCertVerificationError():
            return _explain_certificate(error)
        case TimeoutError():
            return _too_late(budget)
        case _ if budget.is_over():
            # Whatever a connection says that was shut down under its user.
            return _too_late(budget)
        case ssl.SSLError() if budget.phase is Phase.TLS or not _is_end(error):
            return ErrorClass.TLS_FAILED, f"TLS failed while {budget.phase}: {_reason(error)}"
        case ssl.SSLError() | ConnectionError():
            # http.client's own word for an answer that never began is a ConnectionError, too.
            detail = f"the connection was closed while {budget.phase}"
            return ErrorClass.CONNECTION_RESET, detail
        case OSError() if error.errno in OUR_FAILURES:
            return ErrorClass.SENDER_FAILED, "too many open sockets on our side"
        case OSError():
            return ErrorClass.CONNECTION_RESET, f"the connection broke while {budget.phase}"
        case _ if budget.phase in _ANSWERING:
            # Whatever the parsers throw at it, what they were given came from the receiver.
            detail = f"the answer is not valid HTTP ({type(error).__name__})"
            return ErrorClass.INVALID_RESPONSE, detail
        case _:
            raise error


def _too_late(budget: Budget) -> Explanation:
    seconds = f"{budget.total_seconds:g} s"
    return ErrorClass.TIMED_OUT, f"no answer within {seconds}: gave up while {budget.phase}"


def _explain_certificate(error: ssl.SSLCertVerificationError) -> Explanation:
    if error.verify_code in _EXPIRED:
        return ErrorClass.TLS_EXPIRED, f"the certificate is not valid now: {error.verify_message}"
    if error.verify_code in _NAME_MISMATCH:
        return ErrorClass.TLS_NAME_MISMATCH, f"the certificate does not fit: {error.verify_message}"
    return ErrorClass.TLS_UNTRUSTED, f"the certificate is not trusted: {error.verify_message}"


def _is_end(error: ssl.SSLError) -> bool:
    return isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError)


def _reason(error: ssl.SSLError) -> str:
    """OpenSSL's own word for it, without the file and line of our Python."""
    return (error.reason or type(error).__name__).replace("_", " ").lower()
