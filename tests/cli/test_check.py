"""`asgispy check` on captures and on applications: real servers, real requests, every way to go wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from asgispy.cli.main import main
from tests.support.build import recording
from tests.support.driver import body, http_scope, request, start

if TYPE_CHECKING:
    from pathlib import Path

Run = pytest.CaptureFixture[str]

APP = """
import asyncio, json, os

PLAIN = [(b"content-type", b"text/plain"), (b"content-length", b"2")]
DESCRIPTION = {"openapi": "3.1.0", "paths": {"/items/{id}": {
    "get": {"parameters": [{"in": "path", "name": "id", "required": True, "schema": {"type": "integer"}}]},
    "delete": {"parameters": [{"in": "path", "name": "id", "required": True, "schema": {"type": "integer"}}]}}}}

async def answer(send, data=b"ok", headers=PLAIN):
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": data})

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        scope["state"]["pool"] = 1
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
        return
    message = await receive()
    path = scope["path"]
    if path == "/silent":
        return
    if path == "/raises":
        raise ValueError("it broke")
    if path == "/hangs":
        await asyncio.sleep(60)
    if path == "/dies":
        os._exit(3)
    if path == "/lacks-state" and "pool" not in scope["state"]:
        raise ValueError("no pool")
    if path == "/openapi.json":
        data = json.dumps(DESCRIPTION).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(data))]
        return await answer(send, data, headers)
    if path == "/echo":
        data = message["body"]
        return await answer(send, data, [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(data))])
    if path == "/odd":
        return await answer(send, headers=[*PLAIN, (b"X-Odd", b"1")])
    await answer(send)
"""


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of an application that does as its path says."""
    (tmp_path / "checked_app.py").write_text(APP)
    monkeypatch.chdir(tmp_path)
    return "checked_app:app"


def asked(app: str, *lines: str) -> list[str]:
    return ["check", app, *(part for line in lines for part in ("--request", line))]


def test_a_healthy_application_passes_with_all_that_it_describes(app: str, capsys: Run) -> None:
    assert main(["check", app, "--fail-on", "hint"]) == 0
    said = capsys.readouterr().out
    assert said == "checked_app:app: 4 connections, no findings, 1 unsafe request not sent (--unsafe sends them)\n"


def test_requests_are_sent_inside_the_lifespan_with_its_state(app: str, capsys: Run) -> None:
    assert main([*asked(app, "/lacks-state", "POST /echo hello", "WS /chat hi"), "--fail-on", "hint"]) == 0
    assert capsys.readouterr().out == "checked_app:app: 4 connections, no findings\n"


def test_a_fault_is_told_with_the_servers_verdict(app: str, capsys: Run) -> None:
    assert main(asked(app, "/silent", "/silent")) == 1
    said = capsys.readouterr().out
    assert "✗ error http.no-response  GET /silent ×2  (app)" in said
    assert "uvicorn answers 500 and logs it" in said


def test_an_application_that_only_raises_fails_at_any_threshold(app: str, capsys: Run) -> None:
    assert main(asked(app, "/raises")) == 1
    assert "general.exception-before-response" in capsys.readouterr().out


def test_the_threshold_decides_what_a_hint_is_worth(app: str, capsys: Run) -> None:
    assert main(asked(app, "/odd")) == 0
    assert main([*asked(app, "/odd"), "--fail-on", "hint"]) == 1
    assert main([*asked(app, "/odd"), "--fail-on", "hint", "--ignore", "headers.*@/odd"]) == 0
    assert capsys.readouterr().out.endswith("no findings, 1 ignored\n")


def test_a_request_that_hangs_is_given_up_and_said(app: str, capsys: Run) -> None:
    assert main([*asked(app, "/hangs", "/"), "--timeout", "0.5"]) == 1
    assert "✗ GET /hangs: no complete answer within 0.5 s\n" in capsys.readouterr().out


def test_an_application_that_dies_is_said(app: str, capsys: Run) -> None:
    assert main(asked(app, "/dies", "/")) == 1
    said = capsys.readouterr().out
    assert "✗ GET /dies: the connection was closed without an answer" in said
    assert "code 3" in said
    assert "GET /:" not in said


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import time\ntime.sleep(60)", "did not start up within 1 s"),
        ("raise ValueError('at import')", "at import"),
        (
            "async def app(s, r, w):\n  await r(); await w({'type': 'lifespan.startup.failed', 'message': 'no db'})",
            "no db",
        ),
    ],
)
def test_an_application_that_never_starts_fails(
    code: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Run
) -> None:
    (tmp_path / "never.py").write_text(code)
    monkeypatch.chdir(tmp_path)
    assert main(["check", "never:app", "--startup-timeout", "1"]) == 1
    told = capsys.readouterr()
    assert said in told.out + told.err


