"""`asgispy replay`: what is sent, what is told, and the exit code."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

from asgispy.capture.matching import select
from asgispy.capture.reader import CaptureReader
from asgispy.cli.main import main
from asgispy.model.observation import REPLAY
from asgispy.query.query import parse
from asgispy.testing import watch
from tests.replay import shop
from tests.replay.support import record, taped
from tests.support.driver import body, http_scope, request, start, websocket_scope
from tests.support.scripts import ROOT
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Call = Callable[..., tuple[int, str, str]]

SAME = "tests.replay.shop:app"
CHANGED = "tests.replay.shop:changed"


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("replay") / "shop.asgispy", shop.make(9.99), shop.talk)


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Iterator[Call]:
    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["replay", *map(str, arguments)])
        said = capsys.readouterr()
        return code, said.out, said.err

    before = list(sys.path)
    yield run
    sys.path[:] = before


def module(folder: Path, code: str, name: str) -> str:
    """A target of that name; names must differ, since modules are imported once."""
    (folder / f"{name}.py").write_text(textwrap.dedent(code))
    return f"{name}:app"


PLAIN = """
    import sys
    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            print("shut down", file=sys.stderr, flush=True)
            await send({"type": "lifespan.shutdown.complete"})
            return
        print("noise")
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b'{"token": "fresh", "n": 2}'})
"""


# In process


def test_a_session_is_a_test(session: Path, call: Call) -> None:
    code, out, _ = call(session, "--app", SAME, "--yes")
    assert code == 0
    lines = out.splitlines()
    assert lines[0].startswith("#2 GET /items?page=1+%C2%BD 200 ")
    assert lines[0].endswith(": same")
    assert any(line.startswith("#1 lifespan ") for line in lines)
    assert "12 the same" in lines[-1]

    code, out, _ = call(session, "--app", CHANGED, "--yes")
    assert code == 1
    assert out.count("body.items[1].price: 9.99 → 10") == 2
    assert out.splitlines()[-1].endswith("10 the same, 2 different")

    code, out, _ = call(session, "--app", CHANGED, "--yes", "--ignore-json", "items[*].price")
    assert code == 0


def test_filters_and_ids_choose(session: Path, call: Call) -> None:
    code, out, _ = call(session, "--app", SAME, "--filter", "path:/lines or path:/gone", "--id", "6", "--id", "2")
    assert code == 0
    assert [line.partition(" 200")[0] for line in out.splitlines()] == ["#6 GET /lines", out.splitlines()[-1]]


def test_json_lines_tell_all_of_it(session: Path, call: Call, tmp_path: Path) -> None:
    code, out, _ = call(session, "--app", CHANGED, "--yes", "--json", tmp_path / "r.jsonl")
    assert code == 1
    assert "2 different" in out
    text = (tmp_path / "r.jsonl").read_text()
    assert "abc123def456" not in text
    *replays, summary = map(json.loads, text.splitlines())
    (first, *_) = [each for each in replays if each["result"] == "different"]
    assert first["differences"] == [{"part": "body.items[1].price", "recorded": "9.99", "replayed": "10"}]
    assert (first["type"], first["method"], first["status"]) == ("http", "GET", {"recorded": 200, "replayed": 200})
    assert first["duration"]["replayed"] > 0
    summary = summary["summary"]
    assert (summary["replayed"], summary["same"], summary["different"], summary["failed"]) == (12, 10, 2, 0)
    assert summary["durations"]["p50"]["replayed"] > 0


def test_what_an_application_prints_is_not_among_the_json(tmp_path: Path, call: Call) -> None:
    with taped(tmp_path / "c.asgispy") as tape:
        tape.http("/a?token=old", data=b'{"token": "stale", "n": 1}', query_string=b"token=old")
    target = module(tmp_path, PLAIN, "printing")
    code, out, err = call(tmp_path / "c.asgispy", "--app", target, "--app-dir", tmp_path, "--json", "-")
    replay, _ = map(json.loads, out.splitlines())
    assert (code, "noise" in err) == (1, True)
    assert replay["target"] == "/a%3Ftoken=old?token=***"
    assert {"part": "body.token", "recorded": "***", "replayed": "***"} in replay["differences"]
    code, out, _ = call(
        tmp_path / "c.asgispy", "--app", target, "--app-dir", tmp_path, "--json", "-", "--secrets", "keep"
    )
    assert '"stale\\"", "replayed": "\\"fresh' in out


def test_what_is_told_moves_no_cursor(tmp_path: Path, call: Call) -> None:
    evil = "\x1b[2J\u202eevil\n"
    with taped(tmp_path / "c.asgispy") as tape:
        tape.http("/a", data=evil.encode() + b"x", query_string=evil.encode(), method=f"GET{evil}")
    code, out, err = call(
        tmp_path / "c.asgispy", "--app", module(tmp_path, PLAIN, "moving"), "--app-dir", tmp_path, "--yes"
    )
    assert code == 1
    assert not set("\x1b\u202e") & set(out + err)
    assert "evil" in out


def test_replays_are_recorded_and_linked_to_their_originals(session: Path, call: Call, tmp_path: Path) -> None:
    target = tmp_path / "new.asgispy"
    assert (
        call(session, "--app", SAME, "--yes", "--filter", "path:/lines or type:lifespan", "--capture", target)[0] == 0
    )
    with watch() as spy, spy.live(shop.make(9.99)) as address:
        assert call(session, "--to", address, "--filter", "path:/lines", "--capture", target)[0] == 0
    with CaptureReader(target) as reader:
        found = list(select(reader, parse("has:replay")))
        assert [each.path for each in found] == [None, "/lines", "/lines"]
        seen = [each.facts for id in found for each in reader.observations(id.id, [REPLAY])]
        assert [each["original"] for each in seen] == [1, 6, 6]
        assert {each["capture"] for each in seen} == {"shop.asgispy"}


# What may change something


def test_without_a_terminal_what_may_change_something_is_skipped(session: Path, call: Call, tmp_path: Path) -> None:
    code, out, err = call(session, "--app", SAME, "--filter", "-path:/items")  # which tells of orders
    assert code == 0
    assert "asgispy: 5 of 8 connections may change something (3 POST, 2 WebSocket) and are skipped" in err
    assert out.splitlines()[-1] == "5 skipped: may change something: send it with --yes"
    code, out, _ = call(session, "--app", SAME, "--filter", "method:POST")
    assert code == 2
    assert "0 replayed" in out


@pytest.mark.parametrize(("answer", "told"), [("y", "3 the same"), ("n", "3 skipped")])
def test_on_a_terminal_it_is_asked_for(session: Path, answer: str, told: str) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "asgispy", "replay", str(session), "--app", SAME, "--filter", "method:POST"]
    with subprocess.Popen(command, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, cwd=ROOT) as process:
        os.close(theirs)
        asked = b""
        while b"[y/N]" not in asked:
            asked += os.read(ours, 1000)
        assert b"3 of 3 connections may change something (3 POST)" in asked
        os.write(ours, f"{answer}\n".encode())
        assert process.stdout is not None
        out = process.stdout.read().decode()
    os.close(ours)
    assert told in out
    assert process.returncode == (0 if answer == "y" else 2)


def test_masked_secrets_are_said_and_can_be_skipped(tmp_path: Path, call: Call) -> None:
    with taped(tmp_path / "c.asgispy") as tape:
        tape.http("/a", headers=[(b"authorization", b"***")])
        number = tape.open(http_scope("/b", method="POST", headers=[(b"content-length", b"40")]))
        tape.receive(number, request(b'{"password": "***"}'))
        tape.send(number, start(200))
        tape.send(number, body(b""))
        tape.returned(number)
    options = ("--app", module(tmp_path, PLAIN, "masking"), "--app-dir", tmp_path, "--yes")
    _, out, _ = call(tmp_path / "c.asgispy", *options)
    assert "note: authorization is masked in the capture, and was sent as ***" in out
    assert "note: body.password is masked in the capture, and was sent as ***" in out
    code, out, _ = call(tmp_path / "c.asgispy", *options, "--skip-masked")
    assert code == 2
    assert "2 skipped: secrets are masked in the capture" in out


# Rounds, and how it ends


def test_rounds_end_in_a_table(session: Path, call: Call, tmp_path: Path) -> None:
    options = ("--filter", "path:/lines or path:/items", "--repeat", 5, "--concurrency", 2)
    code, out, _ = call(session, "--app", CHANGED, *options, "--json", tmp_path / "r.jsonl")
    assert code == 1
    rows = [line.split()[0] for line in out.splitlines()[-8:-1]]
    assert rows == ["replayed", "p50", "p90", "p99", "max", "requests/s", "failures"]
    assert "20 replayed" in out
    assert "10 the same, 10 different" in out
    lines = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]
    assert [each["round"] for each in lines[:-1]].count(5) == 4


def test_an_interrupted_replay_says_what_was_done(tmp_path: Path) -> None:
    code = PLAIN.replace('print("noise")', 'scope["path"] == "/hangs" and await __import__("asyncio").Event().wait()')
    with taped(tmp_path / "c.asgispy") as tape:
        tape.http("/fine", data=b'{"token": "fresh", "n": 2}')
        tape.http("/hangs")
        tape.http("/never")
    target = module(tmp_path, code, "hanging")
    command = [
        sys.executable,
        "-m",
        "asgispy",
        "replay",
        str(tmp_path / "c.asgispy"),
        "--app",
        target,
        "--timeout",
        "60",
    ]
    out = tmp_path / "out"
    with (
        out.open("wb") as file,
        subprocess.Popen(
            [*command, "--app-dir", str(tmp_path)], stdout=file, stderr=subprocess.PIPE, cwd=ROOT
        ) as process,
    ):
        eventually(lambda: "#1 GET /fine" in out.read_text())
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert process.stderr is not None
        assert process.stderr.read().decode() == "shut down\n"
    assert out.read_text().splitlines()[-1].endswith("0 the same, 1 different")


def test_an_application_that_does_not_start_is_one_line(tmp_path: Path, call: Call) -> None:
    code = """
        async def app(scope, receive, send):
            await receive()
            await send({"type": "lifespan.startup.failed", "message": "no database"})
    """
    target = module(tmp_path, code, "failing")
    with taped(tmp_path / "c.asgispy") as tape:
        tape.http("/a")
    code_, out, err = call(tmp_path / "c.asgispy", "--app", target, "--app-dir", tmp_path)
    assert (code_, err) == (1, "asgispy: the application did not start up: no database\n")
    assert out.startswith("0 replayed")
    raising = module(tmp_path, "1 / 0", "raising")
    code_, out, err = call(tmp_path / "c.asgispy", "--app", raising, "--app-dir", tmp_path)
    assert code_ == 1
    assert "ZeroDivisionError" in err
    assert err.splitlines()[-1].startswith("asgispy: raising:app raised ZeroDivisionError")


def test_a_startup_that_failed_then_and_now_is_the_same(tmp_path: Path, call: Call) -> None:
    message = {"type": "lifespan.startup.failed", "message": "no database"}
    with taped(tmp_path / "c.asgispy") as tape:
        number = tape.open({"type": "lifespan", "asgi": {}})
        tape.receive(number, {"type": "lifespan.startup"})
        tape.send(number, message)
        tape.returned(number)
    code = f"async def app(scope, receive, send):\n    await receive()\n    await send({message!r})\n"
    assert call(tmp_path / "c.asgispy", "--app", module(tmp_path, code, "again"), "--app-dir", tmp_path)[0] == 0


# Wrong usage


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--app", "a:b", "--to", "http://x"], "--to does not go with --app"),
        (["--app", "a:b", "--insecure"], "--insecure does not go with --app"),
        (["--factory"], "--factory needs --app"),
        (["--insecure", "--ca", "x"], "leave --ca out"),
        (["--ca", "/nowhere.pem"], "--ca /nowhere.pem: can't be read"),
        (["--to", "nonsense://x"], "write http://host:port"),
        (["--id", "99"], "has no connection 99"),
        (["--filter", "path:/nowhere"], "nothing to replay matches"),
        (["--filter", "status:"], "filter"),
        (["--pace", "-1"], "no pace"),
        (["--concurrency", "2"], "give a higher --repeat"),
        (["--ignore-json", "a["], "--ignore-json"),
        (["--app", "no_such_module_here:app"], "There is no module"),
        (["--json", "/nowhere/x"], "can't be written"),
    ],
)
def test_wrong_usage_is_one_line(session: Path, call: Call, options: list[str], text: str) -> None:
    code, out, err = call(session, *options)
    assert (code, out) == (2, "")
    assert text in err
    (line,) = [each for each in err.splitlines() if "may change something" not in each]
    assert line.startswith("asgispy: ")


def test_the_capture_itself_is_not_written(session: Path, call: Call, tmp_path: Path) -> None:
    code, _, err = call(session, "--app", SAME, "--yes", "--capture", session)
    assert code == 2
    assert "this is the capture that is replayed" in err
    code, _, err = call(tmp_path / "no.asgispy")
    assert code == 2


def test_nobody_listens_where_it_was_recorded(session: Path, call: Call) -> None:
    code, out, _ = call(session, "--id", "2", "--id", "6")
    assert code == 1
    assert "refuses connections: start the server, or name another with --to" in out
    assert out.splitlines()[-1].endswith("0 the same, 2 failed")


def test_help_loads_neither_server_nor_client() -> None:
    script = """
        import sys
        from asgispy.cli.main import main
        assert main(["replay", "--help"]) == 0
        print(sorted({"h11", "uvicorn", "textual", "websockets", "asyncio"} & set(sys.modules)))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_sockets_that_only_listen_are_safe(tmp_path: Path, call: Call) -> None:
    with taped(tmp_path / "c.asgispy") as tape:
        number = tape.open(websocket_scope())
        tape.receive(number, {"type": "websocket.connect"})
        tape.send(number, {"type": "websocket.close"})
        tape.returned(number)
    code = """
        async def app(scope, receive, send):
            await receive()
            await send({"type": "websocket.close"})
    """
    result = call(tmp_path / "c.asgispy", "--app", module(tmp_path, code, "closing"), "--app-dir", tmp_path)
    assert (result[0], result[2]) == (0, "")
