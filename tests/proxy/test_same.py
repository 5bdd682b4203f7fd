"""A client can't tell the proxy from the server behind it, and that server can't tell the proxy from the client.

Each behaviour is played against the origin itself and through `asgispy proxy`; what both ends saw must be the same,
byte for byte. Left out are only headers that mean one connection (RFC 9110 section 7.6.1) and what is random.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.proxy.clients import PATIENCE, answer, compared, curl, raw
from tests.proxy.origin import BLOB, CODINGS, LATIN, origin
from tests.proxy.running import ProxyRun

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from websockets.sync.client import ClientConnection

    from tests.proxy.clients import Raw
    from tests.proxy.origin import Origin

    Behaviour = Callable[["Place"], Any]

TABLE: dict[str, Behaviour] = {}
_names = itertools.count()


class Place:
    """Where a behaviour is played: the origin's port, or the proxy's."""

    def __init__(self, port: int, home: Origin) -> None:
        self.port, self.home = port, home
        self.host = f"127.0.0.1:{port}"
        self.url = f"http://{self.host}"
        self.http = httpx.Client(base_url=self.url, timeout=PATIENCE, trust_env=False, headers={"user-agent": "t"})

    def socket(self, path: str = "/", **more: Any) -> ClientConnection:
        more = {"compression": None, "user_agent_header": "t", **more}
        made: ClientConnection = connect(
            f"ws://{self.host}{path}", proxy=None, open_timeout=PATIENCE, close_timeout=PATIENCE, **more
        )
        return made


def behaviour(play: Behaviour) -> Behaviour:
    """Put it into the table."""
    TABLE[play.__name__.replace("_", " ")] = play
    return play


def head(line: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([line, b"host: h", *headers, b"", b""])


# HTTP: methods and targets


@behaviour
def a_plain_get(place: Place) -> Any:
    return answer(place.http.get("/echo"))


@behaviour
def a_query_with_odd_escapes(place: Place) -> Any:
    with raw(place.port) as client:
        client.write(head(b"GET /echo?a=%2F&b=+%20&&c&a=1&d=%7c|'\";~!x[]={} HTTP/1.1".replace(b"{} ", b"{} ")))
        return client.answers("GET")


@behaviour
def a_path_with_odd_escapes(place: Place) -> Any:
    with raw(place.port) as client:
        client.write(head(b"GET /echo//a%2Fb/../%c3%A9/%zz;x=1/.%20/ HTTP/1.1"))
        return client.answers("GET")


@behaviour
def a_json_post(place: Place) -> Any:
    return answer(place.http.post("/echo", json={"a": [1, 2, "é"]}))


@behaviour
def a_form_post(place: Place) -> Any:
    return answer(place.http.post("/echo", data={"a": "1", "b": "x y&z"}))


@behaviour
def a_multipart_post(place: Place) -> Any:
    boundary = {"content-type": "multipart/form-data; boundary=bound"}
    return answer(place.http.post("/echo", files={"file": ("a.bin", BLOB[:5000])}, headers=boundary))


@behaviour
def a_large_binary_put(place: Place) -> Any:
    return answer(place.http.put("/echo", content=BLOB * 4))


@behaviour
def a_patch(place: Place) -> Any:
    return answer(place.http.patch("/echo", content=b"[]", headers={"content-type": "application/json-patch+json"}))


@behaviour
def a_delete_with_a_body(place: Place) -> Any:
    return answer(place.http.request("DELETE", "/echo", content=b"why"))


@behaviour
def a_method_of_another_protocol(place: Place) -> Any:
    return answer(place.http.request("PROPFIND", "/echo", headers={"depth": "1"}))


@behaviour
def options(place: Place) -> Any:
    return answer(place.http.options("/echo", headers={"origin": "http://x", "access-control-request-method": "PUT"}))


@behaviour
def a_head_of_what_has_a_length(place: Place) -> Any:
    with raw(place.port) as client:
        client.write(head(b"HEAD /echo HTTP/1.1"))
        found = client.answers("HEAD")
        client.write(head(b"GET /echo HTTP/1.1"))
        return found, client.answers("GET")


@behaviour
def a_head_of_a_stream(place: Place) -> Any:
    return answer(place.http.head("/chunked"))


# HTTP: statuses and headers


@pytest.mark.parametrize("status", [204, 301, 304, 307, 400, 404, 418, 429, 500, 503, 599])
def test_a_status_is_the_same(direct: Place, proxied: Place, status: int) -> None:
    def play(place: Place) -> Any:
        found = answer(place.http.get(f"/status/{status}", headers={"if-none-match": 'W/"a"'}))
        assert found[0] == status
        return found, place.home.seen[-1].told()

    assert play(direct) == play(proxied)


@behaviour
def a_redirect_is_not_followed(place: Place) -> Any:
    found = place.http.get("/redirect")
    assert found.status_code == 302
    assert found.headers["location"].startswith("http://127.0.0.1:")
    return answer(found)


@behaviour
def several_cookies_and_links(place: Place) -> Any:
    return answer(place.http.get("/cookies", headers=[("cookie", "x=1"), ("cookie", "y=2"), ("accept", "a")]))


@behaviour
def bytes_that_are_no_ascii_in_headers(place: Place) -> Any:
    with raw(place.port) as client:
        client.write(head(b"GET /latin HTTP/1.1", b"x-latin: " + LATIN, b"x-empty:", b"x-utf8: " + "é".encode()))
        return client.answers("GET")


@behaviour
def many_headers(place: Place) -> Any:
    with raw(place.port) as client:
        client.write(head(b"GET /many-headers HTTP/1.1", *(b"x-%d: " % n + b"v" * 200 for n in range(60))))
        return client.answers("GET")


@behaviour
def headers_that_repeat(place: Place) -> Any:
    return answer(place.http.get("/echo", headers=[("x-a", "1"), ("x-b", "2"), ("x-a", "3"), ("accept", "*/*")]))


@behaviour
def credentials(place: Place) -> Any:
    return answer(place.http.get("/unauthorised", headers={"authorization": "Basic YTpi"}))


@behaviour
def an_odd_content_type(place: Place) -> Any:
    return answer(place.http.get("/odd-type"))


@behaviour
def headers_of_one_connection_stay_there(place: Place) -> Any:
    with raw(place.port) as client:
        client.write(head(b"GET /echo HTTP/1.1", b"connection: keep-alive", b"accept: a"))
        return client.answers("GET")


# HTTP: bodies


@behaviour
def compressed_bodies_byte_for_byte(place: Place) -> Any:
    found = []
    for coding, data in CODINGS.items():
        with place.http.stream("GET", f"/coded/{coding}", headers={"accept-encoding": coding}) as response:
            body = b"".join(response.iter_raw())
            assert body == data
            found.append(answer(response, body))
    return found


@behaviour
def a_range(place: Place) -> Any:
    found = place.http.get("/range", headers={"range": "bytes=100-299", "if-range": '"a"'})
    assert found.content == BLOB[100:300]
    return answer(found)


@behaviour
def a_large_body(place: Place) -> Any:
    found = place.http.get("/large")
    assert len(found.content) == 8 * len(BLOB)
    return answer(found, hashlib.sha256(found.content).digest())


@behaviour
def a_body_in_chunks(place: Place) -> Any:
    return answer(place.http.get("/chunked"))


@behaviour
def each_part_of_a_stream_comes_before_the_next_is_sent(place: Place) -> Any:
    name = f"gate{next(_names)}-"
    found = []
    with place.http.stream("GET", f"/gated?{name}") as response:
        for number, part in enumerate(response.iter_raw()):
            found.append(part)
            place.home.gate(f"{name}{number}").set()
        assert found == [b"data: 0\n\n", b"data: 1\n\n", b"data: 2\n\n"]
        place.home.seen[-1].target = b""
        return answer(response, b"".join(found))


@behaviour
def each_part_of_an_upload_arrives_before_the_next_is_sent(place: Place) -> Any:
    with raw(place.port) as client:
        client.write(head(b"POST /duplex HTTP/1.1", b"transfer-encoding: chunked"))
        found = []
        for size in (1, 20, 300):
            client.write(b"%x\r\n%b\r\n" % (size, b"x" * size))
            found.append(client.until(b";").rpartition(b"\n")[2])
        client.write(b"0\r\n\r\n")
        assert found == [b"got 1;", b"got 20;", b"got 300;"]
        return found, client.until(b"end")[-3:]


@behaviour
def a_chunked_upload(place: Place) -> Any:
    return answer(place.http.post("/echo", content=iter([b"a" * 10, b"b" * 100_000, b"c"])))


@behaviour
def an_empty_post(place: Place) -> Any:
    return answer(place.http.post("/echo", content=b"", headers={"content-length": "0"}))


@behaviour
def an_answer_before_the_body_was_read(place: Place) -> Any:
    with raw(place.port) as client:
        client.write(head(b"POST /refuse-early HTTP/1.1", b"content-length: 1000000", b"content-type: a/b") + b"begin")
        found = client.answers("POST")
        assert found[0][0] == 413
        place.home.seen[-1].body = b""
        return found


@behaviour
def continue_when_the_body_is_wanted(place: Place) -> Any:
    with raw(place.port) as client:
        client.write(head(b"POST /echo HTTP/1.1", b"content-length: 4", b"expect: 100-continue"))
        said = client.until(b"\r\n\r\n")
        assert said.startswith(b"HTTP/1.1 100")
        client.write(b"body")
        return said, client.answers("POST")


@behaviour
def no_continue_when_the_body_is_not_wanted(place: Place) -> Any:
    with raw(place.port) as client:
        client.write(head(b"POST /refuse-early HTTP/1.1", b"content-length: 4", b"expect: 100-continue"))
        found = client.answers("POST")
        assert [status for status, *_ in found] == [413]
        return found


@behaviour
def curl_with_a_long_body_that_expects(place: Place) -> Any:
    code, said = curl(
        "--include", "--data-binary", "x" * 100_000, "--header", "expect: 100-continue", f"{place.url}/echo"
    )
    assert code == 0
    return said.replace(place.host.encode(), b"")


# HTTP: connections


@behaviour
def http_1_0(place: Place) -> Any:
    with raw(place.port) as client:
        client.write(b"GET /echo HTTP/1.0\r\nhost: h\r\n\r\n")
        return client.answers("GET"), client.is_closed()


@behaviour
def a_connection_is_kept(place: Place) -> Any:
    with raw(place.port) as client:
        found = []
        for _ in range(3):
            client.write(head(b"GET /echo HTTP/1.1"))
            found += client.answers("GET")
        return found


@behaviour
def a_connection_is_closed_when_asked_for(place: Place) -> Any:
    with raw(place.port) as client:
        client.write(head(b"GET /echo HTTP/1.1", b"connection: close"))
        return client.answers("GET"), client.is_closed()


@behaviour
def two_requests_in_one_write(place: Place) -> Any:
    with raw(place.port) as client:
        client.write(head(b"GET /echo?1 HTTP/1.1") + head(b"GET /status/404 HTTP/1.1"))
        return client.answers("GET", "GET")


@behaviour
def many_at_once(place: Place) -> Any:
    async def ask() -> Any:
        async with httpx.AsyncClient(base_url=place.url, timeout=PATIENCE, trust_env=False) as client:
            found = await asyncio.gather(*(client.get(f"/echo?{n}", headers={"user-agent": "t"}) for n in range(40)))
        return [answer(each) for each in found]

    found = asyncio.run(ask())
    place.home.seen[-1].target = b""
    return found


# HTTP: what goes wrong


def broken(place: Place, path: str) -> Any:
    with raw(place.port) as client:
        client.write(head(b"GET %b HTTP/1.1" % path.encode()))
        with contextlib.suppress(ConnectionError, EOFError):
            client.until(b"\0 never comes")
        return client_rest(client)


def client_rest(client: Raw) -> Any:
    start, _, body = client._rest.partition(b"\r\n\r\n")
    line, *headers = start.split(b"\r\n")
    return line, compared([(name, value) for name, _, value in (each.partition(b": ") for each in headers)]), body


@behaviour
def a_body_that_is_cut_off(place: Place) -> Any:
    found = broken(place, "/cut-sized")
    assert found[2] == b"only this"
    return found


@behaviour
def chunks_that_are_cut_off(place: Place) -> Any:
    found = broken(place, "/cut-chunked")
    assert found[2] == b"9\r\nonly this\r\n"
    return found


@behaviour
def a_failure_before_the_answer(place: Place) -> Any:
    return answer(place.http.get("/fail"))


@behaviour
def the_client_leaves_a_stream(place: Place) -> Any:
    with place.http.stream("GET", "/endless") as response:
        first = next(response.iter_raw())
    return first, place.home.seen[-1].left.wait(PATIENCE)


@behaviour
def the_client_leaves_before_the_answer(place: Place) -> Any:
    before = len(place.home.seen)
    with raw(place.port) as client:
        client.write(head(b"GET /silent HTTP/1.1"))
        wait_for(lambda: len(place.home.seen) > before)
    return place.home.seen[-1].left.wait(PATIENCE)


@behaviour
def the_client_leaves_in_the_middle_of_an_upload(place: Place) -> Any:
    before = len(place.home.seen)
    with raw(place.port) as client:
        client.write(head(b"POST /echo HTTP/1.1", b"content-length: 1000") + b"begin")
        wait_for(lambda: len(place.home.seen) > before and place.home.seen[-1].body == b"begin")
    return place.home.seen[-1].left.wait(PATIENCE)


def wait_for(condition: Callable[[], bool]) -> None:
    event = threading.Event()
    for _ in range(int(PATIENCE / 0.005)):
        if condition():
            return
        event.wait(0.005)
    raise AssertionError("never happened")


# WebSockets


def closing(client: ClientConnection) -> Any:
    with contextlib.suppress(ConnectionClosed):
        while True:
            client.recv(PATIENCE)
    return client.close_code, client.close_reason


def handshake(client: ClientConnection) -> Any:
    assert client.response is not None
    found = compared([(name.encode(), value.encode("latin-1")) for name, value in client.response.headers.raw_items()])
    return client.subprotocol, [pair for pair in found if not pair[0].startswith((b"sec-websocket-a", b"upgrade"))]


@behaviour
def messages_of_all_kinds(place: Place) -> Any:
    sent: list[str | bytes] = ["hello", "", "é✓\n", b"", b"\x00\xff" * 1000, "x" * 200_000, BLOB]
    with place.socket("/echo?a=%2F&b") as client:
        found = []
        for message in sent:
            client.send(message)
            found.append(client.recv(PATIENCE))
        assert found == sent
        return handshake(client)


@behaviour
def a_message_in_fragments(place: Place) -> Any:
    with place.socket() as client:
        client.send(iter(["a", "b", "c"]))
        return client.recv(PATIENCE)


@behaviour
def many_messages_stay_in_order(place: Place) -> Any:
    with place.socket() as client:
        for number in range(300):
            client.send(str(number))
        found = [client.recv(PATIENCE) for _ in range(300)]
        assert found == [str(number) for number in range(300)]
        return found


@behaviour
def the_server_speaks_first(place: Place) -> Any:
    with place.socket("/pushes") as client:
        found = [client.recv(PATIENCE) for _ in range(200)]
        return found, closing(client)


@behaviour
def a_subprotocol_is_chosen(place: Place) -> Any:
    with place.socket("/subprotocol", subprotocols=["chat.v1", "chat.v2"]) as client:
        assert client.subprotocol == "chat.v2"
        return handshake(client)


@behaviour
def no_subprotocol_is_chosen(place: Place) -> Any:
    with place.socket("/echo", subprotocols=["chat.v1"]) as client:
        return handshake(client)


@behaviour
def headers_of_the_handshake(place: Place) -> Any:
    headers = {"cookie": "a=1", "x-latin": "ü", "authorization": "Bearer x"}
    with place.socket("/headers", additional_headers=headers, origin="http://o") as client:
        return handshake(client)


@behaviour
def compression_is_agreed_on(place: Place) -> Any:
    with place.socket(compression="deflate") as client:
        client.send("x" * 10_000)
        assert client.response is not None
        return client.recv(PATIENCE), client.response.headers["sec-websocket-extensions"]


@behaviour
def the_server_closes_with_code_and_reason(place: Place) -> Any:
    with place.socket("/closes") as client:
        found = client.recv(PATIENCE), closing(client)
        assert found[1] == (4001, "because é")
        return found


@behaviour
def the_client_closes_with_code_and_reason(place: Place) -> Any:
    with place.socket() as client:
        client.send("x")
        client.recv(PATIENCE)
        client.close(3456, "enough ü")
        found = client.close_code, client.close_reason
    assert place.home.seen[-1].left.wait(PATIENCE)
    assert place.home.seen[-1].messages[-1]["code"] == 3456
    return found


@behaviour
def the_client_closes(place: Place) -> Any:
    with place.socket() as client:
        client.close()
    return place.home.seen[-1].left.wait(PATIENCE)


@behaviour
def the_client_is_lost(place: Place) -> Any:
    with place.socket() as client:
        client.send("x")
        client.recv(PATIENCE)
        client.socket.shutdown(2)
        assert place.home.seen[-1].left.wait(PATIENCE)
    return place.home.seen[-1].messages[-1]["code"]


def denied(place: Place, path: str) -> Any:
    with pytest.raises(InvalidStatus) as caught:
        place.socket(path)
    response = caught.value.response
    headers = compared([(name.encode(), value.encode()) for name, value in response.headers.raw_items()])
    return response.status_code, headers, response.body


@behaviour
def the_server_denies_the_socket(place: Place) -> Any:
    return denied(place, "/denies")


@behaviour
def the_server_denies_the_socket_and_says_why(place: Place) -> Any:
    found = denied(place, "/explains")
    assert found[0] == 401
    return found


@behaviour
def a_ping_is_answered(place: Place) -> Any:
    with place.socket() as client:
        return client.ping(b"still there?").wait(PATIENCE)


@behaviour
def the_server_fails_in_the_middle(place: Place) -> Any:
    with place.socket("/fails") as client:
        client.send("x")
        return closing(client)


@pytest.fixture(scope="module")
def home() -> Iterator[Origin]:
    with origin() as made:
        yield made


@pytest.fixture(scope="module")
def direct(home: Origin) -> Iterator[Place]:
    place = Place(home.port, home)
    with place.http:
        yield place


@pytest.fixture(scope="module")
def proxied(home: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with ProxyRun(tmp_path_factory.mktemp("same"), f"http://127.0.0.1:{home.port}") as run:
        place = Place(run.port, home)
        with place.http:
            yield place


@pytest.mark.parametrize("name", TABLE)
def test_a_behaviour_is_the_same(direct: Place, proxied: Place, name: str) -> None:
    play = TABLE[name]
    found = play(direct)
    arrived = direct.home.seen[-1].told()
    assert play(proxied) == found
    assert _with_host(proxied.home.seen[-1].told(), proxied.home.port) == _with_host(arrived, direct.home.port)


def _with_host(told: Any, port: int) -> Any:
    """What arrived; raw clients name a host of their own, which is rewritten on the way unless told otherwise."""
    method, target, headers, digest, messages = told
    hosts = {b"127.0.0.1:%d" % port, b"h"}
    assert {value for name, value in headers if name == b"host"} <= hosts
    return method, target, [pair for pair in headers if pair[0] != b"host"], digest, messages


def test_the_table_is_long_enough() -> None:
    assert len(TABLE) >= 50
