"""The user's keys: checked with names, and used for everything that shows or takes a key."""

from __future__ import annotations

import pytest

from asgispy.configuration import Configuration
from asgispy.errors import UsageError
from asgispy.tui.actions import ACTIONS, keys_text
from asgispy.tui.keymap import keymap_for, with_keys


def refused(**keys: str) -> str:
    with pytest.raises(UsageError) as error:
        keymap_for(Configuration(keys={name.replace("__", "."): key for name, key in keys.items()}))
    return str(error.value)


def test_keys_may_be_written_as_people_do() -> None:
    written = {"main.pause": "?, ctrl+s", "app.help": "f8", "main.follow": ",", "main.output": "Q", "app.light": "#"}
    assert keymap_for(Configuration(keys=written)) == {
        "main.pause": "question_mark,ctrl+s",
        "app.help": "f8",
        "main.follow": "comma",
        "main.output": "Q",
        "app.light": "number_sign",
    }


def test_two_actions_can_change_places() -> None:
    keymap = keymap_for(Configuration(keys={"main.follow": "o", "main.output": "f"}))
    keys = {action.name: action.keys for action in with_keys(keymap)}
    assert (keys["main.follow"], keys["main.output"], keys["main.pause"]) == ("o", "f", "p,space")


def test_unknown_actions_are_named() -> None:
    assert refused(main__paus="x") == 'keys.main.paus: there is no such action; did you mean "main.pause"?'
    assert refused(list__pause="x") == 'keys.list.pause: there is no such action; did you mean "main.pause"?'
    assert refused(nonsense="x").endswith("`asgispy config --keys` name them")


@pytest.mark.parametrize("key", ["pagedwn", "control+s", "ctrl+", "", "x,,y", "ctrl+alt+nonsense", "f99", "xy"])
def test_unknown_keys_are_named(key: str) -> None:
    said = refused(main__pause=key)
    assert said.startswith("keys.main.pause: ")
    assert "there is no key" in said or "write keys as" in said


def test_clashes_are_named() -> None:
    assert "f is the key of main.follow already" in refused(main__pause="f")
    assert "k is the key of lines.up already" in refused(main__pause="k")
    assert "ctrl+s is the key of main." in refused(main__pause="ctrl+s", main__follow="ctrl+s")
    assert "ctrl+c always quits" in refused(main__pause="ctrl+c")


def test_the_defaults_clash_in_no_place() -> None:
    taken: dict[tuple[str, str], str] = {}
    for action in ACTIONS:
        for key in action.keys.split(",") if action.keys else ():
            assert taken.setdefault((action.place, key), action.name) == action.name
            keymap_for(Configuration(keys={action.name: action.keys}))


def test_keys_in_words() -> None:
    assert keys_text("up,ctrl+b,shift+tab,question_mark") == "↑ ^b ⇧tab ?"
    assert keys_text("up,ctrl+b,shift+tab,question_mark", plain=True) == "up ctrl+b shift+tab ?"
    assert all(keys_text(action.keys, plain=True).isascii() for action in ACTIONS)
