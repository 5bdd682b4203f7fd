"""Images: what their headers say, and their pixels."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from asgispy.analysis.content import pixels
from asgispy.analysis.content.parts import Picture
from asgispy.analysis.content.views import show
from tests.analysis.content.build import body

if TYPE_CHECKING:
    from asgispy.analysis.content.parts import Content


def png(width: int, height: int) -> bytes:
    """A red PNG."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), (255, 0, 0)).save(out, "PNG")
    return out.getvalue()


def picture(content: Content) -> Picture:
    (part,) = content.parts
    assert isinstance(part, Picture)
    return part


@pytest.mark.parametrize(
    ("format", "name"),
    [("PNG", "PNG"), ("JPEG", "JPEG"), ("GIF", "GIF"), ("WEBP", "WebP"), ("BMP", "BMP"), ("ICO", "ICO")],
)
def test_each_format_says_its_size_and_shows_its_pixels(format: str, name: str) -> None:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (0, 0, 255)).save(out, format, sizes=[(64, 48)])
    content = show(body(out.getvalue(), "application/octet-stream"))
    assert content.title == f"{name} · 64\N{MULTIPLICATION SIGN}48"
    found = picture(content)
    assert (found.width, found.height) == (64, 48)
    assert dict(found.facts)["format"] == name
    assert found.pixels is not None
    rows = found.pixels(16, 100)
    assert (len(rows), {len(row) for row in rows}) == (12, {16})
    red, green, blue = rows[5][5]
    assert (red < 10, green < 10, blue > 245) == (True, True, True)


def test_facts_of_colours_and_frames() -> None:
    out = io.BytesIO()
    frames = [Image.new("P", (5, 5), index) for index in range(4)]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], optimize=False)
    assert dict(picture(show(body(out.getvalue()))).facts)["frames"] in ("1", "4")
    assert dict(picture(show(body(png(3, 3)))).facts)["colours"] == "RGB, 8 bits"


@pytest.mark.parametrize(("mode", "kind"), [({"lossless": True}, "lossless"), ({"quality": 10}, "lossy")])
def test_webp_of_both_kinds(mode: dict[str, int], kind: str) -> None:
    out = io.BytesIO()
    Image.new("RGB", (301, 77), (1, 2, 3)).save(out, "WEBP", **mode)
    found = picture(show(body(out.getvalue(), "image/webp")))
    assert (found.width, found.height, dict(found.facts)["compression"]) == (301, 77, kind)


def test_transparency_stands_on_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (2, 2), (0, 0, 0, 0)).save(out, "PNG")
    found = picture(show(body(out.getvalue())))
    assert found.pixels is not None
    assert found.pixels(9, 9) == [[(255, 255, 255)] * 2] * 2


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ('<svg xmlns="x" width="10" height="20px" viewBox="0 0 30 40"/>', (10, 20)),
        ('<?xml version="1.0"?><svg viewBox="0 0 30 40.4"></svg>', (30, 40)),
        ("<svg></svg>", (0, 0)),
        ('<svg width="100%"></svg>', (0, 0)),
    ],
)
def test_svg_says_its_size_and_is_shown_as_xml_first(text: str, size: tuple[int, int]) -> None:
    assert show(body(text, "image/svg+xml")).view == "xml"
    found = picture(show(body(text, "image/svg+xml"), "image"))
    assert (found.width, found.height, found.pixels) == (*size, None)


def test_a_picture_of_too_many_pixels_is_not_decoded() -> None:
    head = struct.pack(">IIBBBBB", 10_000, 10_000, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    content = show(body(data, "image/png"))
    assert picture(content).pixels is None
    assert content.note == "no picture: more than 40 million pixels"


def test_a_broken_picture_has_facts_and_no_pixels() -> None:
    found = picture(show(body(png(40, 40)[:60], "image/png")))
    assert (found.width, found.height) == (40, 40)
    assert found.pixels is not None
    assert found.pixels(10, 10) == []


@pytest.mark.parametrize("size", [(0, 5), (-1, -1), (10**9, 10**9)])
def test_any_size_can_be_asked_for(size: tuple[int, int]) -> None:
    found = picture(show(body(png(3, 2))))
    assert found.pixels is not None
    assert len(found.pixels(*size)) in (0, 2)


def test_without_pillow_there_are_the_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixels, "installed", lambda: False)
    content = show(body(png(3, 2)))
    assert (picture(content).pixels, content.note) == (None, "install asgispy[images] to see the picture")
    assert dict(picture(content).facts)["size"] == "3 \N{MULTIPLICATION SIGN} 2 pixels"
