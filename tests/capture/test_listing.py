"""What the list shows under a filter and in an order: found in steps, and kept up to date."""

from __future__ import annotations

import tempfile
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgispy.capture.listing import COLUMNS, Listing, Order, select
from asgispy.capture.positions import id_of, is_shutdown
from asgispy.capture.reader import CaptureReader
from asgispy.model.connection import LIFESPAN, Note
from asgispy.query.query import Query
from asgispy.settings import Retention
from tests.support.build import Studio, reading
from tests.support.driver import body, http_scope, request, start
from tests.tui.build import LIFESPAN_SCOPE, MS, Builder, million, returned, shutdown, simple, startup, varied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgispy.model.connection import Connection


def run(listing: Listing) -> list[int]:
    """Step until there is nothing more to do; the ids of the rows."""
    deadline = time.monotonic() + 20
    while listing.step():
        assert time.monotonic() < deadline
    assert listing.error is None
    return ids(listing)


def ids(listing: Listing) -> list[int]:
    """Shutdowns negated."""
    return [-id_of(place) if is_shutdown(place) else id_of(place) for place in listing.places]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished capture of every kind of connection."""
    path = tmp_path_factory.mktemp("listing") / "c.asgispy"
    varied(path).close()
    return path


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Many rows."""
    path = tmp_path_factory.mktemp("listing") / "large.asgispy"
    million(path, 60_000)
    return path


def rows_of(reader: CaptureReader) -> dict[int, Connection]:
    return {connection.id: connection for connection in reader.connections()}


@pytest.mark.parametrize(
    "text", ["", "status:404", "method:POST duration:>100ms", "is:open", "type:websocket", "-path:/api/*", "sku-1138"]
)
def test_a_filter_shows_what_matches_in_order_of_opening(shop: Path, text: str) -> None:
    with reading(shop) as reader:
        listing = Listing(reader, Query(text))
        found = run(listing)
        assert found == [connection.id for connection in select(reader, Query(text))]
        assert found
        assert listing.complete
        assert listing.scanned == listing.total == reader.refresh().connections
        assert [listing.position_of(id) for id in found] == [*range(len(found))]


def test_what_only_the_events_tell_is_found(shop: Path) -> None:
    with reading(shop) as reader:
        found = rows_of(reader)
        assert {found[id].path for id in run(Listing(reader, Query('body:"hello, world"')))} <= {"/ws/chat"}
        assert {found[id].path for id in run(Listing(reader, Query("request.body:ada@example.org")))} == {"/api/orders"}


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("text", ["", "path:/api/*", "sku"])
def test_every_column_sorts_in_both_directions(shop: Path, column: str, descending: bool, text: str) -> None:
    with reading(shop) as reader:
        listing = Listing(reader, Query(text), Order(column, descending))
        found = run(listing)
        assert sorted(found) == sorted(connection.id for connection in select(reader, Query(text)))
        connections = rows_of(reader)
        if column in ("sent", "path", "first_byte", "id"):
            values = [getattr(connections[id], column) for id in found]
            known = [value for value in values if value is not None]
            assert known == sorted(known, reverse=descending)
            if column == "path":
                assert known == values[: len(known)]  # those without a value come last, either way
        assert [listing.position_of(id) for id in found] == [*range(len(found))]


def test_what_is_open_lasts_longest(shop: Path) -> None:
    with reading(shop) as reader:
        found = run(Listing(reader, None, Order("duration", descending=True)))
        opened = [rows_of(reader)[id].open for id in found]
        assert any(opened)
        assert opened == sorted(opened, reverse=True)


def test_many_rows_are_found_in_steps_with_progress(large: Path) -> None:
    with reading(large) as reader:
        listing = Listing(reader, Query("path:/item/*7"))
        progress = []
        while listing.step():
            progress.append((listing.scanned, len(listing.places)))
            assert listing.total == 60_000
        assert len(progress) > 3
        assert all(one < other for one, other in pairwise(scanned for scanned, _ in progress))
        assert ids(listing) == [*range(7, 60_001, 10)]


def test_what_has_been_given_is_never_changed(large: Path) -> None:
    with reading(large) as reader:
        listing = Listing(reader, Query("status:200"))
        seen = []
        while listing.step():
            seen.append((listing.places, len(listing.places)))
        assert all(len(places) == length for places, length in seen)


