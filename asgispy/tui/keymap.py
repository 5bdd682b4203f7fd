"""The user's key map: checked against the table of actions, and what each action's keys are then.

What must not move in: which actions there are (actions), and binding them (Textual does, by their names).
"""

from __future__ import annotations

import dataclasses
import string
from typing import TYPE_CHECKING, Final

from textual.binding import Binding
from textual.keys import Keys, key_to_character

from asgispy.kinds import nearest
from asgispy.tui.actions import ACTIONS, keys_text, together

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from asgispy.configuration import Configuration
    from asgispy.tui.actions import Action

_MODIFIERS: Final = ("ctrl", "shift", "alt", "super", "hyper", "meta")
_SIGNS: Final = frozenset(
    binding.key
    for sign in string.punctuation
    if sign != ","
    for binding in Binding.make_bindings([Binding(sign, "none")])
)
_NAMED: Final = frozenset(key.value.rpartition("+")[2] for key in Keys) | _SIGNS
_FIXED: Final = {"ctrl+c": "ctrl+c always quits; choose another key"}


def keymap_for(configuration: Configuration) -> dict[str, str]:
    """Keys by action, in Textual's names; raises UsageError for unknown actions and keys, and for clashes."""
    known = {action.name: action for action in ACTIONS}
    keymap: dict[str, str] = {}
    for name, written in configuration.keys.items():
        if name not in known:
            raise configuration.wrong(("keys", name), f"there is no such action; {_hint(name, known)}")
        try:
            keymap[name] = ",".join(_keys(written))
        except ValueError as error:
            raise configuration.wrong(("keys", name), str(error)) from error
    actions = with_keys(keymap)
    for action in actions:
        if action.name in keymap:
            _check_clashes(action, actions, configuration)
    return keymap


def with_keys(keymap: Mapping[str, str]) -> tuple[Action, ...]:
    """All actions with the keys that they have under a key map."""
    return tuple(dataclasses.replace(action, keys=keymap.get(action.name, action.keys)) for action in ACTIONS)


def _hint(name: str, known: Mapping[str, Action]) -> str:
    """The likest name: by its spelling, or by what comes after the place."""
    what = name.rpartition(".")[2]
    same = [each for each in known if each.rpartition(".")[2] == what]
    hint = f'did you mean "{same[0]}"?' if same else nearest(name, known)
    return hint if len(hint) < 100 else "the help screen and `asgispy config --keys` name them"


def _keys(written: str) -> Iterable[str]:
    """Textual's names of comma-separated keys; raises ValueError for one that there is not."""
    keys = [key.strip() for key in ("comma" if written.strip() == "," else written).split(",")]
    for key in keys:
        if not key:
            raise ValueError('write keys as "x", or "x,ctrl+s" for several')
        *modifiers, name = key.split("+") if len(key) > 1 else [key]
        known = len(name) == 1 or name in _NAMED or key_to_character(name) is not None
        if not known or not all(modifier in _MODIFIERS for modifier in modifiers):
            raise ValueError(f'there is no key "{key[:40]}"; keys are written like s, S, ctrl+s, f5, slash or pageup')
        if key in _FIXED:
            raise ValueError(_FIXED[key])
    return [binding.key for binding in Binding.make_bindings([Binding(",".join(keys), "none")])]


def _check_clashes(action: Action, actions: tuple[Action, ...], configuration: Configuration) -> None:
    standard = next(each.keys for each in ACTIONS if each.name == action.name)
    own = set(_split(action.keys)).difference(_split(standard))
    for other in actions:
        if other.name == action.name or not together(action.place, other.place):
            continue
        for key in sorted(own.intersection(_split(other.keys))):
            taken = f"{keys_text(key, plain=True)} is the key of {other.name} already ({other.title})"
            raise configuration.wrong(("keys", action.name), f"{taken}; choose another, or give that one another")


def _split(keys: str) -> list[str]:
    return [binding.key for binding in Binding.make_bindings([Binding(keys, "none")])] if keys else []
