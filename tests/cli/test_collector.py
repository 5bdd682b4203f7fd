"""Traces sent to a collector over a real socket: in batches, tried again, and refused in one line."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from asgispy.cli import collector
from asgispy.cli.collector import Collector
from asgispy.cli.main import main
from asgispy.errors import AddressError
from tests.cli.test_main import one_line
from tests.support.build import recording
from tests.support.receiver import receiving

if TYPE_CHECKING:
    from pathlib import Path

Output = pytest.CaptureFixture[str]
COUNT = 250


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("collector") / "c.asgispy"
    with recording(path) as studio:
        tape = studio.tape()
        for number in range(COUNT):
            tape.http(f"/{number}", query_string=b"token=hidden")
    return path


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "WAITS", (0.0, 0.0, 0.0))


def export(capture: Path, url: str, *more: str) -> int:
    return main(["export", str(capture), "-o", url, *more])


def test_all_spans_arrive_in_batches(capture: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20b, x-team=shop")
    with receiving() as receiver:
        assert export(capture, receiver.url) == 0
    assert receiver.paths == ["/v1/traces", "/v1/traces"]
    assert len(receiver.spans) == COUNT
    assert {span.name for span in receiver.spans} == {"GET /{id}"}
    assert b"hidden" not in receiver.requests[0].SerializeToString()
    header = receiver.headers[0]
    assert (header["content-type"], header["x-key"], header["x-team"]) == ("application/x-protobuf", "a b", "shop")
    assert capsys.readouterr() == ("", f"250 spans sent to {receiver.url}/v1/traces\n")


def test_a_filter_and_secrets_are_minded(capture: Path) -> None:
    with receiving() as receiver:
        assert export(capture, f"{receiver.url}/custom/path?x=1", "--filter", "path:/7", "--secrets", "keep") == 0
    assert set(receiver.paths) == {"/custom/path?x=1"}
    assert 0 < len(receiver.spans) < COUNT
    assert b"hidden" in receiver.requests[0].SerializeToString()


@pytest.mark.usefixtures("quick")
def test_a_busy_collector_is_asked_again(capture: Path) -> None:
    with receiving() as receiver:
        receiver.codes = [503, 429, 502]
        assert export(capture, receiver.url) == 0
    assert len(receiver.paths) == 5
    assert len(receiver.spans) == COUNT


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("codes", "said", "tries"),
    [([400], "refused: 400 Bad Request", 1), ([503] * 4, "answers 503", 4), ([302], "302", 1)],
)
def test_a_refusal_is_one_line(capture: Path, capsys: Output, codes: list[int], said: str, tries: int) -> None:
    with receiving() as receiver:
        receiver.codes = codes
        assert export(capture, receiver.url) == 2
    one_line(capsys.readouterr().err, said)
    assert len(receiver.paths) == tries


@pytest.mark.usefixtures("quick")
def test_a_collector_that_is_not_there_is_one_line(capture: Path, capsys: Output) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert export(capture, f"http://127.0.0.1:{unused.getsockname()[1]}") == 2
    one_line(capsys.readouterr().err, "can't be reached: Connection refused; 0 spans were sent")


def test_rejected_spans_are_told(capture: Path, capsys: Output) -> None:
    with receiving() as receiver:
        receiver.rejected = 3
        assert export(capture, receiver.url) == 2
    said, error = capsys.readouterr().err.splitlines()
    assert said.startswith("244 spans sent to ")
    assert error == rf"asgispy: {receiver.url}: 6 spans were rejected: too old\x1b[2J"


@pytest.mark.parametrize(
    "url", ["http://", "http://[", "http://host:x", "http://host:99999", "http://a b/", "http://a\n"]
)
def test_what_is_no_url_is_one_line(capture: Path, capsys: Output, url: str) -> None:
    with pytest.raises(AddressError):
        Collector(url)
    assert export(capture, url) == 2
    one_line(capsys.readouterr().err, "is no URL of a collector")


def test_only_traces_are_sent(capture: Path, capsys: Output) -> None:
    assert export(capture, "http://127.0.0.1:9", "-f", "csv") == 2
    one_line(capsys.readouterr().err, "only -f otlp is sent")


def test_wrong_headers_of_the_environment_are_one_line(
    capture: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x=%0d%0aInjected:%201")
    assert export(capture, "http://127.0.0.1:9") == 2
    one_line(capsys.readouterr().err, "OTEL_EXPORTER_OTLP_HEADERS")
