"""Settings are data: documented once, frozen, and fit to be handed to another process."""

from __future__ import annotations

import dataclasses
import pickle

import pytest

from asgispy.settings import Launch, Limits, Retention, help_of


@pytest.mark.parametrize("settings", [Limits, Retention])
def test_every_field_has_one_line_of_help(settings: type) -> None:
    for each in dataclasses.fields(settings):
        assert help_of(settings, each.name).endswith(".")
    with pytest.raises(KeyError):
        help_of(settings, "no_such_field")


@pytest.mark.parametrize("settings", [Limits(), Retention(), Launch("module:app", options={"port": 1})])
def test_settings_are_frozen_and_can_be_sent(settings: Limits | Retention | Launch) -> None:
    assert pickle.loads(pickle.dumps(settings)) == settings
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(settings, dataclasses.fields(settings)[0].name, 1)
