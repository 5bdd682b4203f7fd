"""What the user attaches to connections, in the capture: marks, comments, hidden ones, and what has been deleted.

Two facts count changes, so that readers look again only after one: `notes` for every change, `deleted` for deletions.
What must not move in: which rows a list shows (positions), the thread that writes (writer).
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, Final

from asgispy.capture.blobs import SHARED, Blobs
from asgispy.capture.database import capture_errors, close_writing, open_writing
from asgispy.capture.places import numbers
from asgispy.capture.retention import Keeper
from asgispy.model.connection import Note
from asgispy.model.text import storable
from asgispy.settings import Retention

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

NoteRow = tuple[int, str, str, int]
"""(connection, mark, comment, hidden)"""

MARK_LENGTH: Final = 8
COMMENT_LENGTH: Final = 10_000
"""Characters of each that are kept."""

_HIDDEN: Final = Note(hidden=True)
_NOTED: Final = "deleted = 0 AND (mark != '' OR comment != '')"
_WRITE: Final = """
    INSERT INTO notes (connection, mark, comment, hidden, deleted)
        SELECT ?1, ?2, ?3, ?4, 0 WHERE EXISTS (SELECT 1 FROM connections WHERE id = ?1)
    ON CONFLICT (connection) DO UPDATE SET mark = ?2, comment = ?3, hidden = ?4 WHERE deleted = 0
"""
_OWN_BLOBS: Final = """
    DELETE FROM blobs WHERE id IN (
        SELECT message FROM events WHERE connection IN (SELECT id FROM doomed) AND typeof(message) = 'integer'
    ) AND length(data) > ?
"""
"""Long values are never shared; shorter ones go with the eviction that comes past them."""


def note_rows(notes: Mapping[int, Note]) -> list[NoteRow]:
    """The rows of these notes, by connection."""
    return [
        (id, storable(note.mark[:MARK_LENGTH]), storable(note.comment[:COMMENT_LENGTH]), int(note.hidden))
        for id, note in notes.items()
    ]


def write_notes(connection: sqlite3.Connection, rows: Sequence[NoteRow]) -> None:
    """Set notes, inside the writer's transaction; an empty one is removed, one of a connection that is gone ignored."""
    if not rows:
        return
    empty = [(id,) for id, *said in rows if not any(said)]
    connection.executemany(_WRITE, [row for row in rows if any(row[1:])])
    connection.executemany("DELETE FROM notes WHERE connection = ? AND deleted = 0", empty)
    _count(connection, "notes")


def delete(connection: sqlite3.Connection, keeper: Keeper, ids: Iterable[int]) -> None:
    """Delete connections with all that belongs to them, inside the writer's transaction; unknown ids are ignored.

    Their ids are remembered, as long as no eviction has come past them.
    """
    run = connection.execute
    run("CREATE TEMP TABLE IF NOT EXISTS doomed (id INTEGER PRIMARY KEY)")
    connection.executemany("INSERT OR IGNORE INTO doomed VALUES (?)", ((id,) for id in ids))
    run("DELETE FROM doomed WHERE id NOT IN (SELECT id FROM connections)")
    run(_OWN_BLOBS, (SHARED,))
    for table in ("events", "shutdowns", "occurrences", "remarks", "observations", "notes"):
        run(f"DELETE FROM {table} WHERE connection IN (SELECT id FROM doomed)")
    run("INSERT INTO notes SELECT id, '', '', 0, 1 FROM doomed WHERE id >= ?", (keeper.floor,))
    gone = run("DELETE FROM connections WHERE id IN (SELECT id FROM doomed)").rowcount
    (last,) = run("SELECT max(id) FROM doomed").fetchone()
    run("DELETE FROM doomed")
    if gone:
        keeper.deleted(gone, last)
        _count(connection, "notes")
        _count(connection, "deleted", gone)


def _count(connection: sqlite3.Connection, fact: str, number: int = 1) -> None:
    sql = "INSERT INTO facts VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = value + ?2"
    connection.execute(sql, (fact, number))


def amend(path: Path, notes: Mapping[int, Note], deleted: Sequence[int] = ()) -> None:
    """Change the notes of a capture that nobody is writing, and delete from it. Raises CaptureError and its kinds."""
    connection, lock = open_writing(path)
    try:
        with capture_errors(path):
            connection.execute("BEGIN IMMEDIATE")
            write_notes(connection, note_rows(notes))
            if deleted:
                delete(connection, Keeper(connection, Blobs(connection), Retention(0, 0)), deleted)
            connection.execute("COMMIT")
    finally:
        close_writing(connection, lock)


class Notes:
    """A reader's knowledge of all this, as of the last `look`."""

    def __init__(self) -> None:
        self.by_id: dict[int, Note] = {}
        self.hidden: array[int] = array("q")
        """Ids of the hidden ones, in order."""
        self.gone: array[int] = array("q")
        """Ids of the deleted ones that eviction has not come past, in order."""
        self.changes = 0
        self.deleted = 0
        """What the facts said."""

    def look(self, all: Callable[..., list[tuple[Any, ...]]], facts: Mapping[str, Any]) -> None:
        """Read what has changed; `all` runs a query."""
        changes, deleted = int(facts.get("notes", 0)), int(facts.get("deleted", 0))
        if deleted != self.deleted:
            self.gone = _ids(all, "deleted = 1")
        if changes != self.changes:
            hidden = _ids(all, "deleted = 0 AND hidden = 1")
            self.hidden = self.hidden if hidden == self.hidden else hidden
            self.by_id = dict.fromkeys(hidden, _HIDDEN)
            for id, mark, comment, is_hidden in all(
                f"SELECT connection, mark, comment, hidden FROM notes WHERE {_NOTED}"
            ):
                self.by_id[id] = Note(mark, comment, bool(is_hidden))
        self.changes, self.deleted = changes, deleted


def _ids(all: Callable[..., list[tuple[Any, ...]]], where: str) -> array[int]:
    """Ids in order; as one text, since a step for each row would take far longer."""
    found = array("q")
    for part in numbers(all(f"SELECT group_concat(connection) FROM notes WHERE {where}")[0][0] or ""):
        found.extend(part)
    return array("q", sorted(found))
