"""Scopes: every rule with a scope that breaks it; the usual scopes of servers and harnesses break none."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.checks.scope import moving_faults, steady_faults
from asgispy.probe.snapshot import encode_careful
from asgispy.wire.codec import decode_value
from tests.checks.talk import Talk
from tests.support.driver import http_scope, lifespan_scope, websocket_scope
from tests.wire.strategies import any_values

ABSENT = object()
HOST = (b"host", b"x")
PEM = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n"
TLS: dict[str, Any] = {"server_cert": PEM, "tls_version": 0x0304, "cipher_suite": 0x1301}


def scope_of(kind: str, changes: dict[Any, Any]) -> dict[str, Any]:
    scope = {"http": http_scope, "websocket": websocket_scope, "lifespan": lifespan_scope}[kind]()
    scope.update(changes)
    return {key: value for key, value in scope.items() if value is not ABSENT}


def told(scope: Any) -> set[str]:
    return Talk(scope).told


def tls(**changes: Any) -> dict[str, Any]:
    entries = {key: value for key, value in {**TLS, **changes}.items() if value is not ABSENT}
    return {"extensions": {"tls": entries}, "scheme": "https"}


SHARED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("http-version-type", {"http_version": 1.1}, {}),
    ("http-version-value", {"http_version": "2.0"}, {"http_version": "3"}),
    ("scheme-type", {"scheme": b"http"}, {"scheme": ABSENT}),
    ("scheme-empty", {"scheme": ""}, {}),
    ("scheme-value", {"scheme": "ftp"}, {}),
    ("path-missing", {"path": ABSENT, "raw_path": ABSENT}, {}),
    ("path-type", {"path": b"/"}, {}),
    ("path-not-absolute", {"path": "users", "raw_path": None}, {"path": "", "raw_path": None}),
    ("path-raw-path-differ", {"path": "/a%20b", "raw_path": b"/a%20b"}, {"path": "/a b", "raw_path": b"/a%20b"}),
    ("path-raw-path-differ", {"path": "/x", "raw_path": b"/y"}, {"path": "/é", "raw_path": b"/%C3%A9"}),
    ("raw-path-type", {"raw_path": "/"}, {"raw_path": None}),
    ("raw-path-has-query", {"raw_path": b"/?a=1"}, {}),
    ("query-string-type", {"query_string": "a=1"}, {"query_string": b"a=1"}),
    ("query-string-not-encoded", {"query_string": b"q=\xc3\xa9"}, {"query_string": b"q=%C3%A9"}),
    ("root-path-type", {"root_path": None}, {"root_path": ABSENT}),
    ("root-path-shape", {"root_path": "api/"}, {"root_path": "/api", "path": "/api/x", "raw_path": b"/api/x"}),
    ("path-outside-root-path", {"root_path": "/api"}, {"root_path": "/api", "path": "/api", "raw_path": b"/api"}),
    ("headers-missing", {"headers": ABSENT}, {}),
    ("headers-shape", {"headers": {b"host": b"x"}}, {"headers": ((b"host", b"x"),)}),
    ("headers-shape", {"headers": [b"ab"]}, {"headers": [[b"host", b"x"]]}),
    ("headers-one-shot", {"headers": iter([HOST])}, {"headers": [HOST]}),
    ("header-name-type", {"headers": [HOST, ("a", b"b")]}, {}),
    ("header-value-type", {"headers": [HOST, (b"a", "b")]}, {}),
    ("header-name-not-lower", {"headers": [(b"Host", b"x")]}, {}),
    ("header-pseudo", {"headers": [HOST, (b":path", b"/")]}, {}),
    ("host-missing", {"headers": []}, {}),
    ("host-repeated", {"headers": [HOST, HOST]}, {}),
    ("client-shape", {"client": "127.0.0.1"}, {"client": None}),
    ("client-port-type", {"client": ("1.2.3.4", "80")}, {"client": ["1.2.3.4", 0]}),
    ("server-shape", {"server": "x"}, {"server": ABSENT}),
    ("server-port-type", {"server": ("x", "80")}, {"server": ("/run/x.sock", None)}),
]

CASES: list[tuple[str, str, dict[Any, Any], dict[Any, Any]]] = [
    *[(f"scope.http.{rule}", "http", faulty, healthy) for rule, faulty, healthy in SHARED],
    *[(f"scope.ws.{rule}", "websocket", faulty, healthy) for rule, faulty, healthy in SHARED],
    ("scope.http.http-version-missing", "http", {"http_version": ABSENT}, {}),
    ("scope.http.method-missing", "http", {"method": ABSENT}, {}),
    ("scope.http.method-type", "http", {"method": b"GET"}, {}),
    ("scope.http.method-not-upper", "http", {"method": "get"}, {}),
    ("scope.http.query-string-missing", "http", {"query_string": ABSENT}, {}),
    ("scope.http.cookie-split", "http", {"headers": [HOST, (b"cookie", b"a"), (b"cookie", b"b")]}, {}),
    ("scope.ws.subprotocols-type", "websocket", {"subprotocols": "chat"}, {"subprotocols": ABSENT}),
    ("scope.ws.subprotocols-blank", "websocket", {"subprotocols": ["a", ""]}, {}),
    ("scope.ws.subprotocols-header-differ", "websocket", {"subprotocols": ["a"]}, {}),
    ("general.scope-type-missing", "http", {"type": ABSENT}, {}),
    ("general.scope-type-not-str", "http", {"type": b"http"}, {}),
    ("general.scope-type-unknown", "http", {"type": "mqtt"}, {"type": "channel"}),
    ("general.asgi-missing", "http", {"asgi": ABSENT}, {"asgi": ABSENT, "client": ("testclient", 50000)}),
    ("general.asgi-missing", "websocket", {"asgi": ABSENT}, {}),
    ("general.asgi-type", "http", {"asgi": "3.0"}, {}),
    ("general.asgi-version", "http", {"asgi": {"version": 3}}, {"asgi": {"version": "2.0"}}),
    ("general.spec-version-type", "http", {"asgi": {"version": "3.0", "spec_version": 2.3}}, {}),
    ("general.spec-version-unknown", "http", {"asgi": {"version": "3.0", "spec_version": "2.9"}}, {}),
    ("general.spec-version-unknown", "lifespan", {"asgi": {"version": "3.0", "spec_version": "2.3"}}, {}),
    ("general.extensions-type", "http", {"extensions": {"http.response.push": True}}, {"extensions": None}),
    ("general.dict-key-type", "http", {3: 4}, {"three": 4}),
    ("ext.advertised-wrong-protocol", "http", {"extensions": {"websocket.http.response": {}}}, {}),
    (
        "ext.debug.in-production",
        "http",
        {"extensions": {"http.response.debug": {}}},
        {"extensions": {"http.response.debug": {}}, "client": ("testclient", 1)},
    ),
    ("ext.tls.on-plain", "http", {**tls(), "scheme": "http"}, tls()),
    ("ext.tls.missing-key", "http", tls(cipher_suite=ABSENT), tls(cipher_suite=None)),
    ("ext.tls.types", "http", tls(tls_version="TLSv1.3"), tls(tls_version=None)),
    ("ext.tls.types", "http", tls(client_cert_chain=PEM), tls(client_cert_chain=[PEM], client_cert_name="CN=a")),
    ("ext.tls.range", "http", tls(cipher_suite=0x10000), tls()),
    ("ext.tls.error-empty", "http", tls(client_cert_error=""), tls(client_cert_error=None)),
    ("ext.tls.name-missing", "http", tls(client_cert_chain=[PEM]), tls(client_cert_name="CN=a")),
    ("ext.tls.not-pem", "http", tls(server_cert="MII"), tls()),
    ("state.type", "http", {"state": None}, {"state": {}}),
    ("state.not-empty", "lifespan", {"state": {"a": 1}}, {"state": {}}),
]


@pytest.mark.parametrize(("rule", "kind", "faulty", "healthy"), CASES, ids=[f"{n}-{c[0]}" for n, c in enumerate(CASES)])
def test_a_faulty_scope_is_told_and_its_twin_is_not(rule: str, kind: str, faulty: Any, healthy: Any) -> None:
    assert rule in told(scope_of(kind, faulty))
    assert rule not in told(scope_of(kind, healthy))


def test_a_scope_that_is_no_dict_is_told() -> None:
    assert told(MappingProxyType(http_scope())) == {"general.scope-not-dict"}


@pytest.mark.parametrize(
    "scope",
    [
        http_scope(),
        websocket_scope(),
        lifespan_scope(),
        {"type": "lifespan", "state": {}},
        http_scope("*", method="OPTIONS", raw_path=b"*"),
        http_scope("http://x/p", raw_path=b"http://x/p"),
        http_scope("/users", root_path="/api", raw_path=b"/users", client=None) | {"path": "/api/users"},
        websocket_scope(subprotocols=["a", "b"], headers=[HOST, (b"sec-websocket-protocol", b"a, b")]),
        {"type": "websocket", "asgi": {"version": "3.0"}, "path": "/", "headers": [HOST]},
    ],
)
def test_what_servers_and_harnesses_send_is_fine(scope: dict[str, Any]) -> None:
    assert told(scope) == set()


@given(any_values)
def test_no_scope_is_too_odd_to_be_read(value: Any) -> None:
    scope = decode_value(encode_careful(value))
    steady_faults(scope)
    moving_faults(scope)


KEYS = sorted({*http_scope(), *websocket_scope(), "extensions", "state"} - {"type"})


@given(st.dictionaries(st.sampled_from(KEYS), any_values, min_size=1, max_size=3))
@settings(max_examples=400)
def test_no_value_in_a_scope_is_too_odd_to_be_read(odd: dict[str, Any]) -> None:
    for scope in (http_scope(), websocket_scope(), lifespan_scope()):
        recorded = decode_value(encode_careful({**scope, **odd}))
        assert all(rule and text for rule, text in [*steady_faults(recorded), *moving_faults(recorded)])
