"""Facts of HTTP (RFC 9110) that several rooms need. No code."""

from __future__ import annotations

from typing import Final

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that change nothing (section 9.2.1)."""
IDEMPOTENT: Final = SAFE | {"PUT", "DELETE"}
"""Methods that may be sent twice (section 9.2.2)."""
HOP_BY_HOP: Final = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"te", b"transfer-encoding", b"upgrade", b"http2-settings"}
)
"""Headers that mean one connection alone, besides those that Connection names (section 7.6.1)."""
