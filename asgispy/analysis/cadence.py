"""When messages passed on a connection, in constant space: a histogram over time that widens as time goes on.

A socket with a million messages costs as much to draw as one with ten. What must not move in: drawing.
"""

from __future__ import annotations

import struct
from typing import Final

BINS: Final = 64
FIRST_WIDTH: Final = 1 << 20
"""Nanoseconds of a bin at first, about a millisecond; doubled whenever time runs past the last bin."""

_header = struct.Struct(">Q")


class Cadence:
    """Counts of received and sent messages in `BINS` bins of equal width, each count at most 255."""

    __slots__ = ("received", "sent", "width")

    def __init__(self, width: int = FIRST_WIDTH, received: bytes = bytes(BINS), sent: bytes = bytes(BINS)) -> None:
        self.width = width
        self.received = bytearray(received)
        self.sent = bytearray(sent)

    def add(self, offset: int, *, sent: bool) -> None:
        """Note a message at `offset` nanoseconds since the connection started."""
        while offset >= self.width * BINS:
            self.received = _halved(self.received)
            self.sent = _halved(self.sent)
            self.width *= 2
        bins = self.sent if sent else self.received
        position = max(0, offset) // self.width
        if bins[position] < 255:
            bins[position] += 1

    def to_bytes(self) -> bytes:
        """The form that is stored with the connection."""
        return _header.pack(self.width) + bytes(self.received) + bytes(self.sent)

    @classmethod
    def from_bytes(cls, data: bytes) -> Cadence:
        """Read back what `to_bytes` gave; anything else gives an empty one."""
        if len(data) != _header.size + 2 * BINS:
            return cls()
        (width,) = _header.unpack_from(data)
        body = data[_header.size :]
        return cls(max(1, width), body[:BINS], body[BINS:])


def _halved(bins: bytearray) -> bytearray:
    pairs = zip(bins[::2], bins[1::2], strict=True)
    return bytearray(min(255, one + other) for one, other in pairs) + bytearray(BINS // 2)
