"""Shows data in the user's own editor or pager: which program, a private file for it, and waiting for its end.

What must not move in: suspending the screen, which is the application's business.
"""

from __future__ import annotations

import shlex
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from asgispy.errors import AsgispyError

if TYPE_CHECKING:
    from collections.abc import Mapping

EDITOR: Final = "editor"
PAGER: Final = "pager"
_VARIABLES: Final = {EDITOR: ("VISUAL", "EDITOR"), PAGER: ("PAGER",)}
_USUAL: Final = {EDITOR: ("vi", "nano", "emacs"), PAGER: ("less", "more")}


class NotOpened(AsgispyError):
    """No program, or one that can't be started; one line says why."""


def program_for(purpose: str, environment: Mapping[str, str]) -> list[str]:
    """The command of the editor or pager: the user's own, else one that is usual. Raises NotOpened."""
    for name in _VARIABLES[purpose]:
        text = environment.get(name, "").strip()
        if not text:
            continue
        try:
            command = shlex.split(text)
        except ValueError as error:
            raise NotOpened(f"${name} can't be read: {error}") from None
        if shutil.which(command[0], path=environment.get("PATH")) is None:
            raise NotOpened(f"${name}: there is no program {command[0]}")
        return command
    for usual in _USUAL[purpose]:
        if shutil.which(usual, path=environment.get("PATH")) is not None:
            return [usual]
    raise NotOpened(f"no {purpose} found: set ${_VARIABLES[purpose][-1]}")


def show(command: list[str], name: str, data: bytes) -> str:
    """Show data in a program that takes the terminal, and wait; gives what is to be said, if anything.

    The file is in a folder of its own, private, and goes with it. Raises NotOpened.
    """
    with tempfile.TemporaryDirectory(prefix="asgispy-open-") as folder:
        file = Path(folder) / name
        file.touch(mode=0o600)
        file.write_bytes(data)
        code = _run([*command, str(file)])
        changed = file.exists() and file.read_bytes() != data
    if code:
        return f"{command[0]} ended with {code}" if code > 0 else f"{command[0]} was ended by signal {-code}"
    return "what you changed is not kept: a capture stays as it was recorded" if changed else ""


def change(command: list[str], name: str, text: str) -> str:
    """Let a text be changed in an editor that takes the terminal, and wait; gives what it is then. Raises NotOpened."""
    with tempfile.TemporaryDirectory(prefix="asgispy-edit-") as folder:
        file = Path(folder) / name
        file.touch(mode=0o600)
        file.write_bytes(text.encode())
        code = _run([*command, str(file)])
        if code:
            raise NotOpened(f"{command[0]} ended with {code}: nothing was sent")
        try:
            changed = file.read_bytes().decode()
        except (OSError, UnicodeDecodeError):
            raise NotOpened(f"{command[0]} left no text: nothing was sent") from None
    # Editors end the last line, which a body may not have had.
    return changed[:-1] if changed.endswith("\n") and not text.endswith("\n") else changed


def _run(command: list[str]) -> int:
    """Its exit code. Ctrl+C is meant for it, not for us; a handler, unlike ignoring, is not inherited."""
    before = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        return subprocess.run(command, check=False).returncode
    except OSError as error:
        raise NotOpened(f"{command[0]}: {error.strerror or error}") from error
    finally:
        signal.signal(signal.SIGINT, before)
