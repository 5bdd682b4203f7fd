"""What an application may put into a scope or message, as hypothesis makes it."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from asgispy.model.values import BytesLike, Cut, Opaque

surrogate_text = st.text(st.characters(exclude_categories=()) | st.sampled_from('\ud800\udfff\0é\\:&="'), max_size=20)


def _view(data: bytes) -> memoryview:
    return memoryview(data)


plain_text = st.text(max_size=20)
sizes = st.integers(0, 1 << 40)

recorded_values: st.SearchStrategy[Any] = st.one_of(
    st.builds(Cut, st.binary(max_size=20), sizes),
    st.builds(Cut, surrogate_text, sizes),
    st.builds(Opaque, plain_text, plain_text),
    st.builds(BytesLike, st.sampled_from(["bytearray", "memoryview"]), st.binary(max_size=20), sizes),
)
"""Values of model.values."""

masked_values: st.SearchStrategy[Any] = st.one_of(
    st.builds(Cut, st.binary(max_size=200), sizes, masked=st.just(True), short=st.booleans()),
    st.builds(Cut, surrogate_text, sizes, masked=st.just(True)),
    st.builds(
        BytesLike,
        st.just("bytearray"),
        st.binary(max_size=20),
        sizes,
        masked=st.just(True),
        short=st.booleans(),
    ),
)
"""Values that an import leaves behind where secrets were masked."""

leaves: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False),
    plain_text,
    st.binary(max_size=20),
)

plain_values: st.SearchStrategy[Any] = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(plain_text, inner, max_size=4), max_leaves=20
)
"""What one call of the encoder takes."""

decoded_values: st.SearchStrategy[Any] = st.recursive(
    leaves | recorded_values,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(plain_text, inner, max_size=4),
    max_leaves=20,
)
"""What a decoder can give back."""

any_values: st.SearchStrategy[Any] = st.recursive(
    leaves
    | recorded_values
    | surrogate_text
    | st.integers()
    | st.integers(-(2**2000), 2**2000)
    | st.binary(max_size=20).map(bytearray)
    | st.binary(max_size=20).map(_view)
    | st.floats()
    | st.complex_numbers()
    | st.builds(object)
    | st.sampled_from([int, len, print, Ellipsis, NotImplemented]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(surrogate_text | st.integers() | st.binary(max_size=5), inner, max_size=4)
        | st.frozensets(st.integers(), max_size=3)
    ),
    max_leaves=20,
)
"""What an application may really say."""
