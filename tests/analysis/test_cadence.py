"""The histogram of when messages passed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from asgispy.analysis.cadence import BINS, FIRST_WIDTH, Cadence

notes = st.lists(st.tuples(st.integers(0, 10**15), st.booleans()), max_size=250)


@given(notes)
def test_no_message_is_lost_below_saturation(messages: list[tuple[int, bool]]) -> None:
    cadence = Cadence()
    for offset, sent in messages:
        cadence.add(offset, sent=sent)
    assert sum(cadence.sent) == sum(sent for _, sent in messages)
    assert sum(cadence.received) == sum(not sent for _, sent in messages)


@given(notes)
def test_the_width_only_grows_and_holds_the_latest_message(messages: list[tuple[int, bool]]) -> None:
    cadence = Cadence()
    width = cadence.width
    for offset, sent in messages:
        cadence.add(offset, sent=sent)
        assert cadence.width >= width
        assert offset < cadence.width * BINS
        assert (cadence.sent if sent else cadence.received)[offset // cadence.width] > 0
        width = cadence.width
    assert width == FIRST_WIDTH or max(offset for offset, _ in messages) >= width * BINS // 2


@given(notes)
def test_it_comes_back_from_its_stored_form(messages: list[tuple[int, bool]]) -> None:
    cadence = Cadence()
    for offset, sent in messages:
        cadence.add(offset, sent=sent)
    again = Cadence.from_bytes(cadence.to_bytes())
    assert (again.width, again.sent, again.received) == (cadence.width, cadence.sent, cadence.received)


def test_a_busy_bin_saturates_and_stays_saturated_when_bins_are_joined() -> None:
    cadence = Cadence()
    for _ in range(1000):
        cadence.add(0, sent=True)
        cadence.add(FIRST_WIDTH, sent=True)
    cadence.add(FIRST_WIDTH * BINS, sent=False)
    assert (cadence.sent[0], cadence.sent[1], cadence.width) == (255, 0, 2 * FIRST_WIDTH)


def test_a_message_before_the_start_counts_as_one_at_the_start() -> None:
    cadence = Cadence()
    cadence.add(-5, sent=True)
    assert cadence.sent[0] == 1


@given(st.binary(max_size=200))
def test_any_stored_bytes_can_be_read(data: bytes) -> None:
    cadence = Cadence.from_bytes(data)
    cadence.add(5, sent=True)
    assert cadence.width > 0


def test_two_of_them_share_nothing() -> None:
    one, other = Cadence(), Cadence()
    one.add(0, sent=True)
    assert other.sent[0] == 0
