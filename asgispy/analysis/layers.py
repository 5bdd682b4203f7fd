"""What each layer of a middleware stack did to a connection, told from the facts that the probe's X-ray gathered.

A layer is judged by what crossed its inner edge against what crossed its outer edge: a layer that hands everything on
has no effects. The facts come from a file, so whatever is malformed counts as absent, and nothing here raises. What
must not move in: how layers are noticed (probe/layers), and how any of this is painted.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final, TypeVar

from asgispy.model.values import Cut, Opaque

LAYERS: Final = 256
CROSSINGS: Final = 8_000
DEPTH: Final = 256
HELD_BACK: Final = 5_000_000
"""Nanoseconds from which on a delay is worth a word."""
TEXT: Final = 1_000
SHOWN: Final = 60
"""Characters of a value that are shown."""

_T = TypeVar("_T")
_NONE: Final[list[Any]] = []
_START: Final = "http.response.start"
_BODY: Final = "http.response.body"
_CHUNKS: Final = frozenset({_BODY, "websocket.send"})
_OPENINGS: Final = frozenset({_START, "websocket.accept", "websocket.close", "websocket.http.response.start"})


@dataclass(frozen=True, slots=True)
class LayerView:
    """A layer, and what it did."""

    name: str
    file: str
    line: int
    depth: int
    own: int
    """Nanoseconds it ran or waited while no layer inside it was open."""
    total: int
    outcome: str
    """returned, raised, or open: it was still running when the connection ended."""
    effects: tuple[str, ...]
    """What it did to the answer, in short sentences; empty if it only handed on."""
    scope_changes: tuple[str, ...]
    """What it changed in the scope before it called the next layer."""


@dataclass(frozen=True, slots=True)
class _Layer:
    name: str
    file: str
    line: int
    depth: int
    parent: int
    send: int
    shared: bool
    task: int
    entered: int
    left: int | None
    outcome: str
    error: str
    scope: dict[Any, Any]


@dataclass(frozen=True, slots=True)
class _Crossing:
    layer: int
    to: int
    time: int
    type: str
    status: int | None
    headers: list[tuple[bytes, Any]]
    size: int
    more: bool


class _Stack:
    """The facts, in order and within bounds."""

    def __init__(self, facts: Any) -> None:
        facts = facts if type(facts) is dict else {}
        self.layers = [_layer(each, index) for index, each in enumerate(_plain(facts, "layers", _NONE)[:LAYERS])]
        self.crossings = [_crossing(each, len(self.layers)) for each in _plain(facts, "crossings", _NONE)[:CROSSINGS]]
        self.crossings.sort(key=lambda crossing: crossing.time)
        self.exit: dict[Any, Any] = _plain(facts, "exit", {})
        self.children: list[list[int]] = [[] for _ in self.layers]
        self.around: list[frozenset[int]] = []
        """Of each layer: itself and all that it is called by."""
        for index, layer in enumerate(self.layers):
            outer = self.around[layer.parent] if layer.parent >= 0 else frozenset()
            self.around.append(outer | {index})
            if layer.parent >= 0:
                self.children[layer.parent].append(index)
        self.arrived: dict[int, list[_Crossing]] = {}
        """By the layer that was reached."""
        for crossing in self.crossings:
            self.arrived.setdefault(crossing.to, []).append(crossing)
        ends = [time for each in self.layers for time in (each.entered, each.left or 0)]
        self.last = max([*ends, *(each.time for each in self.crossings)], default=0)

    def inner(self, index: int) -> list[_Crossing]:
        """What crossed the inner edge of a layer."""
        return self.arrived.get(index, []) if index >= 0 else []

    def outer(self, index: int) -> list[_Crossing]:
        """What crossed its outer edge, whichever part of it sent that."""
        near = self.arrived.get(self.layers[index].send, [])
        return [each for each in near if each.layer >= 0 and index in self.around[each.layer]]


def explain(facts: dict[str, Any]) -> list[LayerView]:
    """What each layer did, the outermost first. Never raises."""
    stack = _Stack(facts)
    innermost = _innermost_shared(stack)
    views = []
    for index, layer in enumerate(stack.layers):
        total = max(0, (layer.left if layer.left is not None else stack.last) - layer.entered)
        changes = _scope_changes(stack, index)
        if index == innermost and stack.exit:
            changes += [f"{change} by the end" for change in _differences(layer.scope, stack.exit)]
        own = max(0, total - _time_inside(stack, index))
        place = layer.name, layer.file, layer.line, layer.depth
        views.append(LayerView(*place, own, total, layer.outcome, tuple(_effects(stack, index)), tuple(changes)))
    return views


def delays(facts: dict[str, Any]) -> list[tuple[str, float]]:
    """Which layers delayed or merged the chunks of a stream, and by how many milliseconds at most; the worst first."""
    stack = _Stack(facts)
    found = []
    for index, layer in enumerate(stack.layers):
        inner, outer = _chunks(stack.inner(index)), _chunks(stack.outer(index))
        if inner and outer:
            worst = max(_held_back(inner, outer), default=0)
            if worst >= HELD_BACK or len(_filled(outer)) < len(_filled(inner)):
                found.append((layer.name, worst / 1e6))
    return sorted(found, key=lambda each: -each[1])


def _effects(stack: _Stack, index: int) -> list[str]:
    layer = stack.layers[index]
    inner, outer = stack.inner(index), stack.outer(index)
    effects: list[str] = []
    if inner and outer:
        effects += _start_effects(_first(inner), _first(outer))
        effects += _body_effects(inner, outer)
    if not stack.children[index] and any(each.type in _OPENINGS for each in outer) and not _relays(stack, index):
        effects.append("answered by itself")
    effects += _exception_effects(stack, index)
    inside = [stack.layers[each] for each in stack.children[index]]
    if any(each.task != layer.task for each in inside if each.task and layer.task):
        effects.append("runs the next layer in another task")
    if not outer and layer.outcome == "returned" and layer.scope.get("type") in ("http", "websocket"):
        instead = stack.outer(layer.parent) if layer.parent >= 0 else []
        if inner or not (inside or instead):
            effects.append("sent nothing")
    return effects


def _relays(stack: _Stack, index: int) -> bool:
    """Whether a layer only sends what its caller got from another one, as an object made to send that does."""
    return any(
        each.type in _OPENINGS and each.layer >= 0 and index not in stack.around[each.layer]
        for each in stack.inner(stack.layers[index].parent)
    )


def _start_effects(inner: _Crossing | None, outer: _Crossing | None) -> list[str]:
    if inner is None or outer is None:
        return []
    effects = []
    if inner.status != outer.status:
        effects.append(f"status {inner.status} → {outer.status}")
    before, after = _by_name(inner.headers), _by_name(outer.headers)
    for name in [*before, *(each for each in after if each not in before)]:
        one, other = before.get(name, []), after.get(name, [])
        if one == other:
            continue
        shown = _shown(name)
        if len(other) > len(one) and all(value in other for value in one):
            effects.append(f"added header {shown}")
        elif len(other) < len(one) and all(value in one for value in other):
            effects.append(f"removed header {shown}")
        else:
            effects.append(f"changed header {shown}")
    return effects


def _body_effects(inner: list[_Crossing], outer: list[_Crossing]) -> list[str]:
    effects = []
    start, answered = _first(inner), _first(outer)
    chunks, sent = _chunks(inner), _chunks(outer)
    waited = answered.time - start.time if start is not None and answered is not None else 0
    complete = next((each.time for each in chunks if each.type == _BODY and not each.more), None)
    buffered = answered is not None and complete is not None and answered.time >= complete
    if buffered and (len(_filled(chunks)) > 1 or waited >= HELD_BACK):
        effects.append(f"buffered: held the start back until the body was complete, {_milliseconds(waited)}")
    elif waited >= HELD_BACK:
        effects.append(f"held the start back for {_milliseconds(waited)}")
    if not chunks or not sent:
        return effects
    sizes = sum(each.size for each in chunks), sum(each.size for each in sent)
    encoding = _encoding(answered)
    if encoding and encoding != _encoding(start):
        effects.append(f"compressed ({encoding}): {sizes[0]:,} → {sizes[1]:,} bytes")
    elif sizes[0] != sizes[1]:
        effects.append(f"changed the body: {sizes[0]:,} → {sizes[1]:,} bytes")
    if len(chunks) != len(sent):
        effects.append(f"re-chunked the body: {len(chunks):,} → {len(sent):,} chunks")
    worst = max(_held_back(chunks, sent), default=0)
    if worst >= HELD_BACK and not buffered:
        effects.append(f"held a chunk back for {_milliseconds(worst)}")
    return effects


def _exception_effects(stack: _Stack, index: int) -> list[str]:
    layer = stack.layers[index]
    raised = [stack.layers[each] for each in stack.children[index] if stack.layers[each].outcome == "raised"]
    if not raised:
        return []
    last = raised[-1]
    if layer.outcome == "returned":
        if last.error.endswith("CancelledError"):
            return [f"cancelled {last.name}"]
        return [f"swallowed {last.error or 'an exception'}"]
    if layer.outcome == "raised" and last.error and layer.error and last.error != layer.error:
        return [f"translated {last.error} to {layer.error}"]
    return []


def _held_back(inner: list[_Crossing], outer: list[_Crossing]) -> list[int]:
    """Of each chunk that came: nanoseconds until it was handed on, as far as that can be told."""
    came, went = _filled(inner), _filled(outer)
    if not came or not went:
        return []
    ends = list(accumulate(each.size for each in came))
    gone = list(accumulate(each.size for each in went))
    if ends[-1] == gone[-1]:  # byte for byte: it went when its last byte did
        places = [bisect_left(gone, end) for end in ends]
    elif len(came) == len(went):
        places = list(range(len(came)))
    else:  # transformed and merged: with whatever went next
        times = [each.time for each in went]
        places = [min(bisect_left(times, each.time), len(went) - 1) for each in came]
    return [max(0, went[place].time - each.time) for each, place in zip(came, places, strict=True)]


def _time_inside(stack: _Stack, index: int) -> int:
    """Nanoseconds of a layer's time in which a layer called by it was open."""
    layer = stack.layers[index]
    end = layer.left if layer.left is not None else stack.last
    spans = sorted(
        (max(each.entered, layer.entered), min(each.left if each.left is not None else end, end))
        for each in (stack.layers[child] for child in stack.children[index])
    )
    inside, reached = 0, layer.entered
    for begin, finish in spans:
        if finish > max(begin, reached):
            inside += finish - max(begin, reached)
            reached = finish
    return inside


