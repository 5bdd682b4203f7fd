"""Addresses as people write them, and the default one."""

from __future__ import annotations

import contextlib
import stat
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgispy.errors import AddressError
from asgispy.wire.address import (
    ADDRESS_VARIABLE,
    TcpAddress,
    UnixAddress,
    default_address,
    parse_address,
    runtime_folder,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("unix:/run/spy.sock", UnixAddress("/run/spy.sock")),
        ("/run/spy.sock", UnixAddress("/run/spy.sock")),
        ("./spy.sock", UnixAddress("./spy.sock")),
        ("unix:spy.sock", UnixAddress("spy.sock")),
        ("tcp:127.0.0.1:7877", TcpAddress("127.0.0.1", 7877)),
        ("localhost:7877", TcpAddress("localhost", 7877)),
        ("tcp:[::1]:7877", TcpAddress("::1", 7877)),
        ("7877", TcpAddress("127.0.0.1", 7877)),
        ("tcp:7877", TcpAddress("127.0.0.1", 7877)),
    ],
)
def test_an_address_is_read_and_written_back(text: str, address: UnixAddress | TcpAddress) -> None:
    assert parse_address(text) == address
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "unix:",
        "/\ud800",
        "/a\0b",
        "tcp:",
        "tcp:127.0.0.1",
        "tcp:127.0.0.1:http",
        "tcp:127.0.0.1:65536",
        "tcp:127.0.0.1:-1",
        "١٢٣",
        ":",
    ],
)
def test_what_is_no_address_is_one_clear_error(text: str) -> None:
    with pytest.raises(AddressError):
        parse_address(text)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "[::]", "example.org", ""])
def test_only_the_loopback_is_listened_on(host: str) -> None:
    with pytest.raises(AddressError, match="not on this machine"):
        parse_address(f"tcp:{host}:7877")


def test_a_socket_path_that_systems_would_cut_is_refused() -> None:
    assert parse_address("/" + "x" * 102)
    with pytest.raises(AddressError, match="longer"):
        parse_address("/" + "x" * 103)
    with pytest.raises(AddressError, match="longer"):
        parse_address("/" + "é" * 60)


@given(st.text(st.characters(exclude_categories=())) | st.from_regex(r"tcp:(127\.0\.0\.1|::1)?:\d*"))
def test_any_text_is_an_address_or_an_address_error(text: str) -> None:
    with contextlib.suppress(AddressError):
        address = parse_address(text)
        assert parse_address(str(address)) == address


def test_a_port_of_thousands_of_digits_is_an_address_error() -> None:
    with pytest.raises(AddressError):
        parse_address("tcp:127.0.0.1:" + "9" * 5000)


def test_the_environment_names_the_default_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ADDRESS_VARIABLE, "tcp:127.0.0.1:9")
    assert default_address() == TcpAddress("127.0.0.1", 9)
    monkeypatch.setenv(ADDRESS_VARIABLE, "nonsense")
    with pytest.raises(AddressError):
        default_address()


def test_without_it_the_default_is_a_socket_in_the_users_own_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(ADDRESS_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1")
    assert default_address() == UnixAddress("/run/user/1/asgispy/inspector.sock")
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert runtime_folder().name.startswith("asgispy-")
    assert runtime_folder().parent.is_dir()
    assert stat.S_ISDIR(runtime_folder().parent.stat().st_mode)
