"""Flask, a WSGI application, through a2wsgi."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from a2wsgi import WSGIMiddleware
from flask import Flask, Response, jsonify, redirect, request, session

if TYPE_CHECKING:
    from collections.abc import Iterator

flask = Flask(__name__)
flask.secret_key = "secret"


@flask.get("/")
def home() -> str:
    """The visit is counted in the session."""
    session["visits"] = session.get("visits", 0) + 1
    return f"<p>visit {session['visits']}"


@flask.post("/echo")
def echo() -> Any:
    """The body comes back."""
    return jsonify(request.get_json())


@flask.post("/form")
def form() -> Any:
    """A form with a file."""
    return {"size": len(request.files["file"].read()), "name": request.form["name"]}


@flask.get("/stream")
def stream() -> Response:
    """A stream."""

    def parts() -> Iterator[bytes]:
        for number in range(5):
            yield b"part %d\n" % number

    return Response(parts(), content_type="text/plain; charset=utf-8")


@flask.get("/go")
def go() -> Any:
    """Somewhere else."""
    return redirect("/")


app = WSGIMiddleware(flask)  # type: ignore[arg-type]
