"""A report as one HTML file, for any browser, that asks for nothing: no network, no other file.

A policy inside the page lets nothing run but its own script, and nothing be loaded; without scripts it works too. The
list goes into a temporary file while it is read, since what stands above it is known only at its end. What must not
move in: what stands above the list (html_overview), and in it (html_connection).
"""

from __future__ import annotations

import itertools
import tempfile
from base64 import b64encode
from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING, Final

from asgispy.formats.document import timestamp
from asgispy.formats.exchange import MASKED
from asgispy.formats.html.connection import Detail, row_of
from asgispy.formats.html.markup import element, escaped
from asgispy.formats.html.overview import Overview
from asgispy.formats.told import told_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO

    from asgispy.formats.source import Source
    from asgispy.model.connection import Connection

DIRECT: Final = 300
"""Connections whose details are part of the page from the start. Those of later ones become it when they are opened:
a page of 20,000 connections would take a browser minutes otherwise."""
SPOOL: Final = 8 << 20
"""Bytes of the list that are held in memory."""
PIECE: Final = 1 << 20


def write_html(
    source: Source, *, keep_secrets: bool, connections: Iterable[Connection] | None = None
) -> Iterator[bytes]:
    """An empty piece for each connection while they are read, then the page. Raises the errors of the source."""
    processes = {process.id: process for process in source.processes()}
    overview = Overview()
    detail = Detail(keep_secrets=keep_secrets)
    masked = False
    with tempfile.SpooledTemporaryFile(SPOOL) as spool:
        for number, connection in enumerate(source.connections() if connections is None else connections):
            told = told_of(source, connection, processes, keep_secrets=keep_secrets)
            overview.add(told)
            inside = detail.html(told)
            masked = masked or told.masked or detail.masked
            spool.write(_entry(row_of(told, overview.origin), inside, direct=number < DIRECT).encode())
            yield b""
        yield _head(source, overview, [*([MASKED] if masked else []), *detail.notes()]).encode()
        spool.seek(0)
        if overview.count == 1:
            yield spool.read().replace(b"<details ", b"<details open ", 1)
        yield from _pieces(spool)
    yield _foot().encode()


def _entry(row: tuple[str, str], inside: str, *, direct: bool) -> str:
    attributes, summary = row
    inside = element("div", inside, "d") if direct else f"<noscript>{inside}</noscript>"
    return f"<details {attributes}><summary>{summary}</summary>{inside}</details>\n"


def _pieces(spool: IO[bytes]) -> Iterator[bytes]:
    while piece := spool.read(PIECE):
        yield piece


def _part(name: str) -> str:
    return resources.files("asgispy.formats.html").joinpath("page", name).read_text("utf-8")


def _head(source: Source, overview: Overview, notes: Iterable[str]) -> str:
    facts = source.facts()
    digest = b64encode(sha256(_part("page.js").encode()).digest()).decode()
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    lost = _lost(source)
    said = " · ".join((f"Recorded from {timestamp(facts['created'])[:19].replace('T', ' ')} UTC", *_servers(source)))
    told = "".join(element("p", escaped(note), "note") for note in itertools.chain(lost, notes))
    return (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">\n'
        f"<title>{escaped(overview.title)} · asgispy</title>\n<style>\n{_part('page.css')}</style></head>\n<body>"
        f"<header><h1>{escaped(overview.title)}</h1><p>{escaped(said)}</p>{told}</header>\n"
        f"{overview.html()}\n{overview.list_head()}"
    )


def _servers(source: Source) -> list[str]:
    """The servers that there were, and this program."""
    processes = source.processes()
    servers = {f"{process.server or 'an unknown server'}, Python {process.python}" for process in processes}
    count = f"{len(processes):,} processes" if len(processes) > 1 else ""
    return [part for part in (*sorted(servers)[:3], count, str(source.facts()["generator"])) if part]


def _lost(source: Source) -> list[str]:
    """What is not in the capture, where something is not."""
    processes = source.processes()
    counts = (
        (sum(process.dropped for process in processes), "events were dropped: the recorder had no room for them"),
        (sum(process.missed for process in processes), "connections were missed: nobody was recording"),
        (int(source.facts().get("evicted", 0)), "connections were evicted to keep the capture small"),
    )
    return [f"{count:,} {what}" for count, what in counts if count]


def _foot() -> str:
    return f'</section>\n<p id="none" hidden>Nothing matches.</p>\n<script>{_part("page.js")}</script></body></html>\n'
