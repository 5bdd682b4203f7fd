"""All that watches besides the recorder, switched on when an inspector has said what it wants, and off when it is gone.

What must not move in: how anything is watched; each watcher has a module of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from asgispy.probe import output, pauses
from asgispy.probe.output import OutputWatch
from asgispy.probe.pauses import PauseWatch
from asgispy.probe.watchdog import Watchdog
from asgispy.settings import CLOSER

if TYPE_CHECKING:
    from asgispy.probe.outbox import Outbox
    from asgispy.wire.handshake import Watch


class Watchers:
    """The watchers of one probe. What they see goes to the outbox's observer."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._output = OutputWatch(outbox.observer)
        self._pauses = PauseWatch(outbox.observer)
        self._watchdog: Watchdog | None = None

    def begin(self, watch: Watch) -> None:
        """Look at what the inspector wants to know."""
        self._outbox.observer.set_watch(watch)
        if watch.output:
            output.install(self._output)
        if watch.pauses:
            pauses.install(self._pauses)
        if watch.stalls or watch.tasks:
            self._watchdog = Watchdog(self._outbox, watch)
            self._watchdog.start()

    def change(self, watch: Watch) -> None:
        """Look more or less closely from now on: only what is looked at anew for each connection can be switched."""
        observer = self._outbox.observer
        closer = {name: getattr(watch, name) for name in CLOSER}
        observer.set_watch(structs.replace(observer.watch, **closer))

    def glance(self) -> None:
        """A thread of ours has just got to run: whom did it wait for?"""
        if self._watchdog is not None:
            self._watchdog.glance()

    def settle(self) -> None:
        """Tell what had to wait until somebody else was through with it; in the sender's thread."""
        self._output.settle()

    def end(self) -> None:
        """Look at nothing any more."""
        output.remove(self._output)
        pauses.remove(self._pauses)
        if self._watchdog is not None:
            self._watchdog.stop()
            self._watchdog = None
