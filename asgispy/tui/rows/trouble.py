"""Finds the next failure in the list as it is shown: filtered, sorted or neither.

What must not move in: which connections are in the list (listing).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asgispy.capture.reader import CaptureReader

if TYPE_CHECKING:
    from array import array

    from asgispy.capture.reader import Row
    from asgispy.tui.feed import Feed

AT_A_TIME: Final = 500


def find_trouble(feed: Feed, place: int, position: int, step: int) -> int | None:
    """The id of the nearest failure after a row, or before it when the step is negative; in a thread of its own.

    Raises CaptureError.
    """
    places = feed.arrangement.places
    with CaptureReader(feed.session.capture) as reader:  # a reader is for one thread at a time
        if places is None:
            return _natural(reader, feed, place >> 1, step)
        return _arranged(reader, places, position, step)


def _natural(reader: CaptureReader, feed: Feed, id: int, step: int) -> int | None:
    """Hidden ones are no rows of the list."""
    found = reader.next_trouble(id, backward=step < 0)
    while found is not None and feed.note(found).hidden and not feed.show_hidden:
        found = reader.next_trouble(found, backward=step < 0)
    return found


def _arranged(reader: CaptureReader, places: array[int], position: int, step: int) -> int | None:
    ahead = places[position + 1 :] if step > 0 else places[:position][::-1]
    for start in range(0, len(ahead), AT_A_TIME):
        for row in reader.rows_at(ahead[start : start + AT_A_TIME]):
            if row is not None and troubled(row):
                return row.connection.id
    return None


def troubled(row: Row) -> bool:
    """Whether it failed, or was answered with a server error."""
    return row.shutdown is None and row.connection.troubled
