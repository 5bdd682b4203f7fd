"""The pytest plugin: the fixture `asgispy` watches what a test gives it, and fails the test for rules that are broken.

What must not move in: anything that pytest does not need.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from asgispy.testing.watching import Watch

FIXTURE: Final = "asgispy"
FOLDER: Final = ".asgispy"
"""Where captures of failing tests go when there is no report beside which to put them."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options and settings."""
    group = parser.getgroup("asgispy", "rules of ASGI")
    group.addoption("--asgispy-captures", metavar="FOLDER", help="Where captures of failing tests are saved.")
    group.addoption(
        "--asgispy-fail-on", choices=["error", "warning", "hint"], help="Level from which on findings fail a test."
    )
    parser.addini("asgispy_fail_on", "Level from which on findings fail a test.", default="error")
    parser.addini("asgispy_checks", "Profile: lenient, standard or strict.", default="standard")
    parser.addini("asgispy_ignore", "Rules not to be told, one a line.", type="linelist")


def pytest_configure(config: pytest.Config) -> None:
    """The marker."""
    config.addinivalue_line(
        "markers", "asgispy(checks=..., ignore=[...], fail_on=...): how the fixture asgispy judges this test."
    )


@pytest.fixture(name=FIXTURE)
def watching(request: pytest.FixtureRequest) -> Iterator[Watch]:
    """Watches an application, a client or a transport: `client = asgispy(TestClient(app))`."""
    from asgispy.testing.watching import Watch

    config = request.config
    marker = request.node.get_closest_marker("asgispy")
    given: dict[str, Any] = marker.kwargs if marker is not None else {}
    watch = Watch(
        given.get("checks", config.getini("asgispy_checks")),
        [*config.getini("asgispy_ignore"), *given.get("ignore", ())],
        given.get("fail_on", config.getoption("--asgispy-fail-on") or config.getini("asgispy_fail_on")),
    )
    yield watch
    watch.close()


def _watch_of(item: pytest.Item) -> Watch | None:
    from asgispy.testing.watching import Watch

    found = getattr(item, "funcargs", {}).get(FIXTURE)
    return found if isinstance(found, Watch) else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test that went well but for the rules."""
    result = yield
    watch = _watch_of(item) if FIXTURE in getattr(item, "fixturenames", ()) else None
    if watch is not None:
        watch.check()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Save the capture of a test that failed, and say where."""
    report = yield
    if report.when == "call" and report.failed and FIXTURE in getattr(item, "fixturenames", ()):
        watch = _watch_of(item)
        if watch is not None:
            report.sections.append(("asgispy", _saved(item, watch)))
    return report


def _saved(item: pytest.Item, watch: Watch) -> str:
    from asgispy.errors import AsgispyError

    target = _folder(item.config) / f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', item.nodeid)[-150:].strip('-.')}.asgispy"
    try:
        return f"capture saved: asgispy view {watch.save(target)}"
    except (AsgispyError, OSError) as error:
        return f"the capture can't be saved: {error}"


def _folder(config: pytest.Config) -> Path:
    """What the option says, or beside the report, or a folder of our own."""
    given = config.getoption("--asgispy-captures")
    if given:
        return Path(given)
    report = getattr(config.option, "xmlpath", None)
    return Path(report).parent if report else config.rootpath / FOLDER
