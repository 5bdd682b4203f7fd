"""The filter bar: a line to type a filter in, what it means beneath, and what could be typed in a list over the rows.

While it is typed the list is filtered as soon as the text is right. What must not move in: the language (query), what
is said about a text (filter_text), and which rows match (listing).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Final

from rich.text import Text
from textual import on
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from asgispy.tui.actions import FILTER, bindings
from asgispy.tui.rows.filter_text import FilterHighlighter, completion, judge, resting_line, wanted_option
from asgispy.tui.rows.filtering import SeenValues
from asgispy.tui.sanitise import clean
from asgispy.tui.screens.prompt import PromptScreen
from asgispy.tui.theme import palette_of
from asgispy.tui.widgets.options import OptionPopup

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.events import Click, DescendantBlur, Paste, Resize
    from textual.timer import Timer

    from asgispy.model.connection import Connection
    from asgispy.tui.feed import Feed
    from asgispy.tui.memory import Memory
    from asgispy.tui.rows.filter_text import Verdict

DEBOUNCE: Final = 0.15
"""Seconds without a key after which the list is filtered by what has been typed."""
PROMPT: Final = " / "
_NAME: Final = re.compile(r"[\w.\-]{1,40}")


class FilterInput(Input):
    """The line; its keys come first."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(FILTER)]

    def __init__(self) -> None:
        self.colours = FilterHighlighter()
        super().__init__(id="filter-input", highlighter=self.colours, compact=True, select_on_focus=False)
        self.can_focus = False

    def on_paste(self, event: Paste) -> None:
        """Nothing that is not seen may come in."""
        event.text = clean(event.text.partition("\n")[0].strip("\r"))

    @property
    def bar(self) -> FilterBar:
        """The bar it is in."""
        return next(each for each in self.ancestors if isinstance(each, FilterBar))

    def action_apply(self) -> None:
        """Take the filter and go back to the list."""
        self.bar.apply()

    def action_leave(self) -> None:
        """Go back to the list with the filter as it was."""
        self.bar.leave()

    def action_complete(self) -> None:
        """Put in what is offered."""
        self.bar.accept()

    def action_choose(self, step: int) -> None:
        """Another of what is offered, or another filter of those typed before."""
        self.bar.choose(step)

    def action_save(self) -> None:
        """Save the filter under a name."""
        self.bar.save()