def _scope_changes(stack: _Stack, index: int) -> list[str]:
    """What differs in the scope as the layer handed it on, from what it was given."""
    inside = stack.children[index]
    return _differences(stack.layers[index].scope, stack.layers[inside[0]].scope) if inside else []


def _innermost_shared(stack: _Stack) -> int:
    """The innermost layer, along the first calls, that still had the connection's own scope: later changes are its."""
    index = next((at for at, layer in enumerate(stack.layers) if layer.parent < 0), -1)
    while index >= 0 and stack.children[index] and stack.layers[stack.children[index][0]].shared:
        index = stack.children[index][0]
    return index


def _differences(before: dict[Any, Any], after: dict[Any, Any], prefix: str = "") -> list[str]:
    found = []
    for key in [*before, *(each for each in after if each not in before)]:
        name = f"{prefix}{_shown(key)}"
        if key not in before:
            found.append(f"{name} added")
        elif key not in after:
            found.append(f"{name} removed")
        elif not _equal(before[key], after[key]):
            one, other = before[key], after[key]
            if type(one) is dict and type(other) is dict and not prefix:
                found += _differences(one, other, f"{name}.")
            else:
                found.append(f"{name}: {_shown(one)} → {_shown(other)}")
    return found


def _equal(one: Any, other: Any) -> bool:
    try:
        return bool(one == other)
    except RecursionError:  # nested without end
        return False


