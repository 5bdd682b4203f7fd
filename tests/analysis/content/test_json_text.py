"""JSON as it was written: digits, repeated keys, what was cut, and where mistakes are."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.analysis.content.nodes import GROUP, data_text
from asgispy.analysis.content.views import show
from tests.analysis.content.build import below, body, code, outline, tree

JSON = "application/json"
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


def test_numbers_keep_their_digits_and_repeated_keys_stay() -> None:
    digits = "9" * 5000
    content = show(
        body(f'{{"a": 1.10, "a": 1e400, "b": NaN, "c": -0.0, "d": 123456789012345678901, "e": {digits}}}', JSON)
    )
    root = tree(content)
    assert root.children is not None
    assert [(node.label, node.text[:30]) for node in root.children()] == [
        ("a", "1.10"),
        ("a", "1e400"),
        ("b", "NaN"),
        ("c", "-0.0"),
        ("d", "123456789012345678901"),
        ("e", digits[:30]),
    ]
    assert content.note == "keys are repeated; NaN is not allowed in JSON"
    assert content.title == "JSON · 6 keys"


def test_kinds_and_sizes() -> None:
    root = tree(show(body('{"o": {"x": 1}, "a": [1, 2], "s": "hey", "n": 1, "t": true, "z": null, "e": {}}', JSON)))
    assert {label: (node.kind, node.text, node.size) for label, node in below(root).items()} == {
        "o": ("object", '{"x": 1}', 1),
        "a": ("array", "[1, 2]", 2),
        "s": ("string", '"hey"', 3),
        "n": ("number", "1", 0),
        "t": ("literal", "true", 0),
        "z": ("literal", "null", 0),
        "e": ("object", "{}", 0),
    }
    assert below(root)["e"].children is None


@given(documents)
@settings(max_examples=60)
def test_pretty_text_is_the_same_document(value: Any) -> None:
    content = show(body(json.dumps(value), JSON), "pretty")
    assert json.loads(code(content)) == value
    assert code(content) == json.dumps(value, indent=2, ensure_ascii=False)


@given(documents, st.data())
@settings(max_examples=60)
def test_a_cut_document_is_shown_as_far_as_it_goes(value: Any, data: st.DataObject) -> None:
    text = json.dumps([value, "end"])
    kept = text[: data.draw(st.integers(1, len(text) - 1))]
    content = show(body(kept, JSON, size=len(text) + 1))
    assert content.view in ("json", "text")
    assert "not JSON" in content.note


def test_a_body_cut_when_recorded_keeps_its_whole_values() -> None:
    content = show(body('{"a": [1, {"b": "x", "c": "unfin', JSON, size=500))
    assert outline(tree(content)) == {"a": "[1, {…}]"}
    assert "unexpected" in content.note or "does not end" in content.note
    assert "shown as far as it goes" in content.note


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ('{"a": 1', "unexpected end at byte 7"),
        ('{"ü": }', "no value where one is expected at byte 7"),
        ('{"a": 1} x', "more after the value at byte 9"),
        ('{"a": "x', "the string does not end that begins at byte 6"),
        ("{'a': 1}", "expecting property name enclosed in double quotes at byte 1"),
        ("   ", "it is empty"),
    ],
)
def test_mistakes_are_told_with_their_byte(text: str, note: str) -> None:
    assert show(body(text, JSON)).note == f"not JSON: {note}"


@pytest.mark.parametrize("text", ["[" * 1_000_000, '{"a":' * 100_000])
def test_nesting_beyond_reason_falls_back_to_text(text: str) -> None:
    content = show(body(text, JSON))
    assert (content.view, content.note) == ("text", "not shown as JSON: nested too deep")


def test_a_large_array_comes_in_groups() -> None:
    root = tree(show(body(json.dumps([7] * 2_500_000, separators=(",", ":")), JSON)))
    assert root.children is not None
    groups = root.children()
    assert [group.label for group in groups] == ["0 … 999999", "1000000 … 1999999", "2000000 … 2499999"]
    assert groups[2].children is not None
    inner = groups[2].children()
    assert (len(inner), inner[-1].label, inner[-1].size) == (500, "2499000 … 2499999", GROUP)
    assert outline(inner[-1])["2499999"] == "7"


def test_json_larger_than_its_limit_is_text() -> None:
    content = show(body("[" + "1," * 6_000_000 + "1]", JSON))
    assert content.view == "text"
    assert "not shown as JSON: larger than 10 MB" in content.note


def test_json_in_a_string_opens_too() -> None:
    root = tree(show(body(json.dumps({"body": '{"inner": [1]}', "plain": "{not json}"}), JSON)))
    assert outline(below(root)["body"]) == {"inner": "[1]"}
    assert below(root)["plain"].children is None


def test_a_token_in_a_value_opens_too() -> None:
    parts = [b'{"alg":"none"}', b'{"exp":1795435200}', b"x"]
    token = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    root = tree(show(body(json.dumps({"token": token}), JSON)))
    opened = below(below(root)["token"])
    assert outline(opened["claims"]) == {"exp": "1795435200 (2026-11-23 12:00:00 UTC)"}
    assert opened["signature"].text == "not verified"


def test_values_are_copied_as_data() -> None:
    nodes = below(tree(show(body('{"s": "a\\nb", "o": {"x": 1.10}}', JSON))))
    assert data_text(nodes["s"].value) == "a\nb"
    assert data_text(nodes["o"].value) == '{\n  "x": 1.10\n}'
