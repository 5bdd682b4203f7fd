"""A connection as a program that calls the application again: the recorded scope and messages, and nothing but Python.

For reports of bugs: it shows all that the application sends, and its traceback. Pure. What must not move in: how values
become source (python) and masking (secrets).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asgispy.formats.repeating.python import literal, plain, scope_of
from asgispy.formats.repeating.strung import SECRETS, Recipe, Written, clean, comments, summary, write
from asgispy.model.connection import HTTP, LIFESPAN, TYPE_NAMES, WEBSOCKET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asgispy.formats.exchange import Exchange
    from asgispy.formats.source import Source
    from asgispy.model.connection import Connection

HEAD: Final = f'''"""Calls an ASGI application with what asgispy recorded, and prints what the application does with it.

Run it with the application, such as: python this_file.py main:app
"""
{SECRETS}
import asyncio
import importlib
import os
import sys
import traceback

PATIENCE = 10
"""Seconds without a message after which a call is cancelled: more for slow applications."""

CONNECTIONS = []
"""Name, scope, and the incoming messages, each with the number of messages that had been sent before it came."""

'''
TAIL: Final = '''

class Call:
    """The server's side of one call of the application."""

    def __init__(self, name, scope, incoming):
        self.name, self.scope, self.incoming = name, scope, list(incoming)
        self.sent = 0
        self.complete = False
        self.changed = asyncio.Event()
        self.proceed = asyncio.Event()
        self.proceed.set()

    async def receive(self):
        if not self.incoming:
            if not self.complete:
                print(f"  {self.name}: receive: nothing more was recorded", flush=True)
            while not self.complete:
                await self.change()
            return {"type": "http.disconnect"}
        after, message = self.incoming.pop(0)
        try:
            while self.sent < after:
                await asyncio.wait_for(self.change(), PATIENCE)
        except asyncio.TimeoutError:
            print(f"  {self.name}: this came after {after} sent messages, not {self.sent}:", flush=True)
        await self.proceed.wait()
        print(f"  {self.name}: receive {message!a}", flush=True)
        return message

    async def send(self, message):
        print(f"  {self.name}: send {message!a}", flush=True)
        self.sent += 1
        kind = message.get("type")
        self.complete = self.complete or (kind == "http.response.body" and not message.get("more_body"))
        self.changed.set()

    async def change(self):
        self.changed.clear()
        await self.changed.wait()

    async def run(self, application):
        """Whether it ended without an exception."""
        task = asyncio.ensure_future(application(self.scope, self.receive, self.send))
        while not task.done():
            before = self.sent, len(self.incoming)
            await asyncio.wait({task}, timeout=PATIENCE)
            if not task.done() and self.proceed.is_set() and before == (self.sent, len(self.incoming)):
                print(f"  {self.name}: still running after {PATIENCE} quiet seconds: cancelled", flush=True)
                task.cancel()
                await asyncio.wait({task}, timeout=PATIENCE)
                return False
        if task.cancelled():
            print(f"  {self.name}: was cancelled", flush=True)
            return False
        if task.exception() is not None:
            print(f"  {self.name}: raised", flush=True)
            traceback.print_exception(task.exception(), file=sys.stdout)
            return False
        print(f"  {self.name}: returned", flush=True)
        return True


class Lifespan(Call):
    """The application's startup and shutdown around the connections."""

    def __init__(self):
        messages = [(0, {"type": "lifespan.startup"}), (1, {"type": "lifespan.shutdown"})]
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
        super().__init__("lifespan", scope, messages)
        self.failed = False

    async def send(self, message):
        await super().send(message)
        self.failed = self.failed or str(message.get("type")).endswith("failed")
        self.proceed.clear()

    async def start(self, application):
        print("lifespan", flush=True)
        self.task = asyncio.ensure_future(self.run(application))
        change = asyncio.ensure_future(self.change())
        await asyncio.wait({self.task, change}, return_when=asyncio.FIRST_COMPLETED)
        change.cancel()
        if not self.sent:
            print("  lifespan: none, so the connections go on without", flush=True)

    async def stop(self):
        self.proceed.set()
        await self.task


async def main(application):
    lifespan, well = None, True
    if any(scope["type"] != "lifespan" for _, scope, _ in CONNECTIONS):
        lifespan = Lifespan()
        await lifespan.start(application)
        if lifespan.failed:
            return False
    for name, scope, incoming in CONNECTIONS:
        if scope["type"] == "lifespan" and lifespan is not None:
            continue
        if lifespan is not None and "state" in scope:
            scope["state"] = dict(lifespan.scope["state"])
        print(name, flush=True)
        well = await Call(scope["type"], scope, incoming).run(application) and well
    if lifespan is not None:
        await lifespan.stop()
    return well


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: python {sys.argv[0]} module:app")
    sys.stdout.reconfigure(errors="backslashreplace")
    sys.path.insert(0, os.getcwd())
    module, _, names = sys.argv[1].partition(":")
    target = importlib.import_module(module)
    for each in (names or "app").split("."):
        target = getattr(target, each)
    sys.exit(0 if asyncio.run(main(target)) else 1)
'''


def part_of(exchange: Exchange) -> Written | None:
    """The scope and the messages of one connection; None where the scope is none."""
    if not isinstance(exchange.scope, dict) or exchange.scope.get("type") != TYPE_NAMES[exchange.connection.type]:
        return None
    notes: list[str] = []
    scope = scope_of(exchange.scope, notes)
    incoming = incoming_of(exchange, notes)
    source = (
        f"CONNECTIONS.append((\n    {literal(clean(summary(exchange)), 4)},\n    {literal(scope, 4)},\n"
        f"    {literal(incoming, 4)},\n))\n\n"
    )
    return Written(comments(exchange, notes) + source, tuple(notes))


def incoming_of(exchange: Exchange, notes: list[str]) -> list[tuple[int, Any]]:
    """The messages that came, each with the number of those that had been sent before."""
    bodies = [each.message for each in exchange.incoming if each.message.get("type") == "http.request"]
    if (
        exchange.masked
        and len(bodies) > 1
        and bodies[0].get("body")
        and not any(each.get("body") for each in bodies[1:])
    ):
        notes.append("the body is in the first message, as secrets in it are masked")
    return [
        (each.after, plain(each.message, notes, f"message {number}"))
        for number, each in enumerate(exchange.incoming, 1)
    ]


RECIPE: Final = Recipe(HEAD, lambda: part_of, (HTTP, WEBSOCKET, LIFESPAN), TAIL)


def write_asgi(
    source: Source, *, keep_secrets: bool, connections: Iterable[Connection] | None = None
) -> Iterator[bytes]:
    """A program that calls the application with each connection, one after the other."""
    return write(RECIPE, source, keep_secrets=keep_secrets, connections=connections)
