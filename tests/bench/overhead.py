"""What watching costs a served application: server CPU per request, subject against base, in turn."""

from __future__ import annotations

import importlib.util
import shutil
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.servers import Server

if TYPE_CHECKING:
    from collections.abc import Mapping

REQUESTS = 400
ROUNDS = 60
MESSAGES_ALONE = "-stalls,-pauses,-output,-tasks,-steps"
APPLICATIONS = "tests.bench.applications"


def measure_hello(rounds: int = ROUNDS) -> dict[str, float]:
    """Name to server CPU per request against bare, for a hello-world application."""
    with ExitStack() as stack:
        environment = _inspector(stack)
        servers = {
            "bare": Server.uvicorn(f"{APPLICATIONS}:bare"),
            "forwarding": Server.uvicorn(f"{APPLICATIONS}:forwarding"),
            "asgispy": Server.uvicorn(f"{APPLICATIONS}:spied", environment=environment),
            "asgispy, messages alone": Server.uvicorn(
                f"{APPLICATIONS}:spied", environment=_inspector(stack, "--watch", MESSAGES_ALONE)
            ),
            "asgispy, nobody listening": Server.uvicorn(f"{APPLICATIONS}:spied", environment=_nowhere(environment)),
            "uvicorn trace log": Server.uvicorn(f"{APPLICATIONS}:bare", "--log-level", "trace"),
        }
        if importlib.util.find_spec("asgion") is not None:
            servers["asgion"] = Server.uvicorn(f"{APPLICATIONS}:asgion", "--factory")
        for server in servers.values():
            stack.callback(server.stop)
        if shutil.which("mitmdump"):
            servers["mitmproxy, reverse"] = _mitmproxy(stack, servers["bare"].port)
        return _ratios(servers, rounds)


def measure_fastapi(rounds: int = ROUNDS) -> dict[str, float]:
    """The same for FastAPI's hello world."""
    with ExitStack() as stack:
        environment = _inspector(stack)
        servers = {
            "bare": Server.uvicorn(f"{APPLICATIONS}:fastapi", "--factory"),
            "forwarding": Server.uvicorn(f"{APPLICATIONS}:fastapi_forwarding", "--factory"),
            "asgispy": Server.uvicorn(f"{APPLICATIONS}:fastapi_spied", "--factory", environment=environment),
        }
        for server in servers.values():
            stack.callback(server.stop)
        return _ratios(servers, rounds)


def _ratios(servers: Mapping[str, Server], rounds: int) -> dict[str, float]:
    """Short rounds, all servers in turn within each: the machine's speed drifts from second to second."""
    ratios: dict[str, list[float]] = {name: [] for name in servers}
    for server in servers.values():
        server.wait()
        server.load(800)
    for _ in range(rounds):
        used = {name: server.load(REQUESTS) for name, server in servers.items()}
        for name in servers:
            ratios[name].append(used[name] / used["bare"])
    return {name: statistics.median(found) for name, found in ratios.items()}


def _inspector(stack: ExitStack, *options: str) -> dict[str, str]:
    """A collector in a process of its own, writing a capture; gives the environment that leads to it."""
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))
    address = f"unix:{folder}/inspector.sock"
    command = [sys.executable, "-m", "asgispy", "attach", address, "--headless", "--capture", f"{folder}/c.asgispy"]
    command += options
    inspector = Server(command, port=1)
    stack.callback(inspector.stop)
    while not Path(f"{folder}/inspector.sock").exists():
        if inspector.process.poll() is not None:
            raise RuntimeError("the inspector did not start")
    return {"ASGISPY_ADDRESS": address}


def _nowhere(environment: Mapping[str, str]) -> dict[str, str]:
    return {"ASGISPY_ADDRESS": environment["ASGISPY_ADDRESS"] + ".nobody"}


def _mitmproxy(stack: ExitStack, port: int) -> Server:
    proxy = Server(["mitmdump", "-q", "--mode", f"reverse:http://127.0.0.1:{port}", "-p", "{port}"])
    stack.callback(proxy.stop)
    return proxy
