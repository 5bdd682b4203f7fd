"""The copied command, run by a real shell and a real curl, repeats the request that was recorded."""

from __future__ import annotations

import asyncio
import json
import shlex
import subprocess
import threading
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.formats.repeating.curl import command_of
from asgispy.formats.repeating.request import INLINE
from asgispy.formats.repeating.shell import Command, quoted
from asgispy.formats.url import url_of
from asgispy.model.values import BytesLike, Cut, Opaque
from tests.launch.running import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator


def scope(**more: Any) -> dict[str, Any]:
    """A request as uvicorn gives it."""
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/a",
        "raw_path": b"/a",
        "query_string": b"",
        "root_path": "",
        "headers": [[b"host", b"shop.example"], [b"user-agent", b"x"], [b"accept", b"*/*"]],
        "server": ["127.0.0.1", 8000],
        **more,
    }


# URLs


@pytest.mark.parametrize(
    ("more", "url"),
    [
        ({}, "http://shop.example/a"),
        ({"headers": []}, "http://127.0.0.1:8000/a"),
        ({"headers": [], "server": ["::1", 8000]}, "http://[::1]:8000/a"),
        ({"headers": [], "server": ["10.0.0.1", 443], "scheme": "https"}, "https://10.0.0.1/a"),
        ({"headers": [], "server": ["/run/app.sock", None]}, "http://localhost/a"),
        ({"headers": [], "server": None}, "http://localhost/a"),
        ({"headers": [[b"host", b"evil/../@x y"]]}, "http://127.0.0.1:8000/a"),
        ({"scheme": "javascript"}, "http://shop.example/a"),
        ({"query_string": b"q=a b&x=%20#\xff"}, "http://shop.example/a?q=a%20b&x=%20%23%FF"),
        ({"raw_path": b"/a%2Fb"}, "http://shop.example/a%2Fb"),
        ({"raw_path": None, "path": "/50%/ä?"}, "http://shop.example/50%25/%C3%A4%3F"),
        ({"root_path": "/api"}, "http://shop.example/api/a"),
        ({"root_path": "/api", "raw_path": b"/api/a"}, "http://shop.example/api/a"),
        ({"root_path": "/api", "raw_path": b"/apix"}, "http://shop.example/api/apix"),
        ({"type": "websocket", "scheme": None}, "ws://shop.example/a"),
        ({"raw_path": Cut(b"/long", 900)}, "http://shop.example/long"),
        ({"raw_path": BytesLike("bytearray", b"/b", 2)}, "http://shop.example/b"),
    ],
)
def test_the_url_is_the_clients(more: dict[str, Any], url: str) -> None:
    assert url_of(scope(**more)) == url


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(list(scope())), st.one_of(st.none(), st.text(), st.binary(), st.integers())))
def test_no_scope_is_too_odd(more: dict[str, Any]) -> None:
    odd = {**scope(), **more}
    url = url_of(odd)
    assert url.isascii()
    assert url.isprintable()
    assert " " not in url
    assert command_of(odd).arguments[0] in ("curl", "wscat")


@pytest.mark.parametrize("odd", [None, 5, [], Opaque("X", "<X>"), {"headers": 3}, {"headers": [5, [1], [b"a", 1]]}])
def test_what_is_no_scope_is_survived(odd: Any) -> None:
    assert url_of(odd) == "http://localhost/"
    assert command_of(odd).arguments[0] == "curl"


# Quoting


@settings(max_examples=100)
@given(st.lists(st.text(), min_size=1))
def test_a_shell_reads_back_the_arguments(arguments: list[str]) -> None:
    assert shlex.split(Command(tuple(arguments)).text) == arguments


@settings(max_examples=30)
@given(st.text(st.characters(exclude_characters="\0", codec="utf-8")))
def test_a_real_shell_agrees(argument: str) -> None:
    done = subprocess.run(["/bin/sh", "-c", f"printf %s {quoted(argument)}"], capture_output=True, check=True)
    assert done.stdout == argument.encode()


