"""What can be written, what it is taken for, and how what can't be is answered."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.errors import EXIT_USAGE, QueryError, UsageError
from asgispy.query.query import parse
from asgispy.query.syntax import QUOTED, Term, quote
from tests.query.strategies import event_terms, filters, plain_terms

ALPHABET = st.sampled_from(
    [*"ab:/()\"-~<>=.,*? \\|xX019{}'", "status", "path:", "or ", "and", "not ", " 4xx", "header:"]
)


@given(text=st.one_of(st.text(max_size=60), st.lists(ALPHABET, max_size=30).map("".join)))
@settings(max_examples=800, deadline=None)
def test_any_text_is_a_filter_or_a_query_error(text: str) -> None:
    try:
        query = parse(text)
    except QueryError as error:
        wrong = error
    else:
        assert parse(str(query)) == query
        assert str(parse(str(query))) == str(query)
        assert query.where().sql
        assert query.explain().endswith(".")
        return
    assert 0 <= wrong.position <= len(text)
    assert "\n" not in str(wrong)


@given(text=filters(plain_terms() | event_terms()))
@settings(max_examples=200, deadline=None)
def test_a_filter_written_back_is_the_same(text: str) -> None:
    assert parse(str(parse(text))) == parse(text)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("", ""),
        ("  \t ", ""),
        ("a b", "a and b"),
        ("a AND b Or c", "(a b) or c"),
        ("a (b c)", "a b c"),
        ("not a", "-a"),
        ("--a", "a"),
        ("-not -(a)", "-a"),
        ("-(a or b)", "not(a or b)"),
        ("foo(a b)", "foo (a b)"),
        ("f(x) b", '"f(x)" "b"'),
        ("took:>1s", "duration>1s"),
        ("TTFB:>1s", "first_byte:>1s"),
        ("path~^/a", 'path:~"^/a"'),
        ("body:/a b/", 'body~"a b"'),
        (r"body:/a\/b/", 'body~"a/b"'),
        ("a>b", '"a>b"'),
        ("page=2", '"page=2"'),
        ("code:1006", "close:1006"),
    ],
)
def test_the_same_can_be_written_in_several_ways(text: str, same: str) -> None:
    # Quoted words have no wildcards, and are told apart from bare ones only by that.
    assert parse(text).explain() == parse(same).explain()


WRONG = [
    ("stauts:200", 0, "did you mean status:?"),
    ("a or stat:5", 5, "did you mean status:?"),
    ("http://localhost", 0, 'quote it to search for it: "http://localhost"'),
    ("(a", 0, "close it, or put the text in quotes"),
    ("a (b or (c)", 2, "close it, or put the text in quotes"),
    ("a)", 1, "remove it, or quote it"),
    ("a or", 4, "go on with a word or field:value"),
    ("a or or b", 5, 'quote "and", "or" and "not" to search for them'),
    ("and a", 0, 'quote "and", "or" and "not" to search for them'),
    ("()", 1, "put a word or field:value there"),
    ('path:"a', 5, "close the quotation marks"),
    ("- a", 0, 'write -word without a space, or "-" in quotes'),
    ("status:", 7, "for example status:5xx"),
    ("status:200,", 11, "for example status:5xx"),
    ("duration:>200", 10, "write 200ms, 1.5s, >2m or 100ms..1s"),
    ("size:>1Q", 6, "write 512, 64K, >1.5MB or 1K..2K"),
    ("status:500..400", 7, "write the smaller one first"),
    ("started:>25:00", 9, "write 12:30, 12:30:05, 2026-11-22, >2026-11-22T12:30 or 12:30..12:45"),
    ("is:hangin", 3, "did you mean is:hanging?"),
    ("type:tcp", 5, "one of http, websocket, lifespan, other"),
    ("path:>5", 5, "write path:/api/*"),
    ("header:content-type:json", 19, "write = before its value: header:content-type=json"),
    ("header:", 7, "for example header:content-type=json"),
    ("path~[", 5, "check it"),
    ("body~(a+)+b", 5, "use wildcards, or bound repetitions as in {0,9}"),
    ("body:/a", 5, "close it with a slash, or quote what you look for"),
    ("a \udcff", 2, "write it in UTF-8"),
    ("path~", 5, "write it after ~, in quotes if it has spaces"),
    ("status:~5", 8, "write 404, 4xx for a status, >=400 or 400..499"),
]


@pytest.mark.parametrize(("text", "position", "hint"), WRONG)
def test_an_error_says_where_and_what_to_do(text: str, position: int, hint: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert (caught.value.position, caught.value.hint) == (position, hint)
    assert str(caught.value).startswith("filter: ")
    assert f" at character {position + 1}; {hint}" in str(caught.value)
    assert isinstance(caught.value, UsageError)
    assert caught.value.exit_code == EXIT_USAGE


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5_000,
        "(" * 60 + "a" + ")" * 60,
        "-(" * 4_000 + "a",
        "a " * 4_000,
        "status:" + "1," * 4_000 + "1",
        "x" * 1_000_000,
        "path~" + "(" * 400 + ")" * 400,
        "path~" + "a{999}" * 100,
        'path:"' + "\\" * 8_000,
    ],
)
def test_enormous_and_deep_ones_are_refused_in_a_line(text: str) -> None:
    with pytest.raises(QueryError):
        parse(text)


def test_fifty_parentheses_and_any_number_of_dashes_are_fine() -> None:
    assert parse("-" * 8_000 + "(" * 50 + "a" + ")" * 50) == parse("a")


@given(text=st.text(min_size=1, max_size=40))
@settings(max_examples=300)
def test_a_quoted_value_means_itself(text: str) -> None:
    term = parse(f"comment:{quote(text)}").tree
    assert isinstance(term, Term)
    (value,) = term.values
    assert (value.text, value.operator) == (text, "")
    assert value.form == QUOTED or not set("*?") & set(text)
