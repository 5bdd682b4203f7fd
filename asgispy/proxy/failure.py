"""What can go wrong with an upstream, and what the client is told then (RFC 9110 sections 15.6.3 and 15.6.5)."""

from __future__ import annotations

import ssl
from typing import ClassVar, Final

BAD_GATEWAY: Final = 502
GATEWAY_TIMEOUT: Final = 504


class UpstreamFailed(Exception):
    """The upstream's side failed; the text says how, in one line."""

    status: ClassVar[int] = BAD_GATEWAY


class UpstreamTimedOut(UpstreamFailed):
    """The upstream did not answer in time."""

    status: ClassVar[int] = GATEWAY_TIMEOUT


class UpstreamClosed(UpstreamFailed):
    """The upstream closed the connection before its answer was complete."""


class ClientLeft(Exception):
    """The client's side ended: nobody is left to answer."""


def connecting_failed(place: str, error: Exception) -> UpstreamFailed:
    """Why no connection came about, as one line."""
    match error:
        case TimeoutError():
            return UpstreamTimedOut(f"no connection to {place} came about in time")
        case ConnectionRefusedError():
            return UpstreamFailed(f"{place} refused the connection: is it running?")
        case FileNotFoundError():
            return UpstreamFailed(f"{place}: there is no such socket")
        case ssl.SSLCertVerificationError():
            reason = error.verify_message or error.reason
            return UpstreamFailed(f"{place}: its certificate is not trusted ({reason}): see --ca and --insecure")
        case ssl.SSLError():
            return UpstreamFailed(f"{place} speaks no TLS that we understand ({error.reason or error})")
        case OSError():
            return UpstreamFailed(f"{place} can't be reached: {error.strerror or error}")
        case _:
            return UpstreamFailed(f"{place} can't be reached: {error or type(error).__name__}")


def plain_answer(text: str) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Headers and body of a response of our own that says this."""
    body = f"asgispy: {text}\n".encode("utf-8", "backslashreplace")
    return [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))], body
