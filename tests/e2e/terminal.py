"""A terminal without a window: a pseudo-terminal that runs a program, and an emulator that knows its screen."""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from typing import TYPE_CHECKING, Any, Self

import pyte

from tests.e2e.running import HIDDEN, PATIENCE, ROOT, descendants

if TYPE_CHECKING:
    from pathlib import Path

# The leader of a session gets the first terminal that it opens as its own, and with it the signal for a new size.
BOOTSTRAP = """
import os, sys
os.close(os.open(os.ttyname(0), os.O_RDWR))
os.execv(sys.executable, [sys.executable, "-m", "asgispy", *sys.argv[1:]])
"""
UNKNOWN = re.compile(rb"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*(?:\$p|u)")
"""Questions and protocols that the emulator does not know and would print."""
INCOMPLETE = re.compile(rb"\x1b(\[[<>=?]?[0-9;$]*)?$")
FIXED = ("NO_COLOR", "COLUMNS", "LINES")
"""Variables that would speak for the terminal; who runs the tests may have them."""
LEFT_ALTERNATE, CURSOR_SHOWN = b"\x1b[?1049l", b"\x1b[?25h"

KEYS = {"enter": b"\r", "escape": b"\x1b", "up": b"\x1b[A", "down": b"\x1b[B", "end": b"\x1b[F", "ctrl+c": b"\x03"}


class Terminal:
    """`asgispy …` in a terminal of its own."""

    def __init__(self, folder: Path, *arguments: str, size: tuple[int, int] = (80, 24)) -> None:
        self._master, self._slave = os.openpty()
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self._rest = b""
        self.written = b""
        self._set_size(*size)
        self.attributes = termios.tcgetattr(self._slave)
        kept = {name: value for name, value in os.environ.items() if name not in (*HIDDEN, *FIXED)}
        self.process = subprocess.Popen(
            [sys.executable, "-c", BOOTSTRAP, *arguments],
            cwd=folder,
            env={**kept, "PYTHONPATH": ROOT, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            start_new_session=True,
        )

    def _set_size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def resize(self, columns: int, lines: int) -> None:
        """Drag the window's corner."""
        self.take_in(0)
        self._screen.resize(lines, columns)
        self._set_size(columns, lines)

    def press(self, *keys: str) -> None:
        """Keys by name, or as the character they write."""
        for key in keys:
            os.write(self._master, KEYS.get(key) or key.encode())

    def click(self, column: int, line: int) -> None:
        """The left button, at a place counted from 1."""
        os.write(self._master, f"\x1b[<0;{column};{line}M\x1b[<0;{column};{line}m".encode())

    def take_in(self, wait: float) -> None:
        """Show what has been written."""
        while select.select([self._master], [], [], wait)[0]:
            data = self._rest + os.read(self._master, 65_536)
            self.written += data[len(self._rest) :]
            cut = INCOMPLETE.search(data)
            self._rest = data[cut.start() :] if cut else b""
            self._stream.feed(UNKNOWN.sub(b"", data[: len(data) - len(self._rest)]))
            wait = 0

    def linger(self, seconds: float) -> None:
        """Show what is written for so long."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.take_in(left)

    @property
    def text(self) -> str:
        """What is on the screen."""
        self.take_in(0)
        return "\n".join(line.rstrip() for line in self._screen.display)

    def until_fitted(self) -> None:
        """The footer stands in the last line: the program has painted at the size that the screen has now."""
        deadline = time.monotonic() + PATIENCE
        while "Quit" not in (self.text and self._screen.display[-1]):
            assert time.monotonic() < deadline, f"never painted at its size:\n{self.text}"
            self.take_in(0.05)

    def line_of(self, text: str) -> int:
        """The number of the line that holds a text, from 1."""
        return next(number for number, line in enumerate(self.text.splitlines(), 1) if text in line)

    def until(self, *texts: str, gone: str = "") -> str:
        """The screen, once all the texts are on it and `gone` is not."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self.take_in(0.05)
            if all(text in self.text for text in texts) and (not gone or gone not in self.text):
                return self.text
            assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.text}"
        raise AssertionError(f"never on the screen: {texts}, or never gone: {gone!r}\n{self.text}")

    def wait(self) -> int:
        """Its exit code; reads on, since a full terminal would keep it from ending."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"never ended:\n{self.text}"
            self.take_in(0.05)
        self.take_in(0)
        return self.process.returncode

    def is_restored(self) -> bool:
        """Whether a shell could go on: the first screen, a cursor, and lines that are edited and echoed again."""
        left = self.written.rfind(LEFT_ALTERNATE), self.written.rfind(CURSOR_SHOWN)
        modes: list[Any] = termios.tcgetattr(self._slave)
        return min(left) > 0 and modes[:4] == self.attributes[:4]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *unused: object) -> None:
        family = [self.process.pid, *descendants(self.process.pid)]
        if self.process.poll() is None:
            for pid in family:
                os.kill(pid, signal.SIGKILL)
            self.process.wait()
        os.close(self._master)
        os.close(self._slave)
