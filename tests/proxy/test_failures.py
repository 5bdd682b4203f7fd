"""What clients get, and what the timeline says, when the upstream fails."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.launch.running import free_port
from tests.proxy.clients import raw
from tests.proxy.faulty import faulty, reset
from tests.proxy.running import ProxyRun
from tests.support.waiting import eventually

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path

    from tests.proxy.faulty import Faulty

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
RELEASE = threading.Event()


def handle(client: socket.socket, asked: bytes) -> None:
    """Fails as the path says."""
    path = asked.split(b" ")[1].decode()
    answers = {
        "/garbage": b"\x00\x01 what is HTTP?\r\n\r\n",
        "/half-head": b"HTTP/1.1 200 OK\r\ncontent-le",
        "/nothing": b"",
        "/short": b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this",
        "/long": b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nonly this",
        "/bad-chunk": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nfine\r\nxyz\r\n",
        "/two-lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\nonly",
        "/until-closed": b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\nall of it",
        "/http-1.0": b"HTTP/1.0 200 OK\r\n\r\nold",
        "/hints": b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + OK,
        "/switches": b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
        "/no-reason": b"HTTP/1.1 299\r\ncontent-length: 2\r\n\r\nok",
        "/many-headers": b"HTTP/1.1 200 OK\r\n" + b"x-a: " + b"v" * 2_000_000 + b"\r\n\r\n",
    }
    if path == "/reset":
        client.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this")
        RELEASE.wait(20)
        reset(client)
    elif path.startswith("/hang"):
        client.recv(1)
    elif path in answers:
        client.sendall(answers[path])
    else:
        client.sendall(OK)


@pytest.fixture(scope="module")
def upstream() -> Iterator[Faulty]:
    with faulty(handle) as made:
        yield made


@pytest.fixture(scope="module")
def nobody() -> int:
    return free_port()


@pytest.fixture(scope="module")
def run(upstream: Faulty, nobody: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProxyRun]:
    routes = ["--route", f"/nobody=http://127.0.0.1:{nobody}", "--route", "/unknown=http://nowhere.invalid"]
    routes += ["--route", "/no-socket=unix:/nonexistent/socket"]
    routes += ["--route", f"/tls=https://127.0.0.1:{upstream.port}"]
    with ProxyRun(tmp_path_factory.mktemp("failures"), upstream.url, *routes) as made:
        yield made


def told(run: ProxyRun, path: str) -> dict[str, Any]:
    """What the timeline says of the upstream's side."""
    (connection, *_) = run.connections(path)
    return eventually(lambda: next((facts for facts in run.said_of(connection) if "side" in facts), {}))


@pytest.mark.parametrize(
    ("path", "status", "why"),
    [
        ("/nobody", 502, "refused the connection: is it running?"),
        ("/unknown", 502, "can't be reached"),
        ("/no-socket", 502, "there is no such socket"),
        ("/tls", 502, "speaks no TLS"),
        ("/nothing", 502, "closed the connection without an answer"),
        ("/half-head", 502, "closed the connection in the middle of its headers"),
        ("/garbage", 502, "sent what is not HTTP in place of a response"),
        ("/two-lengths", 502, "sent what is not HTTP"),
        ("/switches", 502, "switched to another protocol"),
        ("/many-headers", 502, "sent more than 1,048,576 bytes of headers"),
    ],
)
def test_a_failure_before_the_answer(run: ProxyRun, path: str, status: int, why: str) -> None:
    with run.client() as client:
        response = client.get(path)
    assert response.status_code == status
    assert why in response.text
    found = told(run, path)
    assert found["side"] == "upstream"
    run.until_said(found["error"])
    assert why in found["error"]


@pytest.mark.parametrize(
    ("path", "body", "why"),
    [
        ("/short", b"only this", "closed the connection in the middle of the body, after 9 bytes"),
        ("/bad-chunk", b"fine", "sent what is not HTTP in its body"),
    ],
)
def test_the_client_gets_the_broken_body_that_it_would_have_got(
    run: ProxyRun, path: str, body: bytes, why: str
) -> None:
    found = b""
    with run.client() as client, contextlib.suppress(httpx.RemoteProtocolError), client.stream("GET", path) as response:
        assert response.status_code == 200
        for part in response.iter_raw():
            found += part
        pytest.fail("the body should have been broken")
    assert found == body
    assert why in told(run, path)["error"]
    (connection, *_) = run.connections(path)
    assert connection.failed
    assert why in str(connection.exception)


def test_a_reset_in_the_middle_of_the_body(run: ProxyRun) -> None:
    with run.client() as client, client.stream("GET", "/reset") as response:
        parts = response.iter_raw()
        assert next(parts) == b"only this"
        RELEASE.set()
        with pytest.raises(httpx.RemoteProtocolError):
            next(parts)
    assert "reset the connection in the middle of the body" in told(run, "/reset")["error"]


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/long", 200, b"only"),
        ("/until-closed", 200, b"all of it"),
        ("/http-1.0", 200, b"old"),
        ("/hints", 200, b"ok"),
        ("/no-reason", 299, b"ok"),
    ],
)
def test_what_is_odd_but_can_be_understood(run: ProxyRun, path: str, status: int, body: bytes) -> None:
    with run.client() as client:
        for _ in range(2):
            response = client.get(path)
            assert (response.status_code, response.content) == (status, body)


def test_a_request_goes_on_when_an_idle_connection_was_closed(run: ProxyRun, upstream: Faulty) -> None:
    # This upstream closes each connection after its answer without saying so.
    with run.client() as client:
        for number in range(5):
            assert client.get(f"/again/{number}").text == "ok"
    assert sum(b"/again/" in each for each in upstream.asked) >= 5


def test_the_timeline_tells_of_a_client_that_left(run: ProxyRun, upstream: Faulty) -> None:
    with raw(run.port) as client:
        client.write(b"GET /hang HTTP/1.1\r\nhost: h\r\n\r\n")
        eventually(lambda: any(b"/hang" in each for each in upstream.asked))
    assert told(run, "/hang")["side"] == "client"


def test_an_upstream_that_hangs(upstream: Faulty, tmp_path: Path) -> None:
    with ProxyRun(tmp_path, upstream.url, "--answer-timeout", "0.3") as run, run.client() as client:
        response = client.get("/hang/long")
        assert response.status_code == 504
        assert "did not answer within 0.3 s" in response.text
        assert "did not answer" in told(run, "/hang/long")["error"]


def test_a_socket_whose_upstream_refuses(run: ProxyRun) -> None:
    with pytest.raises(InvalidStatus) as caught, run.socket("/nobody"):
        pass
    assert caught.value.response.status_code == 502
    assert b"refused the connection" in (caught.value.response.body or b"")


def test_a_socket_whose_upstream_answers_with_garbage(run: ProxyRun) -> None:
    with pytest.raises(InvalidStatus) as caught, run.socket("/garbage"):
        pass
    assert caught.value.response.status_code == 502


def test_a_socket_whose_upstream_is_lost(run: ProxyRun, tmp_path: Path) -> None:
    """The client sees an abnormal end, as it would have."""
    from tests.proxy.origin import origin

    with origin() as home, ProxyRun(tmp_path, f"http://127.0.0.1:{home.port}") as other, other.socket() as client:
        client.send("x")
        assert client.recv(20) == "x"
        home._server.servers[0].close()
        for each in list(home._server.server_state.connections):
            each.transport.abort()
        with pytest.raises(ConnectionClosed) as caught:
            client.recv(20)
        assert caught.value.rcvd is None or caught.value.rcvd.code != 1000
