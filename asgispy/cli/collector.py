"""Sends OpenTelemetry traces to a collector by OTLP/HTTP, request by request, in protobuf.

A collector that can't be reached, or says that it is busy, is tried again a few times; any other answer than yes ends
the export in one line. What must not move in: what is sent (formats/otlp).
"""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from os import environ
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from asgispy.errors import AddressError, UsageError
from asgispy.version import __version__

if TYPE_CHECKING:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

PATH: Final = "/v1/traces"
"""Where a collector takes traces, unless the URL says where."""
TIMEOUT: Final = 10.0
"""Seconds in which an answer must come."""
WAITS: Final = (0.2, 1.0, 3.0)
"""Seconds before each further try; a collector that asks for longer gets up to `LONGEST`."""
LONGEST: Final = 30.0
BUSY: Final = frozenset({429, 502, 503, 504})
"""Answers after which OTLP says to try again."""
HEADERS: Final = ("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS")
"""Where OpenTelemetry has further headers, such as a key; the second goes before."""


def is_url(text: str) -> bool:
    """Whether an output is no file but a collector."""
    return text.lower().startswith(("http://", "https://"))


class _Again(Exception):
    """This try has failed, another one may not; its text says why."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


@dataclass(slots=True)
class Collector:
    """A collector at a URL. Raises AddressError for one that is no URL."""

    url: str
    sent: int = 0
    """Spans that it has taken."""
    rejected: int = 0
    reason: str = ""
    """What it says about those that it rejected."""
    _headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            valid = bool(parts.hostname) and parts.port != 0 and self.url.isprintable() and " " not in self.url
        except ValueError:
            valid = False
        if not valid:
            raise AddressError(f"{self.url!r} is no URL of a collector: write http://HOST:4318")
        if parts.path in ("", "/"):
            self.url = parts._replace(path=PATH).geturl()
        self._headers = {**_given_headers(), "Content-Type": "application/x-protobuf"}
        self._headers.setdefault("User-Agent", f"asgispy/{__version__}")

    def send(self, request: ExportTraceServiceRequest) -> None:
        """Send one request; raises AddressError when it can't be delivered."""
        spans = sum(len(scope.spans) for each in request.resource_spans for scope in each.scope_spans)
        data = request.SerializeToString()
        for wait in (*WAITS, None):
            try:
                answer = self._post(data)
                break
            except _Again as error:
                if wait is None:
                    raise AddressError(f"{self.url}: {error}; {self.sent:,} spans were sent") from None
                time.sleep(min(LONGEST, max(wait, error.wait)))
        rejected = self._rejected(answer)
        self.sent += spans - rejected

    def _post(self, data: bytes) -> bytes:
        request = urllib.request.Request(self.url, data, self._headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
                answer: bytes = response.read(1 << 20)
                return answer
        except urllib.error.HTTPError as error:
            with error:
                if error.code in BUSY:
                    raise _Again(
                        f"answers {error.code} {error.reason}", _seconds(error.headers.get("Retry-After", ""))
                    ) from None
                raise AddressError(f"{self.url}: refused: {error.code} {error.reason}") from None
        except urllib.error.URLError as error:
            raise _Again(f"can't be reached: {_words(error.reason)}") from None
        except (OSError, http.client.HTTPException) as error:
            raise _Again(f"gives no answer: {_words(error)}") from None

    def _rejected(self, answer: bytes) -> int:
        """How many spans it did not take, though it took the others."""
        from google.protobuf.message import DecodeError
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

        try:
            partial = ExportTraceServiceResponse.FromString(answer).partial_success
        except DecodeError:
            return 0  # some answer with JSON, or a page
        rejected: int = max(0, partial.rejected_spans)
        self.rejected += rejected
        self.reason = partial.error_message or self.reason
        return rejected


def _given_headers() -> dict[str, str]:
    """`name=value,…` with percent-encoded values, as OpenTelemetry's environment variables have them."""
    headers = {}
    for variable in HEADERS:
        for pair in environ.get(variable, "").split(","):
            name, given, value = pair.partition("=")
            if given and name.strip():
                headers[name.strip()] = unquote(value.strip())
    if not all(text.isprintable() and text.isascii() for pair in headers.items() for text in pair):
        raise UsageError(f"{HEADERS[0]}: names and values are printable ASCII: write NAME=VALUE,NAME=VALUE")
    return headers


def _seconds(asked: str) -> float:
    """How long a busy collector asks to wait."""
    return float(asked) if asked.isdecimal() and len(asked) < 6 else 0.0


def _words(error: object) -> str:
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(said).partition("\n")[0]
