"""Frames: a four-byte length (big endian), one byte for the kind, then the payload.

Feed it bytes as they come and take whole frames out. What must not move in: what a payload means.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from asgispy.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Iterator

HELLO: Final = 1
WELCOME: Final = 2
REFUSED: Final = 3
EVENTS: Final = 4
COUNTS: Final = 5
OBSERVATIONS: Final = 6
ASK: Final = 7
"""From the inspector: what is in flight?"""
ANSWER: Final = 8
WATCH: Final = 9
"""From the inspector: what to look at from now on."""

KINDS: Final = frozenset({HELLO, WELCOME, REFUSED, EVENTS, COUNTS, OBSERVATIONS, ASK, ANSWER, WATCH})

FRAME_LIMIT: Final = 64 * 1024**2
"""No frame is larger: the probe splits its batches far below this, but one body may fill its whole outbox (32 MiB)."""

_header = struct.Struct(">IB")


def frame(kind: int, payload: bytes) -> bytes:
    """One frame, ready for a socket."""
    return _header.pack(len(payload), kind) + payload


class FrameReader:
    """Turns a stream of bytes into frames."""

    def __init__(self, limit: int = FRAME_LIMIT) -> None:
        self._buffer = bytearray()
        self.limit = limit

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Add bytes; yield each (kind, payload) that is whole. Raises WireError for what is no frame."""
        self._buffer += data
        position = 0
        try:
            while len(self._buffer) - position >= _header.size:
                size, kind = _header.unpack_from(self._buffer, position)
                if kind not in KINDS:
                    raise WireError(f"not an asgispy peer: frame of unknown kind {kind}")
                if size > self.limit:
                    raise WireError(f"frame of {size} bytes is over the limit of {self.limit}")
                end = position + _header.size + size
                if len(self._buffer) < end:
                    break
                start, position = position + _header.size, end
                yield kind, bytes(memoryview(self._buffer)[start:end])
        finally:
            del self._buffer[:position]
