"""A file's text in chunks, as UTF-8 whatever it was, and what format it is in: told from its beginning, not its name.

What must not move in: how a format is read (formats).
"""

from __future__ import annotations

import codecs
from typing import IO, TYPE_CHECKING, Final

from asgispy.analysis.content.text import MARKS
from asgispy.formats.document import FORMAT
from asgispy.formats.har.reading import ENTRIES, HarReading
from asgispy.formats.incoming import Foreign
from asgispy.formats.json_reading import CONNECTIONS, JsonReading
from asgispy.formats.splitting import Splitter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from asgispy.formats.incoming import Reading

CHUNK: Final = 256 * 1024
HEAD: Final = 1024 * 1024
"""Bytes that have to tell what it is."""

_SQLITE: Final = b"SQLite format 3\0"
_LINE: Final = frozenset({"process", "scope", "state"})
"""Some keys of every connection in our JSON."""


def is_database(path: Path) -> bool:
    """Whether it is an SQLite file, and so a capture if anything. Raises OSError."""
    if not path.is_file():
        return False  # a pipe can be read only once
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


def read(file: IO[bytes], progress: Callable[[int], None] = lambda count: None) -> Reading:
    """The reading of a file that has just been opened; `progress` is told the bytes read.

    Raises Foreign when its beginning tells that nothing can be imported, and OSError.
    """
    chunks = _chunks(file, progress)
    head: list[bytes] = []
    size = 0
    for chunk in chunks:
        head.append(chunk)
        size += len(chunk)
        if size >= HEAD:
            break
    return _reading(b"".join(head), chunks)


def _reading(head: bytes, rest: Iterator[bytes]) -> Reading:
    def chunks() -> Iterator[bytes]:
        yield head
        yield from rest

    if not head.strip():
        raise Foreign("it is empty")
    beginning = Splitter([head], [*ENTRIES, CONNECTIONS])
    for _ in beginning:
        pass
    known = beginning.rest
    if CONNECTIONS in beginning.found or known.get("format") == FORMAT:
        return JsonReading(chunks())
    if beginning.found.intersection(ENTRIES) or isinstance(known.get("log"), dict):
        return HarReading(chunks())
    if known.keys() >= _LINE:
        return JsonReading(chunks(), lines=True)
    if known:
        raise Foreign("it is JSON, but neither asgispy's nor HAR")
    raise Foreign("it is neither a capture, nor asgispy's JSON, nor HAR")


def _chunks(file: IO[bytes], progress: Callable[[int], None]) -> Iterator[bytes]:
    """UTF-8 without a mark; what can't be decoded is replaced."""
    chunk = file.read(CHUNK)
    mark, name = next((each for each in MARKS if chunk.startswith(each[0])), (b"", "utf-8"))
    decoder = None if name == "utf-8" else codecs.getincrementaldecoder(name)("replace")
    count = len(chunk)
    chunk = chunk[len(mark) :]
    while chunk:
        progress(count)
        yield chunk if decoder is None else decoder.decode(chunk).encode("utf-8", "replace")
        chunk = file.read(CHUNK)
        count += len(chunk)
