"""Markup, GraphQL, and the colours of code."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.analysis.content.highlight import LINE_LIMIT, LOOKS, modes, spans
from asgispy.analysis.content.views import show
from tests.analysis.content.build import body, code, outline, pairs, tree

JSON = "application/json"
LANGUAGES = ["json", "html", "xml", "css", "javascript", "graphql", "python", "yaml", "text", "klingon"]


def looks(language: str, line: str, mode: str = "") -> dict[str, str]:
    return {text: look for text, look in spans(language, line, mode) if look not in ("text", "muted")}


def test_xml_without_lines_is_indented_and_nothing_else_is_touched() -> None:
    content = show(body('<a><b x="1"/><c>t &amp; &evil; <i>u</i></c><!-- d --><e></e></a>', "application/xml"))
    assert code(content) == '<a>\n  <b x="1"/>\n  <c>t &amp; &evil; <i>u</i>\n  </c>\n  <!-- d -->\n  <e></e>\n</a>'
    assert content.note == "indented for reading"


def test_xml_with_lines_and_html_stay_as_they_are() -> None:
    text = "<a>\n<b></b><c></c>\n" + "<d></d>\n" * 40 + "</a>"
    assert code(show(body(text, "text/xml"))) == text
    assert code(show(body("<html><body><p>x</p></body></html>", "text/html"))) == "<html><body><p>x</p></body></html>"


def test_a_graphql_request_shows_operation_query_and_variables() -> None:
    query = "query GetUser($id: ID!) { user(id: $id, f: {a: 1}) { name ...F } } fragment F on User { id }"
    content = show(body(json.dumps({"query": query, "variables": {"id": 7}, "operationName": "GetUser"}), JSON))
    assert (content.view, content.title) == ("graphql", "GraphQL · query GetUser")
    assert pairs(content) == {"operation": "query GetUser"}
    assert outline(tree(content)) == {"id": "7"}
    assert code(content).splitlines() == [
        "query GetUser($id: ID!) {",
        "  user(id: $id, f: {a: 1}) {",
        "    name ...F",
        "  }",
        "}",
        "fragment F on User {",
        "  id",
        "}",
    ]


def test_a_batch_and_a_stored_query() -> None:
    batch = show(body(json.dumps([{"query": "{ a }"}, {"query": "mutation Save { b }"}]), JSON))
    assert (batch.title, pairs(batch, 1)) == ("GraphQL · 2 operations", {"operation": "mutation Save"})
    stored = {"operationName": "Get", "extensions": {"persistedQuery": {"version": 1}}}
    assert show(body(json.dumps(stored), JSON)).title == "GraphQL · stored query Get"


def test_json_with_a_query_of_another_kind_is_json() -> None:
    assert show(body('{"query": "select * from users"}', JSON)).view == "json"
    assert "not GraphQL: no query" in show(body("[1]", JSON), "graphql").note


def test_a_query_by_itself() -> None:
    assert show(body("query { a }", "application/graphql")).view == "graphql"


@pytest.mark.parametrize(
    ("language", "line", "expected"),
    [
        ("json", '{"a": "x\\"y"}', {'"a"': "key", '"x\\"y"': "string"}),
        ("json", "[-1.5e3, true]", {"-1.5e3": "number", "true": "literal"}),
        ("javascript", "const a = `x` // hi", {"const": "keyword", "`x`": "string", "// hi": "comment"}),
        ("css", ".a { margin: 10px }", {".a": "tag", "margin": "key", "10px": "number"}),
        ("graphql", "query Q($id: ID) # c", {"query": "keyword", "$id": "attribute", "# c": "comment"}),
        ("python", "return None  # no", {"return": "keyword", "None": "literal", "# no": "comment"}),
        ("yaml", "key: 'v' # c", {"key": "key", "'v'": "string", "# c": "comment"}),
        ("html", "<a href='x'>", {"a": "tag", "href": "attribute", "'x'": "string"}),
        ("html", "&amp;<!-- c -->", {"&amp;": "literal", "<!-- c -->": "comment"}),
    ],
)  # fmt: skip
def test_what_is_told_apart(language: str, line: str, expected: dict[str, str]) -> None:
    assert looks(language, line) == expected


@pytest.mark.parametrize(
    ("language", "lines", "expected"),
    [
        ("javascript", ["a = `x", "y", "z` + /* q", "r */ b", "'/*'", "c"], {1: "string", 2: "string", 3: "comment"}),
        ("python", ['x = """', "abc", '"""', "y"], {1: "string", 2: "string"}),
        ("html", ["<!-- a", "b", "-->c"], {1: "comment", 2: "comment"}),
        ("css", ["/* a", "b */ c"], {1: "comment"}),
    ],
)
def test_what_goes_over_several_lines(language: str, lines: list[str], expected: dict[int, str]) -> None:
    found = modes(language, lines)
    assert {index: spans(language, lines[index], mode)[0][1] for index, mode in found.items()} == expected


def test_a_tag_over_several_lines() -> None:
    lines = ["<a", "  href='x'", ">text"]
    found = modes("html", lines)
    assert looks("html", lines[1], found[1]) == {"href": "attribute", "'x'": "string"}
    assert spans("html", lines[2], found[2]) == [(">", "muted"), ("text", "text")]


@given(st.sampled_from(LANGUAGES), st.lists(st.text(max_size=40), max_size=5))
@settings(max_examples=100)
def test_the_pieces_are_the_line(language: str, lines: list[str]) -> None:
    found = modes(language, lines)
    for index, line in enumerate(lines):
        pieces = spans(language, line, found.get(index, ""))
        assert "".join(text for text, _ in pieces) == line
        assert {look for _, look in pieces} <= set(LOOKS)


def test_of_a_long_line_the_beginning_is_coloured() -> None:
    pieces = spans("json", "[" + "1," * 100_000 + "]")
    assert len(pieces) <= LINE_LIMIT + 1
    assert pieces[-1][1] == "text"
