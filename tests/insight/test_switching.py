"""What is looked at more closely while an application runs: from the next connection on, and not any more."""

from __future__ import annotations

from asgispy.model.observation import LAYERS, LEFT
from asgispy.settings import Watching
from tests.insight.conftest import running
from tests.insight.test_leaving import leave_in_the_middle
from tests.support.waiting import eventually


def test_layers_and_departures_are_seen_while_they_are_asked_for() -> None:
    with running("uvicorn-asyncio", Watching()) as server:
        assert LAYERS not in server.kinds(server.get("/say"))
        server.collector.switch_watch("layers")
        server.collector.switch_watch("disconnects")
        assert "+".join(server.collector.watching) == "layers+disconnects"
        eventually(lambda: LAYERS in server.kinds(server.get("/say")), "the X-ray")
        leave_in_the_middle(server, "/stream")
        server.observed(server.ended("/stream"), LEFT)
        server.collector.switch_watch("layers")
        assert "+".join(server.collector.watching) == "disconnects"
        eventually(lambda: LAYERS not in server.kinds(server.get("/say")), "its end")
