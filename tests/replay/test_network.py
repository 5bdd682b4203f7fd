"""What goes over the wire, what comes back, and servers that do it wrong."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from asgispy.errors import UsageError
from asgispy.replay.address import Place, parse_place, recorded_place
from asgispy.replay.network import Remote
from asgispy.replay.run import Target, replay
from asgispy.testing import watch
from tests.replay.support import asked, original, originals, record, said, taped
from tests.support.driver import body, http_scope, request, start, websocket_scope

if TYPE_CHECKING:
    from pathlib import Path

    from asgispy.replay.outcome import Outcome
    from asgispy.replay.script import Script

PATIENCE = 15.0


def script(folder: Path, *received: Any, **scope: Any) -> Script:
    """What a client did, of whom these messages came."""
    kind = websocket_scope if scope.pop("socket", False) else http_scope
    with taped(folder / "c.asgispy") as tape:
        number = tape.open(kind(**scope))
        for message in received:
            tape.receive(number, message)
        if kind is http_scope:
            tape.send(number, start(200))
            tape.send(number, body(b"ok"))
        tape.returned(number)
    return original(folder / "c.asgispy")[0]


class Server:
    """Answers every connection with the same bytes once it has read a head, and keeps what it has read."""

    def __init__(self, answer: bytes, *, then: str = "close", until: bytes = b"\r\n\r\n") -> None:
        self.answer, self.then, self.until = answer, then, until
        self.seen = b""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while self.until not in self.seen:
            data = await reader.read(1000)
            if not data:
                break
            self.seen += data
        writer.write(self.answer)
        if self.then == "reset":
            await writer.drain()
            writer.transport.abort()
        elif self.then == "close":
            writer.close()
        else:
            await reader.read()  # until the client has gone
            writer.close()

    def ask(self, chosen: Script, *, timeout: float = PATIENCE, **options: Any) -> Outcome:
        """Replay a script to it."""

        async def run() -> Outcome:
            server = await asyncio.start_server(self.handle, "127.0.0.1", 0)
            async with server:
                port = server.sockets[0].getsockname()[1]
                remote = Remote(Place(False, "127.0.0.1", port), **options)
                return await replay(chosen, Target(remote, remote=True), timeout=timeout)

        return asyncio.run(run())


FINE = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


# What is sent


def test_target_and_headers_are_sent_as_they_were(tmp_path: Path) -> None:
    scope: Any = {
        "path": "/a b/é", "raw_path": b"/a%20b/%C3%A9;v=1", "query_string": b"x=%31&y=a+b&&z",
        "headers": [
            (b"host", b"shop.example"), (b"accept", b"a"), (b"accept", b"b"), (b"x-bin", b"\xe9\xff"),
            (b"connection", b"keep-alive, x-hop"), (b"x-hop", b"1"), (b"te", b"trailers"), (b"keep-alive", b"5"),
            (b"transfer-encoding", b"chunked"), (b"upgrade", b"h2c"), (b"x-evil", b"a\r\nb: c"), (b"bad name", b"1"),
        ],
    }  # fmt: skip
    server = Server(FINE, until=b"0\r\n\r\n")
    chosen = script(tmp_path, request(b"abc", more=True), request(b"de"), method="PUT", **scope)
    assert server.ask(chosen).body == b"ok"
    head, _, sent = server.seen.partition(b"\r\n\r\n")
    line, host, *headers = head.split(b"\r\n")
    assert line == b"PUT /a%20b/%C3%A9;v=1?x=%31&y=a+b&&z HTTP/1.1"
    assert host.lower().startswith(b"host: 127.0.0.1:")
    assert [each.lower() for each in headers] == [
        b"accept: a",
        b"accept: b",
        b"x-bin: \xe9\xff",
        b"transfer-encoding: chunked",
        b"connection: close",
    ]
    assert sent == b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"  # in the parts that it came in


def test_the_host_can_be_kept_and_lengths_are_those_of_now(tmp_path: Path) -> None:
    headers = [(b"host", b"shop.example"), (b"content-length", b"999")]
    server = Server(FINE, until=b"abc")
    server.ask(script(tmp_path, request(b"abc"), method="POST", headers=headers), keep_host=True)
    assert b"host: shop.example\r\n" in server.seen.lower()
    assert b"content-length: 3\r\n" in server.seen.lower()


def test_an_asterisk_stays_one(tmp_path: Path) -> None:
    server = Server(FINE)
    server.ask(script(tmp_path, method="OPTIONS", path="*", raw_path=b"*"))
    assert server.seen.startswith(b"OPTIONS * HTTP/1.1\r\n")


def test_a_client_that_left_leaves_again(tmp_path: Path) -> None:
    with taped(tmp_path / "c.asgispy") as tape:
        number = tape.open(http_scope())
        tape.receive(number, request())
        tape.send(number, start(200))
        tape.send(number, body(b"0123", more=True))
        tape.receive(number, {"type": "http.disconnect"})
        tape.returned(number)
    chosen, before = original(tmp_path / "c.asgispy")
    server = Server(b"HTTP/1.1 200 OK\r\n\r\n01234567", then="wait")
    came = server.ask(chosen)
    assert (came.status, came.body, came.left, came.failure) == (200, b"01234567", 8, "")
    assert before.left == 4


def test_a_client_that_left_while_it_sent_does_so_again(tmp_path: Path) -> None:
    chosen = script(
        tmp_path,
        request(b"abc", more=True),
        {"type": "http.disconnect"},
        method="POST",
        headers=[(b"content-length", b"10")],
    )
    server = Server(b"", until=b"never")
    server.ask(replace(chosen, ended=True))
    assert server.seen.lower().endswith(b"content-length: 10\r\nconnection: close\r\n\r\nabc")


# What comes back


def test_interim_responses_and_trailers_are_taken(tmp_path: Path) -> None:
    answer = (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n"
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n"
    )
    came = Server(answer).ask(script(tmp_path))
    assert (came.status, came.body, came.trailers) == (200, b"ok", ((b"x-sum", b"7"),))
    assert came.others == ({"type": "http.response.early_hint", "links": [b"</a.css>"]},)


@pytest.mark.parametrize(
    ("answer", "then", "failure"),
    [
        (b"", "close", "the server closed the connection without an answer"),
        (b"", "reset", "the server closed the connection without an answer"),
        (b"\x00\x01 garbage\r\n\r\n", "close", "the answer is no HTTP: illegal status line"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "close", "the answer is no HTTP: illegal header line"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nok", "close",
         "the response was cut off by the server (received 2 bytes, expected 10)"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nok", "reset", "the response was cut off by the server"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nok", "close",
         "the response was cut off by the server (incomplete chunked read)"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nok", "close",
         "the response is broken after 0 bytes"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok and more", "close",
         "the response goes on after its end: 9 bytes more than it announced"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"a" * 1_100_000, "close", "the answer is no HTTP"),
    ],
)  # fmt: skip
def test_a_bad_server_ends_in_one_line(tmp_path: Path, answer: bytes, then: str, failure: str) -> None:
    came = Server(answer, then=then).ask(script(tmp_path))
    assert came.failure.startswith(failure)
    assert "\n" not in came.failure


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (b"", "no answer within 0.2 s"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nok", "the response stopped: nothing more within 0.2 s"),
    ],
)
def test_a_server_that_hangs_is_given_up(tmp_path: Path, answer: bytes, failure: str) -> None:
    assert Server(answer, then="wait").ask(script(tmp_path), timeout=0.2).failure == failure


def test_who_cannot_be_reached_is_said(tmp_path: Path) -> None:
    chosen = script(tmp_path)

    def ask(place: Place) -> str:
        return asyncio.run(replay(chosen, Target(Remote(place), remote=True), timeout=PATIENCE)).failure

    assert ask(Place(False, "127.0.0.1", 1)) == (
        "http://127.0.0.1:1 refuses connections: start the server, or name another with --to"
    )
    assert ask(Place(False, "x", 80, str(tmp_path / "no.sock"))).startswith(f"{tmp_path}/no.sock can't be reached")
    assert "can't be reached" in ask(Place(False, "nowhere.invalid", 80))


def test_tls_is_trusted_only_when_it_should_be(tmp_path: Path) -> None:
    chosen, authority = script(tmp_path), trustme.CA()
    serving, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(serving)
    authority.configure_trust(trusting)

    async def run() -> tuple[Outcome, ...]:
        server = await asyncio.start_server(Server(FINE).handle, "127.0.0.1", 0, ssl=serving)
        plain = await asyncio.start_server(Server(b"HTTP/1.1 400 No\r\n\r\n", until=b"").handle, "127.0.0.1", 0)
        async with server, plain:
            places = [Place(True, "127.0.0.1", each.sockets[0].getsockname()[1]) for each in (server, server, plain)]
            remotes = [Remote(place, context) for place, context in zip(places, (trusting, None, None), strict=True)]
            targets = [Target(each, remote=True) for each in remotes]
            return tuple([await replay(chosen, each, timeout=PATIENCE) for each in targets])

    trusted, untrusted, no_tls = asyncio.run(run())
    assert (trusted.failure, trusted.body) == ("", b"ok")
    assert "is not trusted" in untrusted.failure
    assert "name its authority with --ca" in untrusted.failure
    assert "speaks no TLS" in no_tls.failure


def test_a_unix_socket_is_found_by_what_was_recorded(tmp_path: Path) -> None:
    path = tmp_path / "s"
    chosen = script(tmp_path, server=(str(path), None))

    async def run() -> Outcome:
        async with await asyncio.start_unix_server(Server(FINE).handle, str(path)):
            return await replay(chosen, Target(Remote(), remote=True), timeout=PATIENCE)

    assert asyncio.run(run()).body == b"ok"


# WebSockets

CONNECT = {"type": "websocket.connect"}
LEAVE = {"type": "websocket.disconnect", "code": 1000, "reason": ""}


def test_sockets_say_what_was_said_and_close_as_they_did(tmp_path: Path) -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            raise RuntimeError("none")
        headers = [value for name, value in scope["headers"] if name == b"x-me"]
        seen.append((scope["path"], scope["query_string"], scope["subprotocols"], headers))
        await receive()
        await send({"type": "websocket.accept", "subprotocol": "b", "headers": [(b"x-you", b"1")]})
        while True:
            message = await receive()
            seen.append({key: value for key, value in message.items() if value is not None})
            if message["type"] == "websocket.disconnect":
                return
            await send({"type": "websocket.send", "bytes": (message.get("text") or "").encode() * 30_000})

    def talk(address: str) -> None:
        from websockets.sync.client import connect

        url, names = address.replace("http", "ws"), ["a", "b"]
        options: Any = {"subprotocols": names, "additional_headers": {"X-Me": "1"}, "proxy": None}
        with connect(f"{url}/a%2Fb?q=%20", **options) as client:
            for each in ("é", b"\x00\xff", ""):
                client.send(each)
                client.recv()
            client.close(4321, "enough")

    chosen = [each for each in originals(record(tmp_path / "c.asgispy", app, talk)) if each[0].type == 1]
    first, seen = seen, []  # the application below fills the new list
    with watch() as spy, spy.live(app) as address:
        assert said(asked(chosen, Remote(parse_place(address)))) == []
    assert seen == first
    assert first[0] == ("/a/b", b"q=%20", ["a", "b"], [b"1"])
    assert first[-1] == {"type": "websocket.disconnect", "code": 4321, "reason": "enough"}


def test_a_socket_that_is_denied_is_compared(tmp_path: Path) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            raise RuntimeError("none")
        await receive()
        await send({"type": "websocket.close", "code": 4000})

    with taped(tmp_path / "c.asgispy") as tape:
        number = tape.open(websocket_scope())
        tape.receive(number, CONNECT)
        tape.send(number, {"type": "websocket.close", "code": 4000})
        tape.returned(number)
    with watch() as spy, spy.live(app) as address:
        assert said(asked([original(tmp_path / "c.asgispy")], Remote(parse_place(address)))) == []


@pytest.mark.parametrize("code", [1000, 1001, 1005, 1006, 1012, 4000, 99, "odd", None])
def test_a_client_that_leaves_is_not_taken_for_a_server_that_closes(tmp_path: Path, code: Any) -> None:
    codes: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            raise RuntimeError("none")
        await receive()
        await send({"type": "websocket.accept"})
        codes.append((await receive())["code"])

    with taped(tmp_path / "c.asgispy") as tape:
        number = tape.open(websocket_scope())
        tape.receive(number, CONNECT)
        tape.send(number, {"type": "websocket.accept"})
        tape.receive(number, {"type": "websocket.disconnect", "code": code})
        tape.returned(number)
    with watch() as spy, spy.live(app) as address:
        assert said(asked([original(tmp_path / "c.asgispy")], Remote(parse_place(address)))) == []
    if code in (99, 1006, "odd"):  # it is dropped, which servers tell in one way or the other
        assert codes[0] in (1005, 1006)
    else:
        assert codes == [code or 1005]


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (b"", "the server closed the connection without an answer"),
        (b"garbage\r\n\r\n", "the WebSocket handshake failed"),
        (b"HTTP/1.1 101 Yes\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: x\r\n\r\n",
         "the WebSocket handshake failed: invalid Sec-WebSocket-Accept header: x"),
    ],
)  # fmt: skip
def test_a_bad_handshake_is_one_line(tmp_path: Path, answer: bytes, failure: str) -> None:
    came = Server(answer).ask(script(tmp_path, CONNECT, LEAVE, socket=True))
    assert came.failure.startswith(failure)


def test_a_refused_handshake_is_a_status(tmp_path: Path) -> None:
    answer = b"HTTP/1.1 404 Not Found\r\ncontent-length: 3\r\nx-a: 1\r\n\r\nno!"
    came = Server(answer).ask(script(tmp_path, CONNECT, LEAVE, socket=True))
    assert (came.status, came.body, came.failure) == (404, b"no!", "")
    assert (b"x-a", b"1") in came.headers


@pytest.mark.parametrize(
    ("frames", "then"), [(b"\x81\x02ok", "close"), (b"\x81\x02ok", "reset"), (b"\xff\x00", "wait")]
)
def test_a_socket_that_is_lost_or_broken_is_told(tmp_path: Path, frames: bytes, then: str) -> None:
    from websockets.utils import accept_key

    class Shaking(Server):
        async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = await reader.readuntil(b"\r\n\r\n")
            (key,) = [line[19:] for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key:")]
            accept = accept_key(key.strip().decode()).encode()
            writer.write(b"HTTP/1.1 101 Yes\r\nupgrade: websocket\r\nconnection: upgrade\r\n")
            self.until, self.answer = b"", b"sec-websocket-accept: " + accept + b"\r\n\r\n" + frames
            await super().handle(reader, writer)

    with taped(tmp_path / "c.asgispy") as tape:
        number = tape.open(websocket_scope())
        tape.receive(number, CONNECT)
        tape.send(number, {"type": "websocket.accept"})
        tape.send(number, {"type": "websocket.send", "text": "ok"})
        tape.send(number, {"type": "websocket.send", "text": "more"})
        tape.receive(number, LEAVE)
        tape.returned(number)
    came = Shaking(b"", then=then).ask(original(tmp_path / "c.asgispy")[0])
    if then == "wait":
        assert came.failure.startswith("the server broke the WebSocket protocol")
    elif then == "close":
        assert (came.frames, came.close) == (("ok",), (1006, ""))
    else:
        assert came.failure == "the connection was lost" or came.close == (1006, "")


# Where to


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("ws://a.b", "http://a.b"),
        ("https://a.b/", "https://a.b"),
        ("localhost:81", "http://localhost:81"),
        ("http://[::1]:5", "http://[::1]:5"),
        ("unix:/run/a.sock", "/run/a.sock"),
    ],
)
def test_places_are_understood(text: str, place: str) -> None:
    assert str(parse_place(text)) == place


@pytest.mark.parametrize(
    "text",
    ["", "ftp://a", "http://", "http://a/b", "http://a?x", "http://a:x", "http://a:0", "unix:a", "http://u@a", "//"],
)
def test_other_places_are_one_line(text: str) -> None:
    with pytest.raises(UsageError, match="--to"):
        parse_place(text)


@pytest.mark.parametrize(
    ("scope", "place"),
    [
        ({"server": ["0.0.0.0", 80], "scheme": "http", "headers": [[b"host", b"shop.example"]]}, "http://127.0.0.1"),
        ({"server": ["::", 81], "scheme": "ws"}, "http://[::1]:81"),
        ({"server": ["10.0.0.1", 443], "scheme": "https"}, "https://10.0.0.1"),
        ({"server": ["/run/s", None], "scheme": "http"}, "/run/s"),
        ({"headers": [[b"host", b"shop.example:81"]], "scheme": "wss"}, "https://shop.example:81"),
        ({"server": ["a\r\nb", 99999], "scheme": 5}, "http://localhost"),
        ("odd", "http://localhost"),
    ],
)
def test_where_it_was_recorded_is_where_the_server_listened(scope: Any, place: str) -> None:
    assert str(recorded_place(scope)) == place
