"""Images by their headers: format, size, depth and frames, read here; pixels through Pillow where it is installed.

What must not move in: painting.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from asgispy.analysis.content import pixels
from asgispy.analysis.content.parts import Content, Picture, Unreadable
from asgispy.model.units import format_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgispy.analysis.content.body import Plain


_BY: Final = "\N{MULTIPLICATION SIGN}"


class Header(NamedTuple):
    """What an image says about itself."""

    format: str
    width: int
    height: int
    facts: tuple[tuple[str, str], ...] = ()


_PNG_COLOURS: Final = {0: "grey", 2: "RGB", 3: "palette", 4: "grey with alpha", 6: "RGB with alpha"}
_JPEG_COLOURS: Final = {1: "grey", 3: "YCbCr", 4: "CMYK"}
_BLOCKS_LIMIT: Final = 100_000
_SVG_HEAD: Final = 20_000
_SVG: Final = re.compile(rb"<(?:\w{1,20}:)?svg(?=[\s>])([^>]{0,4000})", re.IGNORECASE)
_LENGTH: Final = re.compile(rb"\b(width|height)\s{0,9}=\s{0,9}[\"']\s{0,9}([\d.]{1,12})(?:px)?\s{0,9}[\"']")
_VIEW_BOX: Final = re.compile(
    rb"\bviewBox\s{0,9}=\s{0,9}[\"']\s{0,9}(?:[-\d.]{1,12}[\s,]{1,9}){2}([\d.]{1,12})[\s,]{1,9}([\d.]{1,12})"
)


def header(data: bytes) -> Header | None:
    """What the header says, or None for no image that is known. Raises Unreadable where a known one is broken."""
    for magic, offset, read in _FORMATS:
        if data[offset : offset + len(magic)] == magic:
            try:
                return read(data)
            except (struct.error, IndexError):
                raise Unreadable("the image's header is cut") from None
    return _svg(data)


def _png(data: bytes) -> Header:
    width, height, depth, colour = struct.unpack_from(">IIBB", data, 16)
    facts = [("colours", f"{_PNG_COLOURS.get(colour, 'unknown')}, {depth} bits")]
    frames = data.find(b"acTL", 8, 4096)
    if frames > 0:
        facts.append(("frames", str(struct.unpack_from(">I", data, frames + 4)[0])))
    if data[28:29] == b"\x01":
        facts.append(("interlaced", "yes"))
    return Header("PNG", width, height, tuple(facts))


def _jpeg(data: bytes) -> Header:
    at = 2
    for _ in range(_BLOCKS_LIMIT):
        while data[at] == 0xFF and data[at + 1] == 0xFF:
            at += 1
        marker = data[at + 1]
        if data[at] != 0xFF:
            break
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            depth, height, width, components = struct.unpack_from(">BHHB", data, at + 4)
            facts = [("colours", f"{_JPEG_COLOURS.get(components, 'unknown')}, {depth} bits")]
            if marker == 0xC2:
                facts.append(("progressive", "yes"))
            return Header("JPEG", width, height, tuple(facts))
        at += 2 if marker == 0x01 or 0xD0 <= marker <= 0xD8 else 2 + struct.unpack_from(">H", data, at + 2)[0]
    raise Unreadable(f"a JPEG without a frame, broken at byte {at}")


def _gif(data: bytes) -> Header:
    width, height, packed = struct.unpack_from("<HHB", data, 6)
    frames, whole = _gif_frames(data, packed)
    colours = 2 << (packed & 7) if packed & 0x80 else 0
    facts = [("frames", f"{frames}{'' if whole else ' or more'}")]
    if colours:
        facts.append(("colours", f"palette of {colours}"))
    return Header("GIF", width, height, tuple(facts))


def _gif_frames(data: bytes, packed: int) -> tuple[int, bool]:
    """How many frames there are, and whether the trailer was reached."""
    at = 13 + (3 * (2 << (packed & 7)) if packed & 0x80 else 0)
    frames = 0
    for _ in range(_BLOCKS_LIMIT):
        kind = data[at : at + 1]
        if kind == b"\x2c" and at + 9 < len(data):
            frames += 1
            local = data[at + 9]
            at += 11 + (3 * (2 << (local & 7)) if local & 0x80 else 0)
        elif kind == b"\x21":
            at += 2
        else:
            return frames, kind == b"\x3b"
        while at < len(data) and data[at]:
            at += 1 + data[at]
        at += 1
    return frames, False


def _webp(data: bytes) -> Header:
    kind = data[12:16]
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return Header("WebP", width & 0x3FFF, height & 0x3FFF, (("compression", "lossy"),))
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return Header("WebP", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, (("compression", "lossless"),))
    if kind != b"VP8X":
        raise Unreadable("a WebP of an unknown kind, at byte 12")
    flags = data[20]
    width = int.from_bytes(data[24:27], "little") + 1
    height = int.from_bytes(data[27:30], "little") + 1
    if len(data) < 30:
        raise IndexError
    facts = [("alpha", "yes")] if flags & 0x10 else []
    if flags & 0x02:
        facts.append(("frames", str(data.count(b"ANMF"))))
    return Header("WebP", width, height, tuple(facts))


def _bmp(data: bytes) -> Header:
    if struct.unpack_from("<I", data, 14)[0] == 12:
        width, height, _, depth = struct.unpack_from("<HHHH", data, 18)
    else:
        width, height, _, depth = struct.unpack_from("<iiHH", data, 18)
    return Header("BMP", abs(width), abs(height), (("colours", f"{depth} bits"),))


def _ico(data: bytes) -> Header:
    (count,) = struct.unpack_from("<H", data, 4)
    sizes = [(data[at] or 256, data[at + 1] or 256) for at in range(6, 6 + 16 * min(count, 100), 16)]
    if not sizes:
        raise Unreadable("an icon without images")
    width, height = max(sizes)
    kind = "ICO" if data[2] == 1 else "CUR"
    return Header(kind, width, height, (("images", ", ".join(f"{one}{_BY}{other}" for one, other in sizes[:20])),))


def _svg(data: bytes) -> Header | None:
    match = _SVG.search(data[:_SVG_HEAD])
    if match is None or not data[:_SVG_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return None
    sizes = dict(_LENGTH.findall(match[1]))
    box = _VIEW_BOX.search(match[1])
    width, height = (_whole(sizes.get(name)) for name in (b"width", b"height"))
    if box is not None:
        width, height = width or _whole(box[1]), height or _whole(box[2])
    return Header("SVG", width, height, (("kind", "vectors: no pixels of its own"),))


def _whole(text: bytes | None) -> int:
    try:
        return round(float(text or b"0"))
    except (ValueError, OverflowError):
        return 0


_FORMATS: Final[tuple[tuple[bytes, int, Callable[[bytes], Header]], ...]] = (
    (b"\x89PNG\r\n\x1a\n", 0, _png),
    (b"\xff\xd8\xff", 0, _jpeg),
    (b"GIF87a", 0, _gif),
    (b"GIF89a", 0, _gif),
    (b"WEBP", 8, _webp),
    (b"BM", 0, _bmp),
    (b"\0\0\1\0", 0, _ico),
    (b"\0\0\2\0", 0, _ico),
)


def looks_image(plain: Plain) -> bool:
    """Whether it begins as an image does."""
    if plain.text or (plain.data[:2] == b"BM" and (len(plain.data) < 26 or plain.data[6:10] != bytes(4))):
        return False
    try:
        found = header(plain.data)
    except Unreadable:
        return plain.media.startswith("image/")
    return found is not None and (found.format not in ("ICO", "CUR") or 0 < plain.data[4] < 100)


def show_image(plain: Plain) -> Content:
    """As facts, and a picture where that can be had."""
    found = header(plain.data)
    if found is None:
        raise Unreadable("not an image of a known format")
    width, height = found.width, found.height
    paint, note = pixels.painter(plain.data, width, height) if found.format != "SVG" else (None, "")
    facts = (
        ("format", found.format),
        ("size", f"{width:,} {_BY} {height:,} pixels" if width and height else "not said"),
        *found.facts,
        ("bytes", format_size(max(plain.size if not plain.note else 0, len(plain.data)))),
    )
    title = f"{found.format} · {width}{_BY}{height}" if width and height else found.format
    return Content("image", title, (Picture(width, height, facts, paint),), note)
