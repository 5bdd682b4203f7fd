"""Masks secrets in what leaves the capture: headers, query strings, forms and JSON whose names say what they hold.

A secret is recognised by its name's end ("access_token", "newPassword", "x-api-key"), in whole or cut bodies. A body
in which something was masked says so. What must not move in: anything that changes the capture itself.
"""

from __future__ import annotations

import re
from typing import Any, Final

from asgispy.model.values import BytesLike, Cut

MASK: Final = "***"

_NAME: Final = (
    r"(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?"
    r"|session[_-]?id|otp)"
)
_SECRET_HEADER: Final = re.compile(
    rf"(?:authorization|cookie|set-cookie|proxy-authorization|.*{_NAME}|.*-auth)", re.IGNORECASE
)
_JSON_STRING: Final = re.compile(
    rf'("(?:[^"\\]|\\.){{0,200}}?{_NAME}"\s*:\s*)("(?:[^"\\]|\\.)*(?:"|\\?$)|-?\d[\d.eE+-]*)', re.IGNORECASE
)
_FORM_FIELD: Final = re.compile(rf"((?:^|[&;?])[^=&;\s]{{0,200}}?{_NAME}(?:%5D|\])?=)([^&;\s]*)", re.IGNORECASE)
_FORM_START: Final = re.compile(r"[\w.%+~\[\]-]{1,200}=")
_MULTIPART_FIELD: Final = re.compile(
    rf'(name="[^"]{{0,200}}?{_NAME}"(?:\r\n[^\r\n]+)*\r\n\r\n)(.*?)(?=\r\n--|\Z)', re.IGNORECASE | re.DOTALL
)
_SAID: Final = re.compile(
    rf"""((?<![\w-])[\w-]{{0,200}}?{_NAME}(?:["']?\s*[=:]\s*(?=["'])|\s*=\s*(?!["'])))"""
    r"""("(?:[^"\\]|\\.)*(?:"|\\?\Z)|'(?:[^'\\]|\\.)*(?:'|\\?\Z)|[^\s,;&)\]}}"'][^\s,;&)\]}}]*)""",
    re.IGNORECASE,
)
_CREDENTIALS: Final = re.compile(r"\b(Bearer|Basic)(\s+)(?=\S*[\d=.])[\w.~+/=-]{8,}")


def is_secret_header(name: str) -> bool:
    """Whether a header of this name carries a secret."""
    return _SECRET_HEADER.fullmatch(name) is not None


def mask_headers(headers: Any) -> Any:
    """The same headers with secret values masked; anything that is no list of pairs as it is."""
    if type(headers) is not list:
        return headers
    return [_mask_pair(pair) for pair in headers]


def _mask_pair(pair: Any) -> Any:
    match pair:
        case [bytes() as name, _] if is_secret_header(name.decode("latin-1")):
            return [name, MASK.encode()]
        case [str() as name, _] if is_secret_header(name):
            return [name, MASK]
        case [BytesLike(data=name) | Cut(data=bytes() as name) as odd, _] if is_secret_header(name.decode("latin-1")):
            return [odd, MASK.encode()]
        case _:
            return pair


def mask_query(query: Any) -> Any:
    """A query string with secret fields masked."""
    return _mask_value(query, lambda text: _FORM_FIELD.sub(rf"\1{MASK}", text))


def mask_body(body: Any) -> Any:
    """A body or text with secret fields of forms and JSON masked."""
    return _mask_value(body, mask_text)


def mask_text(text: str) -> str:
    """Mask the secret fields of whatever this is: JSON, a form, a multipart form."""
    if '"' in text:
        text = _JSON_STRING.sub(rf'\1"{MASK}"', text)
        text = _MULTIPART_FIELD.sub(rf"\1{MASK}", text)
    if _FORM_START.match(text):
        text = _FORM_FIELD.sub(rf"\1{MASK}", text)
    return text


def mask_said(text: str) -> str:
    """What an application says, with secrets masked: `password=…`, `'token': '…'`, `Bearer …`."""
    return _CREDENTIALS.sub(rf"\1\2{MASK}", _SAID.sub(rf"\1{MASK}", text))


def _mask_value(value: Any, mask: Any) -> Any:
    match value:
        case str():
            return mask(value)
        case bytes():
            # Latin-1 keeps every byte, and names of secrets are ASCII.
            return mask(value.decode("latin-1")).encode("latin-1")
        case Cut(data=data, size=size):
            return Cut(_mask_value(data, mask), size, masked=value.masked, short=value.short)
        case BytesLike(type=name, data=data, size=size):
            masked = _mask_value(data, mask)
            if masked == data:
                return value
            length = len(masked) if len(data) == size else max(size, len(masked) + 1)
            return BytesLike(name, masked, length, masked=value.masked)
        case _:
            return value
