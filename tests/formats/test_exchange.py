"""What a recorded connection amounts to for other tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asgispy.capture.reader import CaptureReader
from asgispy.formats.exchange import exchange_of, header_pairs
from asgispy.model.events import Error
from asgispy.model.values import Cut
from tests.support.build import recording
from tests.support.driver import body, http_scope, request, start, websocket_scope

if TYPE_CHECKING:
    from pathlib import Path

    from asgispy.formats.exchange import Exchange


def exchanges(path: Path, *, keep_secrets: bool = True) -> list[Exchange]:
    with CaptureReader(path) as reader:
        return [exchange_of(reader, each, keep_secrets=keep_secrets) for each in reader.connections()]


def test_a_request_and_its_response(tmp_path: Path) -> None:
    with recording(tmp_path / "c.asgispy") as studio:
        tape = studio.tape()
        number = tape.open(http_scope("/a", method="POST"))
        tape.receive(number, request(b"one", more=True))
        tape.receive(number, request(b"two"))
        tape.send(number, start(201, [(b"x-a", b"caf\xe9")]))
        tape.send(number, body(b"hel", more=True))
        tape.send(number, body(b"lo"))
        tape.send(number, {"type": "http.response.trailers", "headers": [[b"x-sum", b"1"]]})
        tape.returned(number)
    (found,) = exchanges(tmp_path / "c.asgispy")
    assert (found.request.data, found.request.complete) == (b"onetwo", True)
    assert (found.response.data, found.response.complete) == (b"hello", True)
    assert found.answer["status"] == 201
    assert header_pairs(found.answer) == [("x-a", "café")]
    assert found.trailers == ((b"x-sum", b"1"),)
    assert not found.masked


def test_a_body_ends_before_what_was_not_recorded(tmp_path: Path) -> None:
    with recording(tmp_path / "c.asgispy") as studio:
        tape = studio.tape()
        number = tape.open(http_scope("/a"))
        tape.send(number, start(200))
        tape.send(number, body(b"whole", more=True))
        tape.send(number, {"type": "http.response.body", "body": Cut(b"part", 100), "more_body": True})
        tape.send(number, body(b"after"))
        tape.returned(number)
    (found,) = exchanges(tmp_path / "c.asgispy")
    assert found.response.data == b"wholepart"
    assert found.response.size == 110
    assert not found.response.complete


def test_a_message_that_the_server_refused_was_not_sent(tmp_path: Path) -> None:
    with recording(tmp_path / "c.asgispy") as studio:
        tape = studio.tape()
        number = tape.open(http_scope("/a"))
        tape.send(number, start(200), error=Error("RuntimeError", "no", ""))
        tape.raised(number, Error("RuntimeError", "no", "Traceback"))
    (found,) = exchanges(tmp_path / "c.asgispy")
    assert found.answer is None
    assert found.error is not None


def test_the_messages_of_a_socket_and_its_end(tmp_path: Path) -> None:
    with recording(tmp_path / "c.asgispy") as studio:
        tape = studio.tape()
        number = tape.open(websocket_scope("/chat"))
        tape.receive(number, {"type": "websocket.connect"})
        tape.send(number, {"type": "websocket.accept"})
        tape.receive(number, {"type": "websocket.receive", "text": "hi"})
        tape.send(number, {"type": "websocket.send", "bytes": b"\x00"})
        tape.receive(number, {"type": "websocket.disconnect", "code": 1001, "reason": "bye"})
        tape.returned(number)
    (found,) = exchanges(tmp_path / "c.asgispy")
    assert [(each.sent, each.data) for each in found.frames] == [(False, "hi"), (True, b"\x00")]
    assert found.closing["code"] == 1001


@pytest.mark.parametrize("keep", [False, True])
def test_secrets_are_masked_unless_told_otherwise(tmp_path: Path, keep: bool) -> None:
    with recording(tmp_path / "c.asgispy") as studio:
        tape = studio.tape()
        headers = [(b"authorization", b"Bearer hidden")]
        number = tape.open(http_scope("/a", method="POST", headers=headers, query_string=b"token=hidden"))
        tape.receive(number, request(b"password=hidden"))
        tape.send(number, start(200, [(b"set-cookie", b"id=hidden")]))
        tape.send(number, body(b'{"api_key": "hidden"}'))
        tape.send(number, {"type": "http.response.trailers", "headers": [[b"x-token", b"hidden"]]})
        tape.returned(number)
    (found,) = exchanges(tmp_path / "c.asgispy", keep_secrets=keep)
    assert found.masked is not keep
    assert ("hidden" in str(found)) is keep
    assert found.request.complete
    assert found.response.complete


def test_what_came_knows_what_had_been_sent_before(tmp_path: Path) -> None:
    with recording(tmp_path / "c.asgispy") as studio:
        tape = studio.tape()
        number = tape.open(websocket_scope("/chat"))
        tape.receive(number, {"type": "websocket.connect"})
        tape.send(number, {"type": "websocket.accept"})
        waiting = tape.receive(number, None, took=None)
        tape.send(number, {"type": "websocket.send", "text": "refused"}, error=Error("RuntimeError", "no", ""))
        tape.send(number, {"type": "websocket.send", "text": "first"})
        tape.receive(number, {"type": "websocket.receive", "text": "late"}, order=waiting, took=5_000_000)
        tape.returned(number)
    (found,) = exchanges(tmp_path / "c.asgispy")
    assert [(each.after, each.message["type"]) for each in found.incoming] == [
        (0, "websocket.connect"),
        (2, "websocket.receive"),
    ]


@pytest.mark.parametrize("keep", [False, True])
def test_a_secret_that_reaches_over_two_parts_is_masked_in_both(tmp_path: Path, keep: bool) -> None:
    with recording(tmp_path / "c.asgispy") as studio:
        tape = studio.tape()
        number = tape.open(http_scope("/a", method="POST"))
        tape.receive(number, request(b"a=1&pass", more=True))
        tape.receive(number, request(b"word=hid", more=True))
        tape.receive(number, request(b"den"))
        tape.returned(number)
    (found,) = exchanges(tmp_path / "c.asgispy", keep_secrets=keep)
    bodies = [each.message["body"] for each in found.incoming]
    assert bodies == ([b"a=1&pass", b"word=hid", b"den"] if keep else [b"a=1&password=***", b"", b""])
    assert [each.message["more_body"] for each in found.incoming] == [True, True, False]


def test_a_masked_frame_is_still_known_to_be_whole_or_cut(tmp_path: Path) -> None:
    with recording(tmp_path / "c.asgispy") as studio:
        tape = studio.tape()
        number = tape.open(websocket_scope("/chat"))
        tape.send(number, {"type": "websocket.send", "text": '{"token": "a-very-long-secret"}'})
        tape.send(number, {"type": "websocket.send", "text": Cut('{"token": "a', 14)})
        tape.returned(number)
    (found,) = exchanges(tmp_path / "c.asgispy", keep_secrets=False)
    assert [each.complete for each in found.frames] == [True, False]
