"""Applications that do what an observer could stumble over are not disturbed, and see nothing of us."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asgispy.model.observation import LOG, OUTPUT
from asgispy.settings import Watching
from tests.insight.conftest import running
from tests.insight.hostile import SUBJECTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.insight.conftest import Running


@pytest.fixture(params=["uvicorn-asyncio", "uvicorn-uvloop"])
def hostile(request: pytest.FixtureRequest) -> Iterator[Running]:
    """The application, with everything watched."""
    watching = Watching(locals=True, disconnects=True, layers=True)
    with running(request.param, watching, "tests.insight.hostile:app") as found:
        yield found


def test_everything_is_answered_and_told(hostile: Running) -> None:
    for path in SUBJECTS:
        status = hostile.client.get(path).status_code
        assert (path, status) == (path, 500 if path == "/fall" else 200)
    logged = {path: hostile.observed(hostile.ended(path), LOG) for path in ("/replace_handlers", "/own_factory")}
    assert logged["/replace_handlers"][0].facts["message"] == "after the handlers were replaced"
    assert logged["/own_factory"][0].facts["message"] == "through a factory of its own"
    odd = [each.facts["message"] for each in hostile.observed(hostile.ended("/odd_records"), LOG, 4)]
    assert odd[0].startswith("<tests.insight.hostile.Raising object> and <tests.insight.hostile.Huge object>")
    assert odd[1:3] == ["too few %s %s", "<tests.insight.hostile.Raising object>"]
    assert OUTPUT not in {each.kind for each in hostile.reader.observations(hostile.ended("/redirect").id)}


def test_only_one_honest_frame_of_ours_is_in_their_tracebacks(hostile: Running) -> None:
    hostile.client.get("/fall")
    hostile.ended("/fall")
    written = hostile.output.read_text()
    ours = [line for line in written.splitlines() if "asgispy/probe" in line]
    assert len(ours) == 1, ours
    assert "middleware.py" in ours[0]
