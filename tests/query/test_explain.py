"""A filter in a sentence."""

from __future__ import annotations

import pytest

from asgispy.query.fields import TABLE, fields_help
from asgispy.query.query import parse


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Every connection."),
        ("timeout", "Connections where anything contains “timeout”."),
        ('-"time out"', "Connections where nothing contains “time out”."),
        (
            "status:5xx,404 -path:/health,/x* duration:>200ms",
            "Connections where status is 5xx or 404 and path does not contain “/health” and is not like “/x*” "
            "and duration is over 200ms.",
        ),
        ("-(a or b)", "Connections where not (anything contains “a” or anything contains “b”)."),
        (
            "-(a b) or c",
            "Connections where not (anything contains “a” and anything contains “b”) or anything contains “c”.",
        ),
        ("a (b or c)", "Connections where anything contains “a” and (anything contains “b” or anything contains “c”)."),
        ("has:exception -has:query", "Connections where there is an exception and there is no query string."),
        ("is:hanging,error", "Connections where it is hanging or error."),
        ("size:1K..2K started:12:30..", "Connections where size is between 1K and 2K and start is from 12:30."),
        ("header:etag -cookie:a=1", "Connections where there is a header etag and no cookie a contains “1”."),
        ("method:=POST body~^x", "Connections where method is “POST” and body matches /^x/."),
    ],
)
def test_a_sentence_says_what_is_asked(text: str, sentence: str) -> None:
    assert parse(text).explain() == sentence


def test_every_example_of_the_table_is_a_filter() -> None:
    assert [example for _, _, example in fields_help()] == [field.example for field in TABLE]
    for field in TABLE:
        query = parse(field.example)
        assert query.explain().startswith("Connections where ")
        assert query.reads_events is field.events
