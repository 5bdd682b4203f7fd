"""Whether a server will be able to listen where it is told to.

What must not move in: choosing a port on the user's behalf, unless they asked for any.
"""

from __future__ import annotations

import errno
import os
import socket

from asgispy.errors import UsageError


def check_port(host: str, port: int) -> None:
    """UsageError when the port is taken or can't be had; the port is free again afterwards."""
    if not 0 <= port <= 65535:
        raise UsageError(f"Port {port} does not exist: choose one from 0 to 65535 with --port")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"Host {host!r} can't be found ({reason}): choose another with --host") from None
    errors = []
    for family, kind, protocol, _, address in dict.fromkeys(found):
        try:
            try_to_bind(family, kind, protocol, address)
        except OSError as error:
            errors.append(error)
    taken = [each for each in errors if each.errno == errno.EADDRINUSE]
    # A name may stand for an IPv6 address on a machine without IPv6, which servers pass over.
    if taken or (errors and len(errors) == len(dict.fromkeys(found))):
        raise UsageError(explain((taken or errors)[0], host, port))


def check_descriptor(number: int) -> None:
    """UsageError when no file is open under this number, for a server to inherit."""
    try:
        os.fstat(number)
    except (OSError, OverflowError):
        raise UsageError(f"--fd {number}: no file is open under this number") from None


def free_port(host: str) -> int:
    """A port that nobody uses at this moment."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def try_to_bind(family: int, kind: int, protocol: int, address: object) -> None:
    """Binds as servers do, so that connections in TIME_WAIT are no obstacle."""
    with socket.socket(family, kind, protocol) as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        probe.bind(address)  # type: ignore[arg-type]


def explain(error: OSError, host: str, port: int) -> str:
    """The operating system's reason as advice."""
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is in use: choose another with --port"
    option = "--host" if error.errno == errno.EADDRNOTAVAIL else "--port"
    return f"Port {port} on {host} can't be opened ({error.strerror}): choose another with {option}"


def answers(host: str, port: int | None, path: str | None) -> bool:
    """Whether something accepts connections there; nothing is sent."""
    wildcard = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}
    try:
        if path is not None:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
                client.settimeout(1)
                client.connect(path)
            return True
        with socket.create_connection((wildcard.get(host, host), port or 0), timeout=1):
            return True
    except OSError:
        return False
