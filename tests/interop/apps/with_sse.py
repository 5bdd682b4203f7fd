"""sse-starlette: event streams with pings, ended by either side."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from sse_starlette.sse import EventSourceResponse
from starlette.applications import Starlette
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request


async def numbers(count: int) -> AsyncIterator[dict[str, Any]]:
    """Events, with a name, an id and data of two lines."""
    for number in range(count):
        yield {"event": "number", "id": str(number), "data": f"{json.dumps({'n': number})}\nmore", "retry": 2000}
        await asyncio.sleep(0.005)


async def events(request: Request) -> EventSourceResponse:
    """As many as are asked for."""
    return EventSourceResponse(numbers(int(request.query_params.get("count", "5"))), ping=1)


app = Starlette(routes=[Route("/events", events)])