class FilterBar(Vertical):
    """Hidden while there is no filter; one line while there is one; a line, a note and a list while it is changed."""

    class Changed(Message):
        """Other rows are shown."""

    class Left(Message):
        """The list is to have the focus again."""

    def __init__(self, feed: Feed, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.feed = feed
        self.editing = False
        self._before = ("", True)
        self._verdict: Verdict | None = None
        self._seen = SeenValues(())
        self._pending: Timer | None = None
        self._recalled: int | None = None
        """Which filter of the history is shown, from its end."""
        self._quiet = ""
        """A text that was put in, not typed: nothing is offered for it."""

    def compose(self) -> ComposeResult:
        """The line at rest, the line that is typed in, the note, and the list over the rows."""
        yield Static(markup=False, id="filter-rest")
        with Horizontal(id="filter-line"):
            yield Static(PROMPT, markup=False, id="filter-prompt")
            yield FilterInput()
            yield Static(markup=False, id="filter-verdict")
        yield Static(markup=False, id="filter-note")
        yield OptionPopup(id="filter-options")

    @property
    def input(self) -> FilterInput:
        """The line that is typed in."""
        return self.query_one(FilterInput)

    @property
    def popup(self) -> OptionPopup:
        """What is offered."""
        return self.query_one(OptionPopup)

    def on_mount(self) -> None:
        """At rest."""
        self.show()

    def on_resize(self, event: Resize) -> None:
        """Fit to the new width."""
        self.show()

    def show(self) -> None:
        """Paint again what may have changed."""
        self.set_class(self.editing, "-editing")
        self.display = self.editing or bool(self.feed.filter_text)
        palette = palette_of(self.app)
        if not self.editing:
            if self.display:
                line = resting_line(self.feed, palette, self.size.width or self.app.size.width)
                self.query_one("#filter-rest", Static).update(line, layout=False)
            return
        verdict = self._verdict
        if verdict is None:
            return
        right = verdict.query is not None
        look = palette.good if right else palette.bad
        self.query_one("#filter-verdict", Static).update(Text(verdict.word, look, end=""), layout=False)
        note = Text(clean(verdict.note(self.size.width, len(PROMPT))), palette.muted if right else look, no_wrap=True)
        self.query_one("#filter-note", Static).update(note, layout=False)

    # Changing it

    def edit(self, connection: Connection | None) -> None:
        """Begin; values and headers of a connection are offered."""
        if self.editing:
            return
        self.editing = True
        self._before = (self.feed.filter_text, self.feed.filter_on)
        self._seen = self.feed.seen_values(connection)
        self._recalled = None
        self._quiet = self.feed.filter_text
        self.input.colours.palette = palette_of(self.app)
        self.input.can_focus = True
        self.input.value = self.feed.filter_text
        self.input.cursor_position = len(self.feed.filter_text)
        self._judge()
        self.screen.set_focus(self.input)  # at once: keys that come in the same burst must not reach the list

    def on_click(self, event: Click) -> None:
        """A click on the line at rest begins."""
        self.edit(None)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self.editing:
            self._judge()
            self._wait()

    def _judge(self) -> None:
        text = self.input.value
        self._verdict = judge(text, self.feed.saved_filters)
        self.input.colours.wrong_at = self._verdict.position
        self.input.refresh()
        if text == self._quiet:
            self.popup.offer(None)
        else:
            self._quiet = ""
            self._recalled = None
            found = completion(text, self.input.cursor_position, self._seen, self.feed.saved_filters)
            self.popup.offer(found if wanted_option(text, found) else None)
        self.show()

    def _wait(self) -> None:
        self._stop_waiting()
        if self._verdict is not None and self._verdict.query is not None:
            self._pending = self.set_timer(DEBOUNCE, self._filter)

    def _stop_waiting(self) -> None:
        if self._pending is not None:
            self._pending.stop()
            self._pending = None

    def _filter(self) -> None:
        """Filter the list by what has been typed, if it is right."""
        self._stop_waiting()
        text = self.input.value
        # Judged anew: what has been typed since the timer was set may not have been told of yet.
        if judge(text, self.feed.saved_filters).query is not None and text.strip() != self.feed.filter_text:
            self.feed.set_filter(text)
            self.post_message(self.Changed())

    # Leaving it

    def apply(self) -> None:
        """Take what has been typed; what is chosen in the list is put in first."""
        if self.popup.chosen:
            self.accept()
            return
        self._judge()
        if self._verdict is None or self._verdict.query is None:
            self.app.bell()
            return
        self._filter()
        if not self.feed.filter_on:
            self.feed.switch_filter()
            self.post_message(self.Changed())
        memory: Memory | None = getattr(self.app, "memory", None)
        if memory is not None:
            memory.add_filter(self.input.value)
        self._end()

    def leave(self) -> None:
        """Everything as it was."""
        self._stop_waiting()
        text, was_on = self._before
        if text != self.feed.filter_text:
            self.feed.set_filter(text)
            self.post_message(self.Changed())
        if was_on != self.feed.filter_on:
            self.feed.switch_filter()
            self.post_message(self.Changed())
        self._end()

    def _end(self) -> None:
        self.editing = False
        self.popup.offer(None)
        self.post_message(self.Left())
        self.input.can_focus = False
        self.show()

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        """Somebody has gone elsewhere with the mouse: what is right counts."""
        if self.editing and self.screen.is_current:
            self._filter()
            self.editing = False
            self.popup.offer(None)
            self.input.can_focus = False
            self.show()

    # Help while typing

    def accept(self) -> None:
        """Put in what is offered."""
        applied = self.popup.apply(self.input.value)
        if applied is not None:
            self.input.value, self.input.cursor_position = applied

    @on(OptionPopup.Picked)
    def _picked(self) -> None:
        self.accept()
        self.input.focus()

    def choose(self, step: int) -> None:
        """Down goes into what is offered, up out of it again and then back in the history."""
        if self._recalled is None and self.popup.move(step):
            return
        memory: Memory | None = getattr(self.app, "memory", None)
        history = memory.history if memory is not None else []
        at = (self._recalled if self._recalled is not None else 0) - step
        if not 0 <= at <= len(history) or (at == 0 and self._recalled is None):
            return
        text = history[-at] if at else ""
        self._quiet = text
        self.input.value = text
        self.input.cursor_position = len(text)
        self._recalled = at

    def save(self) -> None:
        """Ask for a name, and keep the filter under it."""
        text = self.input.value.strip()
        if self._verdict is None or self._verdict.query is None or not text:
            self.app.bell()
            return

        def named(name: str | None) -> None:
            if name is not None:
                self.feed.saved_filters[name] = text
                memory: Memory | None = getattr(self.app, "memory", None)
                if memory is not None:
                    memory.filters[name] = text
                    memory.save()
                self.notify(f"saved: @{name} stands for it from now on", timeout=3, markup=False)
            self.input.focus()

        self.app.push_screen(PromptScreen("save this filter as @", check=_name_problem), named)


def _name_problem(name: str) -> str:
    return "" if _NAME.fullmatch(name) else "letters, figures, . _ and - only"
