"""What can be asked of a proxy: hosts, forwarded headers, routes, sockets, certificates, HTTP/2, other servers."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import trustme

from asgispy.cli.main import main
from asgispy.proxy.application import Proxy
from asgispy.proxy.settings import Forwarding, parse_upstream
from tests.e2e.running import Program
from tests.launch.running import free_port
from tests.proxy.clients import answer
from tests.proxy.faulty import faulty
from tests.proxy.origin import BLOB, origin
from tests.proxy.running import ProxyRun
from tests.support.waiting import eventually

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path

    from tests.proxy.origin import Origin


@pytest.fixture(scope="module")
def home() -> Iterator[Origin]:
    with origin() as made:
        yield made


def headers_of(home: Origin) -> dict[bytes, bytes]:
    return dict(home.seen[-1].headers)


def test_routes_hosts_and_forwarded_headers(home: Origin, tmp_path: Path) -> None:
    with origin() as other:
        routes = [
            "--route",
            f"/api=http://localhost:{other.port}",
            "--route",
            f"/api/v2=http://127.0.0.1:{home.port}/new/",
        ]
        options = ["--host-header", "keep", "--forwarded", *routes]
        with ProxyRun(tmp_path, f"http://127.0.0.1:{home.port}", *options) as run, run.client() as client:
            sent = {"host": "my.host:1", "x-forwarded-for": "1.2.3.4", "x-forwarded-proto": "gopher"}
            client.get("/apis?a", headers=sent)
            assert home.seen[-1].target == b"/apis?a"
            found = headers_of(home)
            assert found[b"host"] == b"my.host:1"
            assert found[b"x-forwarded-for"] == b"1.2.3.4, 127.0.0.1"
            assert found[b"x-forwarded-proto"] == b"http"
            assert found[b"x-forwarded-host"] == b"my.host:1"
            assert found[b"forwarded"] == b'for=127.0.0.1;proto=http;host="my.host:1"'
            assert found[b"via"] == b"1.1 asgispy"
            client.get("/api/things?b")
            assert other.seen[-1].target == b"/api/things?b"
            client.get("/api/v2/a%2Fb?c")
            assert home.seen[-1].target == b"/new/a%2Fb?c"
            client.get("/api/v2")
            assert home.seen[-1].target == b"/new/"
            with run.socket("/api/talk") as socket:
                socket.send("x")
                assert socket.recv(20) == "x"
            assert other.seen[-1].target == b"/api/talk"
            assert headers_of(other)[b"x-forwarded-proto"] == b"ws"


def test_the_upstream_is_named_unless_the_host_is_kept(home: Origin, tmp_path: Path) -> None:
    with ProxyRun(tmp_path, f"127.0.0.1:{home.port}") as run, run.client() as client:
        client.get("/", headers={"host": "my.host"})
        assert headers_of(home)[b"host"] == f"127.0.0.1:{home.port}".encode()
        assert b"via" not in headers_of(home)
        assert b"x-forwarded-for" not in headers_of(home)


def test_a_unix_socket(tmp_path: Path) -> None:
    with origin(uds=str(tmp_path / "origin.sock")) as home, ProxyRun(tmp_path, f"unix:{tmp_path}/origin.sock") as run:
        with run.client() as client:
            assert client.post("/echo", content=b"abc").text.startswith("3 ")
        assert headers_of(home)[b"host"] == b"localhost"
        with run.socket("/echo") as socket:
            socket.send("x")
            assert socket.recv(20) == "x"


def test_certificates(tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(str(tmp_path / "cert"))
    issued.private_key_pem.write_to_path(str(tmp_path / "key"))
    authority.cert_pem.write_to_path(str(tmp_path / "ca"))
    with origin(ssl_keyfile=str(tmp_path / "key"), ssl_certfile=str(tmp_path / "cert")) as home:
        url = f"https://127.0.0.1:{home.port}"
        for options, status in (([], 502), (["--insecure"], 200), (["--ca", str(tmp_path / "ca")], 200)):
            with ProxyRun(tmp_path, url, *options) as run, run.client() as client:
                response = client.get("/echo")
                assert response.status_code == status
                if status == 502:
                    assert "its certificate is not trusted" in response.text
                else:
                    with run.socket("/echo") as socket:
                        socket.send("x")
                        assert socket.recv(20) == "x"


@pytest.fixture(scope="module")
def http2_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The origin behind hypercorn, which speaks HTTP/2 without TLS with who does so from the start."""
    port = free_port()
    arguments = ["-m", "hypercorn", "--bind", f"127.0.0.1:{port}", "tests.proxy.origin:app"]
    with Program(tmp_path_factory.mktemp("http2"), *arguments) as program:
        program.until_said("Running on")
        yield port


