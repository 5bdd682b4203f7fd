"""What an X-ray recognises: code that is a layer or a `send`, and the callables that layers hand inward.

What must not move in: the hook, and what is noted of a connection (layers).
"""

from __future__ import annotations

import functools
import inspect
import opcode
import types
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from types import CodeType

SERVER: Final = -1
"""Stands for the server among layers."""
RESUME: Final = opcode.opmap["RESUME"]
MISSING: Final = object()
"""Stands for a variable that has no value."""


class Code:
    """What is known of a code object that can be a layer, or the `send` of one."""

    __slots__ = ("code", "edges", "first", "names", "operations")

    def __init__(self, code: CodeType, names: tuple[str, ...]) -> None:
        self.code = code  # held, so that its identity stays its own
        self.names = names
        """Of the three parameters; empty where it can't be a layer."""
        self.edges: dict[int, list[Edge]] = {}
        """By connection: the edges that are crossed when this runs."""
        self.operations = code.co_code
        starts = range(0, len(self.operations), 2)
        self.first = next((at for at in starts if self.operations[at] == RESUME and not self.operations[at + 1]), 0)
        """The position of its first instruction: a call seen elsewhere is a resumption."""


class Edge:
    """A `send` that was handed inward: whose it is, and how a call of it is recognised."""

    __slots__ = ("bound", "function", "keywords", "owner", "position", "send")

    def __init__(self, send: Any) -> None:
        self.send = send
        self.owner = SERVER
        self.function: types.FunctionType | None = None
        self.bound: Any = MISSING
        self.keywords: dict[str, Any] = {}
        self.position = 0
        """Of the message among the positional parameters."""
        for _ in range(8):
            kind = type(send)
            if kind is types.FunctionType:
                self.function = send
                return
            if kind is types.MethodType:
                self.bound, send = send.__self__, send.__func__
                self.position += 1
            elif kind is functools.partial:
                self.position += len(send.args)
                self.keywords = {**send.keywords, **self.keywords}
                send = send.func
            else:
                self.bound, send = send, of_class(kind, "__call__")
                self.position += 1

    def is_same(self, other: Edge) -> bool:
        """Whether two callables are one: a bound method is made anew each time that it is asked for."""
        if self.send is other.send:
            return True
        methods = type(self.send) is type(other.send) is types.MethodType
        return methods and self.function is other.function and self.bound is other.bound

    def matches(self, values: Any) -> bool:
        """Whether this very function runs with these locals, not another one of the same code."""
        function = self.function
        if function is None:
            return False
        code = function.__code__
        if self.bound is not MISSING and code.co_argcount and values.get(code.co_varnames[0]) is not self.bound:
            return False
        if any(values.get(key, value) is not value for key, value in self.keywords.items()):
            return False
        cells = zip(code.co_freevars, function.__closure__ or (), strict=False)
        return all(values.get(name, MISSING) is content_of(cell) for name, cell in cells)

    def message(self, code: CodeType, values: Any) -> Any:
        """The message that it was called with."""
        if self.position < code.co_argcount:
            return values.get(code.co_varnames[self.position])
        if code.co_flags & inspect.CO_VARARGS:
            rest = values.get(code.co_varnames[code.co_argcount + code.co_kwonlyargcount])
            index = self.position - code.co_argcount
            return rest[index] if type(rest) is tuple and index < len(rest) else None
        return None


def of_class(kind: type, name: str) -> Any:
    """What a class or one it is derived from has by that name, without asking it."""
    for each in type.__dict__["__mro__"].__get__(kind):
        names = type.__dict__["__dict__"].__get__(each)
        if name in names:
            return names[name]
    return None


def content_of(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return MISSING
