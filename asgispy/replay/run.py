"""Replays one script: calls the application, looks that it does not hang, and says what came of it.

The application is any ASGI callable: the user's own in this process, or `network.Remote`, which asks a server. What
must not move in: several connections (series), lifespans (lifespan).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from asgispy.model.connection import HTTP
from asgispy.probe.failure import encode_exception
from asgispy.replay.player import Player
from asgispy.wire.codec import decode_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgispy.model.asgi import ASGIApp
    from asgispy.model.events import Error
    from asgispy.replay.conductor import Track
    from asgispy.replay.outcome import Outcome
    from asgispy.replay.script import Script

LAST_CHANCE: Final = 1.0
"""Seconds in which an application that is cancelled may end."""

playing: ContextVar[int | None] = ContextVar("asgispy_playing", default=None)
"""Id of the recorded connection that is replayed in this context."""


class ReplayFailed(Exception):
    """A replay could not be completed; the text is one line that says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where scripts are sent."""

    app: ASGIApp
    remote: bool = False
    """Whether a server is asked, so that only what a client can see is known."""
    state: Mapping[str, Any] | None = None
    """What a running lifespan has put into its state; None without."""


async def replay(script: Script, target: Target, *, timeout: float = 10.0, track: Track | None = None) -> Outcome:
    """Send a script again. Raises nothing for what the application or the server does.

    After `timeout` seconds without a message in either direction it is given up. A `track` (conductor) keeps the order
    among several connections.
    """
    try:
        return await _play(Player(script, timeout, track), target, timeout)
    finally:
        if track is not None:
            track.end()


async def _play(player: Player, target: Target, timeout: float) -> Outcome:
    script = player.script
    playing.set(script.original)
    call = asyncio.create_task(_call(target.app, script.live_scope(target.state), player))
    spent = asyncio.create_task(player.spent.wait())
    try:
        hung = await _watch(call, spent, player, timeout)
    except asyncio.CancelledError:
        await _end(call)
        raise
    finally:
        spent.cancel()
    if not call.done():
        stubborn = not await _end(call)
        if hung:
            more = "" if not stubborn else ", and the application does not let itself be cancelled"
            return player.outcome(None, ended=False, failure=f"{_hanging(player, timeout)}{more}")
    error, failure = call.result() if call.done() else (None, "")
    return player.outcome(error, ended=not hung and not player.spent.is_set(), failure=failure)


async def _call(app: ASGIApp, scope: dict[str, Any], player: Player) -> tuple[Error | None, str]:
    """What the application raised, and why it could not be reached."""
    try:
        await app(scope, player.receive, player.send)
    except ReplayFailed as failure:
        return None, str(failure)
    except KeyboardInterrupt:
        raise  # that is for us
    except BaseException as error:  # it must not end us, whatever it is
        return decode_error(encode_exception(error)), ""
    return None, ""


async def _watch(call: asyncio.Task[Any], spent: asyncio.Task[Any], player: Player, timeout: float) -> bool:
    """Wait for the application's end; True when it hangs, False also when it is time to cancel it."""
    longest = 2 * (player.script.duration or 0) / 1e9 + 3 * timeout
    began = time.monotonic()
    while not call.done():
        now = time.monotonic()
        left = timeout if player.holding else player.quiet_since + timeout - now
        if left <= 0 or now - began - player.held(now) > longest:
            return True
        await asyncio.wait({call, spent}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        if spent.done() and not call.done():
            await asyncio.sleep(0)
            return False
    return False


async def _end(call: asyncio.Task[Any]) -> bool:
    """Cancel the application; whether it has ended."""
    call.cancel()
    await asyncio.wait({call}, timeout=LAST_CHANCE)
    if call.done():
        with contextlib.suppress(asyncio.CancelledError):
            call.exception()
    return call.done()


def _hanging(player: Player, timeout: float) -> str:
    took = player.script.duration
    longer = took is not None and took > timeout * 1e9
    advice = f" (it took {took / 1e9:.1f} s when it was recorded: raise --timeout)" if longer and took else ""
    if player.gathering.status is None and not player.gathering.sent:
        return f"no answer within {timeout:g} s{advice}"
    if time.monotonic() - player.quiet_since < timeout:
        return f"it goes on and on, where it ended when it was recorded{advice}"
    if player.over:
        return f"it has answered, but does not end within {timeout:g} s{advice}"
    what = "response" if player.script.type == HTTP else "conversation"
    return f"the {what} stopped: nothing more within {timeout:g} s{advice}"
