"""Saving something of a connection, or many connections in one of the formats, to a file.

What must not move in: what can be had (materials), and writing (saving).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from textual import work

from asgispy.errors import AsgispyError
from asgispy.formats.export import FORMATS
from asgispy.tui.acting import saving
from asgispy.tui.acting.acting_screen import ActingScreen
from asgispy.tui.acting.entry import Entry
from asgispy.tui.acting.jobs import Cancelled, Progress
from asgispy.tui.screens.menu import MenuScreen

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from asgispy.tui.acting.materials import Material
    from asgispy.tui.acting.subject import Subject

_THIS: Final = "this"


class SavesConnections(ActingScreen):
    """`w`."""

    def action_save(self) -> None:
        """Save something to a file."""
        self._choose("save from", self._savable, self._save_chosen)

    def _savable(self, subject: Subject) -> list[Entry]:
        entries = [material.entry for material in self._materials(subject).values() if material.file]
        entries.append(Entry(_THIS, "this connection as…", "HAR, HTML, a test…", "t"))
        marked = self._marked()
        if marked:
            title = f"the {len(marked):,} marked ones as…" if len(marked) > 1 else "the marked one as…"
            entries.append(Entry("marked", title, "in any format", "s"))
        if self.feed.arrangement.filtering:
            entries.append(Entry("filtered", "what the filter shows as…", self.feed.arrangement.text, "f"))
        entries.append(Entry("all", "everything as…", f"{self.feed.extent.connections:,} connections", "a"))
        return [*entries, Entry("capture", "the capture…", "a file for asgispy view", "c")]

    def _save_chosen(self, subject: Subject, name: str) -> None:
        material = self._materials(subject).get(name)
        stem = self.feed.session.capture.stem
        if material is not None:
            self._prompt("save as", material.file, lambda path: self._save_material(path, material))
        elif name == "capture":
            taken = (self._remembered.folder / f"{stem}.asgispy").exists()
            suggested = f"{stem}-copy.asgispy" if taken else f"{stem}.asgispy"
            self._prompt("save the capture as", suggested, self._save_capture)
        else:
            id = subject.connection.id
            part = str(id) if name == _THIS else name
            menu = MenuScreen("format", _formats(), preselected=self._remembered.format)
            self.app.push_screen(menu, lambda format: self._name_export(name, id, f"{stem}-{part}", format))

    def _name_export(self, what: str, id: int, stem: str, format: str | None) -> None:
        if format is not None:
            self._remembered.format = format
            suggested = stem + FORMATS[format].suffix
            self._prompt(f"export as {format} to", suggested, lambda path: self._export(path, what, id, format))

    def _save_capture(self, path: Path) -> None:
        capture = self.feed.session.capture
        self._write(path, Progress("pages"), lambda progress: saving.save_capture(capture, path, progress))

    def _export(self, path: Path, what: str, id: int, format: str) -> None:
        """`what` is this connection (`id`), the marked ones, what the filter shows, or everything."""
        capture, keep, ids, query = self.feed.session.capture, self._keep_secrets, self._marked(), None
        if what == "filtered":
            query = self.feed.arrangement.query
        choose, total = {
            _THIS: (saving.these([id]), 1),
            "marked": (saving.these(ids), len(ids)),
            "filtered": (saving.matching(query) if query else saving.everything(), 0),
        }.get(what, (saving.everything(), self.feed.extent.connections))

        def export(progress: Progress) -> str:
            return saving.export(capture, path, choose, total, progress, keep_secrets=keep, format=format)

        self._write(path, Progress("connections"), export)

    @work
    async def _write(self, path: Path, progress: Progress, job: Callable[[Progress], str]) -> None:
        try:
            done = await self._in_thread(f"saving {path.name}", progress, job)
        except Cancelled:
            self._say("cancelled: nothing was written")
        except AsgispyError as error:
            self._say(str(error), wrong=True)
        else:
            self._say(f"saved {path} · {done}")

    @work
    async def _save_material(self, path: Path, material: Material) -> None:
        made = await self._make(material, saving.BODY_LIMIT)
        if made is None:
            return
        try:
            size = await asyncio.to_thread(saving.save_data, path, made.raw, self.feed.session.capture)
        except AsgispyError as error:
            self._say(str(error), wrong=True)
        else:
            self._say(" · ".join(filter(None, (f"saved {path}", f"{size:,} bytes", made.note))))


def _formats() -> list[Entry]:
    """All formats, each under the first letter of its name that is free."""
    entries: list[Entry] = []
    for name, format in FORMATS.items():
        taken = {entry.key for entry in entries}
        key = next((letter for letter in name if letter not in taken), "")
        entries.append(Entry(name, name, format.title, key))
    return entries
