"""The same application under real servers, bare and spied upon: it sees the same, and so do its clients.

Three servers run side by side: bare, with the middleware while nobody listens, and with it while an inspector does.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from asgispy.capture.reader import CaptureReader
from asgispy.collect.collector import Collector
from asgispy.model.events import KIND_NAMES
from asgispy.settings import Watching
from asgispy.wire.address import parse_address
from tests.conformance import client
from tests.conformance.application import SUBJECTS
from tests.e2e.running import ROOT, eventually
from tests.launch.running import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

APPLICATION = "tests.conformance.application:app"
COMMANDS: dict[str, Callable[[int], list[str]]] = {
    "uvicorn": lambda port: ["uvicorn", APPLICATION, f"--port={port}", "--http=httptools", "--ws=websockets"],
    "uvicorn-plain": lambda port: ["uvicorn", APPLICATION, f"--port={port}", "--http=h11", "--ws=wsproto"],
    "hypercorn": lambda port: ["hypercorn", APPLICATION, f"--bind=127.0.0.1:{port}", "--workers=0"],
    "daphne": lambda port: ["daphne", APPLICATION, f"--port={port}"],
    "granian": lambda port: ["granian", APPLICATION, f"--port={port}", "--interface=asgi"],
}
MODES = ("bare", "unheard", "heard", "watched")
EVERYTHING = Watching(locals=True, disconnects=True, layers=True)


class Observed:
    """What one server, its application and its clients did."""

    def __init__(self, server: str, mode: str, folder: Path) -> None:
        self.server = server
        self.mode = mode
        self.log = folder / mode
        self.port = free_port()
        self.got: dict[str, Any] = {}
        self.code: int | None = None
        self.recorded: dict[str, list[Any]] = {}

    def visit(self) -> None:
        """Be a client of every subject."""
        port, whole = self.port, self.server != "daphne"
        self.got = {
            "plain": client.call(port, "/plain"),
            "spaced": client.spaced(port),
            "upload": client.upload(port, in_step=whole),
            "raise_before": client.call(port, "/raise_before"),
            "raise_after": client.half(port, ends=whole),
            "ignore_disconnect": client.leave(port),
            "background": client.background(port),
            "short_of_body": client.call(port, "/short_of_body") if whole else None,
            "hold_context": client.call(port, "/hold_context"),
            "converse": client.converse(port, "hello", "é", b"\x00\xff"),
            "close": client.listen(port, "/close"),
            "refuse": client.listen(port, "/refuse"),
            "break_down": client.listen(port, "/break_down", "hello"),
        }

    def seen(self) -> dict[str, Any]:
        """What the application has written down, once it is complete."""
        return {file.stem: json.loads(file.read_text()) for file in self.log.glob("*.json")}


@contextmanager
def served(observed: Observed, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A server, without any help from us, until the block ends."""
    observed.log.mkdir()
    command = [sys.executable, "-m", *COMMANDS[observed.server](observed.port)]
    every = {**os.environ, "PYTHONPATH": ROOT, "WITNESS_LOG": str(observed.log), **environment}
    with (observed.log / "output").open("wb") as output:
        process = subprocess.Popen(command, env=every, stdout=output, stderr=output, start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_until_up(observed: Observed, process: subprocess.Popen[bytes]) -> None:
    """It answers."""

    def is_up() -> bool:
        assert process.poll() is None, (observed.log / "output").read_text()
        try:
            return bool(client.call(observed.port, "/signal?up"))
        except OSError:
            return False

    eventually(is_up, (observed.log / "output").read_text)


def observe(observed: Observed, environment: dict[str, str], *, stays: bool) -> Observed:
    """Serve, visit and stop; a server whose application does not come up ends by itself."""
    with served(observed, environment) as process:
        if stays:
            wait_until_up(observed, process)
            observed.visit()
            visited = {name for name, got in observed.got.items() if got is not None}
            eventually(lambda: visited <= observed.seen().keys(), lambda: f"{visited - observed.seen().keys()}")
            process.send_signal(signal.SIGTERM)
        observed.code = process.wait(30)
    return observed


def observe_all(server: str, folder: Path, *, lifespan: str = "well", stays: bool = True) -> dict[str, Observed]:
    """Bare, unheard and heard, side by side."""
    address = parse_address(f"unix:{folder}/s")
    environments = {
        "bare": {},
        "unheard": {"WITNESS_SPIED": "1", "ASGISPY_ADDRESS": f"unix:{folder}/nobody"},
        "heard": {"WITNESS_SPIED": "1", "ASGISPY_ADDRESS": str(address)},
        "watched": {"WITNESS_SPIED": "1", "ASGISPY_ADDRESS": f"unix:{folder}/w"},
    }
    watching = Collector(address=parse_address(environments["watched"]["ASGISPY_ADDRESS"]), watching=EVERYTHING)
    with Collector(address=address) as collector, watching as watcher, ThreadPoolExecutor(len(MODES)) as pool:
        futures = [
            pool.submit(
                observe,
                Observed(server, mode, folder),
                {**environments[mode], "WITNESS_LIFESPAN": lifespan},
                stays=stays,
            )
            for mode in MODES
        ]
        found = {each.mode: each for each in (future.result() for future in futures)}
        collector.finish()
        watcher.finish()
        found["heard"].recorded = recorded_by(collector)
        found["watched"].recorded = recorded_by(watcher)
    return found


def recorded_by(collector: Collector) -> dict[str, list[Any]]:
    """What the inspector knows of each connection: kinds of events, types of messages, and exceptions."""
    with CaptureReader(collector.capture) as reader:
        return {
            (connection.path or "/lifespan").strip("/"): [
                [KIND_NAMES[event.kind], event.message["type"] if event.message else None]
                for event in reader.events(connection)[1:]
            ]
            for connection in reader.connections()
        }


@pytest.fixture(scope="module", params=COMMANDS)
def observed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Observed]:
    """One server in all three modes."""
    return observe_all(request.param, tmp_path_factory.mktemp("observed"))


