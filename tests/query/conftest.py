"""A capture of every kind of connection, and what can be asked about it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from asgispy.capture.notes import amend
from asgispy.capture.reader import CaptureReader
from asgispy.model.connection import Note
from asgispy.query.functions import register
from asgispy.query.query import parse
from asgispy.query.subject import Recorded
from tests.tui.build import varied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgispy.query.query import Query


class Recording:
    """A capture, with its subjects at hand."""

    def __init__(self, reader: CaptureReader, subjects: list[Recorded]) -> None:
        self.reader = reader
        self.subjects = subjects

    def matching(self, text: str) -> list[int]:
        """The ids that match when each is asked."""
        query = parse(text)
        return [subject.connection.id for subject in self.subjects if query.matches(subject)]

    def selected(self, query: Query) -> set[int]:
        """The ids that the condition selects."""
        where = query.where()
        rows = self.reader.database.execute(f"SELECT id FROM connections WHERE {where.sql}", where.values)
        return {id for (id,) in rows}

    def paths(self, text: str) -> set[str | None]:
        """The paths of what matches."""
        return {subject.connection.path for subject in self.subjects if parse(text).matches(subject)}


def recorded(reader: CaptureReader) -> Recording:
    """What a reader's capture holds."""
    processes = {process.id: process for process in reader.processes()}
    register(reader.database)
    subjects = [
        Recorded(each, processes.get(each.process), reader.note(each.id), partial(reader.events, each))
        for each in reader.connections()
    ]
    return Recording(reader, subjects)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recording]:
    """Some sixty connections of every kind."""
    path = tmp_path_factory.mktemp("query") / "shop.asgispy"
    varied(path).close()
    notes = {4: Note("*", "retry this one"), 5: Note("1"), 9: Note(comment="É 50%", hidden=True), 12: Note(hidden=True)}
    amend(path, notes, deleted=[16, 29])
    with CaptureReader(path) as reader:
        yield recorded(reader)