@settings(max_examples=50)
@given(st.binary(max_size=200), st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=20)), max_size=4))
def test_nothing_in_a_command_steers_a_terminal(body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    text = command_of(scope(headers=[list(pair) for pair in headers]), body).text
    assert all(c.isprintable() or c in "\n\t" or ord(c) > 0x9F for c in text)


def test_a_header_is_never_taken_for_a_file() -> None:
    command = command_of(scope(headers=[[b"@/etc/passwd", b"x"], [b"x-fine", b"1"]]))
    assert not any("@/etc" in argument for argument in command.arguments)
    assert "x-fine: 1" in command.arguments
    assert command.notes


# What it says


def test_what_curl_makes_itself_is_left_to_it() -> None:
    headers = [
        [b"host", b"shop.example"], [b"user-agent", b"x"], [b"accept", b"a"], [b"connection", b"keep-alive"],
        [b"content-length", b"2"], [b"content-type", b"t"], [b"accept-encoding", b"gzip, br"],
    ]  # fmt: skip
    assert command_of(scope(method="POST", headers=headers), b"hi").text == (
        "curl http://shop.example/a --header 'user-agent: x' --header 'accept: a' --header 'content-type: t'"
        " --compressed --header 'accept-encoding: gzip, br' --data-raw hi"
    )


@pytest.mark.parametrize(
    ("more", "part"),
    [
        ({"http_version": "2"}, "--http2-prior-knowledge"),
        ({"http_version": "2", "scheme": "https"}, "--http2 "),
        ({"http_version": "1.0"}, "--http1.0"),
        ({"method": "HEAD"}, "--head"),
        ({"method": "PURGE"}, "--request PURGE"),
        ({"method": "A; rm -rf /"}, "curl http://"),
        ({"raw_path": b"/a/../b"}, "--path-as-is"),
        ({"raw_path": b"/a{1,2}"}, "--globoff"),
        ({"headers": [[b"host", b"a b"]]}, "--header 'host: a b'"),
        ({"server": ["/run/app.sock", None]}, "--unix-socket /run/app.sock"),
    ],
)
def test_the_request_line_is_kept(more: dict[str, Any], part: str) -> None:
    assert part in command_of(scope(**more)).text


def test_a_socket_is_told_to_another_program() -> None:
    more = {"type": "websocket", "scheme": "wss", "subprotocols": ["chat.v1"], "headers": [
        [b"host", b"shop.example"], [b"sec-websocket-key", b"k"], [b"origin", b"http://x"], [b"connection", b"Upgrade"],
    ]}  # fmt: skip
    command = command_of(scope(**more))
    assert command.text == "wscat --connect wss://shop.example/a --header 'origin: http://x' --subprotocol chat.v1"
    assert "wscat" in command.notes[0]


def test_a_long_body_is_named_and_a_cut_one_is_told() -> None:
    command = command_of(scope(method="PUT"), b"x" * (INLINE + 1))
    assert command.arguments[-2:] == ("--data-binary", "@body.bin")
    assert "body.bin" in command.notes[0]
    assert "first 3 of the body's 9 bytes" in command_of(scope(method="PUT"), b"abc", 9).notes[0]


# A real server, a real shell, a real curl


async def _echo(scope: Any, receive: Any, send: Any) -> None:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    seen = {
        "method": scope["method"],
        "target": [scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")],
        "headers": sorted([name.decode("latin-1"), value.decode("latin-1")] for name, value in scope["headers"]),
        "body": body.hex(),
    }
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(seen).encode()})


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    """The port of an echo."""
    port = free_port()
    config = uvicorn.Config(_echo, port=port, lifespan="off", log_config=None, loop="asyncio", http="h11", ws="none")
    running = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(running.serve()))
    thread.start()
    up = threading.Event()
    while not running.started and thread.is_alive():
        up.wait(0.01)
    yield port
    running.should_exit = True
    thread.join(10)


@pytest.mark.parametrize(
    ("more", "body"),
    [
        ({}, b""),
        ({"raw_path": b"/a/../%2e/{x}[1]'$(id)`", "query_string": b"q=1&$x='y\"%20|;&&"}, b""),
        ({"method": "POST"}, b'it\'s $HOME `id` \\ "quoted"\nsecond\tline @file \xc3\xa4'),
        ({"method": "PUT"}, bytes(range(256)) * 8),
        ({"method": "DELETE"}, b"@/etc/passwd"),
        ({"method": "GET"}, b"a body all the same"),
    ],
    ids=["plain", "odd target", "text", "binary", "like a file", "get with a body"],
)
def test_curl_sends_what_was_recorded(server: int, more: dict[str, Any], body: bytes) -> None:
    host = f"127.0.0.1:{server}".encode()
    headers = [[b"host", host], [b"x-odd", b'it\'s; "$x" `y` \xc3\xa4'], [b"x-twice", b"1"], [b"x-twice", b"2"]]
    headers += [[b"x-empty", b""]]
    recorded = scope(headers=headers, **more)
    done = subprocess.run(
        ["/bin/sh", "-c", f"unset http_proxy HTTP_PROXY; {command_of(recorded, body).text} --silent --max-time 20"],
        capture_output=True,
        check=True,
    )
    seen = json.loads(done.stdout)
    assert seen["method"] == recorded["method"]
    assert seen["target"] == [recorded["raw_path"].decode(), recorded["query_string"].decode()]
    assert bytes.fromhex(seen["body"]) == body
    expected = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in headers]
    assert [pair for pair in seen["headers"] if pair[0] != "content-length"] == sorted(expected)
