"""The table of examples: what there is, where it is, what it shows.

Owns: names and one-line descriptions, read by `asgispy demo --list`, by the tour's index page and by tests. What must
not move in: imports of the examples; listing them must not load them.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """One example application."""

    name: str
    target: str  # as `asgispy run` takes it
    path: str  # where the tour mounts it
    summary: str
    extra: str = ""  # the optional part it needs, if any


def _example(name: str, path: str, summary: str, extra: str = "") -> Example:
    return Example(name, f"asgispy.demo.{name}:app", path, summary, extra)


EXAMPLES: tuple[Example, ...] = (
    _example("bare", "/bare", "the bare application: one function that says hello"),
    _example("three_arguments", "/three", "scope, receive and send, shown as they were given"),
    _example("routing", "/routing", "GET and POST with JSON, and answers to what does not fit"),
    _example("echo", "/echo", "a WebSocket that says back what it hears"),
    _example("chat", "/chat", "a room that broadcasts to many WebSockets, with its page"),
    _example("middleware", "/middleware", "logging and CORS chained around an application"),
    _example("lifespan", "/lifespan", "startup and shutdown, and the state that requests use"),
    _example("events", "/events", "Server-Sent Events, with their page"),
    _example("wsgi", "/wsgi", "a WSGI application, adapted"),
    _example("api", "/api", "a FastAPI application with types and validation", extra="demo"),
    _example("trouble", "/trouble", "six ways to go wrong, on purpose"),
    _example("inside", "/inside", "trouble that no message tells of: a blocked loop, a lost task, a full pool"),
)

TOUR = Example("tour", "asgispy.demo.tour:app", "/", "all examples in one application")