def test_a_listing_is_given_up_at_once_even_while_sqlite_sorts(large: Path) -> None:
    with reading(large) as reader:
        listing = Listing(reader, None, Order("route"))
        while not listing.total:
            listing.step()
        threading.Timer(0.02, listing.stop).start()
        began = time.monotonic()
        while listing.step():
            pass
        assert time.monotonic() - began < 0.5
        assert not listing.step()
        assert run(Listing(reader, Query("id:7"))) == [7]
    listing.stop()  # from a thread that does not know yet that all is closed


# Live


class Live:
    """A writer, and a listing that is stepped beside it."""

    def __init__(self, path: Path, text: str, order: Order | None = None, keep: int = 0) -> None:
        self.studio = Studio(path, Retention(keep=keep, keep_bytes=0))
        self.tape = self.studio.tape()
        self.amend({})
        self.reader = CaptureReader(path)
        self.listing = Listing(self.reader, Query(text), order)

    def amend(self, notes: dict[int, Note], *deleted: int) -> None:
        """Write what has been recorded, and this."""
        self.studio.pipeline.flush()
        self.studio.writer.amend(notes, deleted)

    def seen(self) -> list[int]:
        """The rows, once all that has happened has been written and found."""
        self.amend({})
        return run(self.listing)

    def expected(self) -> list[int]:
        """The same, from the beginning."""
        with CaptureReader(self.studio.path) as reader:
            return run(Listing(reader, self.listing._matcher._query, self.listing._order))

    def close(self) -> None:
        """Finish the file."""
        self.reader.close()
        self.studio.close()


@pytest.fixture
def lives(tmp_path: Path) -> Iterator[list[Live]]:
    """Closed at the end."""
    opened: list[Live] = []
    yield opened
    for each in opened:
        each.close()


def test_an_open_one_comes_when_it_ends_as_asked_for(tmp_path: Path, lives: list[Live]) -> None:
    live = Live(tmp_path / "c.asgispy", "status:500")
    lives.append(live)
    live.tape.http("/well")
    number = live.tape.open(http_scope("/bad"))
    assert live.seen() == []
    live.tape.send(number, start(500))
    live.tape.http("/bad", status=500)
    assert live.seen() == [2, 3]


def test_one_that_no_longer_matches_goes(tmp_path: Path, lives: list[Live]) -> None:
    live = Live(tmp_path / "c.asgispy", "is:open")
    lives.append(live)
    one, other = live.tape.open(http_scope("/a")), live.tape.open(http_scope("/b"))
    assert live.seen() == [1, 2]
    live.tape.returned(one)
    assert live.seen() == [2]
    live.tape.returned(other)
    assert live.seen() == []


def test_a_body_that_comes_later_is_found(tmp_path: Path, lives: list[Live]) -> None:
    live = Live(tmp_path / "c.asgispy", "body:needle")
    lives.append(live)
    number = live.tape.open(http_scope("/slow"))
    assert live.seen() == []
    live.tape.receive(number, request(b"a needle in it"))
    assert live.seen() == [1]


def test_evicted_ones_vanish(tmp_path: Path, lives: list[Live]) -> None:
    live = Live(tmp_path / "c.asgispy", "path:/r", keep=10)
    lives.append(live)
    for number in range(40):
        live.tape.http("/r" if number % 2 else "/other")
        live.seen()
    live.studio.writer._last_look = 0
    live.tape.http("/r")
    assert live.seen() == live.expected()
    assert 1 < len(live.listing.places) <= 10


@pytest.mark.parametrize("order", [None, Order("path"), Order("started", descending=True)])
def test_hidden_and_deleted_ones_vanish_and_hidden_ones_come_back(
    tmp_path: Path, lives: list[Live], order: Order | None
) -> None:
    live = Live(tmp_path / "c.asgispy", "path:/r*", order)
    lives.append(live)
    for number in range(6):
        live.tape.http(f"/r{number}")
    everything = live.seen()
    assert sorted(everything) == [1, 2, 3, 4, 5, 6]
    live.amend({2: Note(hidden=True), 5: Note(hidden=True)}, 3)
    assert live.seen() == [id for id in everything if id not in (2, 3, 5)]
    live.amend({2: Note()})
    assert live.seen() == [id for id in everything if id not in (3, 5)]
    live.reader.show_hidden = True
    assert live.seen() == [id for id in everything if id != 3]


