"""The program of the server's process: `python serve.py SERVER ARGUMENTS…` is that server's own command.

It only adds that the server stops when the process that watches it is gone. Servers that spawn workers import this
file in each of them, by its path, so it stays small and does nothing there but find our package.
What must not move in: anything about the application; see entry.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
from pathlib import Path
from time import sleep  # as it is now, whatever an application may put in its place

ROOT = str(Path(__file__).resolve().parents[2])
MANAGER = "ASGISPY_MANAGER"
"""`pid name` of the server's first process, which tells its workers from processes that the application spawns."""
LOOK_EVERY = 0.5
LAST_CHANCE = 10.0
PATIENCE = 4


def pin_package() -> None:
    """Loads asgispy from where this file lies, so that nothing in the user's folder can take its name."""
    sys.path.insert(0, ROOT)
    try:
        import asgispy.launch  # noqa: F401
    finally:
        sys.path.remove(ROOT)


def main(arguments: list[str]) -> None:
    """Runs the server until it ends."""
    from asgispy.launch.servers import find_server

    # A shell that starts its jobs in the background makes them ignore SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    watch(arguments)
    name, *rest = arguments
    os.environ[MANAGER] = f"{os.getpid()} {name}"
    try:
        find_server(name).run(rest)
    except Exception as error:
        said = " ".join(str(error).split())
        sys.stderr.write(f"asgispy: {name} could not run: {type(error).__name__}: {said}\n")
        sys.exit(1)


def prepare_worker() -> None:
    """In a process that the server spawned, lets the server's class do what such a process needs.

    Processes that the application spawned are none of our business, and do not pay for loading our package.
    """
    pid, _, name = os.environ.get(MANAGER, "").partition(" ")
    if pid == str(os.getppid()):
        pin_package()
        from asgispy.launch.servers import find_server

        find_server(name).prepare_worker()


def watch(arguments: list[str]) -> None:
    """Begins to look whether the process that started this one still lives, and whether workers can start."""
    from asgispy.launch.handover import PARENT, VERDICT

    reloading = "--reload" in arguments or bool(os.environ.get(f"{arguments[0].upper()}_RELOAD"))
    if parent := os.environ.get(PARENT):
        given = (int(parent), Path(os.environ[VERDICT]), reloading)
        # Not a threading.Thread: an application may make threads green as it is imported (gevent), which it can only do
        # rightly while `threading` knows of no thread but the main one.
        _thread.start_new_thread(end_in_time, given)


def end_in_time(parent: int, verdict: Path, reloading: bool) -> None:
    """Stops this process gracefully once it has no purpose any more, and by force if it does not stop.

    A verdict that stays means that the target can't be loaded: some managers would start workers for ever.
    """
    failures = 0
    while os.getppid() == parent and failures < PATIENCE:
        sleep(LOOK_EVERY)
        failures = failures + 1 if verdict.exists() and not reloading else 0
    if os.getppid() != parent:
        forget(verdict)
    os.kill(os.getpid(), signal.SIGTERM)
    sleep(LAST_CHANCE)
    if os.getpgid(0) == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def forget(verdict: Path) -> None:
    """Tidies up for a parent that was killed."""
    try:
        verdict.unlink(missing_ok=True)
        verdict.parent.rmdir()
    except OSError:
        pass


if __name__ == "__main__":
    try:
        pin_package()
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
elif __name__ == "__mp_main__":
    prepare_worker()
