"""Opening something of a connection in the user's editor or pager.

What must not move in: what can be had (materials), and running the program (editing).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from textual import work
from textual.app import SuspendNotSupported

from asgispy.errors import AsgispyError
from asgispy.tui.acting.acting_screen import ActingScreen
from asgispy.tui.acting.editing import EDITOR, PAGER, program_for, show
from asgispy.tui.acting.entry import Entry

if TYPE_CHECKING:
    from asgispy.tui.acting.materials import Material
    from asgispy.tui.acting.subject import Subject

OPEN_LIMIT: Final = 64 * 1024**2
"""Bytes of a body that are handed to an editor."""


class OpensConnections(ActingScreen):
    """`O`."""

    def action_open_elsewhere(self) -> None:
        """Open something in the user's editor or pager."""
        self._choose("open", self._openable, self._open_chosen, preselected=self._remembered.opened, again="O")

    def _openable(self, subject: Subject) -> list[Entry]:
        entries = [material.entry for material in self._materials(subject).values() if material.file]
        return [
            Entry(f"{purpose} {entry.name}", f"{entry.title} in the {purpose}", entry.preview, key)
            for purpose in (EDITOR, PAGER)
            for entry in entries
            if (key := entry.key if purpose == EDITOR else "") or purpose == PAGER
        ]

    def _open_chosen(self, subject: Subject, name: str) -> None:
        self._remembered.opened = name
        purpose, _, which = name.partition(" ")
        self._open(self._materials(subject)[which], purpose)

    @work
    async def _open(self, material: Material, purpose: str) -> None:
        made = await self._make(material, OPEN_LIMIT)
        if made is None:
            return
        try:
            command = program_for(purpose, os.environ)
            with self.app.suspend():
                said = show(command, material.file, made.raw)
        except SuspendNotSupported:
            self._say("this terminal can't be handed to another program · w saves to a file", wrong=True)
        except AsgispyError as error:
            self._say(str(error), wrong=True)
        else:
            if said or made.note:
                self._say(" · ".join(filter(None, (said, made.note))))
