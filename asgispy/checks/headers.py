"""Header lists as messages carry them: their shape, and what HTTP allows in a name and in a value.

Sources: HTTP & WebSocket specification "Response Start" and "Accept"; RFC 9110 sections 5.1 and 5.5. What must not move
in: what a certain header means (response, smells), and the headers of scopes (scope).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from asgispy.checks.messages import called
from asgispy.model.values import BytesLike, Cut, Opaque

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgispy.checks.rule import Fault

Pairs = list[tuple[bytes, bytes]]

_PLAIN_NAME: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z-]+").fullmatch
_PLAIN_VALUE: Final = re.compile(rb"(?:[!-~](?:[\t -~]*[!-~])?)?").fullmatch
_TOKEN: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_INJECTION: Final = re.compile(rb"[\r\n\x00]")
_CONTROL: Final = re.compile(rb"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")


def read_headers(value: Any, *, missing: bool = False) -> tuple[Pairs, list[Fault]]:
    """The well-formed headers of a message, names in lower case, and what is wrong, each rule at most once."""
    if missing:
        return [], []
    if type(value) is not list:
        return [], list(_not_a_list(value))
    pairs: Pairs = []
    faults: dict[str, str] = {}
    upper: list[str] = []
    for item in value:
        if type(item) is list and len(item) == 2:
            name, content = item
            if type(name) is bytes and type(content) is bytes and _PLAIN_NAME(name) and _PLAIN_VALUE(content):
                pairs.append((name, content))
                continue
        for rule, text in _item(item, pairs, upper):
            faults.setdefault(rule, text)
    if upper:
        faults["headers.name-not-lower"] = f"header names are not in lower case: {', '.join(upper[:5])[:200]}"
    return pairs, list(faults.items())


def _not_a_list(value: Any) -> Iterator[Fault]:
    if type(value) is dict:
        yield "headers.mapping", "headers is a dict, of which servers see only the names"
    elif type(value) is Opaque and "iterator" in value.traits:
        yield "headers.one-shot", f"headers is {called(value)}, which is empty after the first look"
    elif type(value) is not Opaque or not {"iterable", "mapping"} & set(value.traits):
        yield "headers.type", f"headers is {called(value)}, not an iterable of pairs"


def _item(item: Any, pairs: Pairs, upper: list[str]) -> Iterator[Fault]:
    """An item of the list that is not plainly right."""
    if type(item) is Opaque and "iterator" in item.traits:
        yield "headers.one-shot", f"a header is {called(item)}, which is empty after the first look"
    elif type(item) is not list:
        if type(item) is not Opaque or "iterable" not in item.traits:
            yield "headers.item-shape", f"a header is {called(item)}, not a pair"
    elif len(item) != 2:
        yield "headers.item-shape", f"a header has {len(item)} parts instead of two: {_shown(item[:1])}"
    else:
        name, content = item
        yield from _types(name, content)
        known = _bytes_of(name), _bytes_of(content)
        if known[0] is not None:
            yield from _name(known[0], upper)
        if known[1] is not None:
            yield from _value(_shown([name]), known[1])
        if known[0] is not None and known[1] is not None:
            pairs.append((known[0].lower(), known[1]))


def _types(name: Any, content: Any) -> Iterator[Fault]:
    for part, value, rule in (("name", name, "headers.name-type"), ("value", content, "headers.value-type")):
        of = "" if part == "name" else f" of {_shown([name])}"
        if type(value) is BytesLike:
            yield "headers.bytes-like", f"the {part}{of} is {called(value)}, which not every server takes"
        elif _bytes_of(value) is None:
            yield rule, f"the header {part}{of} is {called(value)}, not bytes"


def _bytes_of(value: Any) -> bytes | None:
    if type(value) is bytes:
        return value
    if type(value) in (BytesLike, Cut) and type(value.data) is bytes:
        return value.data
    return None


def _name(name: bytes, upper: list[str]) -> Iterator[Fault]:
    if name.startswith(b":"):
        yield "headers.pseudo", f"the pseudo header {_shown([name])} is the server's to send"
    elif not _TOKEN.fullmatch(name):
        text = f"the header name {_shown([name])} has a character that is not allowed" if name else "a name is empty"
        yield "headers.name-invalid", text
    elif name != name.lower():
        upper.append(name[:40].decode("latin-1"))


def _value(shown: str, value: bytes) -> Iterator[Fault]:
    if _INJECTION.search(value):
        yield "headers.value-crlf", f"the value of {shown} contains a line break or NUL: {value[:60]!r}"
    if _CONTROL.search(value):
        yield "headers.value-control", f"the value of {shown} contains a control character: {value[:60]!r}"
    if value[:1] in (b" ", b"\t") or value[-1:] in (b" ", b"\t"):
        yield "headers.value-whitespace", f"the value of {shown} begins or ends with white space: {value[:60]!r}"
    if not value.isascii():
        yield "headers.value-non-ascii", f"the value of {shown} is not ASCII: {value[:60]!r}"


def _shown(part: list[Any]) -> str:
    name = part[0] if part else None
    return repr(name[:40].decode("latin-1")) if type(name) is bytes else repr(name)[:40]
