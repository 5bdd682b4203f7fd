"""Whatever an application says becomes bytes, and none of its own code is called for that."""

from __future__ import annotations

import asyncio
import enum
import io
import sys
import types
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given

from asgispy.model.values import BytesLike, Cut, Opaque
from asgispy.probe.snapshot import DEPTH, ITEMS, TEXT, encode_careful, encode_message, encode_scope, snapshot
from asgispy.wire.codec import decode_value, encode_value
from tests.wire.strategies import any_values, plain_values


def recorded(value: object) -> Any:
    return decode_value(encode_careful(value))


@given(any_values)
def test_anything_can_be_encoded_and_read_back(value: Any) -> None:
    for encode in (encode_careful, encode_message):
        assert getattr(decode_value(encode(value)), "type", "") != "undecodable"


@given(plain_values)
def test_plain_values_come_back_as_they_are_either_way(value: Any) -> None:
    assert decode_value(encode_message(value)) == value
    assert encode_scope({"type": "http", "value": value}) == encode_value({"type": "http", "value": value})


@given(any_values)
def test_a_snapshot_of_a_snapshot_is_the_same(value: Any) -> None:
    once = encode_value(snapshot(value, DEPTH - 3))
    assert encode_value(snapshot(snapshot(value, DEPTH - 3))) == once


class Text(str):
    """Text of a kind of its own."""


class Data(bytes):
    """Bytes of a kind of their own."""


class Ratio(float):
    """A number of a kind of its own."""


class Called(BaseException):
    """Not even an `except Exception` hides that a method was called."""


def trap(self: object, *arguments: object, **named: object) -> Any:
    raise Called


METHODS = (
    "__repr__ __str__ __iter__ __len__ __bool__ __eq__ __hash__ __getattr__ __getitem__ __contains__ __bytes__ "
    "__index__ __int__ __float__ __format__ __dir__ __reduce__ __reduce_ex__ __getstate__ __copy__ __deepcopy__ "
    "__next__ __call__ __fspath__ __buffer__ __array__ items keys values encode decode isoformat"
)


def trapped(*bases: type) -> Any:
    """A subclass in which every method is a trap, even the one that says what class it is."""
    methods: dict[str, Any] = dict.fromkeys(METHODS.split(), trap)
    return type("Trapped", bases, {**methods, "__class__": property(trap)})


@pytest.mark.parametrize("base", [object, dict, list, tuple, str, bytes, set, frozenset, int, float, bytearray])
def test_no_method_of_the_applications_own_is_called(base: type) -> None:
    new: Any = base.__new__
    value = new(trapped(base))
    for kept in (value, [value], {"key": value}, {"deep": {"er": [value]}}):
        decode_value(encode_message(kept))
        decode_value(encode_scope({"type": "http", "state": kept}))
        decode_value(encode_careful(kept))


def test_a_hostile_object_costs_nothing_but_itself() -> None:
    value = recorded({"before": 1, "hostile": trapped(object)(), "after": b"2"})
    assert (value["before"], value["after"]) == (1, b"2")
    assert isinstance(value["hostile"], Opaque)
    assert value["hostile"].type.endswith("Trapped")


class Meta(type):
    def __getattribute__(cls, name: str) -> Any:
        if name in ("__module__", "__qualname__", "__name__"):
            raise RuntimeError("no name")
        return super().__getattribute__(name)

    def __instancecheck__(cls, instance: object) -> bool:
        raise RuntimeError("no instance")


class Nameless(metaclass=Meta):
    pass


def test_a_class_that_does_not_tell_its_name_is_an_object() -> None:
    value = recorded({"nameless": Nameless(), "class": Nameless, "after": 1})
    assert value["nameless"] == Opaque("object", "<object object>")
    assert isinstance(value["class"], Opaque)
    assert value["after"] == 1


def test_a_generator_is_not_consumed_wherever_it_stands() -> None:
    generators = [(each for each in (1, 2, 3)) for _ in range(4)]
    message = {"a": generators[0], "b": [generators[1]], "state": {"c": generators[2]}, "d": iter(generators[3])}
    encode_message(message)
    encode_scope(message)
    encode_careful(message)
    assert [list(generator) for generator in generators] == [[1, 2, 3]] * 4


@pytest.mark.parametrize("iterator", [iter([1]), map(str, [1]), zip([1], [2], strict=True), {"a": 1}.items()])
def test_other_iterables_are_not_consumed_either(iterator: Any) -> None:
    assert isinstance(recorded({"x": iterator})["x"], Opaque)
    assert len(list(iterator)) == 1


