"""Odd applications, replayed in process: disconnects, exceptions, refused sends, hanging, lifespans and their state."""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from asgispy.model.events import Error
from asgispy.model.values import Cut, Opaque
from asgispy.replay.lifespan import Lifespan
from asgispy.replay.run import Target, replay
from asgispy.replay.script import with_body
from asgispy.replay.series import Manner
from tests.replay.support import PATIENT, original, originals, record, replayed, said, taped
from tests.support.driver import body, hello, http_scope, request, sending, start, websocket_scope

if TYPE_CHECKING:
    from pathlib import Path

CONNECT = {"type": "websocket.connect"}
ACCEPT = {"type": "websocket.accept"}
HASTY = replace(PATIENT, timeout=0.2)


def text(data: str, kind: str = "send") -> dict[str, Any]:
    return {"type": f"websocket.{kind}", "text": data}


def left(code: int = 1001) -> dict[str, Any]:
    return {"type": "websocket.disconnect", "code": code, "reason": ""}


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Says everything twice, as words."""
    await receive()
    await send(ACCEPT)
    while (message := await receive())["type"] == "websocket.receive":
        await send(text(message["text"]))


def echoed(path: Path, *words: str, answers: int = 1) -> Path:
    """A capture of such a conversation."""
    with taped(path) as tape:
        number = tape.open(websocket_scope())
        tape.receive(number, CONNECT)
        tape.send(number, ACCEPT)
        for word in words:
            tape.receive(number, text(word, "receive"))
            for _ in range(answers):
                tape.send(number, text(word))
        tape.receive(number, left())
        tape.returned(number)
    return path


# HTTP


def test_the_scope_is_live_again_and_what_cannot_be_is_said(tmp_path: Path) -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)
        await hello(scope, receive, send)

    odd: Any = {"app": object(), "extensions": {"tls": {"cipher": None}}, "state": {"old": 1}}
    with taped(tmp_path / "c.asgispy") as tape:
        tape.http("/caf\u00e9", **odd)
    (result,) = replayed([original(tmp_path / "c.asgispy")], app)
    (scope,) = [each for each in seen if each["type"] == "http"]
    assert (scope["client"], scope["server"]) == (("127.0.0.1", 50123), ("127.0.0.1", 8000))
    assert scope["headers"] == [(b"host", b"example.org")]
    assert scope["path"] == "/café"
    assert scope["extensions"] == {"tls": {"cipher": None}}
    assert "app" not in scope
    assert "state" not in scope  # this application has no lifespan
    assert result.notes == ("app (object) is left out of the scope: it can't be made again",)


def test_each_call_has_a_copy_of_the_state_of_the_running_lifespan(tmp_path: Path) -> None:
    states: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            scope["state"]["pool"] = [1]
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        states.append(scope["state"])
        scope["state"]["mine"] = True
        scope["state"]["pool"].append(2)
        await hello(scope, receive, send)

    with taped(tmp_path / "c.asgispy") as tape:
        tape.http("/1")
        tape.http("/2")
    assert said(replayed(originals(tmp_path / "c.asgispy"), app)) == []
    assert [*states] == [{"pool": [1, 2, 2], "mine": True}] * 2
    assert states[0] is not states[1]


def test_an_exception_is_compared_before_and_after_the_start(tmp_path: Path) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            raise RuntimeError("no lifespan")
        if scope["path"] == "/after":
            await send(start(200))
            await send(body(b"half", more=True))
        raise KeyError("other" if scope["path"] == "/other" else "sku")

    with taped(tmp_path / "c.asgispy") as tape:
        for path in ("/before", "/after", "/other", "/fine"):
            number = tape.open(http_scope(path))
            if path == "/after":
                tape.send(number, start(200))
                tape.send(number, body(b"half", more=True))
            if path == "/fine":
                tape.send(number, start(200))
                tape.send(number, body(b""))
                tape.returned(number)
            else:
                tape.raised(number)
    assert said(replayed(originals(tmp_path / "c.asgispy"), app)) == [
        "#3 exception: KeyError: 'sku' → KeyError: 'other'",
        "#4 status: 200 → (none)",
        "#4 exception: (none) → KeyError: 'sku'",
    ]


def test_a_disconnect_is_fed_where_it_came(tmp_path: Path) -> None:
    """Recorded under a real server: the client leaves after some lines of an endless stream."""
    gone: list[int] = []

    async def endless(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            raise RuntimeError("none")
        await receive()
        listening = asyncio.ensure_future(receive())
        await send(start(200))
        count = 0
        while not listening.done():
            await send(body(b"line\n", more=True))
            count += 1
            await asyncio.sleep(0.001)
        gone.append(count)

    def leave(address: str) -> None:
        with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as client:
            client.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
            came = b""
            while came.count(b"line") < 3:
                came += client.recv(1000)

    path = record(tmp_path / "c.asgispy", endless, leave)
    (result,) = replayed([each for each in originals(path) if each[0].type == 0], endless)
    assert said([result]) == []
    assert result.original.left is not None
    assert result.replayed is not None
    assert result.replayed.left is not None
    assert result.replayed.left >= result.original.left
    assert len(gone) == 2


def test_what_the_server_refused_is_refused_again(tmp_path: Path) -> None:
    refused = Error("uvicorn.protocols.utils.ClientDisconnected", "", "Traceback…")
    with taped(tmp_path / "c.asgispy") as tape:
        number = tape.open(websocket_scope())
        tape.receive(number, CONNECT)
        tape.send(number, ACCEPT)
        tape.send(number, text("too late"), error=refused)
        tape.raised(number, refused)
    caught: list[BaseException] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send(ACCEPT)
        try:
            await send(text("too late"))
        except OSError as error:  # as frameworks expect it (ASGI 2.4)
            caught.append(error)
            raise

    assert said(replayed([original(tmp_path / "c.asgispy")], app)) == []
    assert type(caught[0]).__name__ == "ClientDisconnected"


def test_an_application_that_hangs_ends_in_one_line_and_others_go_on(tmp_path: Path) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan" or scope.get("path") == "/hangs":
            await asyncio.Event().wait()
        if scope["path"] == "/stops":
            await send(start(200))
            await send(body(b"a", more=True))
            await asyncio.Event().wait()
        await hello(scope, receive, send)

    with taped(tmp_path / "c.asgispy") as tape:
        for path in ("/hangs", "/stops", "/fine"):
            tape.http(path)
    run = [replay(script, Target(app), timeout=0.05) for script, _ in originals(tmp_path / "c.asgispy")]

    async def one_by_one() -> list[str]:
        return [(await each).failure for each in run]

    assert asyncio.run(one_by_one()) == [
        "no answer within 0.05 s",
        "the response stopped: nothing more within 0.05 s",
        "",
    ]


def test_a_server_that_cancelled_the_application_is_played_too(tmp_path: Path) -> None:
    with taped(tmp_path / "c.asgispy") as tape:
        number = tape.open(http_scope())
        tape.receive(number, request())
        tape.send(number, start(200))
        tape.send(number, body(b"a", more=True))
        tape.raised(number, Error("asyncio.exceptions.CancelledError", "", ""))

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send(start(200))
        await send(body(b"a", more=True))
        await asyncio.Event().wait()

    began = time.monotonic()
    (result,) = replayed([original(tmp_path / "c.asgispy")], app)
    assert said([result]) == []
    assert time.monotonic() - began < 15


def test_more_of_a_body_than_was_taken_cannot_be_given(tmp_path: Path) -> None:
    posted: Any = {"method": "POST", "headers": [(b"content-length", b"5")]}
    with taped(tmp_path / "c.asgispy") as tape:
        number = tape.open(http_scope(**posted))
        tape.send(number, start(413))
        tape.send(number, body())
        tape.returned(number)
    script, before = original(tmp_path / "c.asgispy")
    assert script.unread
    assert said(replayed([(script, before)], sending(start(413), body()))) == []
    (result,) = replayed([(script, before)], hello)
    assert "asked for more of the request's body than it took" in said([result])[-1]
    assert said(replayed([(with_body(script, b"12345"), before)], hello))[0] == "#1 status: 413 → 200"


def test_a_body_that_was_cut_is_not_sent(tmp_path: Path) -> None:
    with taped(tmp_path / "c.asgispy") as tape:
        number = tape.open(http_scope(method="POST"))
        tape.receive(number, request(Cut(b"abc", 10_000)))
        tape.send(number, start(200))
        tape.send(number, body(Cut(b"0123456789", 10_000)))
        tape.returned(number)
        tape.http("/long", data=b"x")
    results = replayed(originals(tmp_path / "c.asgispy"), hello)
    assert results[0].skipped == "its body was cut when it was recorded"
    assert results[0].verdict == "skipped"


def test_a_response_that_was_cut_is_compared_as_far_as_it_goes(tmp_path: Path) -> None:
    with taped(tmp_path / "c.asgispy") as tape:
        number = tape.open(http_scope())
        tape.send(number, start(200))
        tape.send(number, body(Cut(b"0123", 10)))
        tape.returned(number)
    chosen = [original(tmp_path / "c.asgispy")]
    (result,) = replayed(chosen, sending(start(200), body(b"0123456789")))
    assert said([result]) == []
    assert "only the first 4 of the body's 10 bytes" in result.notes[0]
    assert said(replayed(chosen, sending(start(200), body(b"0129456789")))) == ["#1 body: '0123' → '0129'"]
    assert said(replayed(chosen, sending(start(200), body(b"01234")))) == ["#1 body size: 10 bytes → 5 bytes"]


def test_nothing_recorded_is_too_odd(tmp_path: Path) -> None:
    odd: list[Any] = [
        {"type": "http", "headers": {"a": "b"}, "path": 7, "method": 3, "query_string": "é", "client": "me"},
        {
            "type": "http",
            "headers": [[b"a"], 5, ("x", "y"), [b"b", Opaque("a.B", "")]],
            "path": "\ud800",
            "raw_path": b"\xff",
        },
        {"type": "websocket", "subprotocols": 5, "headers": None},
        "no scope",
    ]
    with taped(tmp_path / "c.asgispy") as tape:
        for scope in odd:
            number = tape.open(scope)
            messages: list[Any] = [{"type": 5, "body": 7}, "hello", {"type": "http.request", "body": {"a": 1}}, []]
            for message in messages:
                tape.receive(number, message)
                tape.send(number, message)
            tape.send(number, {"type": "http.response.start", "status": "200", "headers": 5})
            tape.send(number, {"type": "websocket.close", "code": "x", "reason": 5})
            tape.returned(number)

    async def takes_all(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": 5})
        await send(["odd"])
        await send({"type": "http.response.body", "body": "text", "more_body": 0})

    for app in (takes_all, hello, echo):
        assert len(replayed(originals(tmp_path / "c.asgispy"), app, HASTY)) == 3


# WebSockets


def test_messages_wait_for_the_answers_that_they_had_waited_for(tmp_path: Path) -> None:
    """The application answers from another task, later than the client could speak again."""
    seen: list[str] = []

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        async def answer(word: str) -> None:
            await asyncio.sleep(0.01)
            seen.append(f"answered {word}")
            await send(text(word))

        await receive()
        await send(ACCEPT)
        tasks = []
        while (message := await receive())["type"] == "websocket.receive":
            seen.append(f"took {message['text']}")
            tasks.append(asyncio.ensure_future(answer(message["text"])))
        await asyncio.gather(*tasks)

    (result,) = replayed([original(echoed(tmp_path / "c.asgispy", "a", "b", "c"))], slow)
    assert said([result]) == []
    assert seen == ["took a", "answered a", "took b", "answered b", "took c", "answered c"]


def test_an_answer_that_does_not_come_is_a_difference_and_no_hang(tmp_path: Path) -> None:
    async def once(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send(ACCEPT)
        while (message := await receive())["type"] == "websocket.receive":
            if message["text"] != "b":
                await send(text(message["text"]))

    (result,) = replayed([original(echoed(tmp_path / "c.asgispy", "a", "b", "c"))], once, HASTY)
    assert said([result]) == [
        "#1 message 2: 'b' → (none)",
        "#1 step 4 of the client went on without waiting any longer: "
        "after 0.2 s there were 2 of 3 messages of the answer",
    ]


def test_a_socket_that_is_closed_early_or_otherwise_is_told(tmp_path: Path) -> None:
    async def rude(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send(ACCEPT)
        await receive()
        await send({"type": "websocket.close", "code": 4000, "reason": "no"})

    path = echoed(tmp_path / "c.asgispy", "a", "b")
    assert said(replayed([original(path)], rude)) == [
        "#1 message 1: 'a' → (none)",
        "#1 message 2: 'b' → (none)",
        "#1 messages taken from the client: 2 → 1",
        "#1 close code: (none) → 4000",
        "#1 close reason: (empty) → no",
    ]
    denied = said(replayed([original(path)], sending({"type": "websocket.close", "code": 4000})))
    assert denied[0] == "#1 status: 101 → 403"


def test_json_messages_are_compared_as_data(tmp_path: Path) -> None:
    with taped(tmp_path / "c.asgispy") as tape:
        number = tape.open(websocket_scope())
        tape.receive(number, CONNECT)
        tape.send(number, ACCEPT)
        tape.send(number, text('{"n": 1, "at": 5}'))
        tape.send(number, {"type": "websocket.close", "code": 1000})
        tape.returned(number)
    app = sending(ACCEPT, text('{"at":6, "n":2}'), {"type": "websocket.close"})
    assert said(replayed([original(tmp_path / "c.asgispy")], app)) == [
        "#1 message 1.at: 5 → 6",
        "#1 message 1.n: 1 → 2",
    ]


def test_two_that_overlapped_overlap_again(tmp_path: Path) -> None:
    """Both are in the room before one of them speaks, though each alone has nothing to wait for."""
    with taped(tmp_path / "c.asgispy") as tape:
        first, second = tape.open(websocket_scope("/1")), tape.open(websocket_scope("/2"))
        for each in (first, second):
            tape.receive(each, CONNECT)
            tape.send(each, ACCEPT)
        tape.receive(first, text("hello", "receive"))
        tape.send(second, text("hello"))
        tape.receive(second, left())
        tape.returned(second)
        tape.receive(first, left())
        tape.returned(first)
    room: list[Any] = []

    async def chat(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        if scope["path"] == "/2":
            await asyncio.sleep(0.05)  # slow to come in
        await send(ACCEPT)
        room.append(send)
        while (message := await receive())["type"] == "websocket.receive":
            for each in room:
                if each is not send:
                    await each(text(message["text"]))
        room.remove(send)

    assert said(replayed(originals(tmp_path / "c.asgispy"), chat)) == []


def test_a_stream_by_the_clock_does_not_make_others_wait_for_long(tmp_path: Path) -> None:
    with taped(tmp_path / "c.asgispy") as tape:
        ticking = tape.open(http_scope("/ticks"))
        tape.receive(ticking, request())
        tape.send(ticking, start(200))
        for number in range(20):
            tape.send(ticking, body(b"tick", more=True))
            tape.http(f"/{number}")
        tape.receive(ticking, {"type": "http.disconnect"})
        tape.returned(ticking)
    asked: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        asked.append(scope.get("path", ""))
        if scope.get("path") != "/ticks":
            await hello(scope, receive, send)
            return
        await receive()
        await send(start(200))
        await send(body(b"tick", more=True))  # and no second one for ever so long
        await receive()

    began = time.monotonic()
    results = replayed(originals(tmp_path / "c.asgispy"), app, Manner(timeout=0.5))
    assert time.monotonic() - began < 10  # not half a second for each
    assert {each.verdict for each in results[1:]} == {"same"}
    assert "#1 step 2 of the client went on without waiting any longer" in said(results[:1])[0]
    assert asked[1:3] == ["/ticks", "/0"]


def test_what_never_ends_is_given_up(tmp_path: Path) -> None:
    async def endless(scope: Any, receive: Any, send: Any) -> None:
        await send(start(200))
        while True:
            await send(body(b"more", more=True))
            await asyncio.sleep(0.01)

    with taped(tmp_path / "c.asgispy") as tape:
        tape.http("/endless")
        tape.http("/next")
    results = replayed(originals(tmp_path / "c.asgispy"), endless, HASTY)
    assert [each.failure for each in results] == ["it goes on and on, where it ended when it was recorded"] * 2


def test_a_recording_that_breaks_off_ends_there(tmp_path: Path) -> None:
    with taped(tmp_path / "c.asgispy") as tape:
        number = tape.open(websocket_scope())
        tape.receive(number, CONNECT)
        tape.send(number, ACCEPT)
        tape.receive(number, text("a", "receive"))
        tape.send(number, text("a"))
        tape.hang(number)
        endless = tape.open(http_scope("/events"))
        tape.send(endless, start(200))
        tape.send(endless, body(b"a", more=True))
        tape.leave()

    async def both(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await echo(scope, receive, send)
        elif scope["type"] == "http":
            await send(start(200))
            await send(body(b"a", more=True))
            while (await receive())["type"] != "http.disconnect":
                pass

    assert said(replayed(originals(tmp_path / "c.asgispy"), both)) == []


# Pace


def test_the_pace_is_kept_or_divided(tmp_path: Path) -> None:
    with taped(tmp_path / "c.asgispy") as tape:
        tape.http("/1")
        tape.clock += 600_000_000
        tape.http("/2")
        tape.clock += 600_000_000
        tape.http("/3")
    chosen = originals(tmp_path / "c.asgispy")
    moments: list[float] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        moments.append(time.monotonic())
        await hello(scope, receive, send)

    for pace, least, most in ((None, 0.0, 0.5), (4.0, 0.3, 0.55), (2.0, 0.6, 1.1)):
        moments.clear()
        assert said(replayed(chosen, app, Manner(timeout=20, pace=pace))) == []
        assert least <= moments[-1] - moments[-3]
        if pace is None:
            assert moments[-1] - moments[-3] < most


def test_the_pauses_within_a_connection_are_kept(tmp_path: Path) -> None:
    with taped(tmp_path / "c.asgispy") as tape:
        number = tape.open(http_scope(method="POST"))
        tape.receive(number, request(b"a", more=True))
        tape.clock += 300_000_000
        tape.receive(number, request(b"b"))
        tape.send(number, start(200))
        tape.send(number, body(b""))
        tape.returned(number)
    moments: list[float] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            moments.append(time.monotonic())
        moments.append(time.monotonic())
        await send(start(200))
        await send(body(b""))

    script = [original(tmp_path / "c.asgispy")]
    assert said(replayed(script, app, Manner(timeout=0.1, pace=1.0))) == []
    assert moments[-1] - moments[-2] >= 0.28  # and longer than the timeout: a pause of ours is no silence of theirs


# Lifespans


@pytest.mark.parametrize(
    ("messages", "failure", "supported"),
    [
        ([{"type": "lifespan.startup.complete"}], "", True),
        ([{"type": "lifespan.startup.failed", "message": "Traceback\nValueError: no database"}],
         "the application did not start up: ValueError: no database", True),
        ([{"type": "lifespan.startup.failed"}], "the application did not start up: it gave no reason", True),
        ([ValueError("what is a lifespan?")], "", False),
        ([None], "the application did not start up within 0.05 s", True),
    ],
)  # fmt: skip
def test_startups(messages: list[Any], failure: str, supported: bool) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        for message in messages:
            if message is None:
                await asyncio.Event().wait()
            if isinstance(message, Exception):
                raise message
            await send(message)
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def run() -> tuple[str, bool]:
        lifespan = Lifespan(app, 0.05)
        await lifespan.start()
        await lifespan.stop()
        return lifespan.failure, lifespan.supported

    assert asyncio.run(run()) == (failure, supported)


def test_a_shutdown_that_fails_or_hangs_is_said() -> None:
    async def run(*messages: Any) -> str:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            for message in messages:
                await send(message)
            if not messages:
                await asyncio.Event().wait()

        lifespan = Lifespan(app, 0.05)
        await lifespan.start()
        await lifespan.stop()
        return lifespan.failure

    assert asyncio.run(run({"type": "lifespan.shutdown.failed", "message": "stuck"})).endswith("shut down well: stuck")
    assert asyncio.run(run()) == "the application did not shut down within 0.05 s"
