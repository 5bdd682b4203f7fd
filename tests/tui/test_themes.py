"""Themes: every colour is there, words can be read, and what matters stays apart for every eye."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from textual.theme import BUILTIN_THEMES

from asgispy.configuration import Configuration
from asgispy.errors import UsageError
from asgispy.tui.theme import palette_for
from asgispy.tui.themes import COLOURS, CONTRAST, LIGHT, THEMES, colours_of, themes_for

if TYPE_CHECKING:
    from textual.theme import Theme

Matrix = tuple[tuple[float, float, float], ...]

# What is seen of linear red, green and blue with one kind of cone missing (Machado, Oliveira and Fernandes, 2009).
EYES: dict[str, Matrix] = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}
APART = 14.0
"""CIE 1976 distance; 2.3 is just noticeable side by side."""
MATTER = ("good", "warn", "bad", "app", "flow", "wait")
WORDS = ("text", "muted", "link", "good", "notice", "warn", "bad", "write", "socket", "lifespan", "string", "number")


def linear(colour: str) -> list[float]:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def seen_by(colour: str, eye: str) -> list[float]:
    light = linear(colour)
    return [min(1.0, max(0.0, sum(a * b for a, b in zip(row, light, strict=True)))) for row in EYES[eye]]


def lab(rgb: list[float]) -> tuple[float, float, float]:
    red, green, blue = rgb
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def distance(one: str, other: str, eye: str) -> float:
    pairs = zip(lab(seen_by(one, eye)), lab(seen_by(other, eye)), strict=True)
    return float(sum((a - b) ** 2 for a, b in pairs) ** 0.5)


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted(
        0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in (linear(one), linear(other))
    )
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_what_matters_stays_apart_for_every_eye(theme: Theme, eye: str) -> None:
    colours = colours_of(theme)
    for one, other in itertools.combinations(MATTER, 2):
        assert distance(colours[one], colours[other], eye) >= APART, (one, other)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_words_can_be_read(theme: Theme) -> None:
    colours = colours_of(theme)
    least = 7.0 if theme is CONTRAST else 4.5
    for name in WORDS:
        assert contrast(colours[name], colours["background"]) >= least, name
    assert contrast(colours["text"], colours["cursor"]) >= least


def test_each_theme_has_its_own_palette() -> None:
    assert palette_for(True).bad.color != palette_for(False).bad.color
    assert {*colours_of(CONTRAST)} == {*COLOURS}
    assert colours_of(BUILTIN_THEMES["nord"])["background"] == "#2E3440"


def made(theme: str = "mine", **themes: dict[str, str]) -> tuple[Theme, ...]:
    return themes_for(Configuration(theme=theme, themes=themes))


def test_a_theme_of_the_users_has_a_base_and_what_differs() -> None:
    (*_, theme) = made(mine={"base": "asgispy-light", "bad": "#ff0000"})
    assert not theme.dark
    assert theme.error == "#ff0000"
    assert colours_of(theme) == colours_of(LIGHT) | {"bad": "#ff0000"}


def test_a_theme_can_stand_on_another_of_the_users_or_on_textuals() -> None:
    themes = {theme.name: theme for theme in made("second", first={"base": "nord"}, second={"text": "#ffffff"})}
    assert colours_of(themes["first"])["background"] == "#2E3440"
    assert colours_of(themes["second"])["text"] == "#ffffff"
    assert themes_for(Configuration(theme="nord")) == THEMES


@pytest.mark.parametrize(
    ("themes", "said"),
    [
        (
            {},
            'theme: no theme is called "mine"; there are asgispy-dark, asgispy-light, asgispy-contrast, and Textual\'s',
        ),
        ({"mine": {"bade": "#000000"}}, 'themes.mine.bade: there is no such colour; did you mean "bad"?'),
        ({"mine": {"bad": "red"}}, 'themes.mine.bad: write a colour as "#rrggbb", not "red"'),
        ({"mine": {"base": "solarised"}}, 'themes.mine.base: no theme is called "solarised"'),
        ({"nord": {}}, "themes.nord: there is a theme of that name already"),
    ],
)
def test_a_wrong_theme_is_named(themes: Any, said: str) -> None:
    with pytest.raises(UsageError) as error:
        made(**themes)
    assert str(error.value).startswith(said)
