"""`asgispy demo`: the bundled examples in one application, under their own traffic."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import click

from asgispy.cli.options import recording_options
from asgispy.cli.recording import RecordingOptions
from asgispy.demo.catalogue import EXAMPLES, TOUR
from asgispy.errors import EXIT_OK, UsageError
from asgispy.settings import Launch

if TYPE_CHECKING:
    from collections.abc import Sequence


HOST = "127.0.0.1"
STOP_TIMEOUT = 5.0
"""Seconds for the traffic to say goodbye to its sockets."""


class Traffic:
    """The process that visits the tour, beside the server and as long as it."""

    def __init__(self, port: int, seconds: float | None) -> None:
        self._command = [sys.executable, "-m", "asgispy.demo.traffic", f"http://{HOST}:{port}"]
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start visiting; the process waits for the server by itself."""
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        if self._seconds is not None:
            # What Ctrl+C does, so that it ends in the same way.
            timer = threading.Timer(self._seconds, os.kill, (os.getpid(), signal.SIGINT))
            timer.daemon = True
            timer.start()

    def stop(self) -> None:
        """Let it finish what it is doing, then see that it is gone."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _demo(listing: bool, port: int | None, seconds: float | None, **values: Any) -> int:
    if listing:
        _list([*EXAMPLES, TOUR])
        return EXIT_OK
    recording = RecordingOptions.take(values)
    recording.check("asgispy demo")
    if seconds is not None and not recording.headless:
        raise UsageError("--seconds goes with --headless; on the screen, q quits")
    port = port or _free_port()
    # Quiet, as its own lines would only repeat what the screen shows.
    launch = Launch(target=TOUR.target, options={"host": HOST, "port": port, "access_log": False})
    traffic = Traffic(port, seconds)
    if recording.headless:
        from asgispy.cli.headless import run_headless

        return run_headless(launch, recording, traffic)
    from asgispy.cli.screen import run_on_screen

    return run_on_screen(launch, recording, traffic)


def _list(examples: Sequence[Any]) -> None:
    for example in examples:
        click.echo(f"asgispy run {example.target:<36} {example.summary}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


command = click.Command(
    "demo",
    callback=_demo,
    params=[
        click.Option(["--list", "listing"], is_flag=True, help="List the examples, and how to run each by itself."),
        click.Option(["--port"], type=click.IntRange(0, 65535), help="Serve them there, so that you can visit them."),
        click.Option(["--seconds"], type=click.FloatRange(min=0), help="With --headless: end after that many seconds."),
        *recording_options(),
    ],
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Run the bundled example applications under their own traffic.",
    short_help="Take a tour: bundled examples under their own traffic.",
)
