"""Saving something of a connection, or many connections in one of the formats, to a file.

What must not move in: what can be had (materials), and writing (saving).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import work

from asgispy.errors import AsgispyError
from asgispy.tui.acting import saving
from asgispy.tui.acting.acting_screen import ActingScreen
from asgispy.tui.acting.entry import Entry
from asgispy.tui.acting.jobs import Progress

if TYPE_CHECKING:
    from pathlib import Path

    from asgispy.tui.acting.materials import Material
    from asgispy.tui.acting.subject import Subject


class SavesConnections(ActingScreen):
    """`w`."""

    def action_save(self) -> None:
        """Save something to a file."""
        self._choose("save from", self._savable, self._save_chosen)

    def _savable(self, subject: Subject) -> list[Entry]:
        entries = [material.entry for material in self._materials(subject).values() if material.file]
        marked = self._marked()
        if marked:
            title = f"the {len(marked):,} marked ones…" if len(marked) > 1 else "the marked one…"
            entries.append(Entry("marked", title, "as JSON or JSON Lines", "s"))
        if self.feed.arrangement.filtering:
            entries.append(Entry("filtered", "what the filter shows…", self.feed.arrangement.text, "f"))
        entries.append(Entry("all", "everything…", f"{self.feed.extent.connections:,} connections as JSON", "a"))
        return [*entries, Entry("capture", "the capture…", "a file for asgispy view", "c")]

    def _save_chosen(self, subject: Subject, name: str) -> None:
        material = self._materials(subject).get(name)
        stem = self.feed.session.capture.stem
        suggested = material.file if material else f"{stem}.asgispy" if name == "capture" else f"{stem}-{name}.json"
        if name == "capture" and (self._remembered.folder / suggested).exists():
            suggested = f"{stem}-copy.asgispy"
        title = {"capture": "save the capture as"}.get(name, "export to (.json, .jsonl)" if not material else "save as")
        self._prompt(title, suggested, lambda path: self._save(path, name, material))

    def _save(self, path: Path, name: str, material: Material | None) -> None:
        capture, keep = self.feed.session.capture, self._keep_secrets
        if material is not None:
            self._save_material(path, material)
        elif name == "capture":
            self._run_long(path, Progress("pages"), lambda progress: saving.save_capture(capture, path, progress))
        else:
            ids, query = self._marked(), self.feed.arrangement.query
            choose, total = {
                "marked": (saving.these(ids), len(ids)),
                "filtered": (saving.matching(query) if query else saving.everything(), 0),
            }.get(name, (saving.everything(), self.feed.extent.connections))

            def export(progress: Progress) -> str:
                return saving.export(capture, path, choose, total, progress, keep_secrets=keep)

            self._run_long(path, Progress("connections"), export)

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
