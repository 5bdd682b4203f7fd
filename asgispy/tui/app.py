"""The Textual application: opens the feed, polls it, routes, and ends in good order. Nothing else.

What must not move in: what is read (feed), what is shown (screens, widgets), and what keys there are (actions).
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import App
from textual.binding import Binding
from textual.css.query import NoMatches
from textual.events import Key

from asgispy.configuration import Configuration
from asgispy.errors import QueryError
from asgispy.tui.actions import APP, bindings, keys_text
from asgispy.tui.commands import ActionProvider, Palette
from asgispy.tui.feed import Feed
from asgispy.tui.keymap import keymap_for, with_keys
from asgispy.tui.memory import Memory
from asgispy.tui.plain import PlainFilter, wanted
from asgispy.tui.preferences import prepare
from asgispy.tui.sanitise import clean
from asgispy.tui.screens.confirm import ConfirmScreen
from asgispy.tui.screens.fed import FedScreen
from asgispy.tui.screens.help import HelpScreen
from asgispy.tui.screens.main import MainScreen
from asgispy.tui.screens.small import SmallScreen, too_small
from asgispy.tui.session import WATCHED
from asgispy.tui.theme import PLAIN_CLASS
from asgispy.tui.themes import DARK, LIGHT, themes_for
from asgispy.tui.workarounds import deliver_resize, redirect_key, remember_target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.binding import BindingType
    from textual.events import Event, Resize
    from textual.filter import LineFilter
    from textual.notifications import SeverityLevel

    from asgispy.tui.session import Session

_PLAINLY: Final = PlainFilter()
POLL_EVERY: Final = 0.1
"""Seconds between two looks at the capture."""


class SpyApp(App[None]):
    """Opening it raises CaptureError when the session's capture can't be read, UsageError for unusable settings."""

    TITLE = "asgispy"
    CSS_PATH = "styles/app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(APP),
        # Also while something is typed, where q is only a letter.
        Binding("ctrl+c", "quit", "Quit", show=False, priority=True),
    ]
    COMMANDS: ClassVar[set[type[ActionProvider]]] = {ActionProvider}  # type: ignore[assignment]

    def __init__(
        self,
        session: Session,
        now: Callable[[], int] = time.time_ns,
        configuration: Configuration | None = None,
        memory: Memory | None = None,
    ) -> None:
        self.configuration = configuration or Configuration()
        self.memory = memory or Memory()
        self.plain = self.configuration.plain or wanted()
        keymap = keymap_for(self.configuration)
        self.actions = with_keys(keymap)
        """All actions with the user's keys."""
        super().__init__()
        self.session = session
        self._leaving = False
        for theme in themes_for(self.configuration):
            self.register_theme(theme)
        self.theme = self.configuration.theme
        self.set_keymap(keymap)
        self.feed = Feed(session, now)
        self._prepare()

    def _prepare(self) -> None:
        try:
            prepare(self.feed, self.configuration, self.memory)
        except BaseException:
            self.feed.close()
            raise
        self.feed.plain = self.plain
        if self.plain:
            self.add_class(PLAIN_CLASS)
            self.animation_level = "none"

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own variables, which the stylesheet needs under any theme."""
        return DARK.variables

    def on_mount(self) -> None:
        """Open the main screen and begin to poll."""
        self._loop_here = asyncio.get_running_loop()
        self._context_here = contextvars.copy_context()
        self.push_screen(MainScreen(self.feed))
        self.set_interval(POLL_EVERY, self.poll)
        self.theme_changed_signal.subscribe(self, lambda theme: self._tell_theme())

    def on_unmount(self) -> None:
        """Let go of the capture."""
        self.feed.close()

    def poll(self) -> None:
        """Look for changes and tell the screens."""
        deliver_resize(self)
        changed = self.feed.poll()
        for screen in (each for each in self.screen_stack if isinstance(each, FedScreen)):
            screen.stale = screen.stale or changed
        for screen in self._fed_screens():
            with contextlib.suppress(NoMatches):  # a screen on its way in or out is without its widgets
                if screen.stale:
                    screen.feed_changed()
                    screen.stale = False
                screen.time_passed()

    def _fed_screens(self) -> list[FedScreen]:
        return [screen for screen in self.screen_stack if isinstance(screen, FedScreen) and screen.is_mounted]

    def _tell_theme(self) -> None:
        for screen in self._fed_screens():
            screen.theme_changed()

    async def on_resize(self, event: Resize) -> None:
        """Cover the screen while it is too small. Awaited: a cover that is taken off while it comes hangs Textual."""
        covered = isinstance(self.screen, SmallScreen)
        if too_small(event.size) and not covered:
            await self.push_screen(SmallScreen(self.key_of("app.quit")))
        elif covered and not too_small(event.size):
            await self.pop_screen()

    # Keys

    async def on_event(self, event: Event) -> None:
        """Note for whom a key is."""
        if isinstance(event, Key) and not event.is_forwarded:
            remember_target(self, event)
        await super().on_event(event)

    async def _on_key(self, event: Key) -> None:
        redirect_key(self, event)

    # Words and letters

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What every line passes on its way to the terminal."""
        filters = super().get_line_filters()
        return [*filters, _PLAINLY] if self.plain else filters

    def get_key_display(self, binding: Binding) -> str:
        """A key of the user's as the footer shows it."""
        return self.key_of(binding.id or "") or keys_text(binding.key, plain=self.plain)

    def key_of(self, name: str) -> str:
        """The key of an action as people write it, the first where it has several; empty where it has none."""
        keys = next((action.keys for action in self.actions if action.name == name), "")
        return keys_text(keys.split(",")[0], plain=self.plain)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Say something in a corner; it may hold anything, and nothing in it is markup."""
        lines = "\n".join(map(clean, message.split("\n")))
        super().notify(lines, title=clean(title), severity=severity, timeout=timeout, markup=False)

    # Actions

    def action_command_palette(self) -> None:
        """Find an action by its name."""
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="--command-palette"))

    def action_help(self) -> None:
        """Show all keys."""
        self.push_screen(HelpScreen(self.actions))

    def action_light(self) -> None:
        """Switch between a dark and a light theme: the user's own, where it is of that kind."""
        own = self.get_theme(self.configuration.theme)
        other = LIGHT if self.current_theme.dark else DARK
        self.theme = own.name if own is not None and own.dark is other.dark else other.name

    def show_filter(self, text: str) -> None:
        """Filter the list."""
        try:
            self.feed.set_filter(text)
        except QueryError as error:
            self.notify(str(error), severity="error", markup=False)
        self.poll()

    def action_switch_watch(self, name: str) -> None:
        """Have the applications looked at more closely from the next connection on, or not any more."""
        status = self.session.status()
        if status.state == "file" or status.over:
            self.notify("nothing runs here that could be looked at", timeout=3)
            return
        self.session.switch_watch(name)
        self.poll()
        on = name in self.session.status().watching
        self.notify(f"{WATCHED[name]} {'on, for what comes from now on' if on else 'off'}", timeout=3)

    def action_restart_session(self) -> None:
        """Start the application again; while it runs, only after asking."""
        if not self.session.restartable:
            self.notify("nothing to restart here: asgispy did not start it", timeout=3)
        elif self.feed.status.over:
            self._restart(True)
        else:
            self.push_screen(ConfirmScreen("Restart the application while it is running?"), self._restart)

    def _restart(self, confirmed: bool | None) -> None:
        if confirmed:
            self._run_aside("restart", self.session.restart)

    async def action_quit(self) -> None:
        """Shut down gracefully and leave; the second time, leave at once."""
        if self._leaving:
            self.exit()
            return
        self._leaving = True
        for screen in self._fed_screens():
            if isinstance(screen, MainScreen):
                screen.closing = "◌ shutting down…   q again leaves at once"
        self.poll()
        self._run_aside("close", self.session.close, self._leave)

    def _leave(self) -> None:
        self.feed.close()
        self.exit()

    def _run_aside(self, name: str, work: Callable[[], None], then: Callable[[], None] | None = None) -> None:
        """Run something that blocks. Not in a worker: leaving would wait for it."""

        def run() -> None:
            try:
                work()
            except Exception as error:  # whatever it is, the screen must say it and go on
                self._call(self.notify, f"{name} failed: {error}")
            if then is not None:
                self._call(then)

        threading.Thread(target=run, name=f"asgispy-{name}", daemon=True).start()

    def _call(self, callback: Callable[..., object], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            self._loop_here.call_soon_threadsafe(partial(callback, *arguments), context=self._context_here.copy())
