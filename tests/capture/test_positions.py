"""Positions of the list, held against a list that is written out."""

from __future__ import annotations

import tempfile
import time
from array import array
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.capture.positions import Positions, id_of, is_shutdown, place_of
from asgispy.model.connection import Note
from asgispy.settings import Retention
from tests.support.build import Studio, reading
from tests.support.driver import http_scope, lifespan_scope

if TYPE_CHECKING:
    from asgispy.capture.reader import CaptureReader


def written_out(
    floor: int, last: int, survivors: list[int], absent: list[int], shutdowns: list[tuple[int, int, int]]
) -> list[int]:
    """The places of all rows, by the definition."""
    ids = [*survivors, *(id for id in range(floor, last + 1) if id not in absent)]
    left, places = list(shutdowns), []
    for id in ids:
        while left and left[0][0] < id:
            places.append(place_of(left.pop(0)[1], shutdown=True))
        places.append(place_of(id))
    return places + [place_of(connection, shutdown=True) for _, connection, _ in left]


@settings(max_examples=200)
@given(st.data())
def test_positions_are_those_of_the_list_written_out(data: st.DataObject) -> None:
    floor, length = data.draw(st.integers(1, 12)), data.draw(st.integers(0, 25))
    last = floor + length - 1
    survivors = sorted(data.draw(st.sets(st.integers(1, max(1, floor - 1)), max_size=floor - 1)))
    absent = sorted(data.draw(st.sets(st.integers(1, last + 2), max_size=20)))
    survivors = [id for id in survivors if id not in absent]
    ids = [*survivors, *(id for id in range(floor, last + 1) if id not in absent)]
    lives = data.draw(st.lists(st.sampled_from(ids), unique=True, max_size=4)) if ids else []
    shutdowns = sorted((data.draw(st.integers(id, max(id, last))), id, 7) for id in lives)

    positions = Positions(floor, last, survivors, array("q", absent), shutdowns)
    places = written_out(floor, last, survivors, absent, shutdowns)
    assert (positions.count, positions.connections) == (len(places), len(ids))
    assert [positions.place_at(number) for number in range(positions.count)] == places
    for position, place in enumerate(places):
        if not is_shutdown(place):
            assert positions.position_of(id_of(place)) == position
    for id in range(1, last + 4):
        assert positions.has(id) == (id in ids)
        if id not in ids:  # what is left out would stand between what opened before it and what opened after it
            before, after = places[: positions.near(id)], places[positions.near(id) :]
            assert all(id_of(place) < id for place in before if not is_shutdown(place))
            assert all(id_of(place) > id for place in after if not is_shutdown(place))


@pytest.mark.parametrize("position", [-1, 3])
def test_there_is_nothing_outside_the_list(position: int) -> None:
    with pytest.raises(IndexError):
        Positions(1, 3, [], array("q"), []).place_at(position)


def test_half_a_million_deleted_ones_cost_nothing() -> None:
    absent = array("q", range(1, 1_000_001, 2))
    positions = Positions(1, 1_000_000, [], absent, [])
    began = time.perf_counter()
    for position in range(0, 500_000, 500):
        assert positions.place_at(position) == place_of(position * 2 + 2)
        assert positions.position_of(position * 2 + 2) == position
    assert time.perf_counter() - began < 1  # a thousand of each, in about 10 ms


moves = st.lists(
    st.sampled_from(["request", "request", "request", "open", "startup", "shutdown", "hide", "show", "delete"]),
    min_size=5,
    max_size=40,
)


class Scene:
    """A capture that is written, and what the list of it should say."""

    def __init__(self, path: Path, keep: int) -> None:
        self.studio = Studio(path, Retention(keep=keep, keep_bytes=0))
        self.tape = self.studio.tape()
        self.lives: list[int] = []
        self.hidden: set[int] = set()
        self.deleted: set[int] = set()

    def play(self, move: str, number: int) -> None:
        """Do one thing; `number` picks the connection."""
        last = self.studio.writer.last_id
        id = number % last + 1 if last else 0
        match move:
            case "request":
                self.tape.http("/r")
            case "open":
                self.tape.open(http_scope("/o"))
            case "startup":
                self.lives.append(self.tape.open(lifespan_scope()))
                self.tape.receive(self.lives[-1], {"type": "lifespan.startup"})
            case "shutdown" if self.lives:
                self.tape.receive(self.lives[-1], {"type": "lifespan.shutdown"})
                self.tape.returned(self.lives.pop())
            case "hide" | "show" if id:
                (self.hidden.add if move == "hide" else self.hidden.discard)(id)
                self.amend({id: Note(hidden=move == "hide")})
            case "delete" if id:
                self.deleted.add(id)
                self.amend({}, id)

    def amend(self, notes: dict[int, Note], *deleted: int) -> None:
        """After what has been played so far."""
        self.studio.pipeline.flush()
        self.studio.writer.amend(notes, deleted)


@settings(max_examples=25, deadline=None)
@given(moves, st.lists(st.integers(0, 50), min_size=40, max_size=40), st.sampled_from([0, 3, 8]))
def test_the_list_is_what_was_recorded_without_what_was_taken_from_it(
    played: list[str], numbers: list[int], keep: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c.asgispy"
        scene = Scene(path, keep)
        try:
            for move, number in zip(played, numbers, strict=False):
                scene.play(move, number)
            scene.amend({})
            with reading(path) as reader:
                check(reader, scene.hidden)
                reader.show_hidden = True
                reader.refresh()
                check(reader, set())
        finally:
            scene.studio.close()
        with reading(path) as reader:
            check(reader, scene.hidden)
            assert not {each.id for each in reader.connections()} & scene.deleted


def check(reader: CaptureReader, hidden: set[int]) -> None:
    """The list by positions, held against all connections and shutdowns."""
    shutdowns = [
        each
        for each in reader.database.execute("SELECT after, connection, offset FROM shutdowns ORDER BY 1, 2")
        if each[1] not in hidden
    ]
    places = []
    for connection in reader.connections():
        while shutdowns and shutdowns[0][0] < connection.id:
            places.append(place_of(shutdowns.pop(0)[1], shutdown=True))
        if connection.id not in hidden:
            places.append(place_of(connection.id))
    places += [place_of(connection, shutdown=True) for _, connection, _ in shutdowns]
    count = reader.refresh().rows
    assert [reader.place_at(position) for position in range(count)] == places
    rows = reader.rows(0, 1000)
    assert rows == reader.rows_at(places)
    assert [row and (row.connection.id, row.shutdown is not None) for row in rows] == [
        (id_of(place), is_shutdown(place)) for place in places
    ]
    for position, place in enumerate(places):
        if not is_shutdown(place):
            assert reader.position_of(id_of(place)) == position
