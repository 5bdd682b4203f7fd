"""The registry of export formats, and how each strings the document's parts together, one connection at a time."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module, resources
from typing import TYPE_CHECKING, Final

import msgspec

from asgispy.formats.document import connection_object, header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import PurePath

    from asgispy.formats.source import Source
    from asgispy.model.connection import Connection

_encode = msgspec.json.Encoder().encode


def write_json(
    source: Source, *, keep_secrets: bool, connections: Iterable[Connection] | None = None
) -> Iterator[bytes]:
    """One document, a connection a line, so that even a large one can be read with line tools."""
    yield _encode(header(source))[:-1] + b',"connections":['
    separator = b"\n"
    for connection in source.connections() if connections is None else connections:
        yield separator + _encode(connection_object(source, connection, keep_secrets=keep_secrets))
        separator = b",\n"
    yield b"\n]}\n"


def write_json_lines(
    source: Source, *, keep_secrets: bool, connections: Iterable[Connection] | None = None
) -> Iterator[bytes]:
    """A header line, then one connection a line."""
    yield header_line(source)
    for connection in source.connections() if connections is None else connections:
        yield _encode(connection_object(source, connection, keep_secrets=keep_secrets)) + b"\n"


def header_line(source: Source) -> bytes:
    """The first of the JSON Lines."""
    return _encode(header(source)) + b"\n"


def connection_line(source: Source, id: int, *, keep_secrets: bool) -> bytes | None:
    """The line of one connection; None when it has been evicted."""
    connection = source.connection(id)
    if connection is None:
        return None
    return _encode(connection_object(source, connection, keep_secrets=keep_secrets)) + b"\n"


@dataclass(frozen=True, slots=True)
class Format:
    """One format that connections can be written in."""

    title: str
    suffix: str
    """The end of a file's name, such as ".har"."""
    place: str
    """`module:function` of its writer, which is imported when it is needed."""

    def write(
        self, source: Source, *, keep_secrets: bool, connections: Iterable[Connection] | None = None
    ) -> Iterator[bytes]:
        """One piece for the head, one for each connection, and possibly one for the tail.

        `connections` are the ones to write; by default all that the source has. Raises the errors of the source, and
        UsageError when what the format needs is not installed.
        """
        module, _, name = self.place.partition(":")
        writer: Callable[..., Iterator[bytes]] = getattr(import_module(module), name)
        return writer(source, keep_secrets=keep_secrets, connections=connections)


_HERE: Final = "asgispy.formats"
_REPEATING: Final = f"{_HERE}.repeating"

FORMATS: Final[dict[str, Format]] = {
    "json": Format("JSON, all that was recorded", ".json", f"{_HERE}.export:write_json"),
    "jsonl": Format("JSON Lines, a connection a line", ".jsonl", f"{_HERE}.export:write_json_lines"),
    "har": Format("HAR 1.2, for browsers' tools", ".har", f"{_HERE}.har.writing:write_har"),
    "csv": Format("CSV, a row of the list's columns for each connection", ".csv", f"{_HERE}.csv_table:write_csv"),
    "markdown": Format("Markdown, to be pasted into an issue", ".md", f"{_HERE}.markdown:write_markdown"),
    "html": Format("HTML report, one file to open in a browser", ".html", f"{_HERE}.html.report:write_html"),
    "otlp": Format("OpenTelemetry traces, OTLP/JSON or to a collector", ".otlp", f"{_HERE}.otel.otlp:write_otlp"),
    "curl": Format("Shell script of curl commands", ".sh", f"{_REPEATING}.curl:write_curl"),
    "httpie": Format("Shell script of HTTPie commands", ".httpie.sh", f"{_REPEATING}.httpie:write_httpie"),
    "wscat": Format("Shell script of wscat commands, for sockets", ".wscat.sh", f"{_REPEATING}.sockets:write_wscat"),
    "websocat": Format(
        "Shell script of websocat commands, for sockets",
        ".websocat.sh",
        f"{_REPEATING}.sockets:write_websocat",
    ),
    "httpx": Format("Python that sends the requests with httpx", ".py", f"{_REPEATING}.httpx_script:write_httpx"),
    "pytest": Format("Tests for pytest, in process", "_test.py", f"{_REPEATING}.pytest_test:write_pytest"),
    "asgi": Format(
        "Python that calls the application again",
        ".asgi.py",
        f"{_REPEATING}.reproduction:write_asgi",
    ),
    "raw": Format("Requests and responses as HTTP/1.1 writes them", ".raw", f"{_REPEATING}.raw:write_raw"),
}
"""By name, as `--format` takes it."""


def format_of(path: PurePath, otherwise: str = "json") -> str:
    """The format that a file's name asks for, by its longest end that is known; `otherwise` when it asks for none."""
    name = path.name.lower()
    ends = {format.suffix: name for name, format in FORMATS.items()} | {".ndjson": "jsonl", "": otherwise}
    return ends[max((end for end in ends if name.endswith(end)), key=len)]


def schema() -> str:
    """The JSON Schema of the exported document."""
    return resources.files("asgispy.formats").joinpath("schema.json").read_text("utf-8")
