"""The four things that can be done with a connection from any screen that shows one: copy, save, open, compare.

This is where keys, menus and prompts meet what does the work. What must not move in: what can be had (materials), how
it is written (saving), shown elsewhere (editing) or compared (tui/comparing).
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from textual import work
from textual.app import SuspendNotSupported

from asgispy.capture.reader import CaptureReader
from asgispy.errors import AsgispyError
from asgispy.tui.acting import saving
from asgispy.tui.acting.clipboard import LIMIT, clip, condition, obstacle
from asgispy.tui.acting.editing import EDITOR, PAGER, program_for, show
from asgispy.tui.acting.entry import Entry
from asgispy.tui.acting.jobs import Cancelled, Progress
from asgispy.tui.acting.materials import headers, materials
from asgispy.tui.acting.subject import look
from asgispy.tui.actions import ACTING, bindings
from asgispy.tui.sanitise import clean
from asgispy.tui.screens.compare import CompareScreen
from asgispy.tui.screens.confirm import ConfirmScreen
from asgispy.tui.screens.fed import FedScreen
from asgispy.tui.screens.menu import MenuScreen
from asgispy.tui.screens.progress import ProgressScreen
from asgispy.tui.screens.prompt import PromptScreen
from asgispy.tui.widgets.connection_list import ConnectionList
from asgispy.tui.widgets.detail_pane import DetailPane

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.binding import BindingType

    from asgispy.tui.acting.materials import Made, Material
    from asgispy.tui.acting.subject import Subject

SHOW_AFTER: Final = 0.3
"""Seconds after which work that still goes on shows how far it is."""
OPEN_LIMIT: Final = 64 * 1024**2
"""Bytes of a body that are handed to an editor."""
_HEADER: Final = "header"


@dataclass
class Remembered:
    """What one action leaves for the next; kept by the lowest of the screens."""

    copied: str = ""
    opened: str = ""
    base: int | None = None
    """The connection that another one is to be compared with."""
    folder: Path = field(default_factory=Path)
    """Where something was saved last."""


class ActsOnConnections(FedScreen):
    """The base of screens on which a connection can be acted on."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(ACTING)]
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
        owner = next(screen for screen in self.app.screen_stack if isinstance(screen, ActsOnConnections))
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

    # Copying

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

    # Saving

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

    def _marked(self) -> list[int]:
        return sorted(id for id, note in self.feed.notes.items() if note.mark)

    def _save_chosen(self, subject: Subject, name: str) -> None:
        material = self._materials(subject).get(name)
        stem = self.feed.session.capture.stem
        suggested = material.file if material else f"{stem}.asgispy" if name == "capture" else f"{stem}-{name}.json"
        if name == "capture" and (self._remembered.folder / suggested).exists():
            suggested = f"{stem}-copy.asgispy"
        title = {"capture": "save the capture as"}.get(name, "export to (.json, .jsonl)" if not material else "save as")
        self._prompt(title, suggested, lambda path: self._save(path, name, material))

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

    @work
    async def _run_long(self, path: Path, progress: Progress, job: Callable[[Progress], str]) -> None:
        """Do it in a thread; after a moment show how far it is, with a way to cancel it."""
        running = asyncio.ensure_future(asyncio.to_thread(job, progress))
        done, _ = await asyncio.wait([running], timeout=SHOW_AFTER)
        if not done:
            self.app.push_screen(ProgressScreen(f"saving {path.name}", progress))
        try:
            self._say(f"saved {path} · {await running}")
        except Cancelled:
            self._say("cancelled: nothing was written")
        except AsgispyError as error:
            self._say(str(error), wrong=True)
        finally:
            progress.finish()

    # Opening elsewhere

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

    # Comparing

    def action_compare(self) -> None:
        """Compare the two marked ones; or remember this one, and compare the next with it."""
        marked, current, remembered = self._marked(), self.acted_on, self._remembered
        base = marked[0] if len(marked) == 1 else remembered.base
        if len(marked) == 2:
            self._compare(*marked)
        elif current is None:
            self._say("no connection selected")
        elif base is not None and base != current:
            remembered.base = None
            self._compare(base, current)
        elif base is not None:
            remembered.base = None
            self._say(f"no longer comparing with #{current}" if not marked else "choose another to compare it with")
        else:
            remembered.base = current
            self._say(f"comparing with #{current}: choose another and press =")

    def _compare(self, left: int, right: int) -> None:
        self.app.clear_notifications()  # what was said of the first one would lie over the comparison
        self.app.push_screen(CompareScreen(self.feed.session.capture, left, right))
