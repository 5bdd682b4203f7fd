"""Numbers, sizes, durations and moments as people write them, to ranges of whole numbers.

A value without an operator means what would be written so: `200ms` is everything that rounds to it.
What must not move in: fields' names, and where numbers come from.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from asgispy.errors import QueryError
from asgispy.query.fields import DURATION, NUMBER, SIZE, TIME
from asgispy.query.syntax import REGEX

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgispy.query.fields import Field
    from asgispy.query.syntax import Value

S: Final = 1_000_000_000
DAY: Final = 24 * 3600 * S
MOST: Final = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Range:
    """Whole numbers from `low` to `high`, both included; None is no limit."""

    low: int | None
    high: int | None
    clock: bool = False
    """Whether they are nanoseconds of the local day."""

    def has(self, number: int) -> bool:
        """Whether a number is one of them."""
        return (self.low is None or self.low <= number) and (self.high is None or number <= self.high)


@dataclass(frozen=True, slots=True)
class _Span:
    """What one written quantity stands for."""

    low: int
    high: int
    exact: int | None = None
    """What comparisons go by; None: by the ends."""
    clock: bool = False


def ranges(field: Field, value: Value) -> tuple[Range, ...]:
    """What a value means; raises QueryError for one that is none."""
    if value.form == REGEX:
        raise QueryError(f"{field.name} can't be searched by an expression", value.position, _HINTS[field.kind])
    if ".." in value.text and not value.operator:
        return _between(field, value)
    span = _span(field, value, value.text)
    low = span.low if span.exact is None else span.exact
    high = span.high if span.exact is None else span.exact
    match value.operator:
        case ">":
            after = span.low if field.kind == TIME else high + 1
            return (Range(after, None, span.clock),)
        case ">=":
            return (Range(low, None, span.clock),)
        case "<":
            return (Range(None, low - 1, span.clock),)
        case "<=":
            return (Range(None, high, span.clock),)
        case _:
            return (Range(span.low, span.high, span.clock),)


def _between(field: Field, value: Value) -> tuple[Range, ...]:
    first, _, last = value.text.partition("..")
    if not first and not last:
        raise QueryError("a range needs a beginning or an end", value.position, _HINTS[field.kind])
    start = _span(field, value, first) if first else None
    end = _span(field, value, last) if last else None
    if start and end and start.clock != end.clock:
        raise QueryError("a range goes between two of a kind", value.position, _HINTS[field.kind])
    low = None if start is None else start.low if start.exact is None else start.exact
    high = None if end is None else end.high if end.exact is None else end.exact
    clock = (start or end or _Span(0, 0)).clock
    if low is not None and high is not None and low > high:
        if clock:  # over midnight
            return (Range(low, None, True), Range(None, high, True))
        raise QueryError("nothing can be in this range", value.position, "write the smaller one first")
    return (Range(low, high, clock),)


def _span(field: Field, value: Value, text: str) -> _Span:
    try:
        span = _READERS[field.kind](text.strip(), field.name == "status")
    except (ValueError, OverflowError, OSError):
        span = None
    if span is None or not -MOST < span.low <= span.high < MOST:
        what = _WHATS[field.kind]
        raise QueryError(f"{text[:40]!r} is no {what}", value.position + len(value.operator), _HINTS[field.kind])
    return span


_CLASS: Final = re.compile(r"([1-9])(\dx|xx)", re.IGNORECASE | re.ASCII)


def _number(text: str, classes: bool) -> _Span | None:
    found = _CLASS.fullmatch(text) if classes else None
    if found:
        low = int(text.lower().replace("x", "0"))
        return _Span(low, low + 10 ** text.lower().count("x") - 1)
    if not re.fullmatch(r"\d{1,18}", text, re.ASCII):
        return None
    return _Span(int(text), int(text), int(text))


_UNITS: Final = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": S, "m": 60 * S, "min": 60 * S}
_UNITS_LONG: Final = {**_UNITS, "h": 3600 * S, "d": DAY}
_DURATION: Final = re.compile(r"(\d{1,12})(?:\.(\d{1,9}))?\s*([a-zµμ]+)\s*", re.IGNORECASE | re.ASCII)


def _duration(text: str, _: bool) -> _Span | None:
    if text == "0":
        return _Span(0, 0, 0)
    total, at, step = Decimal(0), 0, Decimal(1)
    while found := _DURATION.match(text, at):
        unit = _UNITS_LONG.get(found[3].lower())
        if unit is None:
            return None
        decimals = found[2] or ""
        total += Decimal(f"{found[1]}.{decimals or 0}") * unit
        step = Decimal(unit).scaleb(-len(decimals))
        at = found.end()
    return _around(total, step) if at and at == len(text) else None


_SIZE: Final = re.compile(r"(\d{1,15})(?:\.(\d{1,9}))?\s*([kmgt]?)(?:i?b)?", re.IGNORECASE | re.ASCII)


def _size(text: str, _: bool) -> _Span | None:
    found = _SIZE.fullmatch(text)
    if found is None:
        return None
    unit = 1024 ** " kmgt".index(found[3].lower() or " ")
    decimals = found[2] or ""
    return _around(Decimal(f"{found[1]}.{decimals or 0}") * unit, Decimal(unit).scaleb(-len(decimals)))


def _around(number: Decimal, step: Decimal) -> _Span:
    """Everything that rounds to a number as written."""
    exact = int(number)
    half = int(step / 2)
    return _Span(max(0, exact - half), exact + max(half - 1, 0), exact)


_MOMENT: Final = re.compile(
    r"(?:(\d{4})-(\d\d)-(\d\d))?(?:(?<=\d)[T ](?=\d))?(?:(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?(Z)?",
    re.IGNORECASE | re.ASCII,
)


def _moment(text: str, _: bool) -> _Span | None:
    found = _MOMENT.fullmatch(text)
    if found is None or not (found[1] or found[4]):
        return None
    hour, minute, second = (int(found[number] or 0) for number in (4, 5, 6))
    fraction = int((found[7] or "").ljust(9, "0"))
    length = S // 10 ** len(found[7] or "") if found[6] else 60 * S
    if not found[1]:
        if hour > 23 or minute > 59 or second > 59 or found[8]:
            return None
        low = (hour * 3600 + minute * 60 + second) * S + fraction
        return _Span(low, low + length - 1, None, True)
    zone = UTC if found[8] else None
    start = datetime(int(found[1]), int(found[2]), int(found[3]), hour, minute, second, tzinfo=zone)
    low = int(start.timestamp()) * S + fraction
    if found[4]:
        return _Span(low, low + length - 1)
    return _Span(low, int((start + timedelta(days=1)).timestamp()) * S - 1)


def time_of_day(moment: int) -> int:
    """Nanoseconds of the local day at a moment in nanoseconds since the epoch."""
    seconds, rest = divmod(moment, S)
    local = time.localtime(seconds)
    return (local.tm_hour * 3600 + local.tm_min * 60 + local.tm_sec) * S + rest


_READERS: Final[dict[str, Callable[[str, bool], _Span | None]]] = {
    NUMBER: _number,
    SIZE: _size,
    DURATION: _duration,
    TIME: _moment,
}
_WHATS: Final = {NUMBER: "number", SIZE: "size", DURATION: "duration", TIME: "moment"}
_HINTS: Final = {
    NUMBER: "write 404, 4xx for a status, >=400 or 400..499",
    SIZE: "write 512, 64K, >1.5MB or 1K..2K",
    DURATION: "write 200ms, 1.5s, >2m or 100ms..1s",
    TIME: "write 12:30, 12:30:05, 2026-11-22, >2026-11-22T12:30 or 12:30..12:45",
}
