"""What may differ between an original and its replay without being told: headers by name, places in JSON by path.

What must not move in: comparing (compare).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from asgispy.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

IGNORED: Final = frozenset(
    {
        "age",
        "date",
        "etag",
        "expires",
        "last-modified",
        "request-id",
        "server",
        "server-timing",
        "traceparent",
        "tracestate",
        "x-amzn-trace-id",
        "x-correlation-id",
        "x-process-time",
        "x-request-id",
        "x-response-time",
        "x-runtime",
        "x-trace-id",
    }
)
"""Response headers that are of their moment, and so differ without meaning anything."""

_TOKEN: Final = re.compile(r'\*\*|\*|\[\*\]|\[\d+\]|\["(?:[^"\\]|\\.)*"\]|\.|[^.*\[\]]+')


@dataclass(frozen=True, slots=True)
class Ignore:
    """What is not compared."""

    headers: frozenset[str] = IGNORED
    """Names in small letters."""
    json: tuple[re.Pattern[str], ...] = ()

    def covers(self, path: str) -> bool:
        """Whether a place in JSON, as `.items[3].price`, is not compared, by itself or by what it is in."""
        return any(pattern.match(path) for pattern in self.json)


def ignore_of(headers: Iterable[str] = (), paths: Iterable[str] = ()) -> Ignore:
    """The usual headers, and these; these places in JSON. Raises UsageError for a path that makes no sense."""
    return Ignore(IGNORED | {name.strip().lower() for name in headers}, tuple(map(parse_path, paths)))


def parse_path(text: str) -> re.Pattern[str]:
    """A path such as `items[*].price`: `*` is any key, `[*]` any place in a list, `**` anything in between.

    It covers everything below it; `body.` or `$.` before it may be left out.
    """
    path, whole = re.subn(r"^(?:\$|body)(?=[.\[]|$)", "", text.strip())
    if path and not path.startswith((".", "[", "**")):
        path = f".{path}"
    tokens = _TOKEN.findall(path)
    ends_in_dot = any(token == following == "." for token, following in pairwise([*tokens, "."]))
    if ends_in_dot or "".join(tokens) != path or not (tokens or whole):
        raise UsageError(f"--ignore-json {text!r}: write a path such as items[*].price, or **.updated_at")
    made = "".join(map(_pattern, tokens))
    return re.compile(rf"{made}(?=[.\[]|$)")


def _pattern(token: str) -> str:
    match token:
        case "**":
            return r".*"
        case "*":
            return r"[^.\[\]]+"
        case "[*]":
            return r"\[\d+\]"
        case ".":
            return r"\."
        case _:
            return re.escape(token)
