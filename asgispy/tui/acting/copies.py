"""Copying something of a connection to the terminal's clipboard.

What must not move in: what can be had (materials), and terminals' peculiarities (clipboard).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from textual import work

from asgispy.tui.acting.acting_screen import ActingScreen
from asgispy.tui.acting.clipboard import LIMIT, clip, condition, obstacle
from asgispy.tui.acting.entry import Entry
from asgispy.tui.acting.materials import headers
from asgispy.tui.screens.menu import MenuScreen

if TYPE_CHECKING:
    from asgispy.tui.acting.materials import Material
    from asgispy.tui.acting.subject import Subject

_HEADER: Final = "header"


class CopiesConnections(ActingScreen):
    """`y`."""

    def action_copy(self) -> None:
        """Copy something of the connection to the terminal's clipboard."""
        problem = obstacle(os.environ)
        if problem:
            self._say(f"{problem} · w saves to a file", wrong=True)
            return

        def entries(subject: Subject) -> list[Entry]:
            found = [material.entry for material in self._materials(subject).values()]
            names = ", ".join(entry.title for entry in headers(subject)[:12])
            return [*found, Entry(_HEADER, "header…", names, "a")] if names else found

        self._choose("copy from", entries, self._copy_chosen, preselected=self._remembered.copied, again="y")

    def _copy_chosen(self, subject: Subject, name: str) -> None:
        self._remembered.copied = name
        if name == _HEADER:
            found = {entry.name: entry for entry in headers(subject)}
            self.app.push_screen(
                MenuScreen("copy a header's value", [*found.values()]),
                lambda number: self._copy_data(found[number].preview, found[number].title) if number else None,
            )
        else:
            self._copy(self._materials(subject)[name])

    @work
    async def _copy(self, material: Material) -> None:
        made = await self._make(material, 4 * LIMIT)
        if made is not None:
            self._copy_data(made.data, material.entry.title, made.note)

    def _copy_data(self, data: bytes | str, what: str, note: str = "") -> None:
        made = clip(data)
        if not made.fits:
            self._say(made.refused(what), wrong=True)
            return
        self.app.copy_to_clipboard(made.text)
        self._say(" · ".join(filter(None, (made.told(what), note, condition(os.environ)))))
