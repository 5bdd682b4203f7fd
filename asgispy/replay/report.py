"""Replays as text and as JSON. Pure; everything recorded is made harmless for a terminal, and secrets are masked.

What must not move in: where it is written to (cli).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from asgispy.formats.secrets import MASK, is_secret_header, mask_query, mask_said, mask_text
from asgispy.model.connection import TYPE_NAMES
from asgispy.model.units import format_duration
from asgispy.replay.compare_data import Difference
from asgispy.replay.result import DIFFERENT, FAILED, SAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgispy.replay.result import Result, Tally

SHOWN: Final = 20
"""Differences of one replay that are told as text."""
LINES: Final = 40
"""Lines of a difference between texts that are told as text."""
WIDTH: Final = 300
"""Characters of one line."""
SHARES: Final = (0.5, 0.9, 0.99)
_LAST_KEY: Final = re.compile(r"[^.\[\]]+(?=(?:\[\d+\])*$)")


def result_lines(result: Result, *, keep_secrets: bool = False) -> Iterator[str]:
    """What there is to say of one replay: a line, and one for each difference and note."""
    script = result.script
    parts = [f"#{script.original}", _name(result, keep_secrets=keep_secrets)]
    if result.replayed is None:
        yield _clean(f"{' '.join(parts)}: skipped: {result.skipped}")
        return
    if result.failure:
        yield _clean(f"{' '.join(parts)}: failed: {result.failure}")
    else:
        count = len(result.differences)
        verdict = "same" if not count else f"{count} difference{'' if count == 1 else 's'}"
        yield _clean(f"{' '.join(parts)} {_status(result)} {_times(result)}: {verdict}".replace("  ", " "))
    for difference in result.differences[:SHOWN]:
        yield from _difference_lines(difference, keep_secrets=keep_secrets)
    if len(result.differences) > SHOWN:
        yield f"    … {len(result.differences) - SHOWN:,} more differences"
    yield from (_clean(f"    note: {note}") for note in result.notes)


def result_object(result: Result, *, keep_secrets: bool = False) -> dict[str, Any]:
    """One replay as JSON: see `asgispy replay --help`."""
    script, replayed = result.script, result.replayed
    return {
        "replay": script.original,
        "round": result.round,
        "type": TYPE_NAMES[script.type],
        "method": script.method or None,
        "target": _target(result, keep_secrets=keep_secrets) or None,
        "result": result.verdict,
        "failure": result.failure or None,
        "skipped": result.skipped or None,
        "status": {"recorded": result.original.status, "replayed": replayed.status if replayed else None},
        "duration": {
            "recorded": _seconds(script.duration),
            "replayed": _seconds(replayed.duration) if replayed else None,
        },
        "differences": [_difference_object(_masked(each, keep_secrets)) for each in result.differences],
        "notes": list(result.notes),
    }


def summary_lines(tally: Tally, *, timed: bool, remote: bool) -> Iterator[str]:
    """What many replays amount to; `timed`: with a table of durations."""
    counts = tally.counts
    parts = [f"{counts[SAME]:,} the same"]
    parts += [f"{counts[name]:,} {name}" for name in (DIFFERENT, FAILED) if counts[name]]
    yield f"{tally.sent:,} replayed in {tally.took:.2f} s: {', '.join(parts)}"
    for reason, count in tally.reasons.items():
        yield _clean(f"{count:,} skipped: {reason}")
    if timed and tally.times.count:
        yield from _table(tally)
        yield f"(durations: {'as a client sees them' if remote else 'of the application'}; recorded: in the server)"


def summary_object(tally: Tally) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "summary": {
            "replayed": tally.sent,
            **tally.counts,
            "reasons": dict(tally.reasons),
            "seconds": tally.took,
            "rate": {"recorded": tally.recorded_rate, "replayed": tally.rate},
            "durations": {
                name: {"recorded": _seconds(before), "replayed": _seconds(now)} for name, before, now in _rows(tally)
            },
        }
    }


def _rows(tally: Tally) -> list[tuple[str, int | None, int | None]]:
    before = [*tally.recorded.at(*SHARES), tally.recorded.largest] if tally.recorded.count else [None] * 4
    now = [*tally.times.at(*SHARES), tally.times.largest] if tally.times.count else [None] * 4
    return list(zip(("p50", "p90", "p99", "max"), before, now, strict=True))


def _table(tally: Tally) -> Iterator[str]:
    yield f"{'':>12}  {'replayed':>10}  {'recorded':>10}"
    for name, before, now in _rows(tally):
        yield f"{name:>12}  {_took(now):>10}  {_took(before):>10}"
    yield f"{'requests/s':>12}  {_rate(tally.rate):>10}  {_rate(tally.recorded_rate):>10}"
    sent = tally.sent
    yield f"{'failures':>12}  {tally.counts[FAILED]:>10,}  {f'of {sent:,}':>10}"


def _rate(rate: float | None) -> str:
    return "–" if rate is None else f"{rate:,.1f}"


def _took(nanoseconds: int | None) -> str:
    return "–" if nanoseconds is None else format_duration(nanoseconds)


def _seconds(nanoseconds: int | None) -> float | None:
    return None if nanoseconds is None else nanoseconds / 1e9


def _name(result: Result, *, keep_secrets: bool) -> str:
    name = result.script.method or TYPE_NAMES[result.script.type]
    return f"{name} {_target(result, keep_secrets=keep_secrets)}".strip()


def _target(result: Result, *, keep_secrets: bool) -> str:
    target = result.script.target
    if keep_secrets:
        return target
    path, mark, query = target.partition("?")
    return f"{path}{mark}{mask_query(query)}"


def _status(result: Result) -> str:
    before, now = result.original.status, result.replayed.status if result.replayed else None
    if before == now:
        return "" if now is None else str(now)
    return f"{_none(before)} → {_none(now)}"


def _none(value: object) -> str:
    return "(none)" if value is None else str(value)


def _times(result: Result) -> str:
    now = result.replayed.duration if result.replayed else None
    return f"{_took(now)} (recorded {_took(result.script.duration)})"


def _difference_lines(difference: Difference, *, keep_secrets: bool) -> Iterator[str]:
    shown = _masked(difference, keep_secrets)
    yield _clean(f"    {shown}")
    for line in shown.lines[:LINES]:
        yield _clean(f"      {line}")
    if len(shown.lines) > LINES:
        yield f"      … {len(shown.lines) - LINES:,} more lines"


def _difference_object(difference: Difference) -> dict[str, Any]:
    made: dict[str, Any] = {"part": difference.part, "recorded": difference.before, "replayed": difference.after}
    return {**made, "diff": list(difference.lines)} if difference.lines else made


def _masked(difference: Difference, keep_secrets: bool) -> Difference:
    """A difference without secrets: by the name of what differs, and within texts."""
    if keep_secrets:
        return difference
    kind, _, name = difference.part.partition(" ")
    key = name if kind in ("header", "trailer") else (_LAST_KEY.findall(difference.part) or [""])[-1]
    hidden = is_secret_header(key) and not (kind == "header" and name == "set-cookie")  # whose values are left out
    before, after = (_hide(each, wholly=hidden) for each in (difference.before, difference.after))
    return Difference(difference.part, before, after, tuple(mask_text(each) for each in difference.lines))


def _hide(text: str | None, *, wholly: bool) -> str | None:
    if text is None:
        return None
    return MASK if wholly else mask_said(mask_text(text))


def _clean(text: str) -> str:
    """One line that moves no terminal's cursor and turns no direction around."""
    kept = text if len(text) <= WIDTH else f"{text[:WIDTH]}…"
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in kept)
