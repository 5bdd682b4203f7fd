"""A replay from the command line: what is chosen, who is asked, what is written, and how it ends.

What must not move in: options (replay), replaying and comparing (the package replay).
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import ssl
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from asgispy.capture.reader import CaptureReader
from asgispy.cli.chosen import Chosen
from asgispy.cli.opening import opened_capture
from asgispy.cli.progress import show_progress
from asgispy.cli.replay_output import Output
from asgispy.cli.replay_recording import recorded_into
from asgispy.cli.saying import printable, say
from asgispy.errors import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK, EXIT_USAGE, UsageError
from asgispy.replay.address import parse_place
from asgispy.replay.ignoring import ignore_of
from asgispy.replay.lifespan import Lifespan
from asgispy.replay.network import Remote
from asgispy.replay.result import Result, Tally
from asgispy.replay.run import Target, playing
from asgispy.replay.series import Manner, judged, replay_all

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import FrameType

    from asgispy.cli.replay_recording import RecordedHere
    from asgispy.model.asgi import ASGIApp

SERVERS_OWN = "a server has a lifespan of its own"
ONLY_ONE = "only one lifespan is run"


class Replaying:
    """One call of `asgispy replay`."""

    def __init__(self, capture: Path, values: dict[str, Any]) -> None:
        """Raises UsageError for values that make no sense."""
        self._capture, self._values = capture, values
        self._remote = not values["app"]
        self._manner = Manner(
            values["timeout"],
            values["pace"],
            ignore_of(values["headers"], values["paths"]),
            values["skip_masked"],
            values["yes"],
            values["repeat"],
            values["concurrency"],
        )
        self._place = parse_place(values["to"]) if values["to"] else None
        self._tally = Tally()
        self._interrupted = False

    def run(self) -> int:
        """The exit code. Raises the errors of its parts."""
        values = self._values
        with contextlib.ExitStack() as stack:
            reader = stack.enter_context(CaptureReader(stack.enter_context(opened_capture(self._capture))))
            stack.enter_context(reader.snapshot())
            chosen = Chosen(reader, self._capture, values["filter"], values["ids"])
            self._manner = self._agreed(chosen)
            timed = self._manner.repeat > 1
            out = stack.enter_context(Output(values["json"], keep_secrets=values["secrets"] == "keep", brief=timed))
            recording = stack.enter_context(self._recording())
            with self._aside():
                asyncio.run(self._replay(chosen, self._application(recording), out))
            out.finish(self._tally, timed=timed, remote=self._remote)
        return self._code()

    def _code(self) -> int:
        if self._interrupted:
            return EXIT_INTERRUPTED
        if not self._tally.good:
            return EXIT_FAILED
        return EXIT_OK if self._tally.sent else EXIT_USAGE

    # Before

    def _agreed(self, chosen: Chosen) -> Manner:
        """Ask whether to send what may change something, where somebody can answer."""
        if self._manner.unsafe or not chosen.unsafe:
            return self._manner
        what = f"{chosen.unsafe:,} of {chosen.count:,} connections may change something ({chosen.unsafe_kinds})"
        if sys.stdin.isatty() and sys.stderr.isatty():
            return replace(self._manner, unsafe=click.confirm(f"{what}: send them?", err=True))
        say(f"asgispy: {what} and are skipped: send them with --yes")
        return self._manner

    @contextlib.contextmanager
    def _recording(self) -> Iterator[RecordedHere | None]:
        """Where replays are recorded, if anywhere."""
        target: Path | None = self._values["target_capture"]
        if target is None:
            yield None
            return
        if target.exists() and target.samefile(self._capture):
            raise UsageError(f"--capture {target}: this is the capture that is replayed: name another file")
        checks = "off" if self._remote else "standard"
        with recorded_into(target, self._capture.name, checks=checks) as recording:
            yield recording

    @contextlib.contextmanager
    def _aside(self) -> Iterator[None]:
        """What an application prints must not stand among what we write."""
        with contextlib.redirect_stdout(sys.stderr) if not self._remote else contextlib.nullcontext():
            yield

    def _application(self, recording: RecordedHere | None) -> ASGIApp:
        app = self._remote_application() if self._remote else self._loaded()
        return app if recording is None else recording.wrap(app)

    def _loaded(self) -> ASGIApp:
        from asgispy.launch.target import TargetRaised, load_target

        values = self._values
        try:
            return load_target(
                values["app"], factory=values["factory"], interface=values["interface"], app_dir=values["app_dir"]
            )
        except TargetRaised as error:
            for line in error.traceback.splitlines():
                say(printable(line))
            raise

    def _remote_application(self) -> ASGIApp:
        context = None
        if self._values["insecure"]:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        elif self._values["ca"]:
            try:
                context = ssl.create_default_context(cafile=self._values["ca"])
            except (OSError, ssl.SSLError) as error:
                reason = getattr(error, "strerror", None) if not isinstance(error, ssl.SSLError) else "no certificates"
                raise UsageError(f"--ca {self._values['ca']}: can't be read: {reason}") from None
        return Remote(self._place, context, self._values["keep_host"])

    # The run

    async def _replay(self, chosen: Chosen, app: ASGIApp, out: Output) -> None:
        task = asyncio.create_task(self._all(chosen, app, out))
        with self._stoppable(task):
            try:
                await task
            except asyncio.CancelledError:
                if not self._interrupted:
                    raise

    @contextlib.contextmanager
    def _stoppable(self, task: asyncio.Task[None]) -> Iterator[None]:
        """A signal ends the run well, a second one at once."""
        loop = asyncio.get_running_loop()

        def stop(number: int, frame: FrameType | None) -> None:
            if self._interrupted:
                raise KeyboardInterrupt
            self._interrupted = True
            loop.call_soon_threadsafe(task.cancel)

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def _all(self, chosen: Chosen, app: ASGIApp, out: Output) -> None:
        if self._remote:
            for script, original in chosen.lifespans():
                self._told(Result(script, original, skipped=SERVERS_OWN), chosen, out)
            await self._series(chosen, Target(app, remote=True), out)
            return
        lifespans = chosen.lifespans()
        recorded = next(lifespans, None)
        if recorded is not None:
            playing.set(recorded[0].original)
        lifespan = Lifespan(app, self._values["startup_timeout"])
        try:
            await lifespan.start()
            playing.set(None)
            if lifespan.running:
                await self._series(chosen, Target(app, state=lifespan.state if lifespan.supported else None), out)
        finally:
            await asyncio.shield(self._over(lifespan, recorded, chosen, out))
        for script, original in lifespans:
            self._told(Result(script, original, skipped=ONLY_ONE), chosen, out)

    async def _series(self, chosen: Chosen, target: Target, out: Output) -> None:
        began = time.monotonic()
        try:
            await replay_all(chosen.originals, target, self._manner, lambda result: self._told(result, chosen, out))
        finally:
            self._tally.took = time.monotonic() - began

    async def _over(self, lifespan: Lifespan, recorded: Any, chosen: Chosen, out: Output) -> None:
        """Shut down, and compare the lifespan with a recorded one."""
        started = lifespan.running
        outcome = await lifespan.stop()
        if lifespan.failure:
            say(f"asgispy: {printable(lifespan.failure)}")
            self._tally.troubled = recorded is None or (not started and bool(chosen.count))
        if recorded is not None and not self._interrupted:
            script, original = recorded
            self._told(judged(script, original, outcome, Target(lifespan.app), self._manner), chosen, out)

    def _told(self, result: Result, chosen: Chosen, out: Output) -> None:
        self._tally.add(result)
        out.tell(result)
        total = chosen.count * self._manner.repeat
        done = sum(self._tally.counts.values())
        if out.quiet and (done % 10 == 0 or done == total):
            show_progress(done if done < total else None, total)
