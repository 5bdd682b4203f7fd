"""What an application under check is to be asked, and for how long to wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from asgispy.driving.requests import Request

AUTOMATIC: Final = "auto"
"""Stands for a description that is looked for where applications keep it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be asked, and for how long to wait."""

    requests: tuple[Request, ...] = ()
    """Sent whatever they do."""
    recorded: tuple[Request, ...] = ()
    """Sent when they are safe."""
    openapi: str = ""
    """Path of a description, `AUTOMATIC`, or nothing."""
    unsafe: bool = False
    """Whether what may change something is sent, too, when nobody has written it down."""
    timeout: float = 10.0
    startup_timeout: float = 30.0
