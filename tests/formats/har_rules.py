"""What readers of HAR 1.2 ask of a document: its shape as a JSON Schema, and what browsers' importers do with it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import jsonschema

_TEXT: Final = {"type": "string"}
_COUNT: Final = {"type": "integer", "minimum": -1}
_TIME: Final = {"anyOf": [{"type": "number", "minimum": 0}, {"const": -1}]}
_MOMENT: Final = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"}


def _object(required: str, **properties: Any) -> dict[str, Any]:
    """An object of these properties only, but for those that a program may add (HAR: "begin with an underscore")."""
    return {
        "type": "object",
        "required": required.split(),
        "properties": {**properties, "comment": _TEXT},
        "patternProperties": {"^_": True},
        "additionalProperties": False,
    }


def _list(item: Any) -> dict[str, Any]:
    return {"type": "array", "items": item}


_PAIR: Final = _object("name value", name=_TEXT, value=_TEXT)
_COOKIE: Final = _object(
    "name value",
    name=_TEXT,
    value=_TEXT,
    path=_TEXT,
    domain=_TEXT,
    expires=_MOMENT,
    httpOnly={"type": "boolean"},
    secure={"type": "boolean"},
    sameSite=_TEXT,
)
_PARAM: Final = _object("name", name=_TEXT, value=_TEXT, fileName=_TEXT, contentType=_TEXT)
_POST: Final = _object("mimeType text", mimeType=_TEXT, text=_TEXT, params=_list(_PARAM), encoding={"const": "base64"})
_CONTENT: Final = _object(
    "size mimeType",
    size={"type": "integer", "minimum": 0},
    compression={"type": "integer"},
    mimeType=_TEXT,
    text=_TEXT,
    encoding={"const": "base64"},
)
_REQUEST: Final = _object(
    "method url httpVersion cookies headers queryString headersSize bodySize",
    method={"type": "string", "minLength": 1},
    url={"type": "string", "pattern": r"^(http|ws)s?://[^\s/?#]+/[!-~]*$"},
    httpVersion=_TEXT,
    cookies=_list(_COOKIE),
    headers=_list(_PAIR),
    queryString=_list(_PAIR),
    postData=_POST,
    headersSize=_COUNT,
    bodySize=_COUNT,
)
_RESPONSE: Final = _object(
    "status statusText httpVersion cookies headers content redirectURL headersSize bodySize",
    status={"type": "integer"},
    statusText=_TEXT,
    httpVersion=_TEXT,
    cookies=_list(_COOKIE),
    headers=_list(_PAIR),
    content=_CONTENT,
    redirectURL=_TEXT,
    headersSize=_COUNT,
    bodySize=_COUNT,
)
_MESSAGE: Final = {
    "type": "object",
    "required": ["type", "time", "opcode", "data"],
    "additionalProperties": False,
    "properties": {
        "type": {"enum": ["send", "receive"]},
        "time": {"type": "number", "minimum": 0, "maximum": 1e11},
        "opcode": {"enum": [1, 2]},
        "data": _TEXT,
    },
}
_TIMINGS: Final = ("blocked", "dns", "connect", "ssl", "send", "wait", "receive")
_ENTRY: Final = _object(
    "startedDateTime time request response cache timings",
    startedDateTime=_MOMENT,
    time={"type": "number", "minimum": 0},
    request=_REQUEST,
    response=_RESPONSE,
    cache={"const": {}},
    timings=_object("send wait receive", **dict.fromkeys(_TIMINGS, _TIME)),
    serverIPAddress={"anyOf": [{"type": "string", "format": "ipv4"}, {"type": "string", "format": "ipv6"}]},
    connection=_TEXT,
    _webSocketMessages=_list(_MESSAGE),
)
SCHEMA: Final = _object(
    "log",
    log=_object(
        "version creator entries",
        version={"const": "1.2"},
        creator=_object("name version", name=_TEXT, version=_TEXT),
        pages={"const": []},
        entries=_list(_ENTRY),
    ),
)


def check_har(document: Any) -> None:
    """Raise AssertionError where a validator or a browser's importer would turn it down, or misunderstand it."""
    validator = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
    assert [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(document)] == []
    for entry in document["log"]["entries"]:
        known = [entry["timings"][name] for name in _TIMINGS if entry["timings"][name] > 0 and name != "ssl"]
        assert abs(entry["time"] - sum(known)) < 1e-3, "the time is the sum of the timings"
        datetime.fromisoformat(entry["startedDateTime"])
        sockets = entry["request"]["url"].startswith("ws"), entry.get("_resourceType") == "websocket"
        assert sockets in ((True, True), (False, False)), "a socket has its scheme and its resource type"
        assert ("_webSocketMessages" in entry) is sockets[0]
