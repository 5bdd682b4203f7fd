"""GraphQL over HTTP: the operation, its variables and the query as readable text; batches too.

What must not move in: responses, which are JSON like any other.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.content.json_text import read
from asgispy.analysis.content.parts import Code, Content, Pairs, Tree, Unreadable
from asgispy.analysis.content.text import code_content, decode, joined

if TYPE_CHECKING:
    from asgispy.analysis.content.body import Plain
    from asgispy.analysis.content.parts import Part

_BATCH_LIMIT: Final = 100
_QUERY_LIMIT: Final = 200_000
_DEPTH_LIMIT: Final = 40
_HEAD: Final = re.compile(r"(?:\s|,|#[^\n]*+\n)*+(query|mutation|subscription|fragment|\{)\s*+(\w*+)")
_NAMED: Final = re.compile(rb'"query"\s*+:\s*+"(?:\s|,|\\[nrt]|#)*+(?:query|mutation|subscription|fragment|\{)')
_PERSISTED: Final = re.compile(rb'"persistedQuery"\s*+:\s*+\{')
_TOKEN: Final = re.compile(r'"""(?:.*?)(?:"""|\Z)|"(?:[^"\\\n]|\\.)*+"?|#[^\n]*+|[{}()]|\s++|[^\s{}"#()]++', re.DOTALL)


def looks_graphql(plain: Plain) -> bool:
    """Whether it reads as a request in JSON, or as a query by itself where GraphQL is declared."""
    if plain.media == "application/graphql" and not plain.data.lstrip().startswith((b'{"', b"[")):
        return _HEAD.match(decode(plain.data[:2_000], plain.charset)[0]) is not None
    start = plain.data[:100].lstrip()
    if not start.startswith((b"{", b"[")):
        return False
    return _NAMED.search(plain.data) is not None or (
        b"operationName" in plain.data and _PERSISTED.search(plain.data) is not None
    )


def show_graphql(plain: Plain) -> Content:
    """As operations."""
    if plain.media == "application/graphql" and not plain.data.lstrip().startswith((b'{"', b"[")):
        return code_content("graphql", "GraphQL", "graphql", plain)
    value, note = read(plain)
    requests = value if isinstance(value, list) else [value]
    if not requests or not all(
        isinstance(request, dict) and _is_request(request) for request in requests[:_BATCH_LIMIT]
    ):
        raise Unreadable("not GraphQL: no query, and no stored one, in the JSON")
    shown: list[Part] = []
    for number, request in enumerate(requests[:_BATCH_LIMIT], 1):
        shown += _request(request, f"Operation {number}" if len(requests) > 1 else "Operation")
    left = f"of {len(requests):,} operations the first {_BATCH_LIMIT} are shown" if len(requests) > _BATCH_LIMIT else ""
    title = _name(requests[0]) if len(requests) == 1 else f"{len(requests):,} operations"
    return Content("graphql", f"GraphQL · {title}", tuple(shown), joined(note, left))


def _is_request(request: dict[str, Any]) -> bool:
    return isinstance(request.get("query"), str) or isinstance(request.get("extensions"), dict)


def _name(request: dict[str, Any]) -> str:
    """ "query GetUser"."""
    query, chosen = request.get("query"), request.get("operationName")
    match = _HEAD.match(query[:10_000]) if isinstance(query, str) else None
    kind = "stored query" if not isinstance(query, str) else "query" if match is None or match[1] == "{" else match[1]
    name = chosen if isinstance(chosen, str) else match[2] if match is not None and match[1] != "{" else ""
    return f"{kind} {name[:80]}".strip()


def _request(request: dict[str, Any], title: str) -> list[Part]:
    shown: list[Part] = [Pairs(title, (("operation", _name(request)),))]
    if isinstance(query := request.get("query"), str):
        shown.append(Code("graphql", readable(query)))
    shown += (Tree(request[key], key) for key in ("variables", "extensions") if request.get(key))
    return shown


def readable(query: str) -> str:
    """The query with lines of its own, when it came without any. Fields side by side keep to their line."""
    if "\n" in query.strip() or len(query) > _QUERY_LIMIT:
        return query[:_QUERY_LIMIT]
    out: list[str] = []
    depth = arguments = 0
    between = ""
    for token in _TOKEN.findall(query.strip()):
        arguments += (token == "(") - (token == ")" and arguments > 0)
        if token.isspace():
            between = between or " "
            continue
        if token == "}" and not arguments:
            depth = max(0, depth - 1)
            between = _line(depth)
        out.append(between + token)
        between = ""
        if token == "{" and not arguments:
            depth += 1
        if token in ("{", "}") and not arguments:
            between = _line(depth)
    return "".join(out)


def _line(depth: int) -> str:
    return "\n" + "  " * min(depth, _DEPTH_LIMIT)
