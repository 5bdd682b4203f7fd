"""A certificate for a server on this machine, and a context for its clients."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, NamedTuple

import trustme

if TYPE_CHECKING:
    from pathlib import Path


class Certificate(NamedTuple):
    """Options of `asgispy run` that serve it, and a context that trusts it."""

    options: tuple[str, ...]
    context: ssl.SSLContext


def certificate(folder: Path) -> Certificate:
    """A certificate for 127.0.0.1, its files in that folder."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(str(folder / "cert"))
    issued.private_key_pem.write_to_path(str(folder / "key"))
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return Certificate(("--ssl-keyfile", str(folder / "key"), "--ssl-certfile", str(folder / "cert")), context)
