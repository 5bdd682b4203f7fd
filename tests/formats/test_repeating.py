"""Scripts that repeat recorded requests, run by a real shell against a real server, and what they are made of."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
import sysconfig
from typing import TYPE_CHECKING, Any

import pytest
from httpie.cli.argtypes import KeyValueArgType
from httpie.cli.constants import SEPARATOR_GROUP_ALL_ITEMS
from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.capture.reader import CaptureReader
from asgispy.formats.exchange import Body, Exchange, exchange_of
from asgispy.formats.repeating import curl, httpie
from asgispy.formats.repeating.httpx_script import RECIPE, part_of
from asgispy.formats.repeating.request import INLINE, LEFT_OUT
from asgispy.formats.repeating.strung import alone
from asgispy.model.connection import Connection
from asgispy.model.values import Cut
from tests.formats.echo import CASES, Echo, capture_of, exported, scope_of, serving, wanted
from tests.support.build import recording
from tests.support.driver import body, http_scope, lifespan_scope, request, start

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATH = f"{sysconfig.get_path('scripts')}:{os.environ.get('PATH', '')}"


@pytest.fixture(scope="module")
def echo() -> Iterator[Echo]:
    """A server."""
    with serving(Echo()) as echo:
        yield echo


def run(script: bytes, folder: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run it to its end, with no proxy between; its answers are in the result."""
    file = folder / "script"
    file.write_bytes(script)
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return subprocess.run(
        [program, str(file), *arguments],
        env={**environment, "PATH": PATH, "HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(("name", "program"), [("curl", "/bin/sh"), ("httpie", "/bin/sh"), ("httpx", sys.executable)])
def test_a_script_sends_what_was_recorded_and_shows_the_answers(
    echo: Echo, name: str, program: str, tmp_path: Path
) -> None:
    echo.asked.clear()
    done = run(exported(capture_of(tmp_path, echo.port), name), tmp_path, program)
    assert done.returncode == 0, done.stderr.decode()
    assert [int(number) for number in re.findall(rb'"asked": (\d+)', done.stdout)] == [*range(1, len(CASES) + 1)]
    expected = wanted(echo.port)
    if name == "httpie":  # it escapes what need not be, and its script says so
        assert (echo.asked[1].method, echo.asked[1].headers) == (expected[1].method, expected[1].headers)
        assert echo.asked[1].target.startswith(b"/a/../%2E/%7Bx%7D")
        del echo.asked[1], expected[1]
    assert echo.asked == expected


def test_httpie_says_what_it_sends_in_another_way(tmp_path: Path) -> None:
    script = exported(capture_of(tmp_path, 8000), "httpie").decode()
    parts = script.split("\n\n")
    assert [number for number, part in enumerate(parts) if "escapes the URL" in part] == [2]
    assert [number for number, part in enumerate(parts) if "HTTPie knows no such method" in part] == [len(CASES)]
    assert parts[len(CASES)].splitlines()[-1].startswith("curl ")


def test_a_script_of_httpx_can_be_sent_to_another_server_and_tells_what_failed(echo: Echo, tmp_path: Path) -> None:
    echo.asked.clear()
    script = exported(capture_of(tmp_path, 1, CASES[:2]), "httpx")
    done = run(script, tmp_path, sys.executable, f"http://127.0.0.1:{echo.port}")
    assert (done.returncode, [each.target.decode() for each in echo.asked]) == (0, [case[1] for case in CASES[:2]])
    failed = run(script, tmp_path, sys.executable)
    assert failed.returncode == 1
    assert failed.stdout.count(b"failed: ConnectError") == 2


# What is not as it was


def mixed(path: Path) -> Path:
    """A lifespan, a request with secrets, and one whose body was cut."""
    with recording(path / "m.asgispy") as studio:
        tape = studio.tape()
        tape.open(lifespan_scope())
        headers = [(b"authorization", b"Bearer hidden"), (b"x-a", b"1")]
        number = tape.open(http_scope("/login", method="POST", headers=headers, query_string=b"token=hidden"))
        tape.receive(number, request(b"password=hid", more=True))
        tape.receive(number, request(b"den&a=1"))
        tape.send(number, start(200))
        tape.send(number, body(b"ok"))
        tape.returned(number)
        number = tape.open(http_scope("/cut\n$(id)", method="POST"))
        tape.receive(number, request(Cut(b"begin", 5_000)))
        tape.returned(number)
    return path / "m.asgispy"


@pytest.mark.parametrize("name", ["curl", "httpie", "httpx", "pytest", "asgi", "raw"])
def test_what_is_masked_and_what_was_cut_is_said(name: str, tmp_path: Path) -> None:
    capture = mixed(tmp_path)
    masked = exported(capture, name, keep_secrets=False).decode()
    assert "hidden" not in masked
    assert '"hid' not in masked
    assert "# Where *** stands, a secret was masked: asgispy export --secrets keep writes it." in masked
    assert "# masked: header authorization, query, body" in masked
    assert "only the " in masked
    assert "beginning" in masked or "first 5" in masked
    kept = exported(capture, name).decode()
    assert "Bearer hidden" in kept
    assert "***" not in kept
    if name != "asgi":
        assert "# 1 left out: only http" in kept


def test_one_connection_says_of_itself_what_is_masked(tmp_path: Path) -> None:
    with CaptureReader(mixed(tmp_path)) as reader:
        _, login, cut = [exchange_of(reader, each, keep_secrets=False) for each in reader.connections()]
    assert httpie.copied_command(login).notes == ("secrets masked",)
    assert alone(RECIPE, login).notes == ("secrets masked",)
    assert alone(RECIPE, cut).notes == ("only the first 5 of the body's 5,000 bytes were recorded",)
    assert "secret was masked" in str(alone(RECIPE, login).text)
    assert "secret was masked" not in str(alone(RECIPE, cut).text)
    assert "#" not in str(httpie.copied_command(login).text), "a shell may run a comment that is typed"


def test_a_long_body_is_named_where_it_is_copied_and_held_by_a_script(tmp_path: Path) -> None:
    data = b"x" * (INLINE + 1)
    for command_of in (curl.command_of, httpie.command_of):
        copied = command_of(scope_of("PUT", "/", [], 80), data)
        assert copied.stdin is None
        assert len(copied.text) < 1_000
        assert "body.bin" in copied.notes[0]
        assert command_of(scope_of("PUT", "/", [], 80), data, in_file=False).stdin == data


# Quoting

HEADERS = st.lists(
    st.tuples(st.from_regex(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}", fullmatch=True), st.binary(max_size=30)), max_size=5
)
SCOPES = st.builds(
    lambda path, query, headers, method: http_scope(
        "/", raw_path=b"/" + path, query_string=query, headers=[list(each) for each in headers], method=method
    ),
    st.binary(max_size=20),
    st.binary(max_size=20),
    HEADERS,
    st.sampled_from(["GET", "POST", "X-$(id)", "a b", "\ud800"]),
)
AWKWARD = st.sampled_from(
    [
        b"@/etc/passwd",
        b"=@/etc/passwd",
        b":=@x",
        b"\\:x",
        b"\\@",
        b"\\\\:",
        b"a\\",
        b";",
        b"'",
        b"-",
        b"\xc2\xa0x",
        b"\\\xc3\xa4",
    ]
)


@settings(max_examples=100, deadline=None)
@given(SCOPES, st.binary(max_size=60))
def test_a_shell_reads_back_the_arguments(scope: Any, data: bytes) -> None:
    for command_of in (curl.command_of, httpie.command_of):
        command = command_of(scope, data)
        words = shlex.split(command.text)
        assert tuple(words[-len(command.arguments) :]) == command.arguments
        assert words[: -len(command.arguments)][3:] in ([], ["|", "base64", "-d", "|"])
        assert all(c.isprintable() or c in "\n\t" or ord(c) > 0x9F for c in command.text)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.just(b"x-a"), st.one_of(AWKWARD, st.binary(max_size=12))), max_size=4))
