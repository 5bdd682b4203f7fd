"""The views, in the order in which they are offered where several suit a body equally well.

What must not move in: anything but this table and the small predicates on media types that it needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asgispy.analysis.content import (
    cookies,
    form,
    graphql,
    grpc,
    image,
    json_text,
    jwt,
    markup,
    messagepack,
    multipart,
    ndjson,
    protobuf,
    sse,
    text,
)
from asgispy.analysis.content.view import View

if TYPE_CHECKING:
    from collections.abc import Callable


def _any(*names: str, ending: str = "\0") -> Callable[[str], bool]:
    """Whether a media type is one of these, or ends so."""
    return lambda media: media in names or media.endswith(ending)


_json = _any("application/json", "text/json", "application/x-json", "application/manifest+json", ending="+json")
_xml = _any("application/xml", "text/xml", "application/xml-dtd", ending="+xml")
_html = _any("text/html", "application/xhtml+xml")
_javascript = _any("text/javascript", "application/javascript", "application/x-javascript", "application/ecmascript")


_ndjson = _any(
    "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines",
    "application/json-seq", "application/jsonlines", "application/stream+json",
)  # fmt: skip
_messagepack = _any("application/msgpack", "application/x-msgpack", "application/vnd.msgpack", ending="+msgpack")
_protobuf = _any(
    "application/protobuf", "application/x-protobuf", "application/vnd.google.protobuf", ending="+protobuf"
)


def _graphql(media: str) -> bool:
    return media == "application/graphql" or _json(media)


def _image(media: str) -> bool:
    return media.startswith("image/")


def _grpc(media: str) -> bool:
    return media.startswith("application/grpc")


def _multipart(media: str) -> bool:
    return media.startswith("multipart/")


TABLE: Final[tuple[View, ...]] = (
    View("graphql", "GraphQL", graphql.show_graphql, _graphql, graphql.looks_graphql, bonus=5, only_seen=True),
    View("json", "JSON", json_text.show_json, _json, json_text.looks_json),
    View("pretty", "JSON text", json_text.show_pretty, _json, json_text.looks_json, bonus=-1),
    View("ndjson", "JSON Lines", ndjson.show_ndjson, _ndjson, ndjson.looks_ndjson),
    View("form", "a form", form.show_form, _any(form.FORM), form.looks_form),
    View("multipart", "multipart", multipart.show_multipart, _multipart, multipart.looks_multipart),
    View("sse", "an event stream", sse.show_sse, _any("text/event-stream"), sse.looks_sse, only_declared=True),
    View("html", "HTML", markup.show_html, _html, markup.looks_html, bonus=1),
    View("xml", "XML", markup.show_xml, _xml, markup.looks_xml),
    View("image", "an image", image.show_image, _image, image.looks_image),
    View("javascript", "JavaScript", markup.show_javascript, _javascript, markup.looks_script, only_declared=True),
    View("css", "CSS", markup.show_css, _any("text/css"), markup.looks_script, only_declared=True),
    View("grpc", "gRPC", grpc.show_grpc, _grpc),
    View(
        "msgpack", "MessagePack", messagepack.show_messagepack, _messagepack, messagepack.looks_messagepack, bonus=-10
    ),
    View("protobuf", "Protobuf", protobuf.show_protobuf, _protobuf, protobuf.looks_protobuf, bonus=-20),
    View("jwt", "a JWT", jwt.show_jwt, _any("application/jwt"), jwt.looks_jwt),
    View("cookies", "cookies", cookies.show_cookies, _any("cookie", "set-cookie")),
    View("query", "a query string", form.show_query),
    View("text", "text", text.show_text),
    View("hex", "hex", text.show_hex),
)
"""The views before "text" say in `bonus` what they give way to."""
