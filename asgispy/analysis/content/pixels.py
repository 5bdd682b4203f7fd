"""The pixels of an image, small enough to be painted: through Pillow, where it is installed.

What must not move in: reading headers (image), which works without it.
"""

from __future__ import annotations

import functools
import importlib.util
import io
import warnings
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image

    from asgispy.analysis.content.parts import Pixel

PIXELS_LIMIT: Final = 40_000_000
"""Pixels of an image that is decoded."""
CELLS_LIMIT: Final = 1_000
"""Columns and rows that are made at most."""
_KNOWN: Final = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "ICO")
_GROUND: Final = (255, 255, 255)
"""What stands behind transparent pixels."""


@functools.cache
def installed() -> bool:
    """Whether Pillow is there (the extra `images`)."""
    return importlib.util.find_spec("PIL") is not None


def painter(data: bytes, width: int, height: int) -> tuple[Callable[[int, int], list[list[Pixel]]] | None, str]:
    """What makes the pixels, or None and a note that says why not."""
    if not installed():
        return None, "install asgispy[images] to see the picture"
    if width * height > PIXELS_LIMIT:
        return None, f"no picture: more than {PIXELS_LIMIT // 1_000_000} million pixels"
    return functools.partial(_pixels, data), ""


def _pixels(data: bytes, columns: int, rows: int) -> list[list[Pixel]]:
    columns, rows = min(columns, CELLS_LIMIT), min(rows, CELLS_LIMIT)
    if columns < 1 or rows < 1:
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            small = _small(data, columns, rows)
        except Exception:  # Pillow's decoders raise all kinds of things for broken images
            return []
    raw = small.tobytes()
    flat: list[Pixel] = list(zip(raw[0::3], raw[1::3], raw[2::3], strict=True))
    return [flat[start : start + small.width] for start in range(0, len(flat), small.width)]


def _small(data: bytes, columns: int, rows: int) -> Image:
    from PIL import Image

    with Image.open(io.BytesIO(data), formats=_KNOWN) as image:
        if image.width * image.height > PIXELS_LIMIT:
            raise ValueError("too large")
        image.draft("RGB", (columns, rows))
        image.thumbnail((columns, rows), Image.Resampling.BOX)
        small = image.convert("RGBA")
    ground = Image.new("RGBA", small.size, (*_GROUND, 255))
    return Image.alpha_composite(ground, small).convert("RGB")
