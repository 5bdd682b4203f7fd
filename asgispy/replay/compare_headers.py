"""Differences between two lists of headers.

Of cookies that are set, names and attributes are compared, not values, which are made anew each time. What must not
move in: which headers are ignored by default (ignoring).
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from asgispy.replay.compare_data import Difference

if TYPE_CHECKING:
    from asgispy.replay.ignoring import Ignore
    from asgispy.replay.outcome import Pairs

_SERVERS_OWN: Final = frozenset(
    {
        "connection",
        "keep-alive",
        "sec-websocket-accept",
        "sec-websocket-extensions",
        "sec-websocket-protocol",
        "sec-websocket-version",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers that belong to the connection between client and server, and not to the application."""
_OF_THE_MOMENT: Final = ("expires", "max-age")


def header_differences(
    part: str, before: Pairs, now: Pairs, ignore: Ignore, *, remote: bool, with_length: bool = True
) -> list[Difference]:
    """By name, the values of one name in their order. `with_length`: the length is told, too.

    Of a server's answer, a length that the application did not give is the server's.
    """
    old, new = _grouped(before), _grouped(now)
    skipped = set(ignore.headers) | (_SERVERS_OWN if remote else set())
    if not with_length or (remote and "content-length" not in old):
        skipped.add("content-length")
    return [
        Difference(f"{part} {name}", one, other)
        for name in sorted({*old, *new} - skipped)
        for one, other in zip_longest(old.get(name, ()), new.get(name, ()))
        if one != other
    ]


def _grouped(pairs: Pairs) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name, value in pairs:
        key = name.decode("latin-1").lower()
        text = value.decode("latin-1").strip()
        groups.setdefault(key, []).append(_cookie(text) if key == "set-cookie" else text)
    return groups


def _cookie(text: str) -> str:
    """A cookie without its value, and without when it expires."""
    first, *attributes = [each.strip() for each in text.split(";")]
    name, _, value = first.partition("=")
    kept = sorted(each for each in attributes if not each.lower().startswith(_OF_THE_MOMENT))
    return "; ".join([f"{name}=…" if value else f"{name}=", *kept])
