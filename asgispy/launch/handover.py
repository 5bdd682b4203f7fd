"""What the supervisor tells the server's processes through the environment, and what they leave for it.

What must not move in: imports of the probe or of the target: both sides load this module.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from asgispy.settings import Launch

ENTRY: Final = "ASGISPY_ENTRY"
"""JSON: target, factory, interface, app_dir."""
PARENT: Final = "ASGISPY_PARENT"
"""The process whose end the server must not outlive."""
VERDICT: Final = "ASGISPY_VERDICT"
"""A file that holds the exit code of a failed load, since managers of workers replace it by their own."""


def describe(launch: Launch) -> str:
    """The value of ENTRY that leads to the launch's target."""
    names = ("target", "factory", "interface", "app_dir")
    return json.dumps({name: getattr(launch, name) for name in names})


def read_description(text: str) -> dict[str, Any]:
    """The arguments of `load_target`."""
    described: dict[str, Any] = json.loads(text)
    return described
