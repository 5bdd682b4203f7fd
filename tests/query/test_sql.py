"""The capture's answer is the answer that each connection gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from asgispy.capture.reader import CaptureReader
from asgispy.query.query import parse
from tests.query.conftest import recorded
from tests.query.strategies import event_terms, filters, plain_terms
from tests.tui.build import Builder, returned

if TYPE_CHECKING:
    from pathlib import Path

    from tests.query.conftest import Recording


@given(text=filters(plain_terms()))
@settings(max_examples=250, deadline=None)
def test_what_the_summary_answers_is_exact(shop: Recording, text: str) -> None:
    query = parse(text)
    assert query.where().exact
    assert not query.reads_events
    assert shop.selected(query) == set(shop.matching(text))


@given(text=filters(plain_terms() | event_terms()))
@settings(max_examples=150, deadline=None)
def test_the_condition_leaves_nothing_out(shop: Recording, text: str) -> None:
    query = parse(text)
    matching = set(shop.matching(text))
    assert matching <= shop.selected(query)
    if query.where().exact:
        assert matching == shop.selected(query)


@given(text=filters(plain_terms() | event_terms()))
@settings(max_examples=60, deadline=None)
def test_a_filter_and_its_opposite_share_the_connections_out(shop: Recording, text: str) -> None:
    matching, others = set(shop.matching(text)), set(shop.matching(f"-({text})"))
    assert matching | others == {subject.connection.id for subject in shop.subjects}
    assert not matching & others


@pytest.mark.parametrize("text", ["-status:200", "-close:1000", "-duration:>1ms", "-method:GET", "-mark:1", "-gap:>0"])
def test_what_has_no_value_is_in_the_negation(shop: Recording, text: str) -> None:
    missing = {
        "-status:200": "-has:status",
        "-close:1000": "-has:close",
        "-duration:>1ms": "is:open",
        "-method:GET": "type:lifespan,websocket",
        "-mark:1": "-has:mark",
        "-gap:>0": "-has:gap",
    }[text]
    assert set(shop.matching(missing)) <= shop.selected(parse(text))


@pytest.mark.parametrize("text", ["timeout", "header:host", "-body:x", "status:200 or body:x"])
def test_what_needs_events_has_to_be_confirmed(text: str) -> None:
    assert not parse(text).where().exact
    assert parse(text).reads_events


def test_a_long_filter_is_not_too_deep_for_the_database(shop: Recording) -> None:
    for text in (" ".join(f"-path:x{n}" for n in range(250)), "-(" + " or ".join(["status:1,2,3"] * 250) + ")"):
        assert shop.selected(parse(text)) == set(shop.matching(text))


ODD = ["/a\0needle", "/É/ß", "/\u212a/\u017f", "/STRASSE", "/İ", "/50%_x", "/a\nb", "", "/" + "x" * 100_000 + "needle"]
ASKED = [
    "needle",
    "*needle",
    "/a*",
    "é",
    '"ss"',
    "=/k/s",
    "k",
    "i",
    "%",
    "a?n*",
    "_x",
    "*",
    "=/strasse",
    "=/straße",
    "/??",
]


@pytest.mark.parametrize("text", [*(f"path:{value}" for value in ASKED), "path~needle$", "path~^$"])
def test_odd_paths_are_the_same_to_both(tmp_path: Path, text: str) -> None:
    build = Builder(tmp_path / "odd.asgispy")
    build.process(1)
    for path in ODD:
        build.open(0, {"type": "http", "path": path}, [returned(1)])
    build.close()
    with CaptureReader(build.path) as reader:
        odd = recorded(reader)
        assert odd.selected(parse(text)) == set(odd.matching(text))
        assert odd.selected(parse(f"-{text}")) == set(odd.matching(f"-{text}"))


@pytest.mark.parametrize(
    ("text", "few"),
    [("sku-1138", 20), ("header:x-none", 0), ("request.header:host", 53), ("body:lamp", 20), ("text:hello", 20)],
)
def test_what_stands_nowhere_is_not_even_looked_at(shop: Recording, text: str, few: int) -> None:
    # The others may still have it: in what is compressed, escaped or in parts, which only `matches` undoes.
    assert set(shop.matching(text)) <= shop.selected(parse(text))
    assert len(shop.selected(parse(text))) <= few
