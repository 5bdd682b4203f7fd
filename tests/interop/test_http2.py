"""Healthy traffic over HTTP/2 and TLS, under hypercorn: nothing above a hint is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from asgispy.driving.requests import Request, parse_request
from tests.e2e.running import Run
from tests.interop.test_healthy import REQUESTS
from tests.support.certificate import certificate

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["starlette", "fastapi", "django"])
def test_nothing_above_a_hint_is_found_over_http_2(name: str, tmp_path: Path) -> None:
    issued = certificate(tmp_path)
    options = ("--server", "hypercorn", "--timeout-keep-alive", "60", *issued.options)
    with Run(tmp_path, *options, target=f"tests.interop.apps.with_{name}:app", scheme="https") as run:
        for line in REQUESTS[name]:
            request = line if isinstance(line, Request) else parse_request(line)
            if request.method != "WS":
                with run.client(http2=True, verify=issued.context) as client:
                    answer = client.request(
                        request.method, request.target, content=request.body, headers=list(request.headers)
                    )
                    assert answer.http_version == "HTTP/2"
        assert run.stop() == 0, run.said
        recorded = run.recorded()
    serious = [
        (finding["rule"], connection.get("scope", {}).get("path"), finding["message"])
        for connection in recorded
        for finding in connection["findings"]
        if finding["level"] != "hint" and finding["owner"] != "server"
    ]
    assert serious == []
    assert {each["scope"]["http_version"] for each in recorded if each["type"] == "http"} == {"2"}
