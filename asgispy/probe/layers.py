"""`Xray`: which layers a connection passes through, and which messages pass from each to the next.

Opt-in, since it costs time: while an X-rayed connection runs, a profile hook watches the calls on the event loop's
thread. A call whose last three positional arguments are a scope and two callables is a layer, whoever wrote it and
however it was wrapped; a call of the `send` that it was given is a message crossing to the layer outside. Nothing is
imported, patched or wrapped for that, and no method of the application's objects is called. It owns the hook and what
is noted while it is on. What must not move in: what the facts mean (analysis/layers), and how a single value is
described (snapshot).
"""

from __future__ import annotations

import inspect
import opcode
import sys
import types
from pathlib import Path
from threading import get_ident
from time import monotonic_ns as clock
from typing import TYPE_CHECKING, Any, Final

from asgispy.probe.edges import MISSING, RESUME, SERVER, Code, Edge, of_class
from asgispy.probe.failure import places_left
from asgispy.probe.layer_values import layer_name, message_facts, plain_text, scope_facts
from asgispy.probe.snapshot import type_name
from asgispy.probe.stacks import current_task

if TYPE_CHECKING:
    from contextvars import ContextVar
    from types import CodeType, FrameType

LAYERS: Final = 64
CROSSINGS: Final = 2_000
CODES: Final = 20_000
"""Code objects whose kind is remembered."""
STEPS: Final = 400
"""Frames that are looked at in search of the layer that a call came from."""
TAKEN: Final = "the profile hook was taken away while the connection ran"
"""By another profiler, or by an exception inside the hook: a signal's, or one of too deep a recursion."""

OWN_FOLDER: Final = str(Path(__file__).parent)
_RETURNS: Final = frozenset(opcode.opmap[name] for name in ("RETURN_VALUE", "RETURN_CONST") if name in opcode.opmap)
_PAUSES: Final = frozenset({opcode.opmap["YIELD_VALUE"], RESUME})
"""Where a coroutine stands when it is suspended; which of the two depends on the version of Python."""
_GENERATORS: Final = inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR
_SUSPENDS: Final = _GENERATORS | inspect.CO_COROUTINE | inspect.CO_ITERABLE_COROUTINE
_MAKERS: Final = frozenset({"__init__", "__new__", "__post_init__"})
"""Methods that take a scope and its callables only to keep them, as a framework's request object does."""


class _Running:
    """What a live frame stands for."""

    __slots__ = ("connection", "known", "layers", "owner", "waiting")

    def __init__(self, connection: _Connection, known: Code, layers: list[int], owner: int, waiting: bool) -> None:
        self.connection = connection
        self.known = known
        self.layers = layers
        """Layers that are left when it ends."""
        self.owner = owner
        """The layer to which whatever it calls is put down."""
        self.waiting = waiting
        """A coroutine that a layer without `async` has returned, and that has not begun."""


class _Connection:
    """What is noted of an X-rayed connection."""

    __slots__ = ("crossings", "edges", "layers", "pending", "problem", "root", "thread", "truncated", "values")

    def __init__(self, problem: str) -> None:
        self.layers: list[dict[str, Any]] = []
        self.crossings: list[dict[str, Any]] = []
        self.edges: list[Edge] = []
        """The `send` that each layer was given."""
        self.pending: list[tuple[int, int, CodeType]] = []
        """Layers that raised something yet unknown, the identity of their frame and their code."""
        self.values: dict[str, tuple[Any, Any, Any]] = {}
        """Of scopes, and what was noted of them."""
        self.root: int | None = None
        """Identity of the scope that the outermost layer was given."""
        self.thread = get_ident()
        self.problem = problem
        self.truncated = False


