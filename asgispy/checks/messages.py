"""What a single message is by itself: its type, what its values break, and what its protocol reads from it.

A `Shape` depends on nothing but the message, so that it is made once for messages that are the same. What must not
move in: order, scopes, anything about a connection.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from asgispy.checks.tables import EXTENSIONS, RECEIVED, SENT, misspelled
from asgispy.model.events import SEND
from asgispy.model.values import BytesLike, Cut, Opaque

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asgispy.checks.rule import Fault

DEPTH: Final = 32
NODES: Final = 2_000
"""Values of one message that are looked at."""
SHORT: Final = 1024
"""Bytes of an encoded message up to which its reading is remembered."""
REMEMBERED: Final = 4096
_PLAIN: Final = frozenset({bytes, str, bool, type(None), Cut})
_FREE: Final = frozenset({"headers", "links", "subprotocols", "file", "info"})
"""Keys whose values have rules of their own."""
_BODIES: Final = frozenset({"body", "bytes"})


@dataclass(frozen=True, slots=True)
class Shape:
    """A message, read."""

    type: str
    """Empty when it has none."""
    faults: tuple[Fault, ...] = ()
    malformed: bool = False
    """Nothing more can be said of it."""
    unknown: bool = False
    """Its type is in no table of its protocol and direction."""
    extension: str = ""
    """The extension that has to be advertised for it."""
    facts: Any = None
    """What its protocol reads from it (http, websocket, lifespan, extensions)."""


_readers: dict[tuple[str, str], Callable[[dict[Any, Any]], tuple[Any, list[Fault]]]] = {}


def reader(protocol: str, type: str) -> Callable[..., Any]:
    """Decorator: the function reads messages of this type, and gives (facts, faults)."""

    def register(function: Callable[[dict[Any, Any]], tuple[Any, list[Fault]]]) -> Any:
        _readers[protocol, type] = function
        return function

    return register


def read_shape(protocol: str, direction: int, message: Any) -> Shape:
    """Read a message that passed on a connection of that protocol. Never raises."""
    if type(message) is not dict:
        return Shape("", (("general.message-not-dict", f"the message is {called(message)}, not a dict"),), True)
    kind = message.get("type")
    if "type" not in message:
        keys = ", ".join(sorted(str(key)[:20] for key in list(message)[:6]))
        return Shape(
            "", (("general.message-type-missing", f"the message has no type, only {keys or 'nothing'}"),), True
        )
    if type(kind) is not str:
        return Shape("", (("general.message-type-not-str", f"the message's type is {called(kind)}"),), True)
    faults = list(value_faults(message))
    misplaced = _misplaced(protocol, direction, kind)
    if misplaced is not None:
        return Shape(kind, (misplaced, *faults), malformed=True)
    if protocol and kind not in (SENT if direction == SEND else RECEIVED)[protocol]:
        if direction != SEND:
            faults.append(("general.receive-type-unknown", f"receive gave {kind[:80]!r}, a type of no specification"))
        return Shape(kind, tuple(faults), unknown=True)
    if not protocol:
        return Shape(kind, tuple(faults))
    if direction == SEND:
        faults += misspelled(kind, message)
    read = _readers.get((protocol, kind))
    facts, more = read(message) if read is not None else (None, [])
    return Shape(kind, (*faults, *more), extension=EXTENSIONS.get(kind, ""), facts=facts)


class Shapes:
    """Readings of the messages of one protocol and direction, remembered for short ones by their encoded form."""

    def __init__(self, protocol: str, direction: int) -> None:
        self._protocol = protocol
        self._direction = direction
        self._known: dict[bytes, Shape] = {}

    def shape(self, message: Any, key: bytes | None) -> Shape:
        """The reading of a message; `key` is its encoded form, where that is known."""
        if key is None or len(key) > SHORT:
            return read_shape(self._protocol, self._direction, message)
        shape = self._known.get(key)
        if shape is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[key] = shape = read_shape(self._protocol, self._direction, message)
        return shape


def _misplaced(protocol: str, direction: int, kind: str) -> Fault | None:
    """A type that is known, but not here."""
    other = RECEIVED if direction == SEND else SENT
    if any(kind in types for types in other.values()):
        way = "only received, but was sent" if direction == SEND else "only sent, but was received"
        return "general.message-wrong-direction", f"{kind} is {way}"
    if direction == SEND and protocol and kind not in SENT[protocol]:
        for name, types in SENT.items():
            if kind in types:
                return "general.message-wrong-protocol", f"{kind} belongs to {name}, but the scope is {protocol}"
    return None


def unknown_type(protocol: str, kind: str, extensions: dict[Any, Any]) -> Fault | None:
    """What is wrong with a sent type of no table; nothing when an advertised extension may have brought it."""
    for name in extensions:
        if type(name) is str and (kind in (name, f"{protocol}.{name}") or kind.startswith(f"{name}.")):
            return None
    if not protocol:
        return None
    return "general.message-type-unknown", f"{kind[:80]!r} is no type that a server knows"


def called(value: Any) -> str:
    """A value in a message about it: its type, and itself where it is short."""
    if type(value) is Opaque:
        return f"{_article(value.type)} {value.type}"
    if type(value) is BytesLike:
        return f"a {value.type}"
    if type(value) is Cut:
        return "bytes" if type(value.data) is bytes else "a str"
    if value is None:
        return "None"
    name = type(value).__name__
    if isinstance(value, str | bytes | int | float):
        return f"{_article(name)} {name}, {value!r:.40}"
    return f"{_article(name)} {name}"


def _article(name: str) -> str:
    return "an" if name[:1].lower() in "aeiou" else "a"


def value_faults(message: dict[Any, Any]) -> Iterator[Fault]:
    """What ASGI allows in no message (specification, "Events"), each rule at most once."""
    told: set[str] = set()
    for key, value in message.items():
        kind = type(value)
        if kind in _PLAIN and type(key) is str:
            continue
        if type(key) is str and (key in _FREE or (key in _BODIES and kind is BytesLike)):
            continue
        for rule, text in _Walk().into(key, value):
            if rule not in told:
                told.add(rule)
                yield rule, text


class _Walk:
    """Looks at a value and what is in it, within bounds."""

    def __init__(self) -> None:
        self._left = NODES

    def into(self, key: Any, value: Any, path: str = "", depth: int = 1) -> Iterator[Fault]:
        self._left -= 1
        where = f"{path}[{key!r:.40}]"
        if type(key) is not str and not isinstance(key, _Index):
            yield "general.dict-key-type", f"message{where} has a key that is {called(key)}, not a str"
        if depth > DEPTH or self._left < 0:
            yield "general.message-depth", f"message{where} is nested deeper than {DEPTH} levels"
            return
        match value:
            case dict():
                for name, item in value.items():
                    yield from self.into(name, item, where, depth + 1)
            case list() | tuple():
                for number, item in enumerate(value):
                    yield from self.into(_Index(number), item, where, depth + 1)
            case Opaque(type="dict" | "list" | "tuple"):
                yield "general.message-depth", f"message{where} is nested too deeply, or contains itself"
            case Opaque() | BytesLike():
                yield "general.value-type", f"message{where} is {called(value)}"
            case bool() | bytes() | str() | None | Cut():
                pass
            case int() if not -(2**63) <= value < 2**63:
                yield "general.int-range", f"message{where} is an int of {value.bit_length()} bits, more than 64"
            case float() if not math.isfinite(value):
                yield "general.float-not-finite", f"message{where} is {value}"
            case _:
                pass


class _Index(int):
    """A place in a list, on the way to a value."""