def test_lists_and_dicts_that_hold_themselves_end_somewhere() -> None:
    ring: list[Any] = [1]
    ring.append(ring)
    knot: dict[str, Any] = {"a": 1}
    knot["self"] = knot
    for value in (recorded(ring), recorded(knot), decode_value(encode_message([ring, knot]))):
        assert "of 2" in repr(value)


def test_depth_and_breadth_are_bounded_and_what_is_left_out_is_named() -> None:
    deep: Any = "end"
    for _ in range(DEPTH + 5):
        deep = [object(), deep]
    assert "list of 2" in repr(recorded(deep))
    wide = recorded({"odd": object(), "items": list(range(ITEMS * 3))})
    assert wide["items"] == list(range(ITEMS))


def test_long_texts_and_bytes_of_odd_messages_are_cut_with_their_true_size() -> None:
    value = recorded(
        {"odd": object(), "text": "é" * (TEXT + 5), "bytes": b"x" * (TEXT + 5), "array": bytearray(TEXT + 5)}
    )
    assert value["text"] == Cut("é" * TEXT, 2 * TEXT + 10)
    assert value["bytes"] == Cut(b"x" * TEXT, TEXT + 5)
    assert value["array"] == BytesLike("bytearray", bytes(TEXT), TEXT + 5)


class Color(enum.Enum):
    RED = trap


class Zone(tzinfo):
    def __repr__(self) -> str:
        raise Called

    def utcoffset(self, when: datetime | None) -> Any:
        return None

    tzname = dst = utcoffset


@pytest.mark.parametrize(
    ("value", "type", "text"),
    [
        (len, "builtin_function_or_method", "builtins.len"),
        (dict, "type", "builtins.dict"),
        (recorded, "function", "tests.probe.test_snapshot.recorded"),
        (sys, "module", "sys"),
        (Ellipsis, "ellipsis", "Ellipsis"),
        (1j, "complex", "1j"),
        (PurePosixPath("/srv"), "pathlib.PurePosixPath", "PurePosixPath('/srv')"),
        (
            datetime(2026, 1, 2, tzinfo=UTC),
            "datetime.datetime",
            "datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc)",
        ),
        (datetime(2026, 1, 2, tzinfo=Zone()), "datetime.datetime", "<datetime.datetime object>"),
        (Decimal("1.5"), "decimal.Decimal", "Decimal('1.5')"),
        (object(), "object", "<object object>"),
        ({1, 2}, "set", "set of 2"),
        (slice(1), "slice", "<slice object>"),
    ],
)
def test_what_is_not_recorded_is_named(value: Any, type: str, text: str) -> None:
    seen = snapshot(value)
    assert (seen.type, seen.repr) == (type, text)


@pytest.mark.parametrize(
    ("value", "traits"),
    [
        (iter([1]), ("iterator", "iterable")),
        ({1, 2}, ("iterable",)),
        (MappingProxyType({}), ("iterable", "mapping")),
        (io.BytesIO(), ("iterator", "iterable", "fileno")),
        (object(), ()),
        (asyncio.Event, ()),
    ],
)
def test_what_can_be_done_with_an_object_is_noted_without_doing_it(value: Any, traits: tuple[str, ...]) -> None:
    assert snapshot(value).traits == traits


@pytest.mark.parametrize(
    ("value", "plain"), [(HTTPStatus.OK, 200), (Text("a"), "a"), (Data(b"a"), b"a"), (Ratio(0.5), 0.5)]
)
def test_subclasses_of_plain_types_count_as_those(value: Any, plain: Any) -> None:
    seen = snapshot(value)
    assert (type(seen), seen) == (type(plain), plain)


def test_a_module_that_loads_lazily_is_not_made_to() -> None:
    module = types.ModuleType("lazy")
    module.__getattr__ = trap  # type: ignore[method-assign]
    assert recorded({"module": module})["module"] == Opaque("module", "lazy")


def test_odd_keys_stay_apart_from_each_other() -> None:
    value = recorded({"odd": object(), 1: "int", b"b": "bytes", "\ud800": "surrogate", (1, 2): "tuple", None: "none"})
    assert value[1] == "int"
    assert value[b"b"] == "bytes"
    assert value["\\ud800"] == "surrogate"
    assert len(value) == 6


def test_a_path_object_is_described_by_its_text() -> None:
    assert str(Path("/srv/app")) in recorded({"path": Path("/srv/app")})["path"].repr
