"""Where an inspector listens: `unix:/path` or `tcp:host:port`, and which one is the default.

What must not move in: sockets (probe/sender, collect/listener).
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asgispy.errors import AddressError

ADDRESS_VARIABLE: Final = "ASGISPY_ADDRESS"
TOKEN_VARIABLE: Final = "ASGISPY_TOKEN"

DEFAULT_PORT: Final = 7877
UNIX_PATH_LIMIT: Final = 103
"""The shortest `sun_path` among the systems that have Unix sockets (macOS: 104 with the closing zero)."""

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class UnixAddress:
    """A Unix socket; its folder is for the owner alone."""

    path: str

    def __str__(self) -> str:
        return f"unix:{self.path}"


@dataclass(frozen=True, slots=True)
class TcpAddress:
    """A TCP port on the loopback interface; guarded by a token."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"tcp:{host}:{self.port}"


Address = UnixAddress | TcpAddress


def parse_address(text: str) -> Address:
    """Parse `unix:/path`, a bare path, `tcp:host:port`, `host:port` or a bare port. Raises AddressError."""
    if text.startswith("unix:"):
        return _unix(text.removeprefix("unix:"), text)
    if text.startswith(("/", ".")):
        return _unix(text, text)
    host, colon, port = text.removeprefix("tcp:").rpartition(":")
    host = host.strip("[]") if colon else "127.0.0.1"
    if not port.isascii() or not port.isdigit() or len(port) > 5 or int(port) > 65535:
        raise AddressError(f"{text!r} is no address: use unix:/path/to.sock or tcp:127.0.0.1:{DEFAULT_PORT}")
    if host not in LOOPBACK:
        raise AddressError(f"{text!r} is not on this machine: only 127.0.0.1, ::1 and localhost are listened on")
    return TcpAddress(host, int(port))


def _unix(path: str, text: str) -> UnixAddress:
    if not path:
        raise AddressError(f"{text!r} names no file: use unix:/path/to.sock")
    try:
        size = len(os.fsencode(path))
    except UnicodeEncodeError:
        raise AddressError(f"{text!r} can't be a file's name: use unix:/path/to.sock") from None
    if "\0" in path:
        raise AddressError(f"{text!r} can't be a file's name: use unix:/path/to.sock")
    if size > UNIX_PATH_LIMIT:
        raise AddressError(f"{text!r} is longer than a Unix socket's path may be ({UNIX_PATH_LIMIT} bytes)")
    return UnixAddress(path)


def default_address() -> Address:
    """Where `asgispy attach` listens and `SpyMiddleware` looks when nothing else is said."""
    text = os.environ.get(ADDRESS_VARIABLE)
    if text:
        return parse_address(text)
    if os.name == "nt":
        return TcpAddress("127.0.0.1", DEFAULT_PORT)
    return UnixAddress(str(runtime_folder() / "inspector.sock"))


def runtime_folder() -> Path:
    """The folder for sockets: the user's own runtime folder, or one in the temporary folder."""
    own = os.environ.get("XDG_RUNTIME_DIR")
    if own:
        return Path(own) / "asgispy"
    return Path(tempfile.gettempdir()) / f"asgispy-{os.getuid()}"