def test_http_2_to_the_upstream(http2_port: int, tmp_path: Path) -> None:
    with ProxyRun(tmp_path, f"http://127.0.0.1:{http2_port}", "--upstream-http2") as run:
        with run.client(headers={"user-agent": "t"}) as client:
            response = client.post("/echo?a=1", content=BLOB * 4, headers={"x-a": "1"})
            assert response.text == f"{len(BLOB) * 4} {hashlib.sha256(BLOB * 4).hexdigest()}"
            seen = client.get("/seen-before").json()
            assert seen["target"] == "/echo?a=1"
            assert (seen["headers"]["x-a"], seen["headers"]["host"]) == ("1", f"127.0.0.1:{http2_port}")
            assert len(client.get("/large").content) == 8 * len(BLOB)
            assert client.post("/echo", content=iter([b"a", b"b" * 100_000])).text.startswith("100001 ")
            assert client.head("/echo").headers["content-length"] == "66"
            assert client.get("/status/304").status_code == 304
            with client.stream("GET", "/endless") as stream:
                assert next(stream.iter_raw()) == b"data: first\n\n"
            assert client.get("/seen-before").json()["left"]
        with run.socket("/echo") as socket:  # HTTP/1.1, since WebSockets over HTTP/2 are rare
            socket.send("x")
            assert socket.recv(20) == "x"


def test_many_streams_share_one_http_2_connection(http2_port: int, tmp_path: Path) -> None:
    async def ask(url: str) -> list[int]:
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as client:
            found = await asyncio.gather(*(client.get(f"/echo?{number}") for number in range(150)))
        return [each.status_code for each in found]

    with ProxyRun(tmp_path, f"http://127.0.0.1:{http2_port}", "--upstream-http2") as run:
        assert set(asyncio.run(ask(run.url))) == {200}


def test_an_upstream_that_speaks_no_http_2(home: Origin, tmp_path: Path) -> None:
    with ProxyRun(tmp_path, f"http://127.0.0.1:{home.port}", "--upstream-http2") as run, run.client() as client:
        response = client.get("/")
        assert response.status_code == 502
        assert "HTTP/2" in response.text


@pytest.mark.parametrize("server", ["hypercorn", "daphne", "granian"])
def test_other_servers_in_front(home: Origin, tmp_path: Path, server: str) -> None:
    with ProxyRun(tmp_path, f"http://127.0.0.1:{home.port}", "--server", server) as run, run.client() as client:
        eventually(lambda: client.get("/echo").status_code == 200)
        found = client.post("/echo", content=BLOB)
        assert found.text.startswith(f"{len(BLOB)} ")
        assert client.get("/coded/gzip").text.startswith("The quick brown fox")
        assert client.get("/nothing/at/all").status_code == 200
        with client.stream("GET", "/endless") as stream:
            assert next(stream.iter_raw()) == b"data: first\n\n"
        assert home.seen[-1].left.wait(20)
        with run.socket("/subprotocol", subprotocols=["a", "b"]) as socket:
            assert socket.subprotocol == "b"
            socket.send("x")
            assert socket.recv(20) == "x"