class Xray:
    """Looks through the middleware stacks of connections; `current` says which one the running code belongs to."""

    def __init__(self, current: ContextVar[int | None]) -> None:
        self._current = current
        self._open: dict[int, _Connection] = {}
        self._codes: dict[int, Code | None] = {}
        self._held: list[CodeType] = []
        """Code objects, so that no other takes the identity of one that is remembered."""
        self._running: dict[int, _Running] = {}
        """By the identity of a live frame."""
        self._pending = 0
        self._examined = 0
        self._installed = self._hook  # one object, by which it is recognised

    def begin(self, number: int) -> bool:
        """Start looking at this connection, in its context, right before the application is called. Never raises.

        False if another profiler is at work; then `end` says so.
        """
        active = sys.getprofile()
        mine = active is None or active == self._installed
        for each in list(self._open.values()):
            if active is None and each.thread == get_ident():
                each.problem = each.problem or TAKEN  # it has missed something, and would seem complete
        self._open[number] = _Connection("" if mine else "another profiler is active")
        self._settle()
        return mine

    def end(self, number: int, scope: Any) -> dict[str, Any] | None:
        """Stop, and return what was seen, as plain data; None if it never began. Never raises.

        Called where the application's exception, if there is one, is being handled: it says what was raised.
        """
        connection = self._open.get(number)
        if connection is None:
            return None
        if not connection.problem and connection.thread == get_ident() and sys.getprofile() != self._installed:
            connection.problem = TAKEN
        try:
            if connection.pending:
                self._examined = 0
                self._name_pending()
            self._forget(number, connection)  # first, since the hook sees our own calls too
            return _facts(connection, scope)
        except Exception as error:
            self._open.pop(number, None)
            self._settle()
            return {"layers": [], "crossings": [], "exit": {}, "truncated": True, "problem": type_name(error)}

    def _forget(self, number: int, connection: _Connection) -> None:
        del self._open[number]
        self._pending -= len(connection.pending)
        for key in [key for key, running in list(self._running.items()) if running.connection is connection]:
            del self._running[key]
        for edge in connection.edges:
            known = self._codes.get(id(edge.function.__code__)) if edge.function else None
            if known is not None:
                known.edges.pop(number, None)
        if len(self._held) >= CODES and not self._open:
            self._codes.clear()
            self._held.clear()
        self._settle()

    def _settle(self) -> None:
        """Have the hook on this thread only while a connection of it is open."""
        wanted = any(each.thread == get_ident() and not each.problem for each in list(self._open.values()))
        active = sys.getprofile()
        if active == self._installed and not wanted:
            sys.setprofile(None)
        elif active is None and wanted:
            sys.setprofile(self._installed)

    # The hook. What is not of interest, nearly everything, must be told within a line or two.

    def _hook(self, frame: FrameType, event: str, argument: Any) -> None:
        if self._pending:
            self._name_pending()
        if event == "call":
            known = self._codes.get(id(frame.f_code), MISSING)
            if known is not None:
                self._called(frame, known)
        elif event == "return" and id(frame) in self._running:
            self._left(frame, argument)

    def _called(self, frame: FrameType, known: Any) -> None:
        try:
            if known is MISSING:
                known = self._classified(frame.f_code)
            if known is None or frame.f_lasti != known.first:
                return
            number = self._current.get(None)
            connection = self._open.get(number) if number is not None else None
            if connection is None or number is None:
                return
            before = self._running.pop(id(frame), None)
            if before is not None and not (before.waiting and before.known.code is known.code):
                before = None  # of a frame that is gone
            edges = known.edges.get(number)
            if edges:
                self._cross(frame, known, connection, edges, before)
            if known.names:
                self._enter(frame, known, connection, number, before)
            if before is not None and id(frame) not in self._running:
                before.waiting = False
                self._running[id(frame)] = before
        except Exception as error:
            self._fault(error)

    def _classified(self, code: CodeType) -> Code | None:
        """Remember whether a function may be a layer, by its shape."""
        count = code.co_argcount
        shaped = count >= 3 and not code.co_flags & _GENERATORS and code.co_name not in _MAKERS
        layer = shaped and not code.co_filename.startswith(OWN_FOLDER)
        known = Code(code, code.co_varnames[count - 3 : count]) if layer else None
        if len(self._held) < CODES:
            self._codes[id(code)] = known
            self._held.append(code)
        return known

    def _interesting(self, code: CodeType) -> Code:
        """What is known of a function whose calls are to be noticed, whatever its shape."""
        known = self._codes.get(id(code)) or self._classified(code) or Code(code, ())
        self._codes[id(code)] = known
        return known

    def _enter(
        self, frame: FrameType, known: Code, connection: _Connection, number: int, before: _Running | None
    ) -> None:
        """A layer, if it is one by its arguments too."""
        values = frame.f_locals
        scope, receive, send = (values.get(name) for name in known.names)
        if not (_is_scope(scope) and callable(receive) and callable(send)):
            return
        layers = connection.layers
        if len(layers) >= LAYERS:
            connection.truncated = True
            return
        parent = before.owner if before is not None else self._nearest(frame.f_back, connection)
        if parent is None:  # it runs in a task of its own
            parent = next((at for at in range(len(layers) - 1, -1, -1) if layers[at]["outcome"] == "open"), SERVER)
        if connection.root is None:
            connection.root = id(scope)
        layer = {
            "name": layer_name(known.code, values),
            "file": plain_text(known.code.co_filename),
            "line": known.code.co_firstlineno,
            "depth": layers[parent]["depth"] + 1 if parent >= 0 else 0,
            "parent": parent,
            "send": self._edge(connection, number, send, parent).owner,
            "shared": id(scope) == connection.root,
            "task": _identity(current_task()),
            "entered": clock(),
            "left": None,
            "outcome": "open",
            "error": "",
            "scope": scope_facts(scope, connection.values),
        }
        layers.append(layer)
        left = [*(before.layers if before is not None else ()), len(layers) - 1]
        self._running[id(frame)] = _Running(connection, known, left, len(layers) - 1, waiting=False)

    def _edge(self, connection: _Connection, number: int, send: Any, parent: int) -> Edge:
        """The edge that a `send` stands for: a new one, unless a layer has handed on what it was given."""
        edge = Edge(send)
        known = next((each for each in reversed(connection.edges) if each.is_same(edge)), None)
        if known is not None:
            return known
        edge.owner = parent
        connection.edges.append(edge)
        if edge.function is not None:
            self._interesting(edge.function.__code__).edges.setdefault(number, []).append(edge)
        return edge

    def _nearest(self, frame: FrameType | None, connection: _Connection) -> int | None:
        """The layer that a call comes from, by the frames that await it; None if it runs in a task of its own."""
        for _ in range(STEPS):
            if frame is None:
                break
            running = self._running.get(id(frame))
            if running is not None and running.connection is connection and running.known.code is frame.f_code:
                return running.owner
            frame = frame.f_back
        return None

    def _cross(
        self,
        frame: FrameType,
        known: Code,
        connection: _Connection,
        edges: list[Edge],
        before: _Running | None,
    ) -> None:
        """A message, if it is one, that passes to the layer whose `send` this is."""
        values = frame.f_locals
        edge = next((each for each in reversed(edges) if each.matches(values)), None)
        message = edge.message(known.code, values) if edge is not None else None
        if edge is None or not issubclass(type(message), dict):
            return
        sender = before.owner if before is not None else self._nearest(frame.f_back, connection)
        self._running[id(frame)] = _Running(connection, known, [], edge.owner, waiting=False)
        if sender is None:  # sent by a task of its own: by the innermost layer that was given this
            layers = connection.layers
            given = [at for at, layer in enumerate(layers) if layer["send"] == edge.owner]
            sender = next((at for at in reversed(given) if layers[at]["outcome"] == "open"), (given or [SERVER])[-1])
        if sender == edge.owner:
            return  # a layer's own `send` in several parts, or called by itself
        if len(connection.crossings) >= CROSSINGS:
            connection.truncated = True
            return
        connection.crossings.append({"layer": sender, "to": edge.owner, "time": clock(), **message_facts(message)})

    def _left(self, frame: FrameType, argument: Any) -> None:
        try:
            running = self._running[id(frame)]
            code = frame.f_code
            suspends = bool(code.co_flags & _SUSPENDS)
            operation = running.known.operations[frame.f_lasti]
            if running.known.code is code and suspends and operation in _PAUSES:
                return
            del self._running[id(frame)]
            if running.known.code is not code:
                return  # of a frame that is gone
            returned = operation in _RETURNS
            if returned and not suspends and type(argument) is types.CoroutineType and argument.cr_frame is not None:
                self._wait(argument.cr_frame, running)
                return
            called_only = not suspends and of_class(type(argument), "__await__") is None
            for index in reversed(running.layers):
                self._leave(frame, running.connection, index, returned, called_only)
        except Exception as error:
            self._fault(error)

    def _wait(self, frame: FrameType, running: _Running) -> None:
        """A function without `async` has returned a coroutine: its layers last as long as that."""
        known = self._interesting(frame.f_code)
        before = self._running.get(id(frame))
        if before is not None and before.waiting and before.known is known:
            before.layers = running.layers + before.layers
            return
        self._running[id(frame)] = _Running(running.connection, known, running.layers, running.owner, waiting=True)

    def _leave(self, frame: FrameType, connection: _Connection, index: int, returned: bool, called_only: bool) -> None:
        layers = connection.layers
        sent = connection.crossings and connection.crossings[-1]["layer"] == index
        if called_only and index == len(layers) - 1 and not sent:
            layers.pop()  # a plain function that happens to take a scope and two callables
            return
        layers[index]["left"] = clock()
        layers[index]["outcome"] = "returned" if returned else "raised"
        if not returned:
            connection.pending.append((index, id(frame), frame.f_code))
            self._pending += 1
            self._examined = 0

    def _name_pending(self) -> None:
        """Learn what has left a layer, once it is being handled: the hook itself is not told."""
        error = sys.exception()
        if error is None or id(error) == self._examined:
            return
        self._examined = id(error)
        try:
            names: dict[tuple[int, int], str] = {}
            for place, name in places_left(error):
                names.setdefault(place, name)
            for connection in list(self._open.values()):
                for entry in list(connection.pending):
                    name = names.get((entry[1], id(entry[2])), "")
                    if name:
                        connection.layers[entry[0]]["error"] = name
                        connection.pending.remove(entry)
                        self._pending -= 1
        except Exception as fault:
            self._fault(fault)

    def _fault(self, error: BaseException) -> None:
        for connection in list(self._open.values()):
            connection.problem = connection.problem or f"the X-ray failed: {type_name(error)}"


def _facts(connection: _Connection, scope: Any) -> dict[str, Any]:
    return {
        "layers": connection.layers,
        "crossings": connection.crossings,
        "exit": scope_facts(scope, connection.values) if issubclass(type(scope), dict) else {},
        "truncated": connection.truncated,
        "problem": connection.problem,
    }


def _is_scope(scope: Any) -> bool:
    return issubclass(type(scope), dict) and type(dict.get(scope, "type")) is str


def _identity(task: object) -> int:
    """0 where there is none."""
    return id(task) if task is not None else 0
