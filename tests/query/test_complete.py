"""What is offered at the cursor."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.query.complete import Completion, complete
from asgispy.query.query import parse

SEEN = {
    "path": ["/api/orders", "/api/a b", "/x,y"],
    "header": ["content-type", "etag"],
    "header:content-type": ["application/json; charset=utf-8", "text/html"],
    "status": ["404", "418"],
    "client": ["127.0.0.1:5000"],
    "exception": ['KeyError: "x"', "~odd", "/odd"],
    "comment": ["a..b", "50%", "*"],
}


def seen(field: str, prefix: str) -> list[str]:
    """Values of a capture."""
    return SEEN.get(field, [])


def offered(text: str, cursor: int | None = None) -> list[str]:
    """The texts of the options."""
    return [option.text for option in complete(text, len(text) if cursor is None else cursor, seen).options]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("sta", ["status:", "state:", "started:"]),
        ("ttf", ["first_byte:"]),
        ("a dur", ["duration:"]),
        ("(typ", ["type:"]),
        ("-typ", ["type:"]),
        ("byte", ["first_byte:"]),
        ("status:4", ["4xx", "404", "418"]),
        ("status:200,5", ["5xx"]),
        ("is:h", ["hanging", "hidden", "http"]),
        ("method:p", ["POST", "PUT", "PATCH"]),
        ("path:/a", ["/api/orders", '"/api/a b"']),
        ('path:"/api/a', ['"/api/a b"']),
        ("path:/x", ['"/x,y"']),
        ("header:cont", ["content-type"]),
        ("header:content-type=", ['"application/json; charset=utf-8"', "text/html"]),
        ("header:content-type=text/html,app", ['"application/json; charset=utf-8"']),
        ("duration:", [">200ms", "<10ms", "100ms..1s"]),
        ("exception:", ['"KeyError: \\"x\\""', '"~odd"', '"/odd"']),
        ("comment:", ['"a..b"', "50%", '"*"']),
        ("a o", ["or"]),
    ],
)
def test_what_fits_is_offered(text: str, first: list[str]) -> None:
    assert offered(text)[: len(first)] == first or set(first) <= set(offered(text))


def test_each_field_comes_with_a_line_of_help() -> None:
    options = complete("", 0).options
    assert [option.text for option in options][:3] == ["status:", "method:", "path:"]
    assert all(option.help and "\n" not in option.help for option in options)


def test_operators_are_offered_after_a_term_and_not_before() -> None:
    assert {"or", "and", "not"} <= set(offered("a "))
    assert not {"or", "and", "not"} & set(offered(""))


@pytest.mark.parametrize(
    ("text", "cursor", "option", "result"),
    [
        ("status:4 path:/a", 8, "4xx", "status:4xx path:/a"),
        ("sta path:/a", 2, "status:", "status: path:/a"),
        ("status:200,404,500", 12, "4xx", "status:200,4xx,500"),
        ("stat:5", 2, "status:", "status:5"),
        ("path:/a b", 7, '"/api/a b"', 'path:"/api/a b" b'),
    ],
)
def test_an_option_takes_the_place_of_what_stands_there(text: str, cursor: int, option: str, result: str) -> None:
    found = complete(text, cursor, seen)
    (chosen,) = [each for each in found.options if each.text == option]
    assert found.apply(text, chosen) == (result, found.start + len(option))


@given(text=st.text('abpath:status="(),-~<>=/. *', max_size=25), cursor=st.integers(-2, 30))
@settings(max_examples=400)
def test_completing_never_fails(text: str, cursor: int) -> None:
    found = complete(text, cursor, seen)
    assert isinstance(found, Completion)
    assert 0 <= found.start <= max(0, min(cursor, len(text))) <= found.end <= len(text)


@given(st.sampled_from(["path", "client", "exception", "comment"]), st.text(min_size=1, max_size=30))
def test_a_value_that_was_seen_can_be_taken_as_it_is_offered(field: str, value: str) -> None:
    for option in complete(f"{field}:", len(field) + 1, lambda *_: [value]).options:
        assert not parse(f"{field}:{option.text}").empty
