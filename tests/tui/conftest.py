"""Captures for every test of the screens."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING

import pytest

from tests.tui.build import Builder, varied

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run tests that are coroutines, each in a loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Builder]:
    """A varied capture that is still being written."""
    build = varied(tmp_path / "shop.asgispy")
    yield build
    build.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Builder]:
    """A capture with one process and nothing else yet."""
    build = Builder(tmp_path / "empty.asgispy")
    build.process(1)
    yield build
    build.close()
