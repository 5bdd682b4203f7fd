"""Drawings of the HTML report: bars on a time axis, out of plain elements, and columns, as SVG. Pure.

What must not move in: numbers that are drawn (analysis), words around the drawings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asgispy.analysis.phases import AFTER, APP, FLOW, HELD, WAIT, marks, phases
from asgispy.formats.html.markup import escaped, percent
from asgispy.model.connection import HTTP
from asgispy.model.events import RAISE, RECEIVE, SEND
from asgispy.model.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from asgispy.formats.told import Told
    from asgispy.model.connection import Connection

CALLS: Final = 300
"""Calls of a connection that are drawn."""
TICKS: Final = 4
PHASES: Final = {
    APP: "application", FLOW: "response going out", AFTER: "after the response", WAIT: "waiting for the client",
    HELD: "held by the server",
}  # fmt: skip
_MARKS: Final = {"first_byte": "first byte", "exception": "exception", "disconnect": "client left", "return": "return"}


def timeline(told: Told) -> str:
    """A connection's time: what it went into, each call, and moments worth a mark, all to scale."""
    connection = told.connection
    end = _end(told)
    if end <= 0:
        return ""
    calls = [(step.kind, step.offset, step.duration) for step in told.steps[:CALLS]]
    parts = phases(
        connection.type, connection.first_byte, calls, end,
        last_byte=connection.last_byte, request_end=connection.request_end,
    )  # fmt: skip
    bars = "".join(
        _bar(part.start, part.end, end, part.kind, f"{PHASES[part.kind]}: {format_duration(part.end - part.start)}")
        for part in parts
    )
    lanes = [("time", bars)]
    for name, kind in (("receive", RECEIVE), ("send", SEND)):
        drawn = "".join(
            _bar(
                step.offset, end if step.pending else step.offset + (step.duration or 0), end,
                f"call {name}{' failed' if step.failed else ''}", f"{format_duration(step.offset)}: {step.text}",
            )
            for step in told.steps[:CALLS] if step.kind == kind
        )  # fmt: skip
        if drawn:
            lanes.append((name, drawn))
    seen = "".join(_tick(line.offset, end, "log", f"{line.kind}: {line.text[:120]}") for line in told.logs[:CALLS])
    if seen:
        lanes.append(("logs", seen))
    pins = "".join(
        _tick(offset, end, f"pin {name}", _MARKS.get(name, name)) for offset, name in marks(connection, calls)
    )
    rows = "".join(f"<b>{name}</b><div>{drawn}{pins if name == 'time' else ''}</div>" for name, drawn in lanes)
    more = f"<p>The first {CALLS} of {len(told.steps):,} calls are drawn.</p>" if len(told.steps) > CALLS else ""
    return f'<div class="lanes">{rows}<b></b>{axis(end)}</div>{_legend(parts)}{more}'


def _end(told: Told) -> int:
    """The length of the axis: until the end, what came after it included."""
    known = [step.offset + (step.duration or 0) for step in told.steps if step.kind != RAISE]
    return max(
        [told.connection.duration or 0, *known[:CALLS], *(known[-1:] if told.connection.duration is None else [])]
    )


def _bar(start: int, end: int, whole: int, kind: str, title: str) -> str:
    place = f"left:{percent(start, whole)};width:{percent(end - start, whole)}"
    return f'<i class="{kind}" style="{place}" title="{escaped(title)}"></i>'


def _tick(offset: int, whole: int, kind: str, title: str) -> str:
    return f'<i class="{kind}" style="left:{percent(offset, whole)}" title="{escaped(title)}"></i>'


def axis(whole: int) -> str:
    """Ticks from 0 to the whole."""
    return labels(["0", *(format_duration(whole * number // TICKS) for number in range(1, TICKS + 1))])


def labels(texts: Sequence[str]) -> str:
    """Texts below an axis, evenly from its beginning to its end."""
    ticks = (f'<span style="left:{percent(place, len(texts) - 1)}">{text}</span>' for place, text in enumerate(texts))
    return f'<div class="axis">{"".join(ticks)}</div>'


def _legend(parts: Iterable[tuple[int, int, str]]) -> str:
    sums: dict[str, int] = {}
    for start, end, kind in parts:
        sums[kind] = sums.get(kind, 0) + end - start
    told = (
        f'<span><i class="{kind}"></i>{name} {format_duration(sums[kind])}</span>'
        for kind, name in PHASES.items() if kind in sums
    )  # fmt: skip
    return f'<p class="legend">{"".join(told)}</p>'


def shape_of(connection: Connection) -> str:
    """The bar of a row, as CSS variables: where its response starts and ends within it."""
    whole = connection.duration or 0
    if connection.type != HTTP or connection.first_byte is None or not whole:
        return ""
    last = connection.last_byte if connection.last_byte is not None else connection.first_byte
    return f";--f:{percent(connection.first_byte, whole)};--l:{percent(max(last, connection.first_byte), whole)}"


def columns(counts: Sequence[Sequence[int]], kinds: Sequence[str], titles: Sequence[str]) -> str:
    """Stacked columns: for each its counts by kind, the first one lowest; the highest column takes the whole height."""
    highest = max((sum(each) for each in counts), default=0) or 1
    drawn: list[str] = []
    for place, (parts, title) in enumerate(zip(counts, titles, strict=True)):
        if not any(parts):
            continue
        top = 100.0
        rects = ""
        for count, kind in zip(parts, kinds, strict=True):
            if count:
                height = max(1.2, 100 * count / highest)
                top = max(0.0, top - height)
                rects += f'<rect class="{kind}" x="{place + 0.08:g}" y="{top:.4g}" width=".84" height="{height:.4g}"/>'
        drawn.append(f"<g><title>{escaped(title)}</title>{rects}</g>")
    box = f'viewBox="0 0 {max(1, len(counts))} 100" preserveAspectRatio="none"'
    return f'<svg class="columns" {box} role="img">{"".join(drawn)}</svg>'
