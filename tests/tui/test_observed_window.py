"""What was seen besides messages is read when there may be more, and sparingly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgispy.errors import CaptureError
from asgispy.model.connection import HTTP, Connection
from asgispy.model.observation import LAYERS, LOG, STALL, Observation
from asgispy.tui.observed_window import SPARING, ObservedWindow

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


class Slow:
    """A reader that takes a second."""

    def __init__(self) -> None:
        self.seen: Sequence[Observation] = ()
        self.now = 0.0
        self.reads = 0
        self.broken = False

    def observations(self, id: int, kinds: Collection[int]) -> Sequence[Observation]:
        self.reads += 1
        self.now += 1
        if self.broken:
            raise CaptureError("gone")
        return [each for each in self.seen if each.kind in kinds]

    def observation_count(self, id: int, kinds: Collection[int]) -> int:
        return sum(each.kind in kinds for each in self.seen)


def seen(*kinds: int) -> list[Observation]:
    return [Observation(1, 1, kind, 0, None, {}) for kind in kinds]


def of(id: int = 1) -> Connection:
    return Connection(id, 1, HTTP, 0, observed=1 << LOG)


def test_it_is_read_again_when_there_may_be_more_but_not_all_the_time() -> None:
    reader: Any = Slow()
    window = ObservedWindow(reader, lambda: reader.now)
    reader.seen = seen(LOG, STALL, LAYERS)
    assert window.look(of(), 1)
    assert (window.said, [each.kind for each in window.beside]) == (1, [STALL])
    assert not window.look(of(), 1)
    reader.seen = seen(LOG, LOG)
    assert not window.look(of(), 2)
    assert reader.reads == 1
    reader.now += SPARING
    assert window.look(of(), 2)
    assert (window.said, window.beside) == (2, ())
    assert window.look(of(2), 2)
    assert reader.reads == 3


def test_what_was_read_stays_when_the_capture_can_not_be_read() -> None:
    reader: Any = Slow()
    window = ObservedWindow(reader, lambda: reader.now)
    reader.seen = seen(LOG)
    assert window.look(of(), 1)
    reader.broken = True
    reader.now += SPARING
    assert not window.look(of(), 2)
    assert window.said == 1
    window.look(of(2), 2)
    assert window.said == 0


def test_what_nothing_was_seen_of_is_not_read() -> None:
    reader: Any = Slow()
    window = ObservedWindow(reader, lambda: reader.now)
    assert not window.look(Connection(1, 1, HTTP, 0), 1)
    assert reader.reads == 0
