"""A FastAPI application: the same three arguments underneath, types and validation on top.

The framework reads scope and body, checks them against the annotations (422 when they do not fit) and sends the
response. Watch what it adds: its own start and body messages, and, after an exception, a 500 response and then the
exception itself. Needs the extra: pip install 'asgispy[demo]'.

    asgispy run asgispy.demo.api:app      and open /docs
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from asgispy.errors import MissingExtra

try:
    from fastapi import FastAPI, HTTPException, Query, Request
    from pydantic import BaseModel, Field
except ModuleNotFoundError as error:
    raise MissingExtra("fastapi", "demo") from error

PRICES = {"coffee": 2.8, "tea": 2.4, "cake": 3.5}


class Order(BaseModel):
    """What a guest asks for."""

    item: str
    count: int = Field(ge=1, le=20)


class Bill(BaseModel):
    """What it costs."""

    item: str
    total: float


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, object]]:
    """FastAPI's way to write a lifespan: what is yielded becomes the state of every request."""
    yield {"greeting": "The kitchen is open"}


app = FastAPI(title="A small café", lifespan=lifespan)


@app.get("/")
async def greet(request: Request) -> dict[str, str]:
    """The greeting comes from the lifespan's state; not every server runs one."""
    return {"message": getattr(request.state, "greeting", "The kitchen opened by itself")}


@app.get("/items/{item}")
async def show_price(item: str) -> Bill:
    if item not in PRICES:
        raise HTTPException(404, f"there is no {item} here")
    return Bill(item=item, total=PRICES[item])


@app.post("/orders", status_code=201)
async def take_order(order: Order) -> Bill:
    if order.item not in PRICES:
        raise HTTPException(404, f"there is no {order.item} here")
    return Bill(item=order.item, total=round(PRICES[order.item] * order.count, 2))


@app.get("/slow")
async def wait_for_it(seconds: Annotated[float, Query(ge=0, le=10)] = 0.8) -> dict[str, float]:
    """An answer that takes its time, without holding up anybody else."""
    await asyncio.sleep(seconds)
    return {"waited": seconds}


@app.get("/broken")
async def break_down() -> dict[str, float]:
    """An exception that nobody expected."""
    return {"each": sum(PRICES.values()) / len([price for price in PRICES.values() if price > 100])}
