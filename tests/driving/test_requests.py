"""Requests as people write them, and those that OpenAPI descriptions suggest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgispy.driving.openapi import described_requests
from asgispy.driving.requests import Request, parse_request, read_requests
from asgispy.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

JSON = (("content-type", "application/json"),)


@pytest.mark.parametrize(
    ("line", "request_"),
    [
        ("/a?b=1", Request("GET", "/a?b=1")),
        ("head /a", Request("HEAD", "/a")),
        ('POST /items {"a": 1}', Request("POST", "/items", JSON, b'{"a": 1}')),
        ("PUT /text some words", Request("PUT", "/text", (), b"some words")),
        ("OPTIONS *", Request("OPTIONS", "*")),
        ("GET https://example.org/a?b HTTP/1.1", Request("GET", "/a?b")),
        ("GET https://example.org", Request("GET", "/")),
        ("WS /chat hello you", Request("WS", "/chat", messages=("hello you",))),
        ("wss://example.org/chat", Request("WS", "/chat")),
    ],
)
def test_a_line_is_a_request(line: str, request_: Request) -> None:
    assert parse_request(line) == request_


@given(st.text(max_size=40))
def test_any_other_line_is_an_error_of_one_line(line: str) -> None:
    said = ""
    try:
        parse_request(line)
    except UsageError as error:
        said = str(error)
    assert "\n" not in said


def test_a_file_says_where_it_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "requests"
    file.write_text("GET /a\n\nnonsense\n")
    with pytest.raises(UsageError, match="line 3"):
        read_requests(file)
    file.write_text("### one\nGET /a\nnot a header\n")
    with pytest.raises(UsageError, match="line 3"):
        read_requests(file)


def described(paths: Any, **more: Any) -> list[Request]:
    return described_requests(json.dumps({"openapi": "3.1.0", "paths": paths, **more}).encode())


def test_parameters_get_values_of_their_kind() -> None:
    parameters = [
        {"in": "path", "name": "id", "required": True, "schema": {"type": "string", "format": "uuid"}},
        {"in": "query", "name": "page", "required": True, "schema": {"type": "integer", "minimum": 5}},
        {"in": "query", "name": "left", "schema": {"type": "string"}},
        {"in": "header", "name": "X-Kind", "required": True, "schema": {"enum": ["small", "large"]}},
    ]
    (request,) = described({"/items/{id}": {"parameters": parameters, "get": {}}})
    assert request.target == "/items/00000000-0000-4000-8000-000000000000?page=5"
    assert request.headers == (("x-kind", "small"),)


def test_bodies_are_made_from_schemas_and_references() -> None:
    item = {
        "type": "object",
        "required": ["name", "tags", "parent"],
        "properties": {
            "name": {"type": "string", "minLength": 3},
            "note": {"type": "string"},
            "tags": {"type": "array", "items": {"type": "boolean"}},
            "parent": {"anyOf": [{"type": "null"}, {"$ref": "#/components/schemas/Item"}]},
        },
    }
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}}
    (request,) = described(
        {"/items": {"post": {"requestBody": {"content": content}}}}, components={"schemas": {"Item": item}}
    )
    assert request.headers == JSON
    assert json.loads(request.body) == {"name": "aaa", "tags": [True], "parent": None}
    assert not request.safe


def test_a_schema_that_refers_to_itself_ends() -> None:
    loop = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Loop"}}}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Loop"}}}
    (request,) = described(
        {"/": {"post": {"requestBody": {"content": content}}}}, components={"schemas": {"Loop": loop}}
    )
    assert json.loads(request.body)["next"]["next"]


@pytest.mark.parametrize("document", [b"", b"<html>", b"[]", b"{}", b'{"paths": []}'])
def test_what_is_no_description_is_said(document: bytes) -> None:
    with pytest.raises(UsageError, match="OpenAPI"):
        described_requests(document)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["get", "post", "parameters", "requestBody", "content", "schema", "type", "properties", "items", "$ref",
                 "in", "name", "required", "anyOf", "enum", "example", "examples", "minimum", "format"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)  # fmt: skip


@given(st.dictionaries(st.text(max_size=5), JSON_VALUES, max_size=3))
def test_no_description_is_too_odd_to_be_read(paths: Any) -> None:
    assert all(each.target for each in described(paths))
