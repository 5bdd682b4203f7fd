"""`asgispy attach --headless`: what it says, what it writes, and how it ends."""

from __future__ import annotations

import itertools
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from asgispy import SpyMiddleware
from asgispy.cli.recording import RecordingOptions
from asgispy.cli.sessions import AttachSession
from asgispy.model.connection import OutputLine
from asgispy.model.events import OPEN, RECEIVE, RETURN, SEND
from asgispy.probe.snapshot import encode_message
from asgispy.wire.address import UnixAddress
from tests.cli.test_main import expect_one_line
from tests.support.build import reading
from tests.support.driver import body, call, fresh_path, hello, http_scope, request, start
from tests.support.inspector import short_folder
from tests.support.peer import FakeProbe
from tests.support.scripts import ROOT, asgispy
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgispy.model.connection import Connection


@pytest.fixture
def folder() -> Iterator[Path]:
    with short_folder() as folder:
        yield folder


class Attached:
    """`asgispy attach --headless` at a socket of its own, in a process of its own."""

    def __init__(self, folder: Path, *arguments: object, **options: Any) -> None:
        self.address = UnixAddress(str(folder / "spy.sock"))
        self.log = folder / "stderr"
        self.folder = folder
        command = [sys.executable, "-m", "asgispy", "attach", str(self.address), "--headless", *map(str, arguments)]
        with self.log.open("wb") as log:
            options = {"stdout": subprocess.DEVNULL, "stderr": log, "cwd": ROOT, **options}
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
        eventually(lambda: (folder / "spy.sock").exists() or self.process.poll() is not None, "listening")

    def __enter__(self) -> Attached:
        return self

    def __exit__(self, *unused: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def said(self) -> list[str]:
        return self.log.read_text().splitlines()

    def line_of(self, path: str) -> str:
        return eventually(lambda: next((each for each in self.said() if path in each), ""), f"{path}: {self.said()}")

    def end(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(20)


def serve(attached: Attached, app: Any = hello, **scope: Any) -> str:
    """One request to an application that reports there; gives its path."""
    path = fresh_path()
    call(SpyMiddleware(app, address=str(attached.address)), http_scope(path, **scope))
    return path


def tell(attached: Attached, **scope: Any) -> str:
    """What `serve` would have a probe tell, by one that leaves at once; gives the path."""
    path = fresh_path()
    at = itertools.count(1_000_000_000, 1000)
    with FakeProbe(attached.address) as probe:
        probe.greet()
        probe.events(
            (OPEN, 1, 0, next(at), 0, encode_message(http_scope(path, **scope)), None),
            (RECEIVE, 1, 1, next(at), 5, encode_message(request()), None),
            (SEND, 1, 2, next(at), 5, encode_message(start()), None),
            (SEND, 1, 3, next(at), 5, encode_message(body(b"hello")), None),
            (RETURN, 1, 4, next(at), 0, None, None),
        )
    return path


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_well_with_everything_on_disk(folder: Path, number: int) -> None:
    with Attached(folder, "--capture", folder / "c.asgispy", "--json", folder / "out.jsonl") as attached:
        assert eventually(attached.said, "its first line")[0] == f"asgispy: listening at {attached.address}"
        path = serve(attached)
        attached.line_of(path)
        assert attached.end(number) == 0
    assert not (folder / "spy.sock").exists()
    with reading(folder / "c.asgispy") as reader:
        assert [each.path for each in reader.connections()] == [path]
    header, connection = [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()]
    assert (header["format"], len(header["processes"])) == ("asgispy-capture", 1)
    assert connection["scope"]["path"] == path
    assert [event["event"] for event in connection["events"]] == ["receive", "send", "send", "return"]
    assert sorted(each.name for each in folder.iterdir()) == ["c.asgispy", "out.jsonl", "stderr"]


def test_each_connection_is_one_line(folder: Path) -> None:
    async def failing(scope: Any, receive: Any, send: Any) -> None:
        await send(start(500))
        raise ValueError("bad\x1b[31m thing")

    with Attached(folder) as attached:
        plain = tell(attached, query_string=b"a=1")
        with pytest.raises(ValueError, match="bad"):
            serve(attached, failing)
        line = attached.line_of(plain)
        assert line.startswith(f"GET {plain}?a=1 200 ")
        assert " 5 B" in line
        failed = eventually(lambda: next((each for each in attached.said() if "ValueError" in each), ""), "the line")
        assert "failed ValueError: bad\\x1b[31m thing" in failed
        assert attached.end() == 0
        assert "Traceback" not in attached.log.read_text()


def test_json_lines_go_to_standard_output_as_connections_end(folder: Path) -> None:
    with Attached(folder, "--json", "-", stdout=subprocess.PIPE) as attached:
        assert attached.process.stdout is not None
        path = tell(attached)
        header = json.loads(attached.process.stdout.readline())
        connection = json.loads(attached.process.stdout.readline())
        assert header["format"] == "asgispy-capture"
        assert connection["scope"]["path"] == path
        assert attached.end() == 0
        assert attached.process.stdout.read() == b""
        attached.process.stdout.close()


def test_what_is_open_at_the_end_is_written_as_aborted(folder: Path) -> None:
    with Attached(folder, "--json", folder / "out.jsonl") as attached, FakeProbe(attached.address) as probe:
        probe.greet()
        probe.events((OPEN, 1, 0, 1_000_000_100, 0, encode_message(http_scope("/open")), None))
        assert attached.end() == 0
    _, connection = [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()]
    assert (connection["scope"]["path"], connection["state"]) == ("/open", "aborted")


def test_json_masks_secrets_unless_they_are_to_be_kept(folder: Path) -> None:
    for secrets, expected in (("mask", "token=***"), ("keep", "token=hidden")):
        target = folder / f"{secrets}.jsonl"
        (folder / secrets).mkdir()
        with Attached(folder / secrets, "--json", target, "--secrets", secrets) as attached:
            attached.line_of(tell(attached, query_string=b"token=hidden"))
            assert attached.end() == 0
        assert expected in target.read_text()


def test_a_full_disk_for_json_is_one_line_and_the_capture_is_whole(folder: Path) -> None:
    with Attached(folder, "--json", "/dev/full", "--capture", folder / "c.asgispy") as attached:
        path = tell(attached)
        attached.line_of(path)
        assert attached.end() == 2
        assert attached.said()[-1] == "asgispy: --json /dev/full: No space left on device"
        assert "Traceback" not in attached.log.read_text()
    with reading(folder / "c.asgispy") as reader:
        assert [each.path for each in reader.connections()] == [path]


def test_a_json_file_that_cannot_be_written_is_said_at_once(folder: Path) -> None:
    place = f"unix:{folder}/spy.sock"
    result = asgispy("attach", place, "--headless", "--json", folder / "no" / "out.jsonl")
    expect_one_line(result, text="No such file")
    assert list(folder.iterdir()) == []


def test_a_reader_of_json_that_leaves_does_not_cost_the_capture(folder: Path) -> None:
    read, write = os.pipe()
    with Attached(folder, "--json", "-", "--capture", folder / "c.asgispy", stdout=write) as attached:
        os.close(write)
        os.close(read)
        paths = [tell(attached) for _ in range(3)]
        attached.line_of(paths[-1])
        assert attached.end() == 2
        assert attached.said()[-1] == "asgispy: --json -: Broken pipe"
    with reading(folder / "c.asgispy") as reader:
        assert [each.path for each in reader.connections()] == paths


def test_a_terminal_that_is_gone_does_not_cost_the_capture(folder: Path) -> None:
    read, write = os.pipe()
    with Attached(folder, "--capture", folder / "c.asgispy", stderr=write) as attached:
        os.close(write)
        os.close(read)
        paths = [tell(attached)]
        eventually(lambda: _paths(folder / "c.asgispy") == paths, "the first connection")
        paths.append(tell(attached))
        eventually(lambda: _paths(folder / "c.asgispy") == paths, "one after a line could not be said")
        assert attached.end() == 0


def _paths(capture: Path) -> list[str | None]:
    with reading(capture) as reader:
        return [each.path for each in reader.connections()]


def test_an_address_in_use_is_one_line(folder: Path) -> None:
    with Attached(folder) as attached:
        expect_one_line(asgispy("attach", attached.address, "--headless"), text="another inspector is listening")
        assert attached.end() == 0


def test_a_capture_being_written_is_one_line(folder: Path) -> None:
    capture = folder / "c.asgispy"
    with Attached(folder, "--capture", capture) as attached:
        other = asgispy("attach", f"unix:{folder}/other.sock", "--headless", "--capture", capture)
        expect_one_line(other, text="another asgispy is writing it")
        path = tell(attached)
        attached.line_of(path)
        assert len(json.loads(asgispy("export", capture).stdout)["connections"]) == 1
        assert attached.end() == 0


def test_a_peer_that_is_none_is_one_line_and_nothing_more(folder: Path) -> None:
    with Attached(folder) as attached:
        with FakeProbe(attached.address) as stranger:
            stranger.write(b"GET / HTTP/1.1\r\n\r\n")
            assert stranger.closed()
        eventually(lambda: any("not an asgispy peer" in each for each in attached.said()), "the line")
        attached.line_of(tell(attached))
        assert attached.end() == 0


def test_a_peer_that_is_none_does_no_harm_while_the_session_is_still_beginning(folder: Path) -> None:
    pipe, address, said = folder / "lines", UnixAddress(str(folder / "spy.sock")), list[OutputLine]()
    os.mkfifo(pipe)  # whoever opens it for writing waits for a reader: so long the session begins
    begun: queue.SimpleQueue[AttachSession] = queue.SimpleQueue()
    ended: queue.SimpleQueue[Connection] = queue.SimpleQueue()

    def begin() -> None:
        begun.put(AttachSession(address, RecordingOptions(json=pipe), on_ended=ended.put, on_log=said.append))

    thread = threading.Thread(target=begin)
    thread.start()
    eventually(Path(address.path).exists, "the socket")
    with FakeProbe(address) as stranger:
        stranger.write(b"GET / HTTP/1.1\r\n\r\n")
        assert stranger.closed()
    with pipe.open("rb") as lines:
        session = begun.get()
        path = fresh_path()
        call(SpyMiddleware(hello, address=str(address)), http_scope(path))
        assert ended.get(timeout=20).path == path
        session.close()
        thread.join()
        assert path.encode() in lines.read()
        session.recording.close()
    assert ["not an asgispy peer" in line.text for line in said] == [True]


def test_bounds_are_kept_and_limits_told_to_the_application(folder: Path) -> None:
    capture = folder / "c.asgispy"
    with Attached(folder, "--capture", capture, "--keep", 5, "--body-limit", "2") as attached:
        attached.line_of(serve(attached))  # by then the application knows the limits
        paths = [serve(attached) for _ in range(11)]
        attached.line_of(paths[-1])
        assert attached.end() == 0
    document = json.loads(asgispy("export", capture).stdout)
    assert [each["scope"]["path"] for each in document["connections"]] == paths[-5:]
    assert document["evicted"] == 7
    bodies = [each["events"][2]["message"]["body"] for each in document["connections"]]
    assert bodies == [{"size": 5, "text": "he", "truncated": True}] * 5
