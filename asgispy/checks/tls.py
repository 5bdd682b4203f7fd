"""The `tls` extension of a scope (ASGI TLS Extension 0.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asgispy.checks.messages import called
from asgispy.model.values import Cut, Opaque

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgispy.checks.rule import Fault

MANDATORY: Final = ("server_cert", "tls_version", "cipher_suite")
_TEXTS: Final = ("server_cert", "client_cert_name", "client_cert_error")
_NUMBERS: Final = ("tls_version", "cipher_suite")
_PEM: Final = "-----BEGIN CERTIFICATE-----"


def tls_faults(tls: dict[Any, Any], scheme: Any) -> Iterator[Fault]:
    """What is wrong with the extension's dict, on a connection of that scheme."""
    if scheme in ("http", "ws"):
        yield "ext.tls.on-plain", f"tls is there, but the scheme is {scheme!r}"
    absent = [name for name in MANDATORY if name not in tls]
    if absent:
        yield "ext.tls.missing-key", f"tls has no {' and no '.join(absent)}"
    mistyped = next(_mistyped(tls), None)
    if mistyped is not None:
        yield "ext.tls.types", mistyped
    for name in _NUMBERS:
        value = tls.get(name)
        if type(value) is int and not 0 <= value <= 0xFFFF:
            yield "ext.tls.range", f"tls[{name!r}] is {value:.20g}, not a number of 16 bits"
            break
    if tls.get("client_cert_error") == "":
        yield "ext.tls.error-empty", "tls['client_cert_error'] is empty"
    chain = tls.get("client_cert_chain")
    chain = chain if type(chain) is list else []
    if chain and tls.get("client_cert_name") is None:
        yield "ext.tls.name-missing", "tls has a client_cert_chain, but no client_cert_name"
    certificates = [tls.get("server_cert"), *chain]
    if any(type(each) is str and _PEM not in each for each in certificates):
        yield "ext.tls.not-pem", "a certificate in tls is not in PEM form"


def _mistyped(tls: dict[Any, Any]) -> Iterator[str]:
    for name in _TEXTS:
        value = tls.get(name)
        if value is not None and type(value) not in (str, Cut):
            yield f"tls[{name!r}] is {called(value)}, not a str"
    for name in _NUMBERS:
        value = tls.get(name)
        if value is not None and type(value) is not int:
            yield f"tls[{name!r}] is {called(value)}, not an int"
    chain = tls.get("client_cert_chain", [])
    if type(chain) is Opaque and "iterable" in chain.traits:
        return
    if type(chain) is not list:
        yield f"tls['client_cert_chain'] is {called(chain)}, not an iterable of str"
    elif any(type(each) not in (str, Cut) for each in chain):
        yield "tls['client_cert_chain'] has an item that is not a str"