def _shown(value: Any) -> str:
    """A value in a few words; text and bytes as they are."""
    if type(value) is Opaque:
        text = str(value.repr)
    elif type(value) is Cut:
        return f"{_shown(value.data[:SHOWN])}…"
    elif type(value) is bytes:
        text = value[: SHOWN + 1].decode("latin-1")
    elif type(value) in (dict, list, tuple):
        text = f"{type(value).__name__} of {len(value)}"
    elif type(value) is int and value.bit_length() > 64:
        text = "a large number"
    else:
        text = str(value)
    text = text or "''"
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _milliseconds(nanoseconds: int) -> str:
    return f"{nanoseconds / 1e6:,.0f} ms" if nanoseconds >= 10_000_000 else f"{nanoseconds / 1e6:.1f} ms"


def _first(crossings: list[_Crossing]) -> _Crossing | None:
    return next((each for each in crossings if each.type == _START), None)


def _chunks(crossings: list[_Crossing]) -> list[_Crossing]:
    return [each for each in crossings if each.type in _CHUNKS]


def _filled(crossings: list[_Crossing]) -> list[_Crossing]:
    return [each for each in crossings if each.size]


def _by_name(headers: list[tuple[bytes, Any]]) -> dict[bytes, list[Any]]:
    found: dict[bytes, list[Any]] = {}
    for name, value in headers:
        found.setdefault(name.lower(), []).append(value)
    return found


