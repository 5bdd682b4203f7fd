"""Plain mode paints letters and words, whoever paints."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import asgispy.tui
from asgispy.configuration import Configuration
from asgispy.tui.app import SpyApp
from asgispy.tui.paint import width_of
from asgispy.tui.plain import WORDS, plainly
from asgispy.tui.screens.help import HelpScreen, help_text
from asgispy.tui.theme import palette_of
from tests.tui.support import Clock, FakeSession, app_on, main_screen, poll, seen

if TYPE_CHECKING:
    from tests.tui.build import Builder

PAINTERS = sorted(
    path for path in Path(*asgispy.tui.__path__).rglob("*.py") if path.name not in ("sanitise.py", "plain.py")
)


def plain_app(capture: Path) -> SpyApp:
    return SpyApp(FakeSession(capture), Clock(), Configuration(plain=True))


def texts_in(path: Path) -> str:
    """Every text of a module's code; docstrings are for its readers."""
    tree = ast.parse(path.read_text())
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in said)
    return "".join(node.value for node in constants if isinstance(node.value, str))


@pytest.mark.parametrize("path", PAINTERS, ids=lambda path: path.stem)
def test_every_glyph_has_a_letter(path: Path) -> None:
    left = plainly(texts_in(path).replace("\N{REPLACEMENT CHARACTER}", ""))
    assert {glyph for glyph in left if not glyph.isascii()} == set()


@given(st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp"))))
def test_lengths_stay(text: str) -> None:
    assert len(plainly(text)) == len(text)
    assert width_of(plainly(text)) <= width_of(text)


@given(st.text(st.characters(categories=["L"], exclude_characters="µ")))
def test_words_of_any_language_stay(text: str) -> None:
    assert plainly(text) == text


WAYS: dict[tuple[int, int], list[list[str]]] = {
    (80, 24): [[], ["g", "enter"], ["escape", "v"], ["escape", "t"], ["escape", "F"], ["escape", "i"]],
    (140, 40): [["g", "enter"], ["question_mark"], ["escape", "ctrl+p"]],
}


@pytest.mark.parametrize("size", WAYS)
async def test_the_screens_are_painted_in_plain_letters(shop: Builder, size: tuple[int, int]) -> None:
    app = plain_app(shop.path)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        for keys in WAYS[size]:
            await pilot.press(*keys)
            await app.workers.wait_for_complete()
            await pilot.pause()
            text = "\n".join(seen(app))
            assert text.isascii(), sorted({glyph for glyph in text if not glyph.isascii()})
        assert app.animation_level == "none"


async def test_marks_are_words(shop: Builder) -> None:
    app = plain_app(shop.path)
    async with app.run_test(size=(100, 45)) as pilot:
        await pilot.pause()
        text = "\n".join(seen(app))
        assert "failed" in text
        assert "aborted" in text
        assert "hangs" in text


async def test_help_speaks_in_words(shop: Builder) -> None:
    app = plain_app(shop.path)
    async with app.run_test(size=(100, 45)) as pilot:
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        text = help_text(palette_of(app), app.actions).plain
        assert all(word in text for word in WORDS.values())
        assert "ctrl+p" in text
        assert "█" not in text


async def test_a_terminal_that_can_do_nothing_else_is_spoken_to_plainly(
    shop: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    app = app_on(shop.path)
    async with app.run_test(size=(80, 24)) as pilot:
        await poll(pilot)
        assert app.feed.plain
        assert main_screen(app).connections.palette.plain
        assert "\n".join(seen(app)).isascii()
