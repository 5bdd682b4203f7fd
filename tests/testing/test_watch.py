"""Watching applications, clients and live servers in tests, without pytest's help."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
import warnings
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from asgispy.capture.reader import CaptureReader
from asgispy.errors import UsageError
from asgispy.testing import FindingsError, watch
from tests.support.driver import call, hello, http_scope, sending, start

if TYPE_CHECKING:
    from pathlib import Path

silent = sending()
odd = sending(
    start(200, [(b"content-type", b"text/plain"), (b"X-Odd", b"1")]), {"type": "http.response.body", "body": b"x"}
)


def greet(request: Any) -> PlainTextResponse:
    return PlainTextResponse("hello")


def stock() -> Starlette:
    return Starlette(routes=[Route("/", greet)])


def test_a_healthy_application_passes() -> None:
    with watch(fail_on="hint") as spy:
        call(spy(hello), http_scope())
        assert spy.findings == []


def test_a_faulty_application_fails_with_what_it_broke() -> None:
    with pytest.raises(FindingsError, match=r"http\.no-response  GET /quiet") as caught, watch() as spy:
        call(spy(silent), http_scope("/quiet"))
    (finding,) = caught.value.findings
    assert (finding.rule, finding.verdict) == ("http.no-response", "")  # no server has a part in it


def test_the_level_and_what_is_ignored_decide() -> None:
    with watch() as spy:
        call(spy(odd), http_scope())
    with watch(fail_on="hint", ignore=["headers.*"]) as spy:
        call(spy(odd), http_scope())
    with pytest.raises(FindingsError), watch(fail_on="hint") as spy:
        call(spy(odd), http_scope())


def test_a_failure_of_the_test_itself_is_not_covered_up() -> None:
    def fails() -> None:
        with watch() as spy:
            call(spy(silent), http_scope())
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        fails()


@pytest.mark.parametrize("wrong", [{"fail_on": "fatal"}, {"checks": "hard"}, {"ignore": ["owner:me"]}])
def test_wrong_arguments_are_said(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        watch(**wrong)


def test_a_client_of_httpx_is_watched_in_place() -> None:
    async def ask(app: Any) -> None:
        transport = httpx.ASGITransport(app)
        async with spy(httpx.AsyncClient(transport=transport, base_url="http://test")) as client:
            response = await client.get("/quiet")
            assert response.status_code == 200

    with watch(fail_on="hint") as spy:
        asyncio.run(ask(hello))
    with pytest.raises(FindingsError, match="GET /quiet"), watch(fail_on="hint") as spy:
        asyncio.run(ask(odd))


def test_starlettes_client_is_watched_with_its_lifespan(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it would rather have another version of httpx
        from starlette.testclient import TestClient

    with watch(fail_on="hint") as spy:
        with spy(TestClient(stock())) as client:
            assert client.get("/").text == "hello"
        spy.save(tmp_path / "kept.asgispy")
    with CaptureReader(tmp_path / "kept.asgispy") as reader:
        assert [each.path for each in reader.connections()] == [None, "/"]


def test_a_live_server_is_watched() -> None:
    with watch(fail_on="hint") as spy, spy.live(stock()) as address, urllib.request.urlopen(address) as response:
        assert response.read() == b"hello"
    with (
        pytest.raises(FindingsError, match="uvicorn answers 500"),
        watch() as spy,
        spy.live(silent) as address,
        pytest.raises(urllib.error.HTTPError),
    ):
        urllib.request.urlopen(address)


def test_a_live_server_that_does_not_start_is_said() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    with watch() as spy, pytest.raises(RuntimeError, match="did not start up"), spy.live(broken):
        pass


def test_a_call_that_still_hangs_is_in_the_capture(tmp_path: Path) -> None:
    async def waiting(app: Any) -> None:
        gate = asyncio.Event()

        async def receive() -> Any:
            await gate.wait()

        task = asyncio.create_task(app(http_scope("/hangs"), receive, None))
        await asyncio.sleep(0)
        spy.save(tmp_path / "hangs.asgispy")
        task.cancel()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()

    with watch() as spy:
        asyncio.run(waiting(spy(app)))
    with CaptureReader(tmp_path / "hangs.asgispy") as reader:
        assert [each.path for each in reader.connections()] == ["/hangs"]
