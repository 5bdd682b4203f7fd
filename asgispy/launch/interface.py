"""The three calling conventions of web applications, told apart by signature and adapted to ASGI 3.

What must not move in: importing anything by name, and messages about where an application was found.
"""

from __future__ import annotations

import inspect
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, cast

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
    ASGI3 = Callable[[Scope, Receive, Send], Awaitable[None]]

Interface = Literal["asgi3", "asgi2", "wsgi"]

INTERFACES: Final = ("auto", "asgi3", "asgi2", "wsgi")


class NoInterface(Exception):
    """The callable fits none of the conventions; the text completes "<name> …"."""


@dataclass(frozen=True, slots=True)
class Arity:
    """How many positional arguments a callable needs, and how many it takes at most."""

    required: float
    most: float

    def __str__(self) -> str:
        if self.most == math.inf:
            return f"at least {plural(self.required)}"
        if self.required == self.most:
            return plural(self.required) if self.most else "no arguments"
        return f"{self.required:g} to {plural(self.most)}"


class ASGI2Adapter:
    """Makes a double callable, `application(scope)(receive, send)`, callable as ASGI 3."""

    adapted_from = "asgi2"
    """For the probe, which tells the rules of it."""

    def __init__(self, app: Callable[[Scope], Callable[[Receive, Send], Awaitable[None]]]) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        instance = self.app(scope)
        await instance(receive, send)


def adapt(application: object, interface: str) -> ASGI3:
    """Whatever the convention, as an ASGI 3 callable; NoInterface when it fits none."""
    found = detect(application) if interface == "auto" else interface
    if found == "wsgi":
        # a2wsgi itself completes the lifespan and refuses websockets, so that servers start and stop as usual.
        from a2wsgi import WSGIMiddleware

        return cast("ASGI3", WSGIMiddleware(cast("Any", application)))
    if found == "asgi2":
        return ASGI2Adapter(cast("Any", application))
    return cast("ASGI3", application)


def detect(application: object) -> Interface:
    """The convention that a callable's signature speaks for."""
    arity = arity_of(application)
    if arity is None:
        return "wsgi" if hasattr(application, "wsgi_app") else "asgi3"
    if inspect.isclass(application):
        return detect_class(application, arity)
    if is_async(application):
        return fitting(arity)
    if arity.required == 2 or (arity.most == math.inf and hasattr(application, "wsgi_app")):
        return "wsgi"
    if arity == Arity(1, 1):
        return "asgi2"
    return fitting(arity)


def detect_class(application: type, arity: Arity) -> Interface:
    """A class is called once per connection, or, by mistake, named in place of its instance."""
    if hasattr(application, "__await__") and arity.required <= 3 <= arity.most:
        return "asgi3"
    if arity == Arity(1, 1) and "__call__" in dir(application):
        return "asgi2"
    if arity.required == 2 and hasattr(application, "__iter__"):
        return "wsgi"
    raise NoInterface("is a class: name an instance of it, or pass --factory to have one made")


def fitting(arity: Arity) -> Interface:
    """asgi3 when three arguments can be passed."""
    if arity.required <= 3 <= arity.most:
        return "asgi3"
    if arity.required == 0:
        raise NoInterface(f"takes {arity}, not (scope, receive, send): if it makes the application, pass --factory")
    raise NoInterface(
        f"takes {arity}: an ASGI application takes 3 (scope, receive, send), ASGI 2 takes 1 and WSGI takes 2"
    )


def is_async(application: object) -> bool:
    """Whether calling it gives a coroutine."""
    call = getattr(type(application), "__call__", None)  # noqa: B004
    return inspect.iscoroutinefunction(application) or inspect.iscoroutinefunction(call)


def arity_of(application: object) -> Arity | None:
    """None where Python can't tell, as for some callables written in C."""
    try:
        parameters = inspect.signature(cast("Callable[..., object]", application)).parameters.values()
    except (TypeError, ValueError):
        return None
    positional = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    required = sum(each.default is each.empty for each in positional)
    required += sum(each.kind is each.KEYWORD_ONLY and each.default is each.empty for each in parameters)
    endless = any(each.kind is each.VAR_POSITIONAL for each in parameters)
    return Arity(required, math.inf if endless else max(len(positional), required))


def plural(count: float) -> str:
    """1 argument, 2 arguments."""
    return f"{count:g} argument{'' if count == 1 else 's'}"