def test_httpie_takes_every_header_for_what_it_is(headers: list[tuple[bytes, bytes]]) -> None:
    command = httpie.command_of(scope_of("GET", "/", headers, 80))
    parse = KeyValueArgType(*SEPARATOR_GROUP_ALL_ITEMS)
    parsed = [parse(item) for item in command.arguments if item.startswith("x-a")]
    assert {each.sep for each in parsed} <= {":", ";"}
    values = [value.decode("latin-1").strip(" \t").encode("latin-1") for _, value in headers]
    told = [each.value.encode() for each in parsed]
    assert len(told) + command.notes.count(LEFT_OUT) == len(values)
    left = iter(values)
    assert all(value in left for value in told), "in order, and none of them changed"


@settings(max_examples=100, deadline=None)
@given(SCOPES, st.binary(max_size=60), st.booleans())
def test_a_script_of_httpx_holds_the_very_bytes(scope: Any, data: bytes, cut: bool) -> None:
    source = httpx_part(scope, data, cut)
    (call,) = [node for node in ast.parse(source).body if isinstance(node, ast.Expr)]
    assert isinstance(call.value, ast.Call)
    given_ = {each.arg: ast.literal_eval(each.value) for each in call.value.keywords}
    own = {b"connection", b"content-length", b"keep-alive", b"proxy-connection", b"upgrade", b"transfer-encoding"}
    sent = [tuple(each) for each in scope["headers"] if each[0].lower() not in own]
    assert given_.get("headers", []) == sent
    assert given_.get("content", b"") == data
    assert all(isinstance(ast.literal_eval(each), str) for each in call.value.args)


def httpx_part(scope: Any, data: bytes, cut: bool) -> str:
    """The source for one connection, whose summary is no less hostile."""
    connection = Connection(1, 1, 0, 0, method="GET\n", path="/\nimport os #\u2028\r\x0c")
    return str(part_of(Exchange(connection, scope, Body(data, len(data) + cut))).text)
