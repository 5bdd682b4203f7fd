"""The settings of this call of the program: read once, when a command first asks for them.

What must not move in: what can be set (configuration), and options (options).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from asgispy.configuration import Configuration, load

if TYPE_CHECKING:
    from collections.abc import Callable

_KEPT: Final = "asgispy.configuration"


def configuration() -> Configuration:
    """The user's and the project's settings; raises UsageError."""
    context = click.get_current_context(silent=True)
    if context is None:
        return load()
    kept = context.meta.setdefault(_KEPT, None)  # shared by all contexts of one call
    if kept is None:
        kept = context.meta[_KEPT] = load()
    assert isinstance(kept, Configuration)
    return kept


def configured(name: str) -> Callable[[], Any]:
    """The default of an option, by the setting's field: asked for only when the option is not given."""
    return lambda: getattr(configuration(), name)