def _encoding(start: _Crossing | None) -> str:
    values = _by_name(start.headers).get(b"content-encoding", []) if start is not None else []
    return _shown(values[-1]) if values else ""


# Reading what may be anything.


def _layer(raw: Any, index: int) -> _Layer:
    raw = raw if type(raw) is dict else {}
    left, outcome = raw.get("left"), raw.get("outcome")
    return _Layer(
        name=_plain(raw, "name", "")[:TEXT] or "?",
        file=_plain(raw, "file", "")[:TEXT],
        line=_number(raw, "line", 0, 1 << 31),
        depth=_number(raw, "depth", 0, DEPTH),
        parent=_number(raw, "parent", -1, index, -1),
        send=_number(raw, "send", -1, index, -1),
        shared=raw.get("shared") is True,
        task=_number(raw, "task", 0, 1 << 64),
        entered=_number(raw, "entered", 0, 1 << 63),
        left=left if type(left) is int and 0 <= left < 1 << 63 else None,
        outcome=outcome if outcome in ("returned", "raised") else "open",
        error=_plain(raw, "error", "")[:TEXT],
        scope=_plain(raw, "scope", {}),
    )


def _crossing(raw: Any, count: int) -> _Crossing:
    raw = raw if type(raw) is dict else {}
    status = raw.get("status")
    pairs = [each for each in _plain(raw, "headers", _NONE) if type(each) in (list, tuple) and len(each) == 2]
    return _Crossing(
        layer=_number(raw, "layer", -1, count, -1),
        to=_number(raw, "to", -1, count, -1),
        time=_number(raw, "time", 0, 1 << 63),
        type=_plain(raw, "type", "")[:TEXT],
        status=status if type(status) is int and 0 <= status < 1 << 31 else None,
        headers=[(name, value) for name, value in pairs if type(name) is bytes],
        size=_number(raw, "size", 0, 1 << 48),
        more=raw.get("more") is True,
    )


def _number(raw: dict[Any, Any], key: str, least: int, below: int, otherwise: int = 0) -> int:
    value = raw.get(key)
    return value if type(value) is int and least <= value < below else otherwise


def _plain(raw: dict[Any, Any], key: str, otherwise: _T) -> _T:
    value = raw.get(key)
    return value if type(value) is type(otherwise) else otherwise
