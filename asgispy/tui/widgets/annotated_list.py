"""What the user attaches to connections of the list: marks, comments, hiding, and deleting them.

The session writes it, in a thread; a refusal is said in one line. What must not move in: how it is stored (capture),
painting (connection_list).
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import work

from asgispy.errors import AsgispyError
from asgispy.tui.present import count_text
from asgispy.tui.screens.confirm import ConfirmScreen
from asgispy.tui.screens.prompt import PromptScreen
from asgispy.tui.widgets.arranged_list import ArrangedList

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgispy.model.connection import Note
    from asgispy.tui.feed import Feed

MARK = "*"
LONGEST_COMMENT = 500
"""Characters of a comment."""


class AnnotatedList(ArrangedList):
    """A list whose connections carry notes."""

    def __init__(self, feed: Feed, *, id: str | None = None) -> None:
        super().__init__(feed, id=id)
        self._pending: dict[int, Note] = {}
        """Notes that are being written: the next key builds on them."""
        self._writing = asyncio.Lock()
        """One at a time, so that what was said last is what stays."""

    def selected_ids(self) -> list[int]:
        """The marked connections, or else the one under the cursor."""
        marked = sorted(id for id, note in self.feed.notes.items() if note.mark)
        row = self.row()
        return marked or ([row.connection.id] if row is not None else [])

    def action_mark(self) -> None:
        """Mark the connection under the cursor, or take its mark away."""
        self._change(lambda note: replace(note, mark="" if note.mark else MARK))

    def action_unmark(self) -> None:
        """Take all marks away."""
        changes = {id: replace(note, mark="") for id, note in self.feed.notes.items() if note.mark}
        if changes:
            self._annotate(changes)
        else:
            self.notify("nothing is marked", timeout=2)

    def action_comment(self) -> None:
        """Say something about the connection under the cursor."""
        row = self.row()
        if row is None:
            return
        id = row.connection.id

        def said(text: str | None) -> None:
            if text is not None:
                self._annotate({id: replace(self._noted(id), comment=text.strip()[:LONGEST_COMMENT])})

        title = f"comment on connection {id}"
        self.app.push_screen(PromptScreen(title, self.feed.note(id).comment, check=_short_enough), said)

    def action_hide(self) -> None:
        """Hide the connection under the cursor; a hidden one comes back."""
        self._change(lambda note: replace(note, hidden=not note.hidden))

    def action_show_hidden(self) -> None:
        """Show hidden connections among the others, or leave them out."""
        shown = not self.feed.show_hidden
        self.feed.set_show_hidden(shown)
        self.update()
        count = sum(note.hidden for note in self.feed.notes.values())
        self.notify(f"{count_text(count)} hidden, {'shown faintly' if shown else 'left out'}", timeout=2)

    def action_delete(self) -> None:
        """Delete the marked connections, or the one under the cursor, once that has been confirmed."""
        ids = self.selected_ids()
        if not ids:
            return
        one = self.feed.note(ids[0]).mark == "" or len(ids) == 1
        what = f"connection {ids[0]}" if one else f"the {count_text(len(ids))} marked connections"

        def answered(yes: bool | None) -> None:
            if yes:
                self._write({}, ids)

        self.app.push_screen(ConfirmScreen(f"Delete {what} from the capture?"), answered)

    def _change(self, change: Callable[[Note], Note]) -> None:
        row = self.row()
        if row is not None:
            id = row.connection.id
            self._annotate({id: change(self._noted(id))})

    def _noted(self, id: int) -> Note:
        """The note as it will be once everything has been written."""
        return self._pending.get(id) or self.feed.note(id)

    def _annotate(self, notes: dict[int, Note]) -> None:
        self._pending.update(notes)
        self._write(notes, [])

    @work(group="notes")
    async def _write(self, notes: dict[int, Note], deleted: list[int]) -> None:
        session = self.feed.session
        try:
            async with self._writing:
                if notes:
                    await asyncio.to_thread(session.annotate, notes)
                if deleted:
                    await asyncio.to_thread(session.delete, deleted)
                self.feed.note_down(notes)
        except AsgispyError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        finally:
            for id in [id for id, note in notes.items() if self._pending.get(id) is note]:
                del self._pending[id]
        self.feed.poll()
        self.update()


def _short_enough(text: str) -> str:
    return "" if len(text) <= LONGEST_COMMENT else f"at most {LONGEST_COMMENT} characters"
