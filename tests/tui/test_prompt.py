"""Asking for one line of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgispy.tui.screens.prompt import PromptScreen
from tests.tui.support import app_on, on_main, seen

if TYPE_CHECKING:
    from tests.tui.build import Builder


async def test_an_answer_is_checked_while_it_is_typed(empty: Builder) -> None:
    app = app_on(empty.path)
    answers: list[str | None] = []
    async with app.run_test(size=(80, 24)) as pilot:
        check = {"": "say something \x1b[2J", "a": ""}.get
        app.push_screen(
            PromptScreen("name of [red]this\x1b[2J", "", lambda text: check(text, "only a")), answers.append
        )
        await pilot.pause()
        await pilot.press("enter")
        assert "say something ␛[2J" in "\n".join(seen(app))
        assert "name of [red]this␛[2J" in "\n".join(seen(app))
        app.screen.notify("no [/] [$primary]x\n\x1b[2J", title="\u202e[b]")
        await pilot.pause()
        (said,) = app._notifications
        assert (said.message, said.title, said.markup) == ("no [/] [$primary]x\n␛[2J", "·[b]", False)
        await pilot.press("b")
        assert "only a" in "\n".join(seen(app))
        await pilot.press("enter", "backspace", "a")
        assert "only a" not in "\n".join(seen(app))
        await pilot.press("enter")
        await pilot.pause()
        assert on_main(app)
        app.push_screen(PromptScreen("[$again [/] [B]", "kept"), answers.append)
        await pilot.pause()
        assert "[$again [/] [B]" in "\n".join(seen(app))
        await pilot.press("escape")
        await pilot.pause()
    assert answers == ["a", None]
