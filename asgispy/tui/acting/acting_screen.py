"""What all acting on connections has in common: which one, its materials, menus, prompts, and work that takes long.

What must not move in: what is done with a connection (copies, saves, opens, replays, actions).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from textual import work

from asgispy.capture.reader import CaptureReader
from asgispy.errors import AsgispyError
from asgispy.tui.acting import saving
from asgispy.tui.acting.materials import materials
from asgispy.tui.acting.subject import look
from asgispy.tui.sanitise import clean
from asgispy.tui.screens.confirm import ConfirmScreen
from asgispy.tui.screens.fed import FedScreen
from asgispy.tui.screens.menu import MenuScreen
from asgispy.tui.screens.progress import ProgressScreen
from asgispy.tui.screens.prompt import PromptScreen
from asgispy.tui.widgets.connection_list import ConnectionList
from asgispy.tui.widgets.detail_pane import DetailPane

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgispy.tui.acting.entry import Entry
    from asgispy.tui.acting.jobs import Progress
    from asgispy.tui.acting.materials import Made, Material
    from asgispy.tui.acting.subject import Subject

T = TypeVar("T")
SHOW_AFTER: Final = 0.3
"""Seconds after which work that still goes on shows how far it is."""


@dataclass
class Remembered:
    """What one action leaves for the next; kept by the lowest of the screens."""

    copied: str = ""
    opened: str = ""
    called: str = ""
    """Which application was called in process last."""
    sent_to: str = ""
    """To which other server something was sent again last."""
    format: str = ""
    """Which format was exported last."""
    base: int | None = None
    """The connection that another one is to be compared with."""
    folder: Path = field(default_factory=Path)
    """Where something was saved last."""


class ActingScreen(FedScreen):
    """The base of screens on which a connection can be acted on."""

    _own: Remembered | None = None

    @property
    def acted_on(self) -> int | None:
        """The connection's id; None when there is none."""
        rows = self.query(ConnectionList)
        if rows and not self._in_detail:
            row = rows.first().row()
            return row.connection.id if row else None
        connection = self.query_one(DetailPane).connection
        return connection.id if connection else None

    @property
    def _in_detail(self) -> bool:
        return self.query_one(DetailPane).has_focus_within

    @property
    def _remembered(self) -> Remembered:
        owner = next(screen for screen in self.app.screen_stack if isinstance(screen, ActingScreen))
        owner._own = owner._own or Remembered()
        return owner._own

    @property
    def _keep_secrets(self) -> bool:
        return getattr(getattr(self.app, "configuration", None), "secrets", "mask") == "keep"

    def _say(self, text: str, *, wrong: bool = False) -> None:
        self.app.notify(clean(text), severity="error" if wrong else "information", markup=False, timeout=6)

    # Menus

    def _choose(
        self,
        title: str,
        entries_of: Callable[[Subject], list[Entry]],
        then: Callable[[Subject, str], None],
        *,
        preselected: str = "",
        again: str = "",
    ) -> None:
        """Open a menu at once, so that it gets the keys, and fill it when the connection has been read."""
        id = self.acted_on
        if id is None:
            self._say("no connection selected")
            return
        menu = MenuScreen(f"{title} #{id}", preselected=preselected, again=again)
        found: list[Subject] = []

        def done(name: str | None) -> None:
            if name and found:
                then(found[0], name)

        self.app.push_screen(menu, done)
        self._fill(menu, id, found, entries_of)

    @work
    async def _fill(
        self, menu: MenuScreen, id: int, found: list[Subject], entries_of: Callable[[Subject], list[Entry]]
    ) -> None:
        subject = await self._look(id)
        if subject is None:
            menu.dismiss(None)
            return
        found.append(subject)
        menu.call_after_refresh(menu.fill, entries_of(subject))

    async def _look(self, id: int) -> Subject | None:
        index, text = self._selected()

        def read() -> Subject | None:
            with CaptureReader(self.feed.session.capture) as reader:
                return look(reader, id, index, text)

        try:
            subject = await asyncio.to_thread(read)
        except AsgispyError as error:
            self._say(str(error), wrong=True)
            return None
        if subject is None:
            self._say("this connection is no longer in the capture")
        return subject

    def _selected(self) -> tuple[int | None, str]:
        """The index of the selected event, and the selected text; of a pane that can be seen."""
        pane = self.query_one(DetailPane)
        if not pane.is_mounted or not pane.display or not pane.size.width:
            return None, ""
        event = pane.current_event()
        return (event.index if event else None), pane.current_text() if self._in_detail else ""

    def _materials(self, subject: Subject) -> dict[str, Material]:
        made = materials(subject, keep_secrets=self._keep_secrets)
        return {material.entry.name: material for material in made}

    async def _make(self, material: Material, most: int) -> Made | None:
        def make() -> Made:
            with CaptureReader(self.feed.session.capture) as reader:
                return material.make(reader, most)

        try:
            return await asyncio.to_thread(make)
        except AsgispyError as error:
            self._say(str(error), wrong=True)
            return None

    def _marked(self) -> list[int]:
        return sorted(id for id, note in self.feed.notes.items() if note.mark)

    # Prompts, and work that takes long

    def _prompt(self, title: str, suggested: str, then: Callable[[Path], object]) -> None:
        """Ask for a file's name until it is a good one, or none is wanted."""

        def answered(answer: str | None) -> None:
            if answer is None:
                return
            path = saving.target_of(answer)
            if saving.exists(path):
                question = ConfirmScreen(f"Replace {clean(str(path))}?")
                self.app.push_screen(question, lambda yes: take(path) if yes else ask(answer))
            else:
                take(path)

        def take(path: Path) -> None:
            self._remembered.folder = path.parent
            then(path)

        def ask(value: str) -> None:
            self.app.push_screen(PromptScreen(title, value, saving.problem_with), answered)

        ask(str(self._remembered.folder / suggested))

    async def _in_thread(self, title: str, progress: Progress, job: Callable[[Progress], T]) -> T:
        """What the job gives; after a moment it is shown how far it is, with a way to cancel it.

        Raises Cancelled, and what the job raises.
        """
        running = asyncio.ensure_future(asyncio.to_thread(job, progress))
        done, _ = await asyncio.wait([running], timeout=SHOW_AFTER)
        if not done:
            self.app.push_screen(ProgressScreen(title, progress))
        try:
            return await running
        finally:
            progress.finish()
