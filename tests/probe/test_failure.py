"""Exceptions as the capture tells of them: with causes, groups and the application's own frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from asgispy.probe.failure import TEXT_LIMIT, encode_exception
from asgispy.wire.codec import decode_error

if TYPE_CHECKING:
    from asgispy.model.events import Error


def recorded(error: BaseException) -> Error:
    return decode_error(encode_exception(error))


def raised(function: Any) -> BaseException:
    try:
        function()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def test_type_message_and_traceback() -> None:
    def fails() -> None:
        raise KeyError("sku")

    error = recorded(raised(fails))
    assert (error.type, error.message) == ("KeyError", "'sku'")
    assert 'raise KeyError("sku")' in error.traceback
    assert "in fails" in error.traceback
    assert error.traceback.startswith("Traceback (most recent call last):")


class OwnError(Exception):
    pass


def test_a_type_of_the_applications_own_is_named_with_its_module() -> None:
    assert recorded(OwnError()).type == f"{__name__}.OwnError"
    assert recorded(OwnError()).message == ""


def test_causes_and_contexts_are_told_in_order() -> None:
    def fails() -> None:
        try:
            try:
                raise KeyError("first")
            except KeyError as error:
                raise ValueError("second") from error
        except ValueError:
            raise OSError("third")  # noqa: B904

    text = recorded(raised(fails)).traceback
    assert text.index("'first'") < text.index("direct cause") < text.index("second")
    assert text.index("second") < text.index("During handling") < text.index("third")


def test_groups_are_told_with_every_member() -> None:
    def fails() -> None:
        raise ExceptionGroup("several", [ValueError("one"), ExceptionGroup("inner", [KeyError("two")])])

    error = recorded(raised(fails))
    assert (error.type, error.message) == ("ExceptionGroup", "several (2 sub-exceptions)")
    assert "ValueError: one" in error.traceback
    assert "KeyError: 'two'" in error.traceback


def test_notes_are_kept() -> None:
    error = ValueError("bad")
    error.add_note("seen at the third item")
    assert "seen at the third item" in recorded(error).traceback


def test_endless_recursion_is_cut_to_its_last_frames() -> None:
    def deeper() -> None:
        deeper()

    error = recorded(raised(deeper))
    assert error.type == "RecursionError"
    assert len(error.traceback) < TEXT_LIMIT + 100


def test_a_chain_of_hundreds_is_bounded() -> None:
    def chain(depth: int) -> BaseException:
        error: BaseException = ValueError("x" * 1000)
        for number in range(depth):
            follower = ValueError(f"{number} " + "x" * 1000)
            follower.__cause__ = error
            error = follower
        return error

    assert len(recorded(chain(300)).traceback) < TEXT_LIMIT + 100


def test_exceptions_that_hold_each_other_end_somewhere() -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__context__, other.__context__ = other, one
    assert "one" in recorded(one).traceback


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")

    def __repr__(self) -> str:
        raise RuntimeError("no words")


def test_an_exception_that_cannot_be_told_is_named_all_the_same() -> None:
    error = recorded(Unspeakable())
    assert error.type.endswith("Unspeakable")


@pytest.mark.parametrize("text", ["\ud800", "\x1b[31m", "a\nb\0c", "é" * 10])
def test_any_text_can_be_told(text: str) -> None:
    assert recorded(ValueError(text)).message


def test_a_huge_message_is_bounded() -> None:
    error = recorded(ValueError("x" * 10_000_000))
    assert len(error.message) <= 4096
    assert len(error.traceback) < TEXT_LIMIT + 100


def test_an_exception_is_not_kept_alive() -> None:
    import gc
    import weakref

    error = OwnError()
    gone = weakref.ref(error)
    encode_exception(error)
    del error
    gc.collect()
    assert gone() is None
