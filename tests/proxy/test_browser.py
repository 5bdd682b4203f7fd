"""A browser can't tell the proxy from the server behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.proxy.origin import origin
from tests.proxy.running import ProxyRun
from tests.support.browser import evaluated, needs_browser

if TYPE_CHECKING:
    from pathlib import Path

LOOK = """
(async () => {
  const seen = {};
  const told = async (name, target, options) => {
    const answer = await fetch(target, options);
    const body = new Uint8Array(await answer.arrayBuffer());
    const digest = [...new Uint8Array(await crypto.subtle.digest("SHA-256", body))].join();
    seen[name] = [answer.status, answer.redirected, [...answer.headers].sort(), body.length, digest];
  };
  await told("get", "/echo?a=%2F&b=%c3%a9");
  await told("post", "/echo", {method: "POST", body: new Blob([new Uint8Array(100000)])});
  await told("form", "/echo", {method: "POST", body: new URLSearchParams({a: "1"})});
  await told("put", "/echo", {method: "PUT", body: "text", headers: {"x-a": "1"}});
  await told("gzip", "/coded/gzip");
  await told("br", "/coded/br");
  await told("large", "/large");
  await told("chunked", "/chunked");
  await told("missing", "/status/404");
  await told("empty", "/status/204");
  await told("range", "/range", {headers: {range: "bytes=5-9"}});
  await told("cookies", "/cookies");
  await told("again", "/echo");
  seen.cookie = document.cookie;
  seen.cut = await fetch("/cut-sized").then((answer) => answer.text()).catch((error) => error.name);
  seen.events = await new Promise((resolve) => {
    const source = new EventSource("/endless");
    source.onmessage = (event) => { source.close(); resolve(event.data); };
  });
  seen.socket = await new Promise((resolve) => {
    const found = [], socket = new WebSocket(`ws://${location.host}/subprotocol`, ["a", "b"]);
    socket.onopen = () => { found.push(socket.protocol); socket.send("hello"); };
    socket.onmessage = (event) => { found.push(event.data); socket.close(3001, "enough"); };
    socket.onclose = (event) => resolve([...found, event.code, event.reason, event.wasClean]);
  });
  seen.closed = await new Promise((resolve) => {
    const socket = new WebSocket(`ws://${location.host}/closes`);
    socket.onclose = (event) => resolve([event.code, event.reason, event.wasClean]);
  });
  seen.denied = await new Promise((resolve) => {
    const socket = new WebSocket(`ws://${location.host}/denies`);
    socket.onclose = (event) => resolve([event.code, event.wasClean]);
  });
  return seen;
})()
"""


@needs_browser
def test_a_browser_sees_the_same(tmp_path: Path) -> None:
    with origin() as home, ProxyRun(tmp_path, f"http://127.0.0.1:{home.port}") as run:
        found: list[dict[str, Any]] = []
        for port in (home.port, run.port):
            (seen,) = evaluated(f"http://127.0.0.1:{port}/page", LOOK)
            found.append(seen)
        direct, proxied = found
        assert direct["socket"] == ["b", "hello", 3001, "enough", True]
        assert direct["events"] == "first"
        assert direct["get"][0] == 200
        assert proxied == direct