def test_marks_are_found_as_they_are_set(tmp_path: Path, lives: list[Live]) -> None:
    live = Live(tmp_path / "c.asgispy", "is:marked")
    lives.append(live)
    for _ in range(3):
        live.tape.http()
    live.tape.open(http_scope("/open"))
    assert live.seen() == []
    live.amend({2: Note("*"), 4: Note("1")})
    assert live.seen() == [2, 4]
    live.amend({2: Note()})
    assert live.seen() == [4]


@pytest.mark.parametrize("order", [None, Order("sent")])
def test_a_shutdown_follows_its_lifespan(tmp_path: Path, lives: list[Live], order: Order | None) -> None:
    live = Live(tmp_path / "c.asgispy", "type:lifespan", order)
    lives.append(live)
    number = live.tape.open({"type": "lifespan"})
    live.tape.http()
    assert live.seen() == [1]
    live.tape.receive(number, {"type": "lifespan.shutdown"})
    assert live.seen() == [1, -1]
    assert live.reader.connection(1).type == LIFESPAN  # type: ignore[union-attr]


def test_a_sorted_list_follows_what_changes(tmp_path: Path, lives: list[Live]) -> None:
    live = Live(tmp_path / "c.asgispy", "", Order("sent", descending=True))
    lives.append(live)
    live.tape.http(data=b"x" * 10)
    number = live.tape.open(http_scope("/grows"))
    assert live.seen() == [1, 2]
    live.tape.send(number, start())
    live.tape.send(number, body(b"x" * 20, more=True))
    live.tape.http(data=b"x" * 15)
    assert live.seen() == [2, 3, 1]


steps = st.lists(st.sampled_from(["request", "failing", "open", "end", "hide", "mark", "delete", "look"]), max_size=25)
texts = st.sampled_from(["", "status:500", "is:open", "is:marked", "body:odd", "-is:marked path:/p*"])
orders = st.sampled_from([None, Order("path"), Order("duration", descending=True), Order("id", descending=True)])


@settings(max_examples=25, deadline=None)
@given(steps, texts, orders, st.sampled_from([0, 6]), st.data())
def test_stepping_along_gives_what_a_new_listing_gives(
    played: list[str], text: str, order: Order | None, keep: int, data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        live = Live(Path(folder) / "c.asgispy", text, order, keep)
        waiting: list[int] = []
        try:
            for number, move in enumerate(played):
                id = data.draw(st.integers(1, max(1, live.studio.writer.last_id)))
                match move:
                    case "request" | "failing":
                        live.tape.http(
                            f"/p{number % 3}", b"odd" * (number % 2), status=200 if move == "request" else 500
                        )
                    case "open":
                        waiting.append(live.tape.open(http_scope(f"/p{number}")))
                    case "end" if waiting:
                        live.tape.returned(waiting.pop())
                    case "hide" | "mark":
                        live.amend({id: Note("*" if move == "mark" else "", "", hidden=move == "hide")})
                    case "delete":
                        live.amend({}, id)
                    case "look":
                        live.amend({})
                        live.listing.step()
            assert live.seen() == live.expected()
        finally:
            live.close()


@pytest.mark.parametrize("order", [None, Order("status")])
def test_a_shutdown_that_comes_between_two_steps_is_not_missed(tmp_path: Path, order: Order | None) -> None:
    build = Builder(tmp_path / "c.asgispy")
    build.process(1)
    with reading(build.path) as reader:
        listing = Listing(reader, Query("type:lifespan is:completed"), order)
        for steps in range(8):
            life = build.open(steps * MS, LIFESPAN_SCOPE, startup(MS))
            assert life not in run(listing)
            simple(build, steps * MS, "GET", "/", 200, MS, b"")
            for _ in range(steps):
                listing.step()
            build.go_on(life, shutdown(50 * MS, MS))
            assert run(listing)[-2:] == [life, -life]
    build.close()


def test_a_deleted_survivor_of_eviction_vanishes(tmp_path: Path) -> None:
    build = Builder(tmp_path / "c.asgispy", Retention(20, 0))
    build.process(1)
    survivor = build.open(0, {"type": "http", "path": "/marked"}, [returned(MS)])
    build.note(survivor, "*")
    for number in range(40):
        build.open(number * MS, {"type": "http", "path": "/"}, [returned(MS)])
    build._writer._last_look = 0
    build.output(0, "stdout", "the next commit evicts")
    with reading(build.path) as reader:
        assert reader.positions.floor > survivor
        listing = Listing(reader, Query("path:/"))
        assert survivor in run(listing)
        build.amend({}, [survivor])
        assert survivor not in run(listing)
    build.close()