@pytest.mark.parametrize("mode", MODES[1:])
def test_the_application_sees_the_same(observed: dict[str, Observed], mode: str) -> None:
    assert observed[mode].seen() == observed["bare"].seen()


@pytest.mark.parametrize("mode", MODES[1:])
def test_clients_get_the_same(observed: dict[str, Observed], mode: str) -> None:
    assert observed[mode].got == observed["bare"].got


def test_the_server_ends_the_same(observed: dict[str, Observed]) -> None:
    assert len({each.code for each in observed.values()}) == 1


def test_the_subjects_do_what_they_are_for(observed: dict[str, Observed]) -> None:
    """Guards the other tests: two logs may be equal because nothing happened."""
    bare = observed["bare"]
    seen, got = bare.seen(), bare.got
    assert {*SUBJECTS, "lifespan"} - seen.keys() <= {"short_of_body", "lifespan"}
    assert got["spaced"][1:] == ["chunk 0", "chunk 1", "chunk 2", "chunk 3", ["end"]]
    assert got["upload"][1][0] == "15000"
    assert got["converse"][1:4] == ["'hello'", "'é'", "b'\\x00\\xff'"]
    assert got["close"][:2] == ["and out", 4002]
    assert got["refuse"] == [403]
    assert got["raise_before"][0][0] == "500"
    assert seen["raise_after"][-1] == ["raised", "ValueError", "after the start"]
    assert ["received", "http.disconnect"] in seen["ignore_disconnect"]
    assert ["received", "websocket.disconnect"] in [each[:2] for each in seen["converse"]]
    assert seen["background"][-2:] == [["worked on"], ["returned"]]


def test_the_inspector_has_seen_what_the_application_saw(observed: dict[str, Observed]) -> None:
    heard = observed["heard"]
    words = {"received": "receive", "receive raised": "receive", "sent": "send", "send raised": "send"}
    words |= {"returned": "return", "raised": "raise"}
    for name, facts in heard.seen().items():
        told = [[words[word], *rest] for word, *rest in facts if word in words]
        kinds = [[kind, rest[0] if kind in ("receive", "send") else None] for kind, *rest in told]
        recorded = heard.recorded[name]
        assert [kind for kind, _ in recorded] == [kind for kind, _ in kinds], name
        assert all(type in (None, expected) for (_, type), (_, expected) in zip(recorded, kinds, strict=True)), name


@pytest.mark.parametrize("server", [name for name in COMMANDS if name not in ("uvicorn-plain", "daphne")])
@pytest.mark.parametrize(("lifespan", "stays"), [("raises", True), ("fails", False)])
def test_a_lifespan_that_goes_wrong_goes_the_same_way(tmp_path: Path, server: str, lifespan: str, stays: bool) -> None:
    observed = observe_all(server, tmp_path, lifespan=lifespan, stays=stays)
    bare = observed["bare"].seen()["lifespan"]
    ending = bare[-1][0]
    assert ending in (("raised",) if stays else ("raised", "returned"))
    assert [each.seen()["lifespan"] for each in observed.values()] == [bare] * len(MODES)
    assert [each.got.get("plain") for each in observed.values()] == [observed["bare"].got.get("plain")] * len(MODES)
    assert len({each.code for each in observed.values()}) == 1
    assert [kind for kind, _ in observed["heard"].recorded["lifespan"]][-1] == {
        "raised": "raise",
        "returned": "return",
    }[ending]
