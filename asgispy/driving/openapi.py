"""Requests that an OpenAPI description suggests (OpenAPI 3.0 and 3.1): one for each operation.

Values come from examples, defaults and enumerations, or are the simplest of their type. What must not move in: sending.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from asgispy.driving.requests import MOST, Request
from asgispy.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

METHODS: Final = ("get", "head", "options", "post", "put", "patch", "delete")
DEPTH: Final = 6
PLACES: Final = ("/openapi.json", "/schema/openapi.json", "/api/openapi.json", "/docs/openapi.json")
"""Where applications mostly keep their description."""


def described_requests(document: bytes) -> list[Request]:
    """A request for each operation; raises UsageError when the document is no description."""
    try:
        root = json.loads(document)
    except ValueError as error:
        raise UsageError(f"the OpenAPI description is no JSON: {error}") from None
    paths = root.get("paths") if isinstance(root, dict) else None
    if not isinstance(paths, dict):
        raise UsageError("the OpenAPI description has no paths")
    return list(_operations(root, paths))[:MOST]


def _operations(root: dict[str, Any], paths: dict[str, Any]) -> Iterator[Request]:
    for path, node in paths.items():
        item = _resolved(root, node)
        for method in METHODS:
            operation = item.get(method)
            if isinstance(operation, dict):
                parameters = [*_listed(item.get("parameters")), *_listed(operation.get("parameters"))]
                yield _request(root, method, str(path), [_resolved(root, each) for each in parameters], operation)


def _request(
    root: dict[str, Any], method: str, path: str, parameters: list[dict[str, Any]], operation: dict[str, Any]
) -> Request:
    query: list[tuple[str, str]] = []
    headers: list[tuple[str, str]] = []
    for each in parameters:
        name, value = str(each.get("name")), _text(_example(root, each, each.get("schema")))
        if each.get("in") == "path":
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        elif each.get("in") == "query" and each.get("required"):
            query.append((name, value))
        elif each.get("in") == "header" and each.get("required"):
            headers.append((name.lower(), value))
    body = b""
    content = _resolved(root, operation.get("requestBody")).get("content")
    if isinstance(content, dict) and content:
        kind = next((kind for kind in content if "json" in kind), next(iter(content)))
        media = _resolved(root, content[kind])
        value = _example(root, media, media.get("schema"))
        body = json.dumps(value).encode() if "json" in kind else _form(value).encode()
        if "multipart" not in kind:
            headers.append(("content-type", kind))
    target = path + (f"?{urlencode(query)}" if query else "")
    return Request(method.upper(), target if target.startswith("/") else f"/{target}", tuple(headers), body)


def _form(value: Any) -> str:
    return (
        urlencode({str(key): _text(item) for key, item in value.items()}) if isinstance(value, dict) else _text(value)
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _resolved(root: dict[str, Any], node: Any) -> dict[str, Any]:
    """The object that a node is, or refers to within the document."""
    for _ in range(DEPTH):
        reference = node.get("$ref") if isinstance(node, dict) else None
        if not isinstance(reference, str) or not reference.startswith("#/"):
            break
        node = root
        for part in reference[2:].split("/"):
            node = node.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(node, dict) else None
    return node if isinstance(node, dict) else {}


def _example(root: dict[str, Any], holder: dict[str, Any], schema: Any, depth: int = 0) -> Any:
    """A value that fits: an example where there is one."""
    if "example" in holder:
        return holder["example"]
    examples = holder.get("examples")
    if isinstance(examples, dict) and examples:
        first = _resolved(root, next(iter(examples.values())))
        if "value" in first:
            return first["value"]
    return _simplest(root, _resolved(root, schema), depth)


def _simplest(root: dict[str, Any], schema: dict[str, Any], depth: int) -> Any:
    for name in ("example", "default", "const"):
        if name in schema:
            return schema[name]
    for name in ("examples", "enum"):
        if isinstance(schema.get(name), list) and schema[name]:
            return schema[name][0]
    for name in ("anyOf", "oneOf", "allOf"):
        if isinstance(schema.get(name), list) and schema[name] and depth < DEPTH:
            parts = [_simplest(root, _resolved(root, part), depth + 1) for part in schema[name]]
            if name == "allOf" and all(isinstance(part, dict) for part in parts):
                return {key: value for part in parts for key, value in part.items()}
            return parts[0]
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if kind == "object" or "properties" in schema:
        return _object(root, schema, depth)
    if kind == "array":
        return [_simplest(root, _resolved(root, schema.get("items")), depth + 1)] if depth < DEPTH else []
    return _FORMATS.get(str(schema.get("format"))) or _number(schema) if kind != "string" else _string(schema)


def _object(root: dict[str, Any], schema: dict[str, Any], depth: int) -> dict[str, Any]:
    properties = schema.get("properties")
    if not isinstance(properties, dict) or depth >= DEPTH:
        return {}
    required = schema.get("required")
    names = [name for name in properties if not isinstance(required, list) or name in required]
    return {name: _simplest(root, _resolved(root, properties[name]), depth + 1) for name in names}


_FORMATS: Final = {
    "uuid": "00000000-0000-4000-8000-000000000000",
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "time": "00:00:00",
    "email": "someone@example.org",
    "uri": "https://example.org/",
    "ipv4": "192.0.2.1",
}


def _string(schema: dict[str, Any]) -> str:
    known = _FORMATS.get(str(schema.get("format")))
    least = schema.get("minLength")
    return known or "a" * max(1, least if isinstance(least, int) and least < 1000 else 1)


def _number(schema: dict[str, Any]) -> Any:
    kind = schema.get("type")
    if kind == "boolean":
        return True
    if kind == "null":
        return None
    least = schema.get("minimum", schema.get("exclusiveMinimum", 0))
    least = least if isinstance(least, int | float) and not isinstance(least, bool) else 0
    number = max(1, least + ("exclusiveMinimum" in schema))
    return number if kind in ("integer", "number") else "a"
