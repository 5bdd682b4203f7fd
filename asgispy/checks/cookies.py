"""What is unwise in a cookie that a response sets (RFC 6265bis).

What must not move in: other headers (smells), and cookies that break the header itself (response).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgispy.checks.rule import Fault

NOT_SECURE: Final = "smell.http.cookie-not-secure"
"""Only worth telling over https."""

_SECRET: Final = re.compile(
    r"(?<![bs])session|(?<![a-z])sess(?![a-z])|sessid|(?<![a-z])sid(?![a-z])|auth(?!or)|token|jwt", re.IGNORECASE
)
"""Names that speak of a login; neither obsession nor author."""
_OPEN: Final = re.compile(r"csrf|xsrf|verification", re.IGNORECASE)
"""Names of what scripts have to read."""
_PAST: Final = re.compile(r"\b(?:19\d\d|200\d)\b|-(?:[789]\d|0\d)\b")
"""Years of an expiry that only deletes."""


def cookie_smells(header: bytes) -> Iterator[Fault]:
    """What one set-cookie header does unwisely."""
    first, *rest = header.decode("latin-1").split(";")
    name, _, value = (part.strip() for part in first.partition("="))
    attributes = {key.strip().lower(): text.strip() for key, _, text in (each.partition("=") for each in rest)}
    shown = repr(name[:40])
    if not _deletes(value, attributes):
        if "secure" not in attributes:
            yield NOT_SECURE, f"the cookie {shown} is set over https without Secure"
        if "httponly" not in attributes and _SECRET.search(name) and not _OPEN.search(name):
            yield "smell.http.cookie-not-httponly", f"the cookie {shown} is set without HttpOnly"
    if attributes.get("samesite", "").lower() == "none" and "secure" not in attributes:
        yield "smell.http.cookie-samesite-none", f"the cookie {shown} has SameSite=None without Secure"
    if name[:2] == "__":
        yield from _prefix_smells(name, shown, attributes)


def _deletes(value: str, attributes: dict[str, str]) -> bool:
    """Whether the cookie is being deleted."""
    age = attributes.get("max-age", "")
    if not value.strip('"') or age.startswith("-") or (age.isdecimal() and int(age[:9]) == 0):
        return True
    return not age and _PAST.search(attributes.get("expires", "")) is not None


def _prefix_smells(name: str, shown: str, attributes: dict[str, str]) -> Iterator[Fault]:
    """What the prefixes `__Secure-` and `__Host-` promise."""
    lowered = name.lower()
    if not lowered.startswith(("__secure-", "__host-")):
        return
    if "secure" not in attributes:
        yield "smell.http.cookie-prefix", f"the cookie {shown} is set without Secure"
    elif lowered.startswith("__host-") and attributes.get("domain"):
        yield "smell.http.cookie-prefix", f"the cookie {shown} is set with Domain={attributes['domain'][:40]}"
    elif lowered.startswith("__host-") and attributes.get("path") != "/":
        path = attributes.get("path")
        where = f"with Path={path[:40]}" if path else "without Path=/"
        yield "smell.http.cookie-prefix", f"the cookie {shown} is set {where}"
