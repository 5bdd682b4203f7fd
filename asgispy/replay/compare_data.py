"""Differences between bodies and between the messages of sockets: JSON by path, text by line, the rest by hash.

What must not move in: what of a connection is compared with what (compare).
"""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.comparing.differing import ALIGNED_LIMIT, CHARACTERS_LIMIT, json_rows, text_of
from asgispy.analysis.content.encoding import plain_body
from asgispy.analysis.wording import value_text
from asgispy.model.units import format_size
from asgispy.model.values import BytesLike, Cut, size_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgispy.replay.ignoring import Ignore
    from asgispy.replay.outcome import Outcome, Pairs

DIFF_LINES: Final = 200
"""Lines of a difference between texts."""
SHORT: Final = 200
"""Characters of a text up to which it stands in one line beside the other."""
_MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was."""

    part: str
    """What: "status", "header content-type", "body.items[3].price", "message 2"."""
    before: str | None
    """As recorded; None when it was not there."""
    after: str | None
    """As replayed; None when it was not there."""
    lines: tuple[str, ...] = ()
    """Of texts: a unified diff."""

    def __str__(self) -> str:
        if self.lines:
            return f"{self.part} differs"
        if self.part == "order":
            return str(self.after)
        before, after = ("(none)" if each is None else each or "(empty)" for each in (self.before, self.after))
        return f"{self.part}: {before} → {after}"


def body_differences(
    found: list[Difference],
    notes: list[str],
    original: Outcome,
    replayed: Outcome,
    ignore: Ignore,
    *,
    partial: bool,
) -> None:
    """Compare two bodies; `partial`: the original was not sent to its end, so that more may have come now."""
    old, new = original.body, replayed.body
    cut = len(old) < original.size
    if (cut or partial) and new.startswith(old) and (partial or original.size == replayed.size):
        new = old
    elif cut or partial:
        old, new = _same_length(_plain(old, original.headers), _plain(new, replayed.headers))
    else:
        old, new = _plain(old, original.headers), _plain(new, replayed.headers)
    if cut:
        notes.append(
            f"only the first {len(original.body):,} of the body's {original.size:,} bytes were recorded: "
            "compared as far as they go"
        )
        encoded = any(name == b"content-encoding" for name, _ in original.headers)
        if not partial and not encoded and original.size != replayed.size:
            found.append(Difference("body size", f"{original.size:,} bytes", f"{replayed.size:,} bytes"))
    found += data_differences("body", old, new, ignore)


def frame_differences(
    found: list[Difference],
    notes: list[str],
    original: Outcome,
    replayed: Outcome,
    ignore: Ignore,
    *,
    count: int | None,
    partial: bool,
) -> None:
    """Compare the messages of two sockets, one by one; `count` of them where the client left, all that there were
    where the recording ended before (`partial`).
    """
    old, new = list(original.frames), list(replayed.frames)
    if count is not None or partial:
        most = count if count is not None else len(old)
        old, new = old[:most], new[:most]
    if any(isinstance(each, Cut) for each in old):
        notes.append("some messages were cut when they were recorded: compared as far as they go")
    for number, before, now in _aligned(old, new):
        part = f"message {number}"
        if before is _MISSING or now is _MISSING:
            found.append(Difference(part, _preview(before), _preview(now)))
        else:
            found += _frame(part, before, now, ignore)


def _aligned(old: list[Any], new: list[Any]) -> Iterator[tuple[int, Any, Any]]:
    """Pairs to compare, numbered from 1; where one side has more, what both end with is set against each other."""
    start = end = 0
    shorter = min(len(old), len(new))
    if len(old) != len(new):
        while start < shorter and old[start] == new[start]:
            start += 1
        while end < shorter - start and old[-1 - end] == new[-1 - end]:
            end += 1
    middle = zip_longest(old[start : len(old) - end], new[start : len(new) - end], fillvalue=_MISSING)
    pairs = [*zip(old[:start], new[:start], strict=True), *middle]
    pairs += zip(old[len(old) - end :], new[len(new) - end :], strict=True)
    return ((number, before, now) for number, (before, now) in enumerate(pairs, 1))


def _frame(part: str, before: Any, now: Any, ignore: Ignore) -> list[Difference]:
    if isinstance(before, Cut):
        if size_of(before) != size_of(now):
            return [Difference(part, f"{size_of(before):,} bytes", f"{size_of(now):,} bytes")]
        now = now[: len(before.data)] if isinstance(now, str | bytes) else now
        before = before.data
    old, new = _plain_value(before), _plain_value(now)
    if old is None or new is None:
        return [] if before == now else [Difference(part, value_text(before), value_text(now))]
    if isinstance(before, str) != isinstance(now, str):
        return [Difference(part, f"a {_kind(before)} of {len(old):,} bytes", f"a {_kind(now)} of {len(new):,} bytes")]
    return data_differences(part, old, new, ignore)


def _kind(value: Any) -> str:
    return "text" if isinstance(value, str) else "binary message"


def _plain_value(value: Any) -> bytes | None:
    match value:
        case str():
            return value.encode("utf-8", "surrogatepass")
        case bytes():
            return value
        case bytearray():
            return bytes(value)
        case BytesLike(data=data):
            return data
        case _:
            return None


def _preview(value: Any) -> str | None:
    return None if value is _MISSING else value_text(value, SHORT)


def data_differences(part: str, old: bytes, new: bytes, ignore: Ignore) -> list[Difference]:
    """What differs between two pieces of data, whatever they are."""
    if old == new:
        return []
    before, now = text_of(old), text_of(new)
    if before is None or now is None:
        return [Difference(part, _digest(old), _digest(new))]
    rows = json_rows(before, now, part)
    if rows is None:
        return [_text_difference(part, before, now)]
    told = [row for row in rows if row.mark != "=" and not ignore.covers(row.name.removeprefix(part))]
    return [
        Difference(row.name, row.left if row.mark != "+" else None, row.right if row.mark != "-" else None)
        for row in told
    ]


def _text_difference(part: str, before: str, now: str) -> Difference:
    if len(before) <= SHORT and len(now) <= SHORT and "\n" not in before.strip() and "\n" not in now.strip():
        return Difference(part, repr(before) if before else "", repr(now) if now else "")
    old, new = before.splitlines(), now.splitlines()
    if max(len(old), len(new)) > ALIGNED_LIMIT:
        at = next((number for number, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), None)
        at = min(len(old), len(new)) if at is None else at
        old, new = old[at : at + 3], new[at : at + 3]
        lines = [f"@@ from line {at + 1:,} @@", *(f"-{each}" for each in old), *(f"+{each}" for each in new)]
    else:
        lines = list(difflib.unified_diff(old, new, "recorded", "replayed", lineterm=""))
    if not lines:
        lines = ["(only line ends differ)"]
    more = len(lines) - DIFF_LINES
    kept = [each[:CHARACTERS_LIMIT] for each in lines[:DIFF_LINES]]
    return Difference(part, None, None, (*kept, *([f"… {more:,} more lines"] if more > 0 else [])))


def _plain(data: bytes, headers: Pairs) -> bytes:
    """Without its content encoding."""
    encoding = ", ".join(value.decode("latin-1") for name, value in headers if name == b"content-encoding")
    return plain_body(data, encoding)[0] if encoding else data


def _same_length(old: bytes, new: bytes) -> tuple[bytes, bytes]:
    shorter = min(len(old), len(new))
    return old[:shorter], new[:shorter]


def _digest(data: bytes) -> str:
    return f"{format_size(len(data))}, sha256 {hashlib.sha256(data).hexdigest()[:16]}" if data else ""
