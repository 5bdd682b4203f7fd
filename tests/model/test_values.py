"""Values that a recording holds besides plain ones."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from asgispy.model.values import BytesLike, Cut, Opaque, Part, size_of


@given(st.text())
def test_the_size_of_a_text_is_that_of_its_utf8_form(text: str) -> None:
    assert size_of(text) == len(text.encode("utf-8", "surrogatepass"))


def test_the_size_of_a_cut_body_is_the_true_one() -> None:
    assert size_of(b"12345") == 5
    assert size_of(Cut(b"12", 5)) == 5
    assert size_of(Cut("12", 7)) == 7
    assert size_of(BytesLike("bytearray", b"1", 9)) == 9


def test_what_is_no_body_has_no_size() -> None:
    assert [size_of(value) for value in (None, 5, ["x"], {"a": 1}, Opaque("a.B", "<B>"))] == [0] * 5


def test_values_are_equal_by_their_parts_and_kind() -> None:
    assert Cut(b"a", 2) == Cut(b"a", 2)
    assert Cut(b"a", 2) != Cut(b"a", 3)
    assert Part("path") != "path"
    assert len({Opaque("a", "b"), Opaque("a", "b"), Opaque("b", "a")}) == 2
    assert "Cut" in repr(Cut(b"a", 2))
