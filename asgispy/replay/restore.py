"""Recorded values made live again, as a server would give them. Pure; never raises, whatever was recorded.

What can't be made again (objects of which only a description was recorded) is left out and named; what was cut is
named, too. What must not move in: what is done about it (script).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from asgispy.formats.url import as_bytes
from asgispy.model.values import BytesLike, Cut, Opaque

_ADDRESSES: Final = ("client", "server")


class _Gone:
    """Stands for what can't be made again."""


_GONE: Final = _Gone()


@dataclass(slots=True)
class Restored:
    """A value, and what of it is not as it was."""

    value: Any = None
    left_out: list[str] = field(default_factory=list)
    """Places of objects that could not be made again."""
    cut: list[str] = field(default_factory=list)
    """Places of which only the beginning was recorded."""

    def live(self, value: Any, place: str = "") -> Any:
        """The value, live; or nothing that can be used, which its holder leaves out."""
        match value:
            case Opaque(type=name):
                self.left_out.append(f"{place} ({name})")
                return _GONE
            case Cut(data=data):
                self.cut.append(place)
                return data
            case BytesLike(data=data, size=size):
                if len(data) < size:
                    self.cut.append(place)
                return bytearray(data)
            case dict():
                parts = {key: self.live(item, f"{place}.{key}" if place else str(key)) for key, item in value.items()}
                return {key: item for key, item in parts.items() if item is not _GONE}
            case list() | tuple():
                items = [self.live(item, f"{place}[{number}]") for number, item in enumerate(value)]
                return [item for item in items if item is not _GONE]
            case _:
                return value


def live_scope(scope: Any) -> Restored:
    """A scope as a server gives it; without its state, which comes from a running lifespan."""
    restored = Restored()
    if not isinstance(scope, dict):
        restored.value = {}
        restored.left_out.append("all of the scope")
        return restored
    restored.value = made = restored.live({key: value for key, value in scope.items() if key != "state"})
    for name in _ADDRESSES:
        if isinstance(made.get(name), list):
            made[name] = tuple(made[name])
    headers = made.get("headers")
    if isinstance(headers, list):
        made["headers"] = [_pair(each) for each in headers]
    return restored


def live_message(message: Any) -> Restored:
    """A message as the application received it."""
    restored = Restored()
    restored.value = restored.live(message) if isinstance(message, dict) else {}
    return restored


def _pair(header: Any) -> Any:
    """A header as a tuple, the form that servers give."""
    match header:
        case [name, value] if (key := as_bytes(name)) is not None and (data := as_bytes(value)) is not None:
            return (key, data)
        case _:
            return header
