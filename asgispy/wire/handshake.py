"""What probe and collector say first: who is there, in which version, and what is to be kept.

The probe opens with `Hello`; the collector answers `Welcome` (with the limits to keep to) or `Refused` (with the
reason) and closes. Nothing is sent before the answer.
"""

from __future__ import annotations

import hmac
from typing import Annotated, Final, TypeVar

import msgspec

from asgispy.errors import WireError

PROTOCOL: Final = 4
"""Raised whenever a frame's or an event's meaning changes."""


_Count = Annotated[int, msgspec.Meta(ge=0, lt=1 << 62)]


class Hello(msgspec.Struct, frozen=True, array_like=True):
    """A probe's first frame."""

    protocol: int
    token: str
    identity: str
    """Random, one for each process: a peer that comes back is the same process."""
    pid: _Count
    parent: _Count
    python: str
    server: str
    """Name and version of the server that runs the application; empty when unknown."""
    wall: _Count
    """Wall nanoseconds since the epoch, at the same moment as `monotonic`."""
    monotonic: _Count
    """Monotonic nanoseconds: with `wall` the anchor of all times of this process."""
    started: _Count
    """Wall nanoseconds at which the process started to carry the middleware."""


class Watch(msgspec.Struct, frozen=True, array_like=True):
    """What the probe is to look at besides messages: the fields of `settings.Watching`."""

    stalls: _Count = 0
    pauses: _Count = 0
    output: bool = False
    tasks: bool = False
    steps: bool = False
    locals: bool = False
    disconnects: bool = False
    layers: bool = False


class Welcome(msgspec.Struct, frozen=True, array_like=True):
    """The collector's answer to a probe it accepts."""

    protocol: int
    body_limit: int
    connection_limit: int
    watch: Watch = Watch()


class Refused(msgspec.Struct, frozen=True, array_like=True):
    """The collector's answer to a probe it does not accept."""

    reason: str


class Counts(msgspec.Struct, frozen=True, array_like=True):
    """What a process could not deliver, in all since it started."""

    dropped: _Count
    """Events that the outbox had no room for."""
    missed: _Count
    """Connections that came while no inspector listened."""


T = TypeVar("T", Hello, Watch, Welcome, Refused, Counts)

encode: Final = msgspec.msgpack.Encoder().encode
"""Encode any of the structs above."""


def decode(struct: type[T], payload: bytes) -> T:
    """Decode a handshake's payload; raises WireError for anything else."""
    try:
        return msgspec.msgpack.decode(payload, type=struct)
    except (msgspec.DecodeError, ValueError) as error:
        raise WireError(f"malformed {struct.__name__.lower()}: {error}") from None


def check_hello(hello: Hello, token: str) -> str | None:
    """Why a probe is not welcome, in one line; None if it is."""
    if hello.protocol != PROTOCOL:
        return f"protocol {hello.protocol} is not {PROTOCOL}: install the same asgispy in both environments"
    if not hmac.compare_digest(hello.token.encode(), token.encode()):
        return "wrong token: set ASGISPY_TOKEN in the application to the one that the inspector shows"
    return None
