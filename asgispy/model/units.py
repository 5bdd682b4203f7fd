"""Sizes and durations as people write and read them.

Sizes use powers of 1024 under the short names that everybody uses for them (K, M, G, with or without B or iB).
"""

from __future__ import annotations

import re
from typing import Final

_SIZE: Final = re.compile(r"\s*(\d{1,18})(\.\d{1,18})?\s*(?:([kmgt])i?b?|b)?\s*", re.IGNORECASE | re.ASCII)
_FACTORS: Final = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
_CEILING: Final = 1024**5
"""Larger than any disk, and small enough that sums of sizes stay within 64 bits."""


def parse_size(text: str) -> int:
    """Bytes of "64K", "1.5 MB", "2GiB" or "512"; raises ValueError for anything else."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no size: write a number with K, M or G, such as 64K")
    factor = _FACTORS[(match[3] or "").lower()]
    size = int(match[1]) * factor + int(float(match[2] or 0) * factor)
    if size > _CEILING:
        raise ValueError(f"{text!r} is too large: write a size that fits a disk, such as 64K or 10G")
    return size


_DURATION: Final = re.compile(r"\s*(\d{1,12}(?:\.\d{1,9})?)\s*(ns|us|µs|ms|s|m|h)\s*", re.IGNORECASE)
_NANOSECONDS: Final = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}


def parse_duration(text: str) -> int:
    """Nanoseconds of "200ms", "1.5 s" or "2m"; raises ValueError for anything else."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no duration: write a number with ms, s or m, such as 200ms")
    return round(float(match[1]) * _NANOSECONDS[match[2].lower()])


def format_size(size: int) -> str:
    """A size in at most seven characters: "0 B", "512 B", "1.5 kB", "23 MB"."""
    if size < 1000:
        return f"{size} B"
    value = float(size)
    for unit in ("kB", "MB", "GB", "TB", "PB"):
        value /= 1024
        if value < 9.95:
            return f"{value:.1f} {unit}"
        if value < 999.5:
            return f"{value:.0f} {unit}"
    return f"{value / 1024:.0f} EB"


def format_duration(nanoseconds: int) -> str:
    """A duration in at most seven characters: "12 µs", "3.4 ms", "1.23 s", "2m 05s", "3h 12m"."""
    if nanoseconds < 999_500:
        return f"{max(0, nanoseconds) / 1e3:.0f} µs"
    milliseconds = nanoseconds / 1e6
    if milliseconds < 9.95:
        return f"{milliseconds:.1f} ms"
    if milliseconds < 999.5:
        return f"{milliseconds:.0f} ms"
    seconds = nanoseconds / 1e9
    if seconds < 9.995:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m {rest:02d}s"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours}h {minutes:02d}m"
    days, hours = divmod(hours, 24)
    return f"{days}d {hours:02d}h"
