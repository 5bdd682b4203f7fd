"""Observations, questions and answers on the wire."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgispy.errors import WireError
from asgispy.model.observation import InFlight, TaskStack
from asgispy.wire.observations import (
    RawObservation,
    decode_answer,
    decode_ask,
    decode_observations,
    encode_answer,
    encode_ask,
    encode_observations,
)

numbers = st.integers(0, 2**40)
texts = st.text(max_size=20)
lines = st.tuples(texts, st.integers(0, 10**6), texts, texts)
tasks = st.builds(TaskStack, texts, st.booleans(), st.lists(lines, max_size=3).map(tuple), texts)
reports = st.lists(st.builds(InFlight, numbers, texts, st.lists(tasks, max_size=3).map(tuple)), max_size=4)
observations = st.builds(
    RawObservation, numbers, numbers, st.none() | numbers, numbers, st.none() | numbers, st.binary(max_size=20)
)


@given(st.lists(observations, max_size=5))
def test_observations_travel_unchanged(told: list[RawObservation]) -> None:
    assert decode_observations(encode_observations(told)) == told


@given(numbers, st.none() | st.lists(numbers, max_size=5))
def test_questions_travel_unchanged(id: int, asked: list[int] | None) -> None:
    assert decode_ask(encode_ask(id, asked)) == (id, asked)


@given(numbers, reports)
def test_answers_travel_unchanged(id: int, report: list[InFlight]) -> None:
    assert decode_answer(encode_answer(id, report)) == (id, report)


def test_names_of_files_may_be_anything() -> None:
    report = [InFlight(1, "running", (TaskStack("t", False, (("/srv/\udcff.py", 1, "f", "x"),)),))]
    assert decode_answer(encode_answer(1, report))[1][0].tasks[0].lines[0][0] == "/srv/\\udcff.py"


@given(st.binary(max_size=60))
@pytest.mark.parametrize("decode", [decode_observations, decode_ask, decode_answer])
def test_whatever_else_comes_is_refused(decode: Any, payload: bytes) -> None:
    with contextlib.suppress(WireError):
        decode(payload)
