"""What the program remembers by itself from one run to the next: the filters that were typed, the columns chosen.

Best effort throughout: a file that is missing, damaged or not to be written is never an error, since nothing that the
user has written down is in it. What must not move in: settings (configuration).
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST: Final = 200
"""Filters, and columns, that are kept."""
LONGEST: Final = 2000
"""Characters of one of them; longer ones are forgotten."""
_LARGEST: Final = 1024**2


def state_file(environment: Mapping[str, str] | None = None) -> Path:
    """Where the state is kept."""
    base = Path((os.environ if environment is None else environment).get("XDG_STATE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".local" / "state") / "asgispy" / "state.json"


class Memory:
    """Read at the beginning and written when something changes; without a path it lasts as long as the program."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        state = _read(path) if path is not None else {}
        self.history: list[str] = _texts(state.get("history"))
        """Filters, the newest last."""
        self.columns: list[str] = _texts(state.get("columns"))
        """The columns chosen on the screen, as the settings write them; empty while nothing was chosen."""
        self.filters: dict[str, str] = _named(state.get("filters"))
        """Filters saved on the screen, by name."""

    def add_filter(self, text: str) -> None:
        """Remember a filter as the newest, and write it down; one that was there is moved."""
        text = text.strip()
        if text and (not self.history or self.history[-1] != text):
            self.history = _texts([*(each for each in self.history if each != text), text])
            self.save()

    def save(self) -> None:
        """Write it down, in one step and readable by the user alone."""
        if self.path is None:
            return
        state = {"history": self.history[-MOST:], "columns": self.columns[:MOST], "filters": self.filters}
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # A temporary file has mode 0600 from its beginning.
            handle, beside = tempfile.mkstemp(dir=self.path.parent, prefix=".state-")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(state, file, indent=1)
                Path(beside).replace(self.path)
            except BaseException:
                Path(beside).unlink(missing_ok=True)
                raise
        except OSError:
            pass  # remembering is a comfort; that it fails is no reason to disturb


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            state = json.loads(file.read(_LARGEST))
    except (OSError, ValueError, RecursionError):
        return {}
    return state if isinstance(state, dict) else {}


def _texts(value: object) -> list[str]:
    """What is usable of a list of texts, the newest ones."""
    if not isinstance(value, list):
        return []
    return [each for each in value if isinstance(each, str) and 0 < len(each) <= LONGEST][-MOST:]


def _named(value: object) -> dict[str, str]:
    """What is usable of texts by name."""
    if not isinstance(value, dict):
        return {}
    usable = [(name, text) for name, text in value.items() if name and _texts([name, text]) == [name, text]]
    return dict(usable[-MOST:])
