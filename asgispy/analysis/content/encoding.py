"""Undoes content encodings: gzip, deflate, br and zstd, and lists of them, as far as a broken or cut stream goes.

Output is bounded, so that a bomb costs no more than any large body. What must not move in: charsets, and what the
data is.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from asgispy.model.units import format_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OUTPUT_LIMIT: Final = 32 * 1024 * 1024
"""Bytes that a body may decode to."""
RATIO_LIMIT: Final = 1_000
"""How many times larger than its source the output may be once it is longer than RATIO_FREE."""
RATIO_FREE: Final = 4 * 1024 * 1024
_STEP: Final = 256 * 1024
_INPUT_STEP: Final = 64 * 1024
_ZSTD_STEP: Final = 256
_FRAMES_LIMIT: Final = 10_000
"""Members or frames one after the other in a stream."""
_STEPS_LIMIT: Final = 5
"""Encodings one over the other."""
_NONE: Final = frozenset({"", "identity", "none"})


class _Broken(Exception):
    """The stream can't be decoded from here on; its text says why."""


def plain_body(data: bytes, content_encoding: str, most: int = OUTPUT_LIMIT) -> tuple[bytes, str]:
    """The data without its content encoding, at most `most` bytes of it, and a note on what is missing ("" if nothing).

    `content_encoding` is the header's value. What can't be decoded at all comes back as it was. Never raises.
    """
    names = [name.strip().lower() for name in content_encoding[:1_000].split(",")]
    names = [name for name in names if name not in _NONE]
    if not names or not data:
        return data[:most] if len(data) > most else data, ""
    if len(names) > _STEPS_LIMIT:
        return data[:most], f"not decoded: {len(names)} content encodings one over the other"
    notes: list[str] = []
    for name in reversed(names):
        decoder = _DECODERS.get(name)
        if decoder is None:
            notes.append(f"not decoded: the content encoding {name[:40]!r} is not known")
            break
        output, note = _limited(name, data, decoder, most)
        if note:
            notes.append(note)
        if output is None:
            break
        data = output
    return data[:most], "; ".join(notes)


def _limited(
    name: str, data: bytes, decoder: Callable[[bytes], Iterator[bytes]], most: int
) -> tuple[bytes | None, str]:
    """What a decoder gives within the limits, None if nothing, and a note."""
    output = bytearray()
    allowed = min(most, OUTPUT_LIMIT, max(RATIO_FREE, len(data) * RATIO_LIMIT))
    try:
        for piece in decoder(data):
            output += piece
            if len(output) > allowed:
                return bytes(output[:allowed]), "" if allowed == most < OUTPUT_LIMIT else _bomb(
                    name, len(data), allowed
                )
    except _Broken as error:
        if not output:
            return None, f"not {name}: {error}"
        return bytes(output), f"{name} broken: {error}, after {format_size(len(output))} decoded"
    return bytes(output), ""


def _bomb(name: str, size: int, allowed: int) -> str:
    return f"{name} decoded only to its first {format_size(allowed)}: {format_size(size)} hold more than that"


def _zlib(data: bytes, window: int) -> Iterator[bytes]:
    """Members one after the other, as gzip allows. Input goes in by pieces, since what is left over gets copied."""
    at = 0
    for _ in range(_FRAMES_LIMIT):
        stream = zlib.decompressobj(window)
        source = b""
        while not stream.eof:
            if not source:
                source = data[at : at + _INPUT_STEP]
                at += len(source)
            fed = len(source)
            try:
                piece = stream.decompress(source, _STEP)
            except zlib.error as error:
                raise _Broken(_reason(error)) from None
            source = stream.unconsumed_tail
            if not piece and not stream.eof and (at >= len(data) and len(source) in (0, fed)):
                raise _Broken("it ends too early")
            yield piece
        at -= len(stream.unused_data)
        if window < zlib.MAX_WBITS + 16 or data[at : at + 2] != b"\x1f\x8b":
            return
    raise _Broken(f"more than {_FRAMES_LIMIT:,} members")


def _reason(error: Exception) -> str:
    return str(error).partition(": ")[2] or str(error)


def _gzip(data: bytes) -> Iterator[bytes]:
    return _zlib(data, zlib.MAX_WBITS + 16)


def _deflate(data: bytes) -> Iterator[bytes]:
    """RFC 9110 says zlib; some send the raw form."""
    wrapped = len(data) > 1 and data[0] & 15 == 8 and (data[0] << 8 | data[1]) % 31 == 0
    return _zlib(data, zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)


def _brotli(data: bytes) -> Iterator[bytes]:
    import brotli

    stream = brotli.Decompressor()
    offset = 0
    try:
        while not stream.is_finished():
            source = b""
            if stream.can_accept_more_data():
                if offset >= len(data):
                    raise _Broken("it ends too early")
                source = data[offset : offset + _INPUT_STEP]
                offset += len(source)
            yield stream.process(source, output_buffer_limit=_STEP)
    except brotli.error:
        raise _Broken("the data is damaged") from None


def _zstd(data: bytes) -> Iterator[bytes]:
    """Frames one after the other. Input goes in by little, since each four bytes may mean 128 kB of output."""
    import zstandard

    decompressor = zstandard.ZstdDecompressor(max_window_size=OUTPUT_LIMIT)
    at = frames = 0
    try:
        while at < len(data):
            frames += 1
            if frames > _FRAMES_LIMIT:
                raise _Broken(f"more than {_FRAMES_LIMIT:,} frames")
            stream = decompressor.decompressobj()
            while not stream.eof:
                if at >= len(data):
                    raise _Broken("it ends too early")
                yield stream.decompress(data[at : at + _ZSTD_STEP])
                at += _ZSTD_STEP
            at = min(at, len(data)) - len(stream.unused_data)
    except (zstandard.ZstdError, MemoryError) as error:
        raise _Broken(_reason(error)) from None


_DECODERS: Final[dict[str, Callable[[bytes], Iterator[bytes]]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
