"""Waiting for what other threads and processes do: with a deadline, never for a fixed time."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 15.0

T = TypeVar("T")


def eventually(condition: Callable[[], T], what: str | Callable[[], str] = "") -> T:
    """The condition's value as soon as it is true."""
    deadline = time.monotonic() + PATIENCE
    while True:
        if value := condition():
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"never happened: {what() if callable(what) else what or condition}")
        time.sleep(0.005)


async def eventually_async(condition: Callable[[], T], what: str = "") -> T:
    """The same without blocking the event loop."""
    deadline = time.monotonic() + PATIENCE
    while True:
        if value := condition():
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"never happened: {what or condition}")
        await asyncio.sleep(0.005)
