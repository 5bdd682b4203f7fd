"""One inspector for all of these tests, each of which looks at connections of its own path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from asgispy import SpyMiddleware
from asgispy.collect import listener
from tests.support.inspector import inspecting, short_folder, unheard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.inspector import Inspector


@pytest.fixture(scope="package", autouse=True)
def _brisk() -> Iterator[None]:
    """Inspectors that write at once and do not wait for the last words of peers that stay: most tests await those."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listener, "FLUSH_EVERY", 0.01)
        patch.setattr(listener, "LAST_READ", 0.05)
        yield


@pytest.fixture(scope="package")
def inspector(_brisk: None) -> Iterator[Inspector]:
    with inspecting() as inspector:
        yield inspector


@pytest.fixture
def folder() -> Iterator[Path]:
    with short_folder() as folder:
        yield folder


@pytest.fixture(params=["listening", "nobody", "nested", "two inspectors"])
def wrap(request: pytest.FixtureRequest, inspector: Inspector, folder: Path) -> Callable[[Any], Any]:
    """Wraps an application in each of the ways in which the probe may not show."""

    def wrapped(app: Any) -> Any:
        match request.param:
            case "listening":
                return inspector.spy(app)
            case "nobody":
                return unheard(app, folder)
            case "nested":
                return inspector.spy(inspector.spy(app))
            case _:
                return SpyMiddleware(inspector.spy(app), address=f"unix:{folder}/other.sock")

    return wrapped
