"""JSON Web Tokens: header and claims, with times that people can read. The signature is not verified, and that is said.

What must not move in: keys, and any judgement of whether a token is valid.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.content.json_text import parse
from asgispy.analysis.content.nodes import Number, Shown
from asgispy.analysis.content.parts import NUMBER, Content, Pairs, Tree, Unreadable

if TYPE_CHECKING:
    from asgispy.analysis.content.body import Plain
    from asgispy.analysis.content.parts import Part

_SEARCHED: Final = 100_000
_TOKEN: Final = re.compile(r"(?<![\w-])eyJ[\w-]{5,16000}\.[\w-]{2,60000}\.[\w-]{0,2000}(?![\w.-])", re.ASCII)
_TIMES: Final = {"exp": "expires", "iat": "issued", "nbf": "not before", "auth_time": "authenticated"}
_UNVERIFIED: Final = "not verified"


def find(text: str) -> list[str]:
    """The tokens in a header's value or any other text, of which the first 100,000 characters are searched."""
    text = text[:_SEARCHED]
    if "eyJ" not in text:
        return []
    return [token for token in dict.fromkeys(_TOKEN.findall(text)) if _read(token) is not None]


def value(token: str) -> dict[str, Any] | None:
    """The token as a value for a tree: header, claims and signature; None if it is no token."""
    found = _read(token)
    if found is None:
        return None
    header, claims = found
    return {"header": header, "claims": _readable(claims), "signature": Shown(None, _UNVERIFIED)}


def parts(token: str) -> list[Part]:
    """The token's facts, header and claims; empty if it is no token."""
    found = _read(token)
    if found is None:
        return []
    header, claims = found
    rows = [("algorithm", str(header.get("alg", "none said")))]
    rows += ((_TIMES[key], time) for key in _TIMES if (time := _time(claims.get(key))))
    rows.append(("signature", f"{len(token.rpartition('.')[2]) * 3 // 4} bytes, {_UNVERIFIED}"))
    return [Pairs("JWT", tuple(rows)), Tree(header, "header"), Tree(_readable(claims), "claims")]


def _read(token: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    pieces = token.split(".", 3)
    if len(pieces) != 3:
        return None
    header, claims = _section(pieces[0]), _section(pieces[1])
    return (header, claims) if isinstance(header, dict) and isinstance(claims, dict) else None


def _section(text: str) -> Any:
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return parse(data.decode("utf-8"))[0]
    except (binascii.Error, ValueError):
        return None


def _readable(claims: dict[str, Any]) -> dict[str, Any]:
    shown = dict(claims)
    for key in _TIMES:
        if time := _time(claims.get(key)):
            shown[key] = Shown(claims[key], f"{claims[key]} ({time})", NUMBER)
    return shown


def _time(seconds: object) -> str:
    """ "2026-11-22 12:00:00 UTC", or nothing for what is no time."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | Number):
        return ""
    try:
        return datetime.fromtimestamp(float(seconds), UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return ""


def looks_jwt(plain: Plain) -> bool:
    """Whether the whole body is a token."""
    text = plain.data[:_SEARCHED].strip()
    return text.startswith(b"eyJ") and find(text.decode("latin-1")) == [text.decode("latin-1")]


def show_jwt(plain: Plain) -> Content:
    """Every token in the body."""
    tokens = find(plain.data[:_SEARCHED].decode("latin-1"))
    if not tokens:
        raise Unreadable("not a JWT: no token of three parts with a JSON header and JSON claims")
    shown = [part for token in tokens[:20] for part in parts(token)]
    title = "JWT" if len(tokens) == 1 else f"JWT · {len(tokens)} tokens"
    return Content("jwt", title, tuple(shown), "the signature is not verified")
