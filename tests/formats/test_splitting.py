"""JSON taken apart as it comes: the same as `json` gives, however it is cut into chunks."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgispy.formats.splitting import Splitter, Undecodable, decode
from tests.support.scripts import python

if TYPE_CHECKING:
    from collections.abc import Iterator

ENTRIES = ("log", "entries")
ARRAYS = [ENTRIES, ("log", "_asgi", "connections")]

texts = st.text(st.sampled_from('a"\\{}[]:, \n\u00e9\u2028') | st.characters(exclude_categories=["Cs"]), max_size=8)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=15,
)


def chunked(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    for start, end in pairwise(places):
        yield data[start:end]


def read(data: bytes, cuts: list[int], **options: Any) -> tuple[list[tuple[Any, Any]], Splitter]:
    splitter = Splitter(chunked(data, cuts), ARRAYS, **options)
    return [(path, None if text is None else decode(text)) for path, text in splitter], splitter


@given(
    st.lists(values, max_size=6),
    st.lists(values, max_size=3),
    values,
    st.lists(st.integers(0, 10_000), max_size=30),
    st.sampled_from([None, 1, "\t"]),
    st.booleans(),
)
def test_the_same_as_json_in_chunks_of_any_size(
    entries: list[Any], others: list[Any], more: Any, cuts: list[int], indent: Any, ascii: bool
) -> None:
    document = {"a": more, "log": {"b": more, "entries": entries, "_asgi": {"connections": others, "c": more}}, "d": 1}
    found, splitter = read(json.dumps(document, indent=indent, ensure_ascii=ascii).encode(), cuts)
    assert found == [(ENTRIES, each) for each in entries] + [(ARRAYS[1], each) for each in others]
    assert splitter.rest == {"a": more, "log": {"b": more, "_asgi": {"c": more}}, "d": 1}
    assert splitter.problem == ""


@given(st.lists(values, max_size=4), st.integers(0, 1_000), st.lists(st.integers(0, 1_000), max_size=10))
def test_what_came_before_the_end_of_a_cut_file_is_read(entries: list[Any], end: int, cuts: list[int]) -> None:
    data = json.dumps({"log": {"version": "1.2", "entries": entries}}).encode()
    data = data[: end % len(data)]
    found, splitter = read(data, cuts)
    whole = [each for _, each in found if each is not None]
    assert whole == [each for each in entries[: len(whole)] if each is not None] or None in entries
    assert splitter.problem


@given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=10))
def test_whatever_is_read_it_ends(data: bytes, cuts: list[int]) -> None:
    for _ in Splitter(chunked(b'{"log": {"entries": [' + data, cuts), ARRAYS):
        pass
    for _ in Splitter(chunked(data, cuts), ARRAYS):
        pass


@given(st.lists(values, max_size=5), st.lists(st.integers(0, 1_000), max_size=20), st.sampled_from(["\n", "\r\n"]))
def test_lines_after_the_first_value(lines: list[Any], cuts: list[int], end: str) -> None:
    data = end.join(["{}", *(json.dumps(each) for each in lines), ""]).encode()
    found, splitter = read(data, cuts)
    assert found == [((), each) for each in lines]
    assert splitter.problem == ""


def test_a_broken_line_costs_no_other() -> None:
    splitter = Splitter([b'{"format": 1}\n{"a": [{"\n{"b": 2}\n\n{"c": 3}'], ARRAYS)
    assert [each.data for each in splitter] == [b'{"a": [{"', b'{"b": 2}', b'{"c": 3}']


def test_an_element_that_is_too_long_is_passed_over() -> None:
    long = json.dumps({"x": ["y" * 3_000, {"z": "}]"}]})
    data = json.dumps({"log": {"entries": [{"a": 1}]}}).replace("]", f', {long}, {{"b": 2}}]').encode()
    for size in (1, 7, 100, 10_000):
        found, splitter = read(data, [*range(0, len(data), size)], limit=1_000)
        assert found == [(ENTRIES, {"a": 1}), (ENTRIES, None), (ENTRIES, {"b": 2})]
        assert splitter.problem == ""


@pytest.mark.parametrize("data", [b"", b"  \n", b'{"log', b'{"log": {"entries": [{"a"', b'{"a": "x\\'])
def test_a_text_that_ends_too_early_says_so(data: bytes) -> None:
    splitter = Splitter([data], ARRAYS)
    assert [each.data for each in splitter if each.data is not None] == []
    assert splitter.problem == "it is cut off"


@pytest.mark.parametrize("data", [b"hello", b"[1]", b'{"log": {"entries": [}', b"{5: 1}", b'{"a" 1}', b"\xff\xfe"])
def test_what_is_no_json_says_where(data: bytes) -> None:
    splitter = Splitter([data], ARRAYS)
    assert list(splitter) == []
    assert "no JSON from byte" in splitter.problem


def test_what_programs_write_beside_the_rules_is_decoded() -> None:
    assert decode(rb'{"text": "\ud800"}') == {"text": "\ud800"}
    assert decode(b'{"time": NaN}')["time"] != 0
    assert decode(b'{"text": "a\tb"}') == {"text": "a\tb"}
    assert decode(b'{"text": "\xff"}') == {"text": "\ufffd"}
    for broken in (b"", b"{", b"[" * 100_000, b'{"a": ' * 100_000):
        with pytest.raises(Undecodable):
            decode(broken)


MEMORY = """
import resource
from asgispy.formats.splitting import Splitter

def chunks(count):
    yield b'{"log": {"entries": ['
    for _ in range(count):
        yield b'{"request": {"headers": [{"name": "x", "value": "y"}], "text": "' + b"z" * 10_000 + b'"}},\\n'
    yield b"]}}"

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
splitter = Splitter(chunks(3_000), [("log", "entries")])
count = sum(each.data is not None for each in splitter)
print(count, len(splitter.problem), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_long_document_takes_no_memory() -> None:
    count, problem, grown = map(int, python(MEMORY).stdout.split())
    assert (count, problem) == (3_000, 0)
    assert grown < 4_000, "kilobytes, for 30 MB of text"
