"""The beginning of every file of tests: it loads the application, runs its lifespan, and calls it as a server would.

What must not move in: tests (pytest_test).
"""

from __future__ import annotations

from typing import Final

from asgispy.formats.repeating.strung import SECRETS

HEAD: Final = f'''"""Tests that asgispy made of recorded traffic: they call the application and compare what it answers.

pip install pytest httpx, name the application below or in the environment, and run pytest on this file.
"""
{SECRETS}
import asyncio
import contextlib
import hashlib
import importlib
import json
import os
import sys
from unittest.mock import ANY  # noqa: F401: stands for what was masked

import httpx
import pytest

TARGET = os.environ.get("ASGISPY_TARGET", "module:app")
"""The application: module and attribute."""
TIMEOUT = 30
"""Seconds that an answer may take."""
PATIENCE = 3
"""Seconds that a client waits for the message that it answered when it was recorded."""


class Served:
    """The application, as a server runs it."""

    def __init__(self, application, runner):
        self.application, self.runner = application, runner
        self.state, self.started, self.stopping, self.failure = {{}}, asyncio.Event(), asyncio.Event(), ""

    async def start(self):
        """Run the lifespan's startup; an application without a lifespan goes on without."""
        self.lifespan = asyncio.ensure_future(self.live())
        await asyncio.wait_for(self.started.wait(), TIMEOUT)
        assert not self.failure, self.failure

    async def live(self):
        messages = [{{"type": "lifespan.startup"}}, {{"type": "lifespan.shutdown"}}]

        async def receive():
            if len(messages) < 2:
                await self.stopping.wait()
            return messages.pop(0) if messages else await asyncio.Event().wait()

        async def send(message):
            if message["type"] == "lifespan.startup.failed":
                self.failure = message.get("message") or "startup failed"
            self.started.set()

        scope = {{"type": "lifespan", "asgi": {{"version": "3.0", "spec_version": "2.0"}}, "state": self.state}}
        with contextlib.suppress(Exception):
            await self.application(scope, receive, send)
        self.started.set()

    async def stop(self):
        self.stopping.set()
        await asyncio.wait({{self.lifespan}}, timeout=TIMEOUT)
        self.lifespan.cancel()

    def ask(self, method, url, headers=(), content=b"", scope=()):
        """Send a request with these very headers; the application's exception comes out where nothing was answered."""
        failures, own = [], {{"headers": list(headers), **dict(scope)}}

        async def application(given, receive, send):
            started = False

            async def forward(message):
                nonlocal started
                started = True
                await send(message)

            try:
                await self.application({{**given, "state": dict(self.state), **own}}, receive, forward)
            except Exception as error:
                if not started:
                    failures.append(error)
                raise

        async def asked():
            transport = httpx.ASGITransport(application, raise_app_exceptions=False)
            request = httpx.Request(method, url, content=content)
            async with httpx.AsyncClient(transport=transport) as client:
                return await asyncio.wait_for(client.send(request), TIMEOUT)

        response = self.runner.run(asked())
        if failures:
            raise failures[0]
        return response

    def talk(self, scope, incoming):
        """Hold a WebSocket and give what was sent; `incoming`: messages, with how many were sent before each."""
        incoming, told, count, gone, changed = list(incoming), [], 0, False, asyncio.Event()

        async def sent(number):
            while count < number:
                changed.clear()
                await changed.wait()

        async def receive():
            nonlocal gone
            if not incoming:
                await asyncio.Event().wait()
            after, message = incoming.pop(0)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(sent(after), PATIENCE)
            gone = message["type"] == "websocket.disconnect"
            return message

        async def send(message):
            nonlocal count
            count += 1
            changed.set()
            if not gone:
                told.extend(tell(message))

        async def talked():
            state = {{"state": dict(self.state)}} if "state" in scope else {{}}
            call = self.application({{**scope, **state}}, receive, send)
            await asyncio.wait_for(call, TIMEOUT)

        self.runner.run(talked())
        return told


def tell(message):
    """What a message of a WebSocket says, JSON as data."""
    kind = message["type"]
    if kind == "websocket.accept":
        yield "accept", message.get("subprotocol")
    elif kind == "websocket.http.response.start":
        yield "denied", message["status"]
    elif kind == "websocket.close":
        yield "close", message.get("code", 1000)
    elif kind == "websocket.send":
        text = message.get("text")
        yield ("bytes", message["bytes"]) if text is None else ("text", data_of(text))


def data_of(text):
    if text[:1] in ("{{", "["):
        with contextlib.suppress(ValueError, RecursionError):
            return json.loads(text, parse_constant=str)  # NaN equals nothing
    return text


def header(response, name):
    return [value.decode("latin-1") for key, value in response.headers.raw if key.lower() == name.encode()]


def digest(data):
    return hashlib.sha256(data).hexdigest()


def canonical(data):
    return json.dumps(data, sort_keys=True).encode()


@pytest.fixture(scope="module")
def served():
    sys.path.insert(0, os.getcwd())
    module, _, names = TARGET.partition(":")
    application = importlib.import_module(module)
    for name in (names or "app").split("."):
        application = getattr(application, name)
    with asyncio.Runner() as runner:
        served = Served(application, runner)
        runner.run(served.start())
        yield served
        runner.run(served.stop())

'''