def test_an_application_without_lifespan_is_checked_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Run
) -> None:
    code = APP.replace(
        'if scope["type"] == "lifespan":', 'if scope["type"] == "lifespan":\n        raise ValueError("no")'
    )
    (tmp_path / "bare_app.py").write_text(code)
    monkeypatch.chdir(tmp_path)
    assert main(["check", "bare_app:app", "--request", "/silent"]) == 1
    said = capsys.readouterr().out
    assert "lifespan.unsupported" in said
    assert "http.no-response" in said


def test_a_file_of_requests_is_sent(app: str, tmp_path: Path, capsys: Run) -> None:
    plain, rest = tmp_path / "plain.txt", tmp_path / "rest.http"
    plain.write_text("# comment\nGET /silent\n")
    rest.write_text(
        '### one\nPOST http://x/echo HTTP/1.1\nContent-Type: application/json\n\n{"a": 1}\n\n###\nGET /odd\n'
    )
    assert main(["check", app, "--requests", str(plain)]) == 1
    assert "GET /silent" in capsys.readouterr().out
    assert main(["check", app, "--requests", str(rest), "--fail-on", "hint", "-f", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [each["place"] for each in told["findings"]] == ["GET /odd"]
    assert told["connections"] == 3


def test_the_requests_of_a_capture_are_sent_again(app: str, tmp_path: Path, capsys: Run) -> None:
    capture = tmp_path / "before.asgispy"
    with recording(capture) as studio:
        tape = studio.tape()
        for method, path in (("GET", "/silent"), ("DELETE", "/echo")):
            number = tape.open(http_scope(path, method=method))
            tape.receive(number, request())
            tape.send(number, start())
            tape.send(number, body(b"x"))
            tape.returned(number)
    assert main(["check", app, "--from", str(capture)]) == 1
    said = capsys.readouterr().out
    assert "GET /silent" in said
    assert "1 unsafe request not sent" in said


def test_a_capture_is_checked_as_it_is(app: str, tmp_path: Path, capsys: Run) -> None:
    capture = tmp_path / "kept.asgispy"
    assert main([*asked(app, "/silent"), "--capture", str(capture)]) == 1
    live = capsys.readouterr().out.replace(app, "")
    assert main(["check", str(capture)]) == 1
    assert capsys.readouterr().out.replace(str(capture), "") == live


def test_every_format_tells_the_same(app: str, tmp_path: Path, capsys: Run) -> None:
    capture = tmp_path / "kept.asgispy"
    assert main([*asked(app, "/silent", "/odd"), "--capture", str(capture)]) == 1
    capsys.readouterr()
    told = {}
    for format in ("json", "sarif", "junit", "github"):
        assert main(["check", str(capture), "-f", format]) == 1
        told[format] = capsys.readouterr().out
    assert {each["rule"] for each in json.loads(told["json"])["findings"]} == {
        "http.no-response",
        "headers.name-not-lower",
    }
    (run,) = json.loads(told["sarif"])["runs"]
    assert [(each["ruleId"], each["level"]) for each in run["results"]] == [
        ("http.no-response", "error"),
        ("headers.name-not-lower", "note"),
    ]
    suite = ElementTree.fromstring(told["junit"])[0]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert told["github"].startswith("::error title=http.no-response::GET /silent: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere:app"], "nowhere"),
        (["gone.asgispy"], "gone.asgispy"),
        (["checked_app:app", "--request", "nonsense"], "--request 'nonsense': write [METHOD] PATH [BODY]"),
        (["checked_app:app", "--requests", "gone.txt"], "gone.txt"),
        (["checked_app:app", "--from", "gone.asgispy"], "gone.asgispy"),
        (["checked_app:app", "--openapi", "x"], "write its path in the application"),
        (["checked_app:app", "--ignore", "owner:me"], "there is no owner 'me'"),
        (["checked_app:app", "--checks", "off"], "leaves nothing to check"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(app: str, arguments: list[str], said: str, capsys: Run) -> None:
    assert main(["check", *arguments]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert said in told


def test_what_was_recorded_before_does_not_count(app: str, tmp_path: Path, capsys: Run) -> None:
    capture = tmp_path / "kept.asgispy"
    assert main([*asked(app, "/silent"), "--capture", str(capture)]) == 1
    capsys.readouterr()
    assert main([*asked(app, "/"), "--capture", str(capture)]) == 2
    assert "there is such a file" in capsys.readouterr().err


def test_a_capture_takes_no_requests(tmp_path: Path, capsys: Run) -> None:
    with recording(tmp_path / "a.asgispy"):
        pass
    assert main(["check", str(tmp_path / "a.asgispy"), "--unsafe"]) == 2
    assert "leave --unsafe out" in capsys.readouterr().err
    assert main(["check", str(tmp_path / "a.asgispy")]) == 0
