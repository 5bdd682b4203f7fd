"""What is said of layers, from facts as the probe writes them and from facts that are none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgispy.analysis.layers import LayerView, delays, explain
from asgispy.model.values import Cut, Opaque
from asgispy.wire.codec import decode_value, encode_value

MS = 1_000_000


def _layer(name: str, parent: int, **more: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "name": name,
        "file": "app.py",
        "line": 3,
        "depth": parent + 1,
        "parent": parent,
        "send": parent,
        "shared": True,
        "task": 1,
        "entered": parent + 1,
        "left": 100 * MS - parent,
        "outcome": "returned",
        "error": "",
        "scope": {"type": "http", "path": "/"},
    }
    return facts | more


def _start(layer: int, to: int, time: int = 0, status: int = 200, *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    pairs = [list(pair) for pair in headers]
    facts = {"layer": layer, "to": to, "time": time * MS, "type": "http.response.start", "status": status}
    return facts | {"headers": pairs, "size": 0, "more": False}


def _body(layer: int, to: int, time: int = 0, size: int = 10, more: bool = False) -> dict[str, Any]:
    facts = {"layer": layer, "to": to, "time": time * MS, "type": "http.response.body", "status": None}
    return facts | {"headers": [], "size": size, "more": more}


def _facts(*crossings: dict[str, Any], **more: Any) -> dict[str, Any]:
    layers = [_layer("outer", -1), _layer("inner", 0)]
    return {"layers": layers, "crossings": list(crossings), "exit": {}, "truncated": False, "problem": ""} | more


def _outer(*crossings: dict[str, Any], **more: Any) -> tuple[str, ...]:
    return explain(_facts(*crossings, **more))[0].effects


def test_a_layer_that_hands_on_everything_has_no_effects() -> None:
    both = _start(1, 0), _start(0, -1), _body(1, 0), _body(0, -1)
    outer, inner = explain(_facts(*both))
    assert outer == LayerView("outer", "app.py", 3, 0, 2, 100 * MS + 1, "returned", (), ())
    assert inner.effects == ("answered by itself",)
    assert delays(_facts(*both)) == []


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ([], [(b"A", b"1")], "added header a"),
        ([(b"a", b"1")], [], "removed header a"),
        ([(b"a", b"1")], [(b"A", b"2")], "changed header a"),
        ([(b"a", b"1")], [(b"a", b"1"), (b"a", b"2")], "added header a"),
        ([(b"a", b"1"), (b"a", b"2")], [(b"a", b"2")], "removed header a"),
    ],
)
def test_headers(before: Any, after: Any, said: str) -> None:
    assert _outer(_start(1, 0, 0, 200, *before), _start(0, -1, 0, 200, *after)) == (said,)


def test_a_changed_status() -> None:
    assert _outer(_start(1, 0, 0, 200), _start(0, -1, 0, 503)) == ("status 200 → 503",)


def test_compression_with_sizes() -> None:
    starts = _start(1, 0), _start(0, -1, 0, 200, (b"content-encoding", b"br"))
    effects = _outer(*starts, _body(1, 0, 0, 5_000), _body(0, -1, 0, 44))
    assert effects == ("added header content-encoding", "compressed (br): 5,000 → 44 bytes")


def test_another_body() -> None:
    assert _outer(_start(1, 0), _start(0, -1), _body(1, 0), _body(0, -1, 0, 12)) == ("changed the body: 10 → 12 bytes",)


def test_a_buffering_layer() -> None:
    inner = _start(1, 0), _body(1, 0, 10, 10, True), _body(1, 0, 30)
    facts = _facts(*inner, _start(0, -1, 30), _body(0, -1, 30, 20))
    assert explain(facts)[0].effects == (
        "buffered: held the start back until the body was complete, 30 ms",
        "re-chunked the body: 2 → 1 chunks",
    )
    assert delays(facts) == [("outer", 20.0)]


def test_a_start_held_back() -> None:
    inner = _start(1, 0), _body(1, 0, 6, 10, True), _body(1, 0, 30)
    outer = _start(0, -1, 6), _body(0, -1, 6, 10, True), _body(0, -1, 30)
    assert _outer(*inner, *outer) == ("held the start back for 6.0 ms",)


def test_a_chunk_held_back() -> None:
    inner = _start(1, 0), _body(1, 0, 1, 10, True), _body(1, 0, 9)
    facts = _facts(*inner, _start(0, -1), _body(0, -1, 8, 10, True), _body(0, -1, 9))
    assert explain(facts)[0].effects == ("held a chunk back for 7.0 ms",)
    assert delays(facts) == [("outer", 7.0)]


def test_a_chunk_held_back_for_less_than_matters() -> None:
    facts = _facts(_start(1, 0), _body(1, 0, 1), _start(0, -1), _body(0, -1, 5))
    assert explain(facts)[0].effects == ()
    assert delays(facts) == []


def test_merged_and_transformed_chunks() -> None:
    inner = _start(1, 0), _body(1, 0, 1, 10, True), _body(1, 0, 20, 10, True), _body(1, 0, 30)
    facts = _facts(*inner, _start(0, -1), _body(0, -1, 20, 3, True), _body(0, -1, 30, 3))
    assert delays(facts) == [("outer", 19.0)]


@pytest.mark.parametrize(
    ("outer", "inner", "said"),
    [
        (("returned", ""), ("raised", "KeyError"), ("swallowed KeyError",)),
        (("returned", ""), ("raised", ""), ("swallowed an exception",)),
        (("returned", ""), ("raised", "asyncio.exceptions.CancelledError"), ("cancelled inner",)),
        (("raised", "OSError"), ("raised", "KeyError"), ("translated KeyError to OSError",)),
        (("raised", "KeyError"), ("raised", "KeyError"), ()),
        (("raised", ""), ("raised", "KeyError"), ()),
        (("raised", "KeyError"), ("returned", ""), ()),
    ],
)
def test_exceptions(outer: tuple[str, str], inner: tuple[str, str], said: tuple[str, ...]) -> None:
    layers = [
        _layer("outer", -1, outcome=outer[0], error=outer[1]),
        _layer("inner", 0, outcome=inner[0], error=inner[1]),
    ]
    assert _outer(_start(0, -1), layers=layers) == said


def test_a_task_switch() -> None:
    layers = [_layer("outer", -1), _layer("inner", 0, task=2)]
    crossings = _start(1, 0), _start(0, -1)
    assert _outer(*crossings, layers=layers) == ("runs the next layer in another task",)


def test_an_answer_that_was_swallowed_and_one_that_never_was() -> None:
    assert _outer(_start(1, 0)) == ("sent nothing",)
    assert [view.effects for view in explain(_facts())] == [(), ("sent nothing",)]
    assert [view.effects for view in explain(_facts(_start(0, -1)))] == [(), ()]


def test_a_response_object_relays_and_does_not_answer() -> None:
    layers = [_layer("outer", -1), _layer("inner", 0), _layer("response", 0, send=-1)]
    views = explain(_facts(_start(1, 0), _start(2, -1), layers=layers))
    assert [view.effects for view in views] == [(), ("answered by itself",), ()]


def test_changes_of_the_scope_are_put_down_to_the_layer_that_made_them() -> None:
    first = {"type": "http", "path": "/api/x", "root_path": "", "gone": 1, "state": {}}
    second = {
        "type": "http",
        "path": "/x",
        "root_path": "/api",
        "user": Opaque("User", "<User object>"),
        "state": {"a": 1},
    }
    layers = [_layer("outer", -1, scope=first), _layer("inner", 0, scope=second)]
    views = explain(_facts(layers=layers, exit=second | {"session": {"u": Cut("long", 900)}, "state": {"a": 2}}))
    assert views[0].scope_changes == (
        "path: /api/x → /x",
        "root_path: '' → /api",
        "gone removed",
        "state.a added",
        "user added",
    )
    assert views[1].scope_changes == ("state.a: 1 → 2 by the end", "session added by the end")


def test_own_time_leaves_out_overlapping_inner_layers_once() -> None:
    layers = [
        _layer("outer", -1, entered=0, left=100),
        _layer("one", 0, entered=10, left=50),
        _layer("two", 0, entered=40, left=None, outcome="open"),
    ]
    assert [(view.own, view.total) for view in explain(_facts(layers=layers))] == [(10, 100), (40, 40), (60, 60)]


_NAMES = st.sampled_from([*_layer("a", 0), *_start(0, 0), *_facts()])
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.integers(-2, 3)
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=5)
    | st.sampled_from(["http.response.start", "http.response.body", "raised", "returned", Opaque("a", "b"), 10**4200])
)
_ANYTHING = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES | st.text(max_size=2), inner, max_size=8),
)
_NEARLY = st.fixed_dictionaries(
    {
        "layers": st.lists(
            _ANYTHING
            | st.builds(lambda parent, scope: _layer("a", parent, scope=scope), st.integers(-3, 3), _ANYTHING),
            max_size=5,
        ),
        "crossings": st.lists(
            _ANYTHING
            | st.builds(_start, st.integers(-2, 5), st.integers(-2, 5), st.integers(-5, 5))
            | st.builds(_body, st.integers(-2, 5), st.integers(-2, 5), st.integers(-5, 5), st.integers(-5, 5)),
            max_size=9,
        ),
        "exit": _ANYTHING,
    }
)


@given(_ANYTHING | _NEARLY)
def test_nothing_that_a_file_may_hold_makes_it_raise(facts: Any) -> None:
    for view in explain(facts):
        assert view.own >= 0
        assert view.total >= view.own
    delays(facts)


@given(st.binary(max_size=200))
def test_nor_do_bytes_of_any_kind(data: bytes) -> None:
    explain(decode_value(data))
    delays(decode_value(data))


def test_deep_and_long_facts_are_bounded() -> None:
    deep: Any = {}
    for _ in range(5_000):
        deep = {"a": deep}
    again: Any = {}
    for _ in range(5_000):
        again = {"a": again}
    layers = [_layer("a", -1, scope={"x": {"y": deep}}), _layer("b", 0, scope={"x": {"y": again}})]
    layers[0]["scope"]["big"], layers[1]["scope"]["big"] = 10**5_000, 1
    explain(_facts(layers=[*layers, *([_layer("c", 1)] * 5_000)]))
    facts = _facts(*[_start(1, 0)] * 20_000, layers=[_layer("a", at - 1) for at in range(5_000)])
    assert len(explain(decode_value(encode_value(facts)))) <= 256