async def shut_down(application: Proxy) -> None:
    """As a server does: connections that are kept are closed."""

    async def receive() -> dict[str, Any]:
        return {"type": "lifespan.shutdown"}

    async def send(message: dict[str, Any]) -> None:
        assert message["type"] == "lifespan.shutdown.complete"

    await application({"type": "lifespan"}, receive, send)
    await asyncio.sleep(0)  # transports close their sockets in the loop's next round


def forward(url: str, scope: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages that the proxy sends for a request without a body, called as a server with extensions would."""
    sent: list[dict[str, Any]] = []
    whole = {
        "type": "http", "method": "GET", "path": "/", "raw_path": b"/", "query_string": b"", "scheme": "http",
        "http_version": "1.1", "headers": [], **scope,
    }  # fmt: skip

    async def run() -> None:
        over = asyncio.Event()
        first = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> dict[str, Any]:
            if first:
                return first.pop()
            await over.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        application = Proxy(Forwarding((parse_upstream(url),)))
        await application(whole, receive, send)
        await shut_down(application)

    asyncio.run(run())
    return sent


def hinting(client: socket.socket, asked: bytes) -> None:
    client.sendall(
        b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 12\r\n\r\n"
    )


@pytest.mark.parametrize("version", ["1.1", "2"])
def test_hints_and_trailers_where_both_sides_can(version: str) -> None:
    extensions: dict[str, Any] = {"http.response.early_hint": {}, "http.response.trailers": {}}
    with faulty(hinting) as upstream:
        sent = forward(upstream.url, {"extensions": extensions, "http_version": version})
        assert b"te: trailers" in upstream.asked[0]
    assert sent == [
        {"type": "http.response.early_hint", "links": [b"</a.css>; rel=preload"]},
        {"type": "http.response.start", "status": 200, "headers": [(b"trailer", b"X-Sum")], "trailers": True},
        {"type": "http.response.body", "body": b"ok", "more_body": True},
        {"type": "http.response.body", "body": b"", "more_body": False},
        {"type": "http.response.trailers", "headers": [(b"x-sum", b"12")], "more_trailers": False},
    ]


def test_neither_where_the_server_in_front_can_not() -> None:
    with faulty(hinting) as upstream:
        sent = forward(upstream.url, {})
        assert b"te: trailers" not in upstream.asked[0]
    assert [each["type"] for each in sent] == ["http.response.start", "http.response.body", "http.response.body"]
    assert sent[0]["headers"] == []


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["ftp://host"], "ftp:// can't be forwarded to"),
        (["http://"], "names no host"),
        (["http://host:99999"], "port out of range"),
        (["http://user@host"], "a user, a query or a fragment"),
        (["http://host?a=1"], "a user, a query or a fragment"),
        (["unix:"], "names no socket"),
        (["http://host", "--route", "api=http://x"], "write /prefix=URL"),
        (["http://host", "--route", "/a=http://x", "--route", "/a/=http://y"], "two upstreams for the same paths"),
        (["http://host", "--ca", __file__], "holds no certificates"),
        (["http://host", "--connect-timeout", "0"], "--connect-timeout"),
    ],
)
def test_what_can_not_be_meant(arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["proxy", "--headless", *arguments]) == 2
    said = capsys.readouterr().err
    assert why in said
    assert said.count("\n") == 1


def test_the_name_is_short_where_it_is_shown() -> None:
    assert parse_upstream("https://example.org").place == "https://example.org"
    assert parse_upstream("http://[::1]:81").authority == "[::1]:81"
    assert parse_upstream("unix:/run/a.sock").place == "unix:/run/a.sock"


def test_answers_are_no_longer_told_as_faults_of_an_application(home: Origin, tmp_path: Path) -> None:
    """A server sets Date and Server by itself; what is forwarded has them already."""
    with ProxyRun(tmp_path, f"http://127.0.0.1:{home.port}") as run, run.client() as client:
        assert answer(client.get("/echo"))[0] == 200
        (connection,) = run.connections("/echo")
        assert connection.findings == 0
