"""When the watchdog itself is kept from going on."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any

from asgispy.model.observation import STALL
from asgispy.probe.outbox import Outbox
from asgispy.probe.watchdog import MS, Pulse

if TYPE_CHECKING:
    from asgispy.probe.recorder import Recording

THRESHOLD = 100 * MS


class Keeping(dict[int, "Recording"]):
    """What is open; a connection blocks everything while it is looked at, once."""

    def __init__(self, outbox: Outbox) -> None:
        super().__init__()
        self.outbox: Outbox | None = outbox

    def values(self) -> Any:
        if self.outbox is not None:
            outbox, self.outbox = self.outbox, None
            began, spent = time.monotonic_ns(), time.thread_time_ns()
            while time.thread_time_ns() - spent < 3 * THRESHOLD:
                pass
            outbox.observer.long_steps.append((7, began, time.monotonic_ns() - began))
        return super().values()


def test_a_step_that_blocks_in_the_middle_of_a_look_is_told_once() -> None:
    outbox = Outbox()

    async def main() -> list[Any]:
        pulse = Pulse(outbox, asyncio.get_running_loop(), threading.get_ident(), THRESHOLD)
        for number in range(6):
            if number == 2:
                outbox.open = Keeping(outbox)
            pulse.look(time.monotonic_ns(), 0)
            await asyncio.sleep(0)
        return outbox.observer.take()

    (stall,) = [each for each in asyncio.run(main()) if each.kind == STALL]
    assert stall.number == 7
    assert stall.duration >= 3 * THRESHOLD
