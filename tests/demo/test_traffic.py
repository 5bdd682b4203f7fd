"""The demo's traffic, run as the process that it is, against the tour."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from random import Random

import pytest

from asgispy.demo import bare, tour, traffic
from asgispy.demo._client import HttpClient
from asgispy.demo._phrases import sentence
from tests.demo.serve import Served, serve

PATIENCE = 12.0


def start(url: str, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "asgispy.demo.traffic", url, *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def stop(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit code and the output, after a polite request to end."""
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=PATIENCE)
    return process.returncode, output


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it has not happened"
        time.sleep(0.02)


def seen(served: Served) -> set[str]:
    """Which examples have been visited, by the first part of the path."""
    return {call.scope["path"].split("/")[1] for call in served.witness.calls if "path" in call.scope}


def visited(served: Served) -> bool:
    return len(seen(served)) >= 3


def messages(served: Served, kind: str) -> int:
    return sum(message["type"] == kind for call in served.witness.calls for message in call.received)


def test_the_traffic_is_lively_and_ends_well() -> None:
    with serve(tour.app) as served:
        process = start(served.url)
        try:
            wanted = {"bare", "routing", "echo", "chat", "events", "trouble", "three"}
            wait_until(lambda: wanted <= seen(served) and messages(served, "websocket.receive") >= 3)
            wait_until(lambda: messages(served, "http.disconnect") > 0)
        finally:
            code, output = stop(process)
        assert (code, output) == (0, "")
        chats = [call for call in served.witness.calls if call.scope.get("path") == "/chat"]
        names = {call.scope["query_string"] for call in chats if call.scope["type"] == "websocket"}
        assert names == {b"name=Ada", b"name=Grace", b"name=Alan"}
        assert all(call.ended.wait(5) for call in chats)
        ends = [message for call in chats for message in call.received if message["type"] == "websocket.disconnect"]
        assert {message["code"] for message in ends} <= {1000, 1001}
    assert served.witness.faults() == []


def test_the_traffic_waits_for_the_server_and_survives_its_restart() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = start(f"http://127.0.0.1:{port}")
    try:
        for _ in range(2):
            with serve(bare.app, port=port) as served:
                wait_until(partial(visited, served))
    finally:
        code, output = stop(process)
    assert (code, output) == (0, "")


def test_the_traffic_ends_after_its_time() -> None:
    process = start("http://127.0.0.1:9", "--seconds", "0.2")
    output, _ = process.communicate(timeout=PATIENCE)
    assert (process.returncode, output) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="a process there keeps its parent's number")
def test_the_traffic_ends_with_its_parent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        code = (
            f"import subprocess, sys; command = [sys.executable, '-m', 'asgispy.demo.traffic', {url!r}];"
            "print(subprocess.Popen(command).pid, flush=True); sys.stdin.read()"
        )
        command = [sys.executable, "-c", code]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
            assert parent.stdout
            child = int(parent.stdout.readline())
            listener.accept()[0].close()  # it visits, so it has looked who its parent is
            parent.kill()
        wait_until(lambda: not alive(child))


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("address", ["https://127.0.0.1", "http://", "ftp://x", "http://x:port"])
def test_a_wrong_address_is_wrong_usage(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        traffic.main([address])
    assert ended.value.code == 2
    assert "error:" in capsys.readouterr().err.splitlines()[-1]


def test_addresses_are_taken_apart() -> None:
    client = HttpClient("http://[::1]:8000/outer/")
    assert (client.host, client.port, client.prefix) == ("::1", 8000, "/outer")
    assert client.websocket_url("/chat") == "ws://[::1]:8000/outer/chat"


def test_one_seed_says_the_same_again() -> None:
    first, second = Random("1 chat Ada"), Random("1 chat Ada")
    lines = [sentence(first) for _ in range(50)]
    assert lines == [sentence(second) for _ in range(50)]
    assert len(set(lines)) > 15
    assert not any("{" in line for line in lines)
