"""Sending connections again: as they were, edited, or elsewhere; one, the marked ones, or what the filter shows.

What sends and edits is imported when it is asked for, since few screens ever do. What must not move in: sending and
comparing (sending), and what an edited text means (replay/text).
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Final

from textual import work
from textual.app import SuspendNotSupported

from asgispy.capture.reader import CaptureReader
from asgispy.errors import AsgispyError
from asgispy.model.connection import HTTP, WEBSOCKET
from asgispy.replay.address import parse_place
from asgispy.tui.acting import saving
from asgispy.tui.acting.acting_screen import ActingScreen
from asgispy.tui.acting.editing import EDITOR, change, program_for
from asgispy.tui.acting.entry import Entry
from asgispy.tui.acting.jobs import Cancelled, Progress
from asgispy.tui.screens.compare import CompareScreen
from asgispy.tui.screens.confirm import ConfirmScreen
from asgispy.tui.screens.prompt import PromptScreen

if TYPE_CHECKING:
    from asgispy.replay.address import Place
    from asgispy.replay.script import Script
    from asgispy.tui.acting.saving import Choose
    from asgispy.tui.acting.sending import Sent
    from asgispy.tui.acting.subject import Subject

NO_LIFESPAN: Final = "a lifespan is the server's own: asgispy replay --app runs it again"


class ReplaysConnections(ActingScreen):
    """`A`."""

    def action_replay(self) -> None:
        """Send something again, and compare."""
        self._choose("send again", self._sendable, self._send_chosen)

    def _sendable(self, subject: Subject) -> list[Entry]:
        connection = subject.connection
        entries = []
        if connection.type in (HTTP, WEBSOCKET):
            what = f"{connection.method or 'WebSocket'} {connection.path or ''}"
            entries = [
                Entry("again", "as it was", what, "s"),
                Entry("edit", "edited here…", "method, path, headers, body or messages", "e"),
                Entry("editor", "edited in your editor…", "the same as text", "E"),
                Entry("elsewhere", "to another server…", self._remembered.sent_to or "http://host:port", "t"),
            ]
        marked = self._marked()
        if marked:
            title = f"the {len(marked):,} marked ones" if len(marked) > 1 else "the marked one"
            entries.append(Entry("marked", title, "in their order", "m"))
        if self.feed.arrangement.filtering:
            entries.append(Entry("filtered", "what the filter shows", self.feed.arrangement.text, "f"))
        if entries:
            what = f"the {len(marked):,} marked ones" if marked else "this one"
            entries.append(Entry("call", "in process…", f"{what}, to an application without a server", "p"))
        return entries or [Entry("none", NO_LIFESPAN, "", "")]

    def _send_chosen(self, subject: Subject, name: str) -> None:
        this = saving.these([subject.connection.id])
        query = self.feed.arrangement.query
        if name in ("edit", "editor"):
            self._edit(subject.connection.id, elsewhere=name == "editor")
        elif name == "call":
            self._ask_what(saving.these(self._marked()) if self._marked() else this)
        elif name == "elsewhere":
            self._ask_where(this)
        elif name == "marked":
            self._send(saving.these(self._marked()))
        elif name == "filtered" and query is not None:
            self._send(saving.matching(query))
        elif name == "again":
            self._send(this)

    def _ask_where(self, choose: Choose) -> None:
        def problem(text: str) -> str:
            try:
                parse_place(text.strip())
            except AsgispyError as error:
                return str(error)
            return ""

        def answered(text: str | None) -> None:
            if text is not None:
                self._remembered.sent_to = text.strip()
                self._send(choose, parse_place(text.strip()))

        self.app.push_screen(PromptScreen("send to", self._remembered.sent_to or "http://", problem), answered)

    def _ask_what(self, choose: Choose) -> None:
        def problem(text: str) -> str:
            return "" if text.strip() else "write module:attribute, as in main:app"

        def answered(text: str | None) -> None:
            if text is not None:
                self._remembered.called = text.strip()
                self._send(choose, app=text.strip())

        target = self.feed.status.target
        suggested = self._remembered.called or (target if ":" in target and " " not in target else "")
        self.app.push_screen(PromptScreen("call the application", suggested, problem), answered)

    # Editing

    @work
    async def _edit(self, id: int, *, elsewhere: bool) -> None:
        from asgispy.replay.script import script_of
        from asgispy.replay.text import text_of

        def read() -> Script | None:
            with CaptureReader(self.feed.session.capture) as reader:
                connection = reader.connection(id)
                return script_of(reader, connection) if connection is not None else None

        try:
            script = await asyncio.to_thread(read)
        except AsgispyError as error:
            self._say(str(error), wrong=True)
            return
        if script is None:
            self._say("this connection is no longer in the capture")
        elif elsewhere:
            self._edit_elsewhere(script)
        else:
            self._edit_here(script, text_of(script))

    def _edit_here(self, script: Script, text: str) -> None:
        from asgispy.replay.text import edited
        from asgispy.tui.screens.edit import EditScreen

        def problem(text: str) -> str:
            try:
                edited(script, text)
            except AsgispyError as error:
                return str(error)
            return ""

        def answered(text: str | None) -> None:
            if text is not None:
                self._send(saving.these([script.original]), script=edited(script, text))

        self.app.push_screen(EditScreen(f"send #{script.original} again, edited", text, problem), answered)

    def _edit_elsewhere(self, script: Script) -> None:
        from asgispy.replay.text import edited, text_of

        text = text_of(script)
        try:
            command = program_for(EDITOR, os.environ)
            with self.app.suspend():
                changed = change(command, f"replay-{script.original}.http", text)
        except SuspendNotSupported:
            self._say("this terminal can't be handed to another program · edit it here", wrong=True)
            return
        except AsgispyError as error:
            self._say(str(error), wrong=True)
            return
        try:
            made = edited(script, changed)
        except AsgispyError as error:
            self._say(str(error), wrong=True)
            self._edit_here(script, changed)  # so that nothing of it is lost
        else:
            if made is script:
                self._say("nothing was changed: nothing was sent")
            else:
                self._send(saving.these([script.original]), script=made)

    # Sending

    @work
    async def _send(
        self, choose: Choose, place: Place | None = None, script: Script | None = None, app: str = ""
    ) -> None:
        """Ask first when it may change something."""
        from asgispy.tui.acting import sending

        session = self.feed.session
        try:
            count, unsafe = await asyncio.to_thread(sending.chosen, session, choose)
        except AsgispyError as error:
            self._say(str(error), wrong=True)
            return
        if script is not None:
            unsafe = 0 if script.safe else 1
        if not count:
            self._say("nothing to send: " + NO_LIFESPAN)
        elif not unsafe:
            self._run_sending(choose, count, place, script, app)
        else:
            what = "This may change something" if count == 1 else f"{unsafe:,} of {count:,} may change something"

            def answered(yes: bool | None) -> None:
                if yes:
                    self._run_sending(choose, count, place, script, app)
                else:
                    self._say("nothing was sent")

            self.app.push_screen(ConfirmScreen(f"{what}: send {'it' if count == 1 else 'them'} again?"), answered)

    @work
    async def _run_sending(
        self, choose: Choose, count: int, place: Place | None, script: Script | None, app: str
    ) -> None:
        from asgispy.tui.acting import sending
        from asgispy.tui.acting.calling import call

        session = self.feed.session

        def job(progress: Progress) -> Sent:
            if app:
                return call(session.capture, choose, app, progress)
            return sending.send(session, choose, count, place, progress, script)

        try:
            sent = await self._in_thread("sending again", Progress("sent"), job)
        except Cancelled:
            self._say("cancelled" if app else "cancelled: what was sent is in the capture")
        except AsgispyError as error:
            self._say(str(error), wrong=True)
        else:
            self._tell(sent)

    def _tell(self, sent: Sent) -> None:
        if sent.replay is not None and sent.original is not None:
            self.app.push_screen(CompareScreen(self.feed.session.capture, sent.original, sent.replay))
        self._say(sent.told(), wrong=bool(sent.counts["failed"]))
